"""Nobody takes from the others: openings, messages, sockets, sign-ins, long polls, of one address and of one
conversation; and what is refused is said in each protocol's own words, and over once it is over."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from bot.engine.engine import Engine
from bot.settings import GatewaySettings
from tests.attacks.doors import OK, Door, HttpDoor, NativeDoor, SocketIODoor
from tests.desk.people import OURS
from tests.redis import Server, eventually
from tests.serving import Gateway, serving

PLACES = 4


@pytest_asyncio.fixture
async def strict(engine: Engine, redis_server: Server, project: Path) -> AsyncIterator[Gateway]:
    """Three messages a minute in a conversation, thirty from an address, and few places."""
    with redis_server.client() as client:
        client.flushall()
    settings = GatewaySettings(messages_per_minute=3, sockets_per_address=PLACES, trusted_proxies=("127.0.0.1",))
    async with serving(engine, redis_server.url, project, settings=settings) as gateway:
        yield gateway


@pytest_asyncio.fixture(params=[HttpDoor, NativeDoor, SocketIODoor], ids=lambda kind: kind.name)
async def strict_door(request: pytest.FixtureRequest, strict: Gateway) -> AsyncIterator[Door]:
    door: Door = request.param(strict)
    yield door
    await door.close()


async def test_a_conversation_is_slowed_down_at_every_door(strict_door: Door) -> None:
    assert await strict_door.enter() == OK
    codes = [await strict_door.write("hello") for _ in range(6)]
    assert codes == [OK] * 3 + ["rate_limited"] * 3


async def test_no_door_opens_conversations_without_end(strict: Gateway) -> None:
    """Whichever door they come through, they are of one address."""
    codes = [await HttpDoor(strict).enter() for _ in range(28)]
    for kind in (NativeDoor, SocketIODoor, NativeDoor, SocketIODoor):
        door = kind(strict)
        codes.append(await door.enter())
        await door.close()
    assert codes[:30] == [OK] * 30
    assert set(codes[30:]) == {"rate_limited"}
    status, body = await strict.rest("hello", sender="new")
    assert status == 200, "what others write has a bucket of its own"
    assert body


async def places_taken(gateway: Gateway, stack: AsyncExitStack, kind: str) -> None:
    """All that one address may have."""
    for _ in range(PLACES):
        if kind == "chat":
            socket = await stack.enter_async_context(gateway.client.ws_connect("/ws/chat"))
            await socket.send_json({"type": "hello", "token": None, "after": 0, "identity": None})
        elif kind == "socket.io":
            await stack.enter_async_context(gateway.client.ws_connect("/socket.io/?EIO=4&transport=websocket"))
        else:
            async with gateway.client.get("/socket.io/?EIO=4&transport=polling") as answer:
                assert answer.status == 200


@pytest.mark.parametrize("kind", ["chat", "socket.io", "polling"])
async def test_one_address_takes_not_all_places_and_others_have_theirs(strict: Gateway, kind: str) -> None:
    async with AsyncExitStack() as stack:
        await places_taken(strict, stack, kind)
        for path in ("/ws/chat", "/socket.io/?EIO=4&transport=websocket"):
            with pytest.raises(aiohttp.WSServerHandshakeError) as refused:
                await strict.client.ws_connect(path)
            assert refused.value.status == 429
        async with strict.client.get("/socket.io/?EIO=4&transport=polling") as answer:
            assert answer.status == 429
        elsewhere = {"X-Forwarded-For": "203.0.113.77"}
        async with strict.client.ws_connect("/ws/chat", headers=elsewhere) as socket:
            await socket.send_json({"type": "ping"})
            assert not socket.closed


async def test_long_polls_have_places_too_and_give_them_back(strict: Gateway) -> None:
    door = HttpDoor(strict)
    assert await door.enter() == OK
    headers = {"Authorization": f"Bearer {door.token}"}

    async def poll(wait_s: float) -> int:
        async with strict.client.get(f"/api/chat/entries?after=0&wait_s={wait_s}", headers=headers) as answer:
            return answer.status

    waiting = [asyncio.ensure_future(poll(20)) for _ in range(PLACES)]

    async def full() -> bool:
        """Who came while a line of an earlier test still had a place tries again."""
        for place, each in enumerate(waiting):
            if each.done():
                waiting[place] = asyncio.ensure_future(poll(20))
        return await poll(0) == 429

    await eventually(full, "all places are taken")
    assert await door.write("hello") == OK, "which ends them"
    assert await asyncio.gather(*waiting) == [200] * PLACES
    assert await poll(0) == 200


async def test_names_at_the_desk_are_not_tried_without_end(strict: Gateway) -> None:
    async def tried(name: str, address: str) -> int:
        body = {"name": name, "password": "guess"}
        headers = {**OURS, "X-Forwarded-For": address}
        async with strict.client.post("/desk/api/sign-in", json=body, headers=headers) as answer:
            return answer.status

    statuses = [await tried("lin", "203.0.113.5") for _ in range(12)]
    assert 429 in statuses
    assert statuses.index(429) <= 6
    assert statuses[-1] == 429


async def test_the_audit_trail_is_filled_by_nobody(strict: Gateway) -> None:
    """Forged proofs are noted, some of each address."""
    before = await refused_proofs(strict)
    for _ in range(40):
        await strict.rest("hello", sender="eve", headers={"Authorization": "Bearer a.b.c"})
    assert 0 < await refused_proofs(strict) - before <= 12


async def refused_proofs(gateway: Gateway) -> int:
    return len([line async for line in gateway.service.audit.lines() if b'"identity.refused"' in line])


async def test_a_socket_that_sends_frames_without_end_is_read_slowly_and_the_others_are_not(strict: Gateway) -> None:
    flood, quiet = NativeDoor(strict), NativeDoor(strict)
    assert await flood.enter() == OK
    assert await quiet.enter() == OK
    assert flood.socket is not None
    for _ in range(300):
        await flood.socket.send_str(json.dumps({"type": "ping"}))
    async with asyncio.timeout(5):
        assert await quiet.write("hello") == OK
        assert await quiet.answers()
    heard = 0
    try:
        async with asyncio.timeout(1):
            while (await flood.socket.receive()).type is aiohttp.WSMsgType.TEXT:
                heard += 1
    except TimeoutError:
        pass
    assert heard < 150
    await flood.close()
    await quiet.close()
