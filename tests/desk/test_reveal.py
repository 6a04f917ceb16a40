"""A customer's personal data at the desk: dots, until who has the conversation says why they have to see it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from bot.types import Turn
from tests.desk.people import person, waiting
from tests.serving import Gateway

SAID = "Ann here, call me at 415-555-2671, my code is 482913"
WHY = "contact_customer"


async def said(gateway: Gateway) -> int:
    """The customer has written SAID and waits; the line's number."""
    handoff = await waiting(gateway)
    turn = Turn(conversation_id=handoff.conversation_id, message_id="m1", channel="native", text=SAID, at=1.0)
    return (await gateway.conversations.accept(turn)).seq


async def line(who: Any, seq: int) -> dict[str, Any]:
    _, details = await who.get("handoffs/H1")
    return next(each for each in details["entries"] if each["seq"] == seq)


async def test_the_desk_is_given_dots_and_what_kinds_they_are(gateway: Gateway) -> None:
    seq = await said(gateway)
    async with person(gateway, "lin") as lin:
        shown = await line(lin, seq)
        assert shown["text"] == "••• here, call me at •••-•••-••••, my code is ••••••"
        assert shown["masked"] == ["name", "phone"]


async def test_who_has_the_conversation_sees_it_for_a_reason_on_record_but_never_the_code(gateway: Gateway) -> None:
    seq = await said(gateway)
    async with person(gateway, "lin") as lin:
        await lin.post("handoffs/H1/accept")
        status, body = await lin.post("handoffs/H1/reveal", {"seq": seq, "reason": WHY})
    assert (status, body) == (200, {"seq": seq, "text": SAID.replace("482913", "••••••")})
    lines = [json.loads(each) async for each in gateway.service.audit.lines()]
    (revealed,) = [each for each in lines if each["event"] == "desk.revealed"]
    assert revealed["actor"] == "agent:lin"
    assert revealed["fields"] == {"role": "agent", "reason": WHY, "line": str(seq), "what": "name phone"}


async def test_who_only_reads_the_queue_may_not(gateway: Gateway) -> None:
    seq = await said(gateway)
    async with person(gateway, "lin") as lin, person(gateway, "sam") as sam:
        assert (await sam.post("handoffs/H1/reveal", {"seq": seq, "reason": WHY}))[0] == 403
        await lin.post("handoffs/H1/accept")
        assert (await sam.post("handoffs/H1/reveal", {"seq": seq, "reason": WHY}))[0] == 403


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({"reason": "curious"}, "bad_message"),
        ({}, "bad_message"),
        ({"reason": WHY, "seq": True}, "bad_message"),
        ({"reason": WHY, "seq": 10**30}, "bad_message"),
        ({"reason": WHY, "seq": 9999}, "not_found"),
    ],
)
async def test_without_a_reason_or_a_line_there_is_nothing_to_see(
    gateway: Gateway, body: dict[str, Any], error: str
) -> None:
    seq = await said(gateway)
    async with person(gateway, "lin") as lin:
        await lin.post("handoffs/H1/accept")
        assert (await lin.post("handoffs/H1/reveal", {"seq": seq, **body}))[1]["error"] == error
