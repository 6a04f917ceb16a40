"""The desk over real HTTP and WebSocket: agents, a supervisor, and a customer who waits."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp
import pytest
from structlog.testing import capture_logs

from bot.types import Holder
from tests.desk.people import OURS, person, waiting
from tests.serving import PASSWORD, Gateway

# Who may come in


async def test_signing_in_gives_a_cookie_no_script_and_no_other_site_can_use(gateway: Gateway) -> None:
    async with person(gateway) as lin:
        body = {"name": "Lin", "password": PASSWORD}
        async with lin.client.post("/desk/api/sign-in", json=body, headers=OURS) as answer:
            cookie = answer.headers["Set-Cookie"]
            agent = (await answer.json())["agent"]
        assert (agent["name"], agent["role"], agent["state"]) == ("Lin", "agent", "available")
        assert "HttpOnly" in cookie
        assert "SameSite=Strict" in cookie
        assert "Path=/" in cookie
        assert "Domain" not in cookie
        assert (await lin.get("me"))[1]["agent"]["id"] == "lin"


async def test_signing_out_ends_the_session_for_good(gateway: Gateway) -> None:
    async with person(gateway, "lin") as lin:
        cookies = {each.key: each.value for each in lin.client.cookie_jar}
        assert (await lin.post("sign-out"))[0] == 200
        assert (await lin.get("me", cookies=cookies))[0] == 401
    assert (await gateway.service.floor.agent("lin")).state == "offline"


@pytest.mark.parametrize("path", ["me", "floor", "handoffs/H1"])
async def test_without_a_session_nothing_is_shown(gateway: Gateway, path: str) -> None:
    async with person(gateway) as stranger:
        for cookies in ({}, {"xiaoer_desk": "made-up"}):
            status, body = await stranger.get(path, cookies=cookies)
            assert (status, body["error"]) == (401, "signed_out")


async def test_a_call_that_another_site_could_send_is_refused(gateway: Gateway) -> None:
    async with person(gateway, "lin") as lin:
        for headers in ({}, {**OURS, "Origin": "https://evil.example"}):
            assert (await lin.post("me/state", {"state": "away"}, headers=headers))[0] == 403
        assert (await lin.post("me/state", {"state": "away"}, headers={**OURS, "Origin": gateway.url}))[0] == 200
        with pytest.raises(aiohttp.WSServerHandshakeError):
            await lin.client.ws_connect("/desk/ws", headers={"Origin": "https://evil.example"})


@pytest.mark.parametrize(
    ("path", "body", "code"),
    [
        ("me/state", {"state": "asleep"}, "bad_message"),
        ("handoffs/H1/messages", {"id": "m", "text": " "}, "empty"),
        ("handoffs/H1/messages", {"id": "m", "text": "x" * 5000}, "too_long"),
        ("handoffs/H1/messages", {"text": "hello"}, "bad_message"),
        ("handoffs/H1/close", {"resolved": True}, "bad_message"),
        ("handoffs/nothing/accept", {}, "not_found"),
    ],
)
async def test_what_cannot_be_taken_gets_a_stable_code(gateway: Gateway, path: str, body: Any, code: str) -> None:
    await waiting(gateway)
    async with person(gateway, "lin") as lin:
        assert (await lin.post(path, body))[1]["error"] == code


# Taking over


async def test_a_person_sees_who_waits_and_all_the_bot_knew(gateway: Gateway) -> None:
    handoff = await waiting(gateway)
    async with person(gateway, "lin") as lin:
        _, floor = await lin.get("floor")
        (summary,) = floor["waiting"]
        assert (summary["id"], summary["customer_name"], summary["reason"]) == ("H1", "Ann", "asked")
        assert summary["intents"] == [{"intent": "request_human", "confidence": 0.9}]
        _, details = await lin.get(f"handoffs/{handoff.id}")
        assert details["handoff"]["slots"] == {"order_number": "P20261103001"}
        assert details["handoff"]["tried"][0]["detail"] == "service_down"
        assert details["handoff"]["identity"]["method"] == "jwt"
        assert details["holder"] == "queued"
        assert details["entries"][-1]["custom"]["status"] == "queued"


async def test_of_two_who_accept_at_once_one_gets_it_and_the_other_learns_who(gateway: Gateway) -> None:
    await waiting(gateway)
    async with person(gateway, "lin") as lin, person(gateway, "sam") as sam:
        answers = await asyncio.gather(*(each.post("handoffs/H1/accept") for each in (lin, sam)))
        assert sorted(status for status, _ in answers) == [200, 409]
        loser = next(body for status, body in answers if status == 409)
        winner = "Lin" if answers[0][0] == 200 else "Sam"
        assert (loser["error"], loser["by"]) == ("taken", winner)


async def test_they_talk_and_nothing_is_said_twice(gateway: Gateway) -> None:
    handoff = await waiting(gateway)
    async with person(gateway, "lin") as lin, lin.socket() as page:
        await page.hear("hello")
        await lin.post("handoffs/H1/accept")
        await page.hear("accepted", handoff_id="H1", agent_id="lin", by="Lin")
        _, entry = await lin.post("handoffs/H1/messages", {"id": "a1", "text": "How can I help?"})
        assert await lin.post("handoffs/H1/messages", {"id": "a1", "text": "How can I help?"}) == (200, entry)
        assert (entry["author"], entry["name"], entry["text"]) == ("agent", "Lin", "How can I help?")
        heard = await page.hear("entry")
        while heard["entry"]["seq"] != entry["seq"]:
            heard = await page.hear("entry")
        assert heard == {"type": "entry", "handoff": "H1", "entry": entry}
    entries = await gateway.conversations.entries(handoff.conversation_id)
    assert [each.text for each in entries if each.author == "agent"] == ["How can I help?"]


async def test_a_customers_line_reaches_the_agent_and_the_bot_stays_silent(gateway: Gateway) -> None:
    opened = await waiting(gateway)
    async with person(gateway, "lin") as lin, lin.socket() as page:
        await page.hear("hello")
        await lin.post("handoffs/H1/accept")
        await page.hear("accepted")
        from bot.channels import Received

        await gateway.door.receive(
            opened.conversation_id, Received(text="hello", message_id="m1"), channel="native", address="127.0.0.1"
        )
        while (await page.hear("entry"))["entry"]["text"] != "hello":
            pass
        await gateway.door.answers.wait(opened.conversation_id, 10, within_s=0.2, repeated=True)
    authors = [entry.author for entry in await gateway.conversations.entries(opened.conversation_id)]
    assert "bot" not in authors


async def test_typing_is_seen_on_both_sides(gateway: Gateway) -> None:
    handoff = await waiting(gateway)
    async with person(gateway, "lin") as lin, lin.socket() as page:
        await page.hear("hello")
        assert (await lin.post("handoffs/H1/typing", {"on": True}))[0] == 403, "it is not theirs yet"
        await lin.post("handoffs/H1/accept")
        await page.hear("entry")
        assert (await lin.post("handoffs/H1/typing", {"on": True}))[0] == 200
        await gateway.conversations.notify(
            handoff.conversation_id, {"type": "typing", "author": "customer", "on": True}
        )
        assert await page.hear("typing") == {"type": "typing", "handoff": "H1", "on": True}


@pytest.mark.parametrize(("verb", "status"), [("close", "closed"), ("give-back", "bot")])
async def test_it_ends_with_the_bot_again(gateway: Gateway, verb: str, status: str) -> None:
    handoff = await waiting(gateway)
    async with person(gateway, "lin") as lin, person(gateway, "sam") as sam:
        await lin.post("handoffs/H1/accept")
        wrapup = {"disposition": "solved", "resolved": True, "corrected_intent": "request_refund", "note": "paid"}
        assert (await sam.post(f"handoffs/H1/{verb}", wrapup))[0] == 403
        assert await lin.post(f"handoffs/H1/{verb}", wrapup) == (200, {})
        assert await lin.post(f"handoffs/H1/{verb}", wrapup) == (200, {}), "again changes nothing"
        assert (await lin.get("floor"))[1]["mine"] == []
    conversation = await gateway.conversations.get(handoff.conversation_id)
    assert conversation.holder is Holder.BOT
    entries = await gateway.conversations.entries(handoff.conversation_id)
    assert status in [entry.custom.get("status") for entry in entries]
    kept = await gateway.service.floor.wrapup("H1")
    assert kept is not None
    assert (kept.resolved, kept.corrected_intent, kept.note) == (True, "request_refund", "paid")


# Who may see what


async def test_transcripts_are_for_their_agent_and_for_supervisors(gateway: Gateway) -> None:
    await waiting(gateway)
    async with person(gateway, "lin") as lin, person(gateway, "sam") as sam, person(gateway, "mei") as mei:
        assert [(await each.get("handoffs/H1"))[0] for each in (lin, sam, mei)] == [200, 200, 200]
        await lin.post("handoffs/H1/accept")
        assert [(await each.get("handoffs/H1"))[0] for each in (lin, sam, mei)] == [200, 403, 200]
        assert (await mei.get("floor"))[1]["others"][0]["agent_id"] == "lin"
        assert "others" not in (await sam.get("floor"))[1]


async def test_what_waits_in_a_queue_one_has_no_skill_for_is_not_shown(gateway: Gateway) -> None:
    await waiting(gateway, queue="cards")
    async with person(gateway, "lin") as lin, person(gateway, "sam") as sam, person(gateway, "mei") as mei:
        assert [len((await each.get("floor"))[1]["waiting"]) for each in (lin, sam, mei)] == [0, 1, 1]
        assert [(await each.get("handoffs/H1"))[0] for each in (lin, sam, mei)] == [403, 200, 200]
        assert (await lin.post("handoffs/H1/accept"))[0] == 403


async def test_what_somebody_may_not_do_is_logged(gateway: Gateway) -> None:
    await waiting(gateway, queue="cards")
    async with person(gateway, "lin") as lin, person(gateway) as stranger:
        with capture_logs() as logs:
            await lin.get("handoffs/H1")
            await lin.post("handoffs/H1/accept")
            await lin.post("me/state", {"state": "away"}, headers={**OURS, "Origin": "https://evil.example"})
            await stranger.post("handoffs/H1/accept", headers={})
    told = [each for each in logs if each["event"] == "desk.denied"]
    assert [(each["agent"], each["why"], each["at"], each["about"]) for each in told] == [
        ("lin", "access_denied", "GET /desk/api/handoffs/{id}", "H1"),
        ("lin", "access_denied", "POST /desk/api/handoffs/{id}/accept", "H1"),
        ("", "origin_denied", "POST /desk/api/me/state", ""),
        ("", "no_header", "POST /desk/api/handoffs/{id}/accept", ""),
    ]
    assert {each["address"] for each in told} == {"127.0.0.1"}


@pytest.mark.parametrize("name", ["lin", "sam"])
async def test_an_old_floor_and_the_updates_since_make_the_new_floor(gateway: Gateway, name: str) -> None:
    """Ids of who waits and of what is theirs, followed by frames alone."""
    async with person(gateway, name) as one, person(gateway, "mei") as mei, one.socket() as page:
        await page.hear("hello")
        before = (await one.get("floor"))[1]
        for number in range(6):
            await waiting(gateway, f"H{number}", queue=("general", "cards")[number % 2])
        await mei.post("handoffs/H0/accept")
        await one.post("handoffs/H2/accept")
        await one.post("handoffs/H2/close", {"disposition": "solved", "resolved": True})
        await one.post("handoffs/H4/accept")
        after = (await one.get("floor"))[1]
        lines = {"waiting": {each["id"] for each in before["waiting"]}, "mine": {each["id"] for each in before["mine"]}}
        seq = before["seq"]
        while seq < after["seq"]:
            frame = await page.hear("floor")
            if frame["seq"] <= seq:
                continue
            assert frame["seq"] == seq + 1, "no gaps"
            seq = frame["seq"]
            follow(lines, frame["update"], name)
        assert lines == {kind: {each["id"] for each in after[kind]} for kind in ("waiting", "mine")}


def follow(lines: dict[str, set[str]], update: dict[str, Any], me: str) -> None:
    match update["kind"]:
        case "waiting.added":
            lines["waiting"].add(update["handoff"]["id"])
        case "waiting.removed":
            lines["waiting"].discard(update["handoff_id"])
        case "accepted":
            lines["waiting"].discard(update["handoff_id"])
            if update["agent_id"] == me:
                lines["mine"].add(update["handoff_id"])
        case "closed":
            lines["mine"].discard(update["handoff_id"])
