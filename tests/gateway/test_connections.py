"""Many connections, silent ones, slow ones: a process with the descriptors that systems usually give serves on."""

from __future__ import annotations

import asyncio
import json
import os
import resource
import signal
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from bot.engine.engine import Engine
from bot.gateway import connections
from bot.settings import GatewaySettings
from tests.redis import eventually, free_ports
from tests.serving import SECRET, Gateway, serving

Pair = tuple[asyncio.StreamReader, asyncio.StreamWriter]


def _port(url: str) -> int:
    return int(url.rpartition(":")[2])


async def connect(url: str, first: bytes = b"", *, source: str = "127.0.0.1") -> Pair:
    reader, writer = await asyncio.open_connection("127.0.0.1", _port(url), local_addr=(source, 0))
    writer.write(first)
    return reader, writer


async def rest_of(pair: Pair, *, within_s: float = 10) -> bytes:
    """What comes until the server ends it."""
    async with asyncio.timeout(within_s):
        came = b""
        try:
            while chunk := await pair[0].read(65536):
                came += chunk
        except ConnectionError:  # what we wrote into a closed connection; the answer came before
            came += bytes(pair[0]._buffer)  # type: ignore[attr-defined]
        finally:
            pair[1].close()
        return came


async def status(url: str, path: str = "/health") -> int:
    async with (
        aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=5)) as client,
        client.get(url + path) as answer,
    ):
        await answer.read()
        return answer.status


@asynccontextmanager
async def dripping(pairs: list[Pair], drop: bytes) -> AsyncIterator[None]:
    """A byte or a header now and then: never idle for long."""

    async def drip() -> None:
        while True:
            await asyncio.sleep(0.05)
            for _, writer in pairs:
                writer.write(drop)

    task = asyncio.create_task(drip())
    try:
        yield
    finally:
        task.cancel()


@pytest.fixture
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same deadlines, in the time a test has."""
    for name, seconds in (("HEAD_WITHIN_S", 0.5), ("BODY_WITHIN_S", 0.5), ("LINGERING_S", 0.2)):
        monkeypatch.setattr(connections, name, seconds)


@pytest.mark.parametrize(
    ("first", "drop"),
    [
        (b"GET /health HTTP/1.1\r\nHost: x\r\n", b"X-A: b\r\n"),
        (b"POST /api/chat/hello HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n{", b" "),
        (b"POST /webhooks/rest/webhook HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n"),
        (b"GET /health HTTP/1.1\r\nHost: x\r\n\r\nGET /health HTTP/1.1\r\n", b"X-A: b\r\n"),
    ],
    ids=["headers", "body", "chunks", "second request"],
)
@pytest.mark.usefixtures("soon")
async def test_what_drips_in_has_a_deadline_for_all_of_it(gateway: Gateway, first: bytes, drop: bytes) -> None:
    pair = await connect(gateway.url, first)
    async with dripping([pair], drop):
        answer = await rest_of(pair)
    assert b"408 Request Timeout" in answer and b'"too_slow"' in answer


@pytest.mark.parametrize("path", [b"/health", b"/nowhere", b"/desk/api/sign-in"])
@pytest.mark.usefixtures("soon")
async def test_a_body_that_nobody_reads_does_not_keep_the_connection(gateway: Gateway, path: bytes) -> None:
    pair = await connect(gateway.url, b"POST " + path + b" HTTP/1.1\r\nHost: x\r\nContent-Length: 60000\r\n\r\n{")
    async with dripping([pair], b" "):
        assert b" 4" in (await rest_of(pair)).partition(b"\r\n")[0]


@pytest.mark.usefixtures("soon")
async def test_who_says_nothing_is_gone_soon_and_who_talks_stays(gateway: Gateway) -> None:
    """Between two requests, in a long poll and in a WebSocket the deadlines do not count."""
    silent = await connect(gateway.url)
    token = (await (await gateway.client.post("/api/chat/hello", json={})).json())["token"]
    bearer = f"Authorization: Bearer {token}\r\n".encode()
    polling = await connect(gateway.url, b"GET /api/chat/entries?wait_s=2 HTTP/1.1\r\nHost: x\r\n" + bearer + b"\r\n")
    idle = await connect(gateway.url, b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
    async with gateway.client.ws_connect("/ws/chat") as socket:
        await socket.send_json({"type": "hello"})
        assert await rest_of(silent) == b""
        assert (await polling[0].readline()).startswith(b"HTTP/1.1 200"), "answered after two seconds, not cut"
        idle[1].write(b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n")
        polling[1].close()
        assert (await idle[0].readuntil(b"}"), await idle[0].readuntil(b"}"))[1].endswith(b'"ok"}')
        idle[1].close()
        await socket.send_json({"type": "ping"})
        assert (await socket.receive_json())["type"] == "welcome"
        assert (await socket.receive_json())["type"] == "pong"


async def test_one_address_has_its_share_and_others_come_in(engine: Engine, redis_url: str, project: Path) -> None:
    async with serving(engine, redis_url, project, settings=GatewaySettings(connections_per_address=20)) as gateway:
        held = [await connect(gateway.url, source="127.0.0.2") for _ in range(20)]
        late = await connect(gateway.url, b"GET /ws/chat HTTP/1.1\r\nHost: x\r\n\r\n", source="127.0.0.2")
        answer = await rest_of(late)
        assert b"503" in answer and b'"busy"' in answer and b"Retry-After" in answer
        asked = await connect(gateway.url, b"GET /health HTTP/1.1\r\nHost: x\r\n\r\n", source="127.0.0.2")
        assert b"200 OK" in await rest_of(asked), "how the process is, is always said"
        assert (await gateway.rest("hello"))[0] == 200
        for _, writer in held:
            writer.close()

        async def free() -> bool:
            pair = await connect(gateway.url, b"GET /webhooks/rest/ HTTP/1.1\r\nHost: x\r\n\r\n", source="127.0.0.2")
            line = await pair[0].readline()
            pair[1].close()
            return b"200" in line

        await eventually(free, "its places")


async def test_a_trusted_proxy_may_have_any_number(engine: Engine, redis_url: str, project: Path) -> None:
    settings = GatewaySettings(connections_per_address=20, trusted_proxies=("127.0.0.2",))
    async with serving(engine, redis_url, project, settings=settings) as gateway:
        held = [await connect(gateway.url, source="127.0.0.2") for _ in range(100)]
        asked = await connect(gateway.url, b"GET /webhooks/rest/ HTTP/1.0\r\nHost: x\r\n\r\n", source="127.0.0.2")
        assert b"200 OK" in await rest_of(asked)
        for _, writer in held:
            writer.close()


async def polling(gateway: Gateway, address: str = "203.0.113.9") -> tuple[int, Any]:
    headers = {"X-Forwarded-For": address}
    async with gateway.client.get("/socket.io/?EIO=4&transport=polling", headers=headers) as answer:
        text = await answer.text()
        return answer.status, json.loads(text.removeprefix("0"))


async def test_socket_io_sessions_take_places_like_sockets(engine: Engine, redis_url: str, project: Path) -> None:
    settings = GatewaySettings(max_sockets=8, sockets_per_address=5, trusted_proxies=("127.0.0.1",))
    async with serving(engine, redis_url, project, settings=settings) as gateway:
        mine = [await polling(gateway) for _ in range(6)]
        assert [each for each, _ in mine] == [200] * 5 + [429]
        assert mine[-1][1]["error"] == "rate_limited"
        others = [await polling(gateway, f"198.51.100.{n}") for n in range(4)]
        assert [each for each, _ in others] == [200] * 3 + [503]
        async with gateway.client.get("/ws/chat", headers={"X-Forwarded-For": "198.51.100.77"}) as answer:
            assert answer.status == 503
        path = f"/socket.io/?EIO=4&transport=polling&sid={mine[0][1]['sid']}"
        async with gateway.client.post(path, data="1") as answer:
            assert answer.status == 200
        assert (await polling(gateway))[0] == 200


async def test_a_socket_io_session_that_connects_to_nothing_ends(
    gateway: Gateway, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.gateway.socketio_door.CONNECT_WITHIN_S", 0.3)
    _, opened = await polling(gateway)
    async with gateway.client.get(f"/socket.io/?EIO=4&transport=polling&sid={opened['sid']}") as answer:
        assert await answer.text() in ("1", ""), "closed"
    async with gateway.client.get(f"/socket.io/?EIO=4&transport=polling&sid={opened['sid']}") as answer:
        assert answer.status == 400


async def test_a_polling_request_that_is_too_long_is_refused_at_once(gateway: Gateway) -> None:
    _, opened = await polling(gateway)
    path = f"/socket.io/?EIO=4&transport=polling&sid={opened['sid']}"
    began = time.monotonic()
    async with gateway.client.post(path, data="4" * 300_000) as answer:
        assert (answer.status, (await answer.json())["error"]) == (413, "too_long")
    assert time.monotonic() - began < 2

    async def endless() -> AsyncIterator[bytes]:
        yield b"4"

    async with gateway.client.post(path, data=endless()) as answer:
        assert answer.status == 413, "it does not say how long it is"


NOT_OURS = [
    '2["connect",{}]',
    '2["connect",{"aiohttp.request":1},{"token":"x"}]',
    '2["disconnect"]',
    '2["disconnect","transport close"]',
    '2["connect_error"]',
    '2{"a":1}',
    "2[]",
    '2[["x"]]',
    "2[null]",
    "2",
    "",
    "4",
    "9",
    "x",
    '51-["user_uttered",{"_placeholder":true,"num":0}]',
    '5999999999-["user_uttered",{"_placeholder":true,"num":0}]',
    '61-["a"]',
    "2" + "[" * 30_000,
    '2["user_uttered"',
    "3",
    "0",
    "0/admin,",
    '0/admin,{"token":"x"}',
    '2/admin,["user_uttered",{}]',
    '42["x"]',
]


@pytest.mark.parametrize("packet", NOT_OURS, ids=[each[:30] for each in NOT_OURS])
async def test_packets_that_are_none_change_nothing(gateway: Gateway, packet: str, caplog: Any) -> None:
    """What only the server says, what names nothing, what announces attachments that never come."""
    async with gateway.client.ws_connect("/socket.io/?EIO=4&transport=websocket") as socket:
        await socket.receive_str()
        await socket.send_str("40")
        assert (await socket.receive_str()).startswith("40")
        await socket.send_str("4" + packet)
        await socket.send_bytes(b"\x00\xff attachment")
        await socket.send_str('42["session_request",{"session_id":null}]')
        while not (heard := await socket.receive_str()).startswith('42["session_confirm"'):
            assert heard[:2] in ("42", "44", "43"), heard
        token = json.loads(heard[2:])[1]
        said = json.dumps(["user_uttered", {"message": "hello", "session_id": token}])
        await socket.send_str(f"42{said}")
        while "What can I do" not in (heard := await socket.receive_str()):
            assert heard[:2] in ("42", "44"), heard
    assert not [each for each in caplog.records if each.exc_info and each.levelname == "ERROR"]


SILENT = 1200


@pytest.mark.slow
async def test_silent_connections_beyond_all_descriptors_keep_nobody_out(project: Path, redis_url: str) -> None:
    """A real process, with 1,024 descriptors and not one more to be had."""
    (port,) = free_ports(1)
    env = {
        **os.environ,
        "REDIS_URL": redis_url,
        "XIAOER_IDENTITY_SECRET": f"{SECRET[:20]}0123456789abcdefghij",
        "XIAOER_VERIFY_KEY_FILE": str(project / "verify.pem"),
        "PORT": str(port),
    }
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "bot", "--project", str(project), "run"),
        env=env,
        stderr=asyncio.subprocess.PIPE,
        preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (1024, 1024)),
    )
    assert process.stderr is not None
    log: list[str] = []
    try:
        async with asyncio.timeout(120):
            while "serving at" not in (line := (await process.stderr.readline()).decode()):
                log.append(line)
                assert line, log
        url = f"http://127.0.0.1:{port}"
        held = await asyncio.gather(*(connect(url, source=f"127.0.{n % 3}.9") for n in range(SILENT)))
        for path in ("/health", "/ready", "/webhooks/rest/"):
            assert await status(url, path) == 200, path
        async with aiohttp.ClientSession(url) as client:
            said = {"sender": "ann", "message": "hello"}
            async with client.post("/webhooks/rest/webhook", json=said) as answer:
                assert answer.status == 200
        for _, writer in held:
            writer.close()
    finally:
        process.send_signal(signal.SIGTERM)
        rest = (await asyncio.wait_for(process.communicate(), 60))[1].decode()
    assert '"now": 1024' in "".join(log)
    assert "Too many open files" not in rest and "library.log" not in rest
