"""Who may do what, for how long: every call and frame of the desk, and what ends a right."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import aiohttp
import argon2
import pytest

from bot.channels import Received
from bot.desk.keys import DESK
from bot.desk.watch import EVERY_S
from tests.desk.conftest import Staff, Worker
from tests.desk.people import OURS, Person, person, waiting
from tests.redis import eventually
from tests.serving import CHEAP, Gateway

NOBODY, AGENT, SUPERVISOR = "nobody", "agent", "supervisor"
ALL = {AGENT, SUPERVISOR}

MAY: dict[tuple[str, str], set[str]] = {
    ("POST", "/desk/api/sign-in"): {NOBODY, *ALL},
    ("POST", "/desk/api/sign-out"): ALL,
    ("GET", "/desk/api/sessions"): ALL,
    ("POST", "/desk/api/sessions/{id}/end"): ALL,
    ("GET", "/desk/api/me"): ALL,
    ("POST", "/desk/api/me/state"): ALL,
    ("GET", "/desk/api/floor"): ALL,
    ("GET", "/desk/api/handoffs/{id}"): ALL,
    ("POST", "/desk/api/handoffs/{id}/accept"): ALL,
    ("POST", "/desk/api/handoffs/{id}/messages"): ALL,
    ("POST", "/desk/api/handoffs/{id}/typing"): ALL,
    ("POST", "/desk/api/handoffs/{id}/reveal"): ALL,
    ("POST", "/desk/api/handoffs/{id}/put-back"): ALL,
    ("POST", "/desk/api/handoffs/{id}/assign"): {SUPERVISOR},
    ("POST", "/desk/api/handoffs/{id}/close"): ALL,
    ("POST", "/desk/api/handoffs/{id}/give-back"): ALL,
    ("GET", "/desk/ws"): ALL,
    ("GET", "/desk/api/demo-code"): set(),
}
"""Every address of the desk and who may call it at all; what of it is theirs, the tests below say. The last exists in
the demo only, for everybody."""

FRAMES_FROM_THE_PAGE = {"ping", "active"}
FRAMES_TO_THE_PAGE = {"floor": ALL, "entry": {AGENT, SUPERVISOR}, "typing": {AGENT, SUPERVISOR}, "pong": ALL}
"""An entry and typing only of the conversations they have themselves."""


def addresses(gateway: Gateway) -> set[tuple[str, str]]:
    routes = gateway.service.app.router.routes()
    found = {(route.method, route.resource.canonical) for route in routes if route.resource is not None}
    return {(method, path) for method, path in found if path.startswith(("/desk/api", "/desk/ws")) and method != "HEAD"}


def test_every_address_has_its_row(gateway: Gateway) -> None:
    assert addresses(gateway) == {pair for pair, roles in MAY.items() if roles}


def test_every_kind_of_frame_has_its_row() -> None:
    import inspect
    import re

    from bot.desk import socket

    source = inspect.getsource(socket)
    assert set(re.findall(r'_send\(\{"type": "(\w+)"', source)) == FRAMES_TO_THE_PAGE.keys()
    assert set(re.findall(r'"(\w+)"', source.partition("if kind in (")[2].partition(")")[0])) == FRAMES_FROM_THE_PAGE


@pytest.mark.parametrize(("method", "path"), [pair for pair, roles in MAY.items() if roles])
async def test_who_is_not_signed_in_may_nothing_but_sign_in(gateway: Gateway, method: str, path: str) -> None:
    async with person(gateway) as stranger:
        for cookie in ("", "xiaoer_desk=made-up"):
            headers = OURS | ({"Cookie": cookie} if cookie else {})
            async with stranger.client.request(method, path.replace("{id}", "H1"), headers=headers) as answer:
                assert (answer.status == 401) == (NOBODY not in MAY[method, path])
                assert answer.status in (400, 401)


@pytest.mark.parametrize("path", [path for (method, path), _ in MAY.items() if method == "POST"])
async def test_nothing_changes_by_what_another_site_can_send(gateway: Gateway, path: str) -> None:
    async with person(gateway, "lin") as lin:
        for headers in ({}, {**OURS, "Origin": "https://evil.example"}):
            async with lin.client.post(path.replace("{id}", "H1"), json={}, headers=headers) as answer:
                assert answer.status == 403


# What ends a session


NEW_PASSWORD = CHEAP.hash("another battery staple")
ENDS: dict[str, dict[str, Any]] = {
    "a new password": {"password": NEW_PASSWORD},
    "another role": {"role": "supervisor", "totp": "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"},
    "switched off": {"enabled": False},
    "taken out": {"gone": True},
}


@pytest.mark.parametrize("why", ENDS)
async def test_a_session_ends_with_what_it_stood_on(worker: Worker, staff: Staff, why: str) -> None:
    async with worker() as gateway, person(gateway, "lin") as lin, lin.socket() as page:
        await page.hear("hello")
        staff.change("lin", **ENDS[why])
        assert (await lin.get("floor"))[0] == 401, "at the very next request"
        assert await page.ends() == 4401
        agent = await gateway.service.floor.agent("lin")
        assert await eventually(lambda: is_offline(gateway, "lin")), agent.state


async def is_offline(gateway: Gateway, name: str) -> bool:
    return (await gateway.service.floor.agent(name)).state == "offline"


async def test_a_demoted_supervisors_old_cookie_reads_nothing(worker: Worker, staff: Staff) -> None:
    async with worker() as gateway, person(gateway, "mei") as mei, person(gateway, "sam") as sam:
        await waiting(gateway)
        await sam.post("handoffs/H1/accept")
        assert (await mei.get("handoffs/H1"))[0] == 200
        staff.change("mei", role="agent")
        assert (await mei.get("handoffs/H1"))[0] == 401
        assert (await mei.get("sessions"))[0] == 401


async def test_skills_and_capacity_count_at_once_and_end_no_session(worker: Worker, staff: Staff) -> None:
    async with worker() as gateway, person(gateway, "sam") as sam, sam.socket() as page:
        await page.hear("hello")
        await waiting(gateway, "H1", queue="cards")
        assert (await page.hear("waiting.added"))["update"]["handoff_id"] == "H1"
        staff.change("sam", skills={}, capacity=1)
        assert (await sam.get("handoffs/H1"))[0] == 403
        assert (await sam.get("floor"))[1]["waiting"] == []
        await waiting(gateway, "H2", queue="cards")
        while (frame := await page.hear("floor"))["update"].get("handoff_id") != "H2":
            pass
        assert frame["update"]["kind"] == "waiting.removed", "nothing of it is told"
        for name in ("H3", "H4"):
            await waiting(gateway, name)
        assert (await sam.post("handoffs/H3/accept"))[0] == 200
        status, body = await sam.post("handoffs/H4/accept")
        assert (status, body["error"]) == (409, "at_capacity")
        assert (await sam.get("me"))[1]["agent"]["capacity"] == 1


async def test_a_socket_ends_on_every_worker_whoever_ended_the_session(worker: Worker) -> None:
    async with worker() as one, worker() as other, person(one, "lin") as lin, person(one, "mei") as mei:
        cookie = {"Cookie": f"xiaoer_desk={lin.token}"}
        async with aiohttp.ClientSession(other.url) as client, client.ws_connect("/desk/ws", headers=cookie) as socket:
            await socket.receive()
            _, body = await mei.get("sessions")
            (session,) = [each for each in body["sessions"] if each["agent_id"] == "lin"]
            begun = asyncio.get_running_loop().time()
            assert await mei.post(f"sessions/{session['id']}/end") == (200, {})
            async with asyncio.timeout(5):
                while (await socket.receive()).type is aiohttp.WSMsgType.TEXT:
                    pass
            assert socket.close_code == 4401
            assert asyncio.get_running_loop().time() - begun < EVERY_S + 4
        assert (await lin.get("me"))[0] == 401


async def test_after_signing_out_no_frame_is_sent(worker: Worker) -> None:
    async with worker() as gateway, person(gateway, "lin") as lin, lin.socket() as page:
        await page.hear("hello")
        await lin.post("sign-out")
        await waiting(gateway, "secret")
        await page.ends()
        assert "secret" not in str(page.heard)


async def test_after_signing_out_no_frame_is_taken(worker: Worker) -> None:
    async with worker() as gateway, person(gateway, "lin") as lin, lin.socket() as page:
        await page.hear("hello")
        desk = gateway.service.app[DESK]
        await lin.post("sign-out")
        for frame in ({"type": "active"}, {"type": "ping"}, "[1", "[]", '{"type": []}'):
            if not page.socket.closed:
                await page.socket.send_str(frame if isinstance(frame, str) else json.dumps(frame))
        await page.ends()
        assert "pong" not in str(page.heard)
        assert await desk.sessions.all() == []


async def test_odd_frames_are_nothing(gateway: Gateway) -> None:
    async with person(gateway, "lin") as lin, lin.socket() as page:
        for frame in ("[1", "[]", '{"type": []}', '"ping"', "[" * 3000, '{"type": "accept"}', '{"type": "ping"}'):
            await page.socket.send_str(frame)
        await page.hear("pong")
        assert str(page.heard).count("pong") == 1


async def test_somebody_who_is_at_the_page_keeps_the_session(worker: Worker, redis_url: str) -> None:
    async with worker(idle_minutes=10) as gateway, person(gateway, "lin") as lin, lin.socket() as page:
        await page.hear("hello")
        desk = gateway.service.app[DESK]
        (session,) = await desk.sessions.all("lin")
        key = desk.sessions._key(session.digest)
        redis = gateway.service.floor.redis
        await redis.expire(key, 100)
        await lin.get("floor")
        await page.socket.send_json({"type": "ping"})
        await page.hear("pong")
        assert await redis.ttl(key) <= 100, "an open page is nobody"

        async def longer() -> bool:
            return int(await redis.ttl(key)) > 500

        await page.socket.send_json({"type": "active"})
        await eventually(longer)
        await redis.expire(key, 100)
        await lin.post("me/state", {"state": "away"})
        assert await redis.ttl(key) > 500
        await redis.delete(key)
        assert (await lin.get("me"))[0] == 401


# Sessions, seen and ended


async def test_agents_see_and_end_their_own_sessions_and_supervisors_all(worker: Worker) -> None:
    async with worker() as gateway, person(gateway, "lin") as lin, person(gateway, "sam") as sam:
        async with person(gateway, "lin") as at_home, person(gateway, "mei") as mei:
            mine = (await lin.get("sessions"))[1]["sessions"]
            assert [(each["agent_id"], each["this"]) for each in mine] == [("lin", True), ("lin", False)]
            assert {each["agent_id"] for each in (await mei.get("sessions"))[1]["sessions"]} == {"lin", "sam", "mei"}
            assert lin.token not in str(mine)
            assert (await sam.post(f"sessions/{mine[1]['id']}/end"))[0] == 403
            assert (await lin.post(f"sessions/{mine[1]['id']}/end"))[0] == 200
            assert (await at_home.get("me"))[0] == 401
            assert (await lin.post(f"sessions/{mine[1]['id']}/end"))[0] == 404
            assert (await gateway.service.floor.agent("lin")).state == "available", "she is here all the same"
            assert (await mei.post(f"sessions/{mine[0]['id']}/end"))[0] == 200
            assert (await lin.get("me"))[0] == 401
        ended = [line for line in await trail(gateway) if line["event"] == "desk.session_ended"]
        assert [(line["actor"], line["subject"]) for line in ended] == [
            ("agent:lin", "account:lin"),
            ("agent:mei", "account:lin"),
        ]


async def trail(gateway: Gateway) -> list[dict[str, Any]]:
    return [json.loads(line) async for line in gateway.service.audit.lines()]


async def test_changes_of_accounts_are_recorded_once_by_however_many_workers(worker: Worker, staff: Staff) -> None:
    async with worker() as one, worker(), person(one, "lin"):

        async def changes() -> list[tuple[str, str, str]]:
            lines = [line for line in await trail(one) if line["event"].startswith("desk.account_")]
            return [(line["event"], line["subject"], line["fields"]["what"]) for line in lines]

        async def three() -> bool:
            return len(await changes()) == 3

        await eventually(three)
        staff.change("lin", role="supervisor", totp="JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP", password=NEW_PASSWORD)
        staff.change("sam", gone=True)

        async def five() -> bool:
            return len(await changes()) >= 5

        await eventually(five)
        added, rest = (await changes())[:3], (await changes())[3:]
        assert {event for event, *_ in added} == {"desk.account_added"}
        assert ("desk.account_changed", "account:lin", "role:agent>supervisor password totp") in rest
        assert ("desk.account_removed", "account:sam", "") in rest
        ended = [line for line in await trail(one) if line["event"] == "desk.session_ended"]
        assert {(line["subject"], line["fields"]["why"]) for line in ended} == {("account:lin", "account_changed")}
        assert NEW_PASSWORD not in str(await trail(one))


# What may be read, and until when


async def says(gateway: Gateway, conversation_id: str, text: str) -> None:
    received = Received(text=text, message_id=f"m-{text}")
    await gateway.door.receive(conversation_id, received, channel="native", address="127.0.0.1")


async def read(one: Person, handoff_id: str = "H1") -> str:
    status, body = await one.get(f"handoffs/{handoff_id}")
    assert status == 200
    return str([entry["text"] for entry in body["entries"]])


@pytest.mark.parametrize("verb", ["close", "give-back"])
async def test_what_a_customer_writes_after_the_end_is_not_for_the_agent(gateway: Gateway, verb: str) -> None:
    handoff = await waiting(gateway)
    async with person(gateway, "lin") as lin, lin.socket() as page, person(gateway, "mei") as mei:
        await page.hear("hello")
        await lin.post("handoffs/H1/accept")
        await page.hear("entry")
        await says(gateway, handoff.conversation_id, "before")
        while (await page.hear("entry"))["entry"]["text"] != "before":
            pass
        await lin.post(f"handoffs/H1/{verb}", {"disposition": "solved", "resolved": True})
        await says(gateway, handoff.conversation_id, "afterwards")
        await gateway.conversations.notify(
            handoff.conversation_id, {"type": "typing", "author": "customer", "on": True}
        )
        assert "before" in await read(lin)
        assert "afterwards" not in await read(lin)
        assert "afterwards" in await read(mei)
        assert (await lin.post("handoffs/H1/typing", {"on": True}))[0] == 403
        await waiting(gateway, "H2")
        while (await page.hear("floor"))["update"].get("handoff_id") != "H2":
            pass
        await lin.post("handoffs/H2/accept")
        while (await page.hear("entry"))["handoff"] != "H2":
            pass
        heard = [frame for frame in page.heard if frame.get("handoff") == "H1"]
        assert "afterwards" not in str(heard)
        assert {"type": "typing", "handoff": "H1", "on": True} not in heard
        assert heard[-1]["entry"]["custom"]["status"] in ("closed", "bot"), "their last line is the end"


async def test_reading_is_recorded_once_for_a_page_that_asks_again_and_again(gateway: Gateway) -> None:
    handoff = await waiting(gateway)
    async with person(gateway, "lin") as lin, person(gateway, "mei") as mei:
        for _ in range(3):
            await read(lin)
            await read(mei)
        await lin.post("handoffs/H1/accept")
        await lin.post("handoffs/H1/close", {"disposition": "solved", "resolved": True})
        lines = [line for line in await trail(gateway) if line["subject"] == "handoff:H1"]
    assert [(line["event"], line["actor"]) for line in lines] == [
        ("desk.read", "agent:lin"),
        ("desk.read", "agent:mei"),
        ("desk.accepted", "agent:lin"),
        ("desk.closed", "agent:lin"),
    ]
    assert lines[0]["conversation"] == handoff.conversation_id
    assert lines[1]["fields"] == {"role": "supervisor"}


def test_the_hash_of_these_tests_is_one() -> None:
    assert argon2.PasswordHasher().verify(NEW_PASSWORD, "another battery staple")
