"""Nobody is left with an agent who is not there: who signs out, vanishes, or is relieved by a supervisor."""

from __future__ import annotations

import asyncio
import time

import pytest

from bot.desk import watch
from bot.types import Handoff, Holder
from tests.desk.people import Person, person, waiting
from tests.redis import eventually
from tests.serving import Gateway


async def last_line(gateway: Gateway, handoff: Handoff) -> str:
    return (await gateway.conversations.entries(handoff.conversation_id))[-1].text


async def holder(gateway: Gateway, handoff: Handoff) -> Holder:
    return (await gateway.conversations.get(handoff.conversation_id)).holder


async def with_lin(gateway: Gateway, lin: Person, handoff_id: str = "H1") -> Handoff:
    handoff = await waiting(gateway, handoff_id)
    assert (await lin.post(f"handoffs/{handoff_id}/accept"))[0] == 200
    return handoff


async def test_who_signs_out_leaves_nobody_behind(gateway: Gateway) -> None:
    async with person(gateway, "lin") as lin, person(gateway, "sam") as sam, sam.socket() as page:
        await page.hear("hello")
        first = await with_lin(gateway, lin)
        await waiting(gateway, "H2", waiting_since=time.time() + 1)
        await lin.post("sign-out")
        await page.hear("requeued", handoff_id="H1", agent_id="lin", why="signed_out")
        assert await holder(gateway, first) is Holder.QUEUE
        assert "Lin had to leave. You keep your place, number 1 in line" in await last_line(gateway, first)
        _, floor = await sam.get("floor")
        assert [each["id"] for each in floor["waiting"]] == ["H1", "H2"]
        assert (await sam.post("handoffs/H1/accept"))[0] == 200
        assert await last_line(gateway, first) == "Sam has joined."


async def test_who_vanishes_leaves_nobody_behind(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    async with person(gateway, "lin") as lin:
        handoff = await with_lin(gateway, lin)
        monkeypatch.setattr(watch, "LOST_S", 1.0)
        async with lin.socket() as page:
            await page.hear("hello")
            await asyncio.sleep(watch.EVERY_S * 2)
        assert await eventually(lambda: _waits(gateway, handoff))
        assert (await gateway.service.floor.agent("lin")).state == "offline"


async def _waits(gateway: Gateway, handoff: Handoff) -> bool:
    return await holder(gateway, handoff) is Holder.QUEUE


async def test_whose_page_answers_is_there(gateway: Gateway, monkeypatch: pytest.MonkeyPatch) -> None:
    async with person(gateway, "lin") as lin, lin.socket() as page:
        await page.hear("hello")
        handoff = await with_lin(gateway, lin)
        monkeypatch.setattr(watch, "LOST_S", 2.0)
        monkeypatch.setattr("bot.desk.socket.SEEN_EVERY_S", 0.0)
        for _ in range(6):
            await page.socket.send_json({"type": "ping"})
            await page.hear("pong")
            await asyncio.sleep(watch.EVERY_S)
        assert await holder(gateway, handoff) is Holder.AGENT


async def test_an_agent_puts_back_what_is_theirs_only(gateway: Gateway) -> None:
    async with person(gateway, "lin") as lin, person(gateway, "sam") as sam:
        handoff = await with_lin(gateway, lin)
        assert (await sam.post("handoffs/H1/put-back"))[0] == 403
        assert (await lin.post("handoffs/H1/put-back"))[0] == 200
        assert (await lin.post("handoffs/H1/put-back"))[1]["error"] == "taken"
        assert await holder(gateway, handoff) is Holder.QUEUE
        assert (await lin.post("handoffs/H1/messages", {"id": "m", "text": "still here"}))[0] == 403


async def test_a_supervisor_takes_over_and_gives_to_another(gateway: Gateway) -> None:
    async with person(gateway, "lin") as lin, person(gateway, "mei") as mei, person(gateway, "sam") as sam:
        handoff = await with_lin(gateway, lin)
        assert (await sam.post("handoffs/H1/assign"))[0] == 403, "an agent may not"
        async with lin.socket() as page:
            await page.hear("hello")
            assert (await mei.post("handoffs/H1/assign"))[0] == 200
            await page.hear("moved", handoff_id="H1", agent_id="mei", by="Mei")
        assert await last_line(gateway, handoff) == "Mei has joined."
        assert (await lin.post("handoffs/H1/messages", {"id": "m", "text": "me again"}))[0] == 403
        assert (await mei.post("handoffs/H1/assign", {"agent_id": "sam"}))[0] == 200
        assert (await sam.post("handoffs/H1/messages", {"id": "m", "text": "hello"}))[0] == 200
        assert (await mei.post("handoffs/H1/put-back"))[0] == 200, "a supervisor puts back anybody's"
        assert (await mei.post("handoffs/H1/assign", {"agent_id": "sam"}))[1]["error"] == "taken"
        assert (await mei.post("handoffs/H1/assign", {"agent_id": "nobody"}))[0] in (404, 409)


async def test_what_a_dead_process_left_half_done_is_told(gateway: Gateway) -> None:
    """The floor knows that it waits again, the customer does not yet."""
    async with person(gateway, "lin") as lin:
        handoff = await with_lin(gateway, lin)
        await gateway.service.floor.requeue(handoff, "lin", why="lost")
        assert await holder(gateway, handoff) is Holder.AGENT
        await gateway.service.handoffs.sweep()
        assert await holder(gateway, handoff) is Holder.QUEUE
        assert "Lin had to leave" in await last_line(gateway, handoff)
