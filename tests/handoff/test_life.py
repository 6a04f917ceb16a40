"""The life of a handoff, as the customer and the person see it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from bot.errors import AccessDenied, NotFound, Taken
from bot.handoff.life import Handoffs
from bot.store.conversations import Changes, Conversations, TurnCommit
from bot.store.floor import Floor
from bot.types import Agent, Handoff, Holder, to_wire
from tests.store.makers import handoff, person, turn, wrapup

LIN, MAX = person("lin"), person("max")


class Nudged(list[str]):
    async def __call__(self, conversation_id: str) -> None:
        self.append(conversation_id)


@pytest.fixture
def nudged() -> Nudged:
    return Nudged()


@pytest_asyncio.fixture
async def handoffs(conversations: Conversations, floor: Floor, nudged: Nudged) -> AsyncIterator[Handoffs]:
    for agent in (LIN, MAX):
        await floor.put_agent(agent)
    yield Handoffs(conversations, floor, nudge=nudged)


async def handed_over(conversations: Conversations, **other: Any) -> Handoff:
    """A conversation whose turn was committed as a worker does it: the effect is still to be done."""
    opened = await conversations.open(channel="web")
    await conversations.accept(turn(opened.conversation_id, "a person please"))
    work = await conversations.begin(opened.conversation_id, worker="w")
    assert work is not None
    made = handoff(f"{opened.conversation_id}-1", **{"conversation_id": opened.conversation_id, **other})
    changes = Changes(holder=Holder.QUEUE, handoff_id=made.id)
    await conversations.finish(work.lease, work.turns[0], TurnCommit(changes=changes))
    return made


async def told(conversations: Conversations, handoff: Handoff) -> list[dict[str, Any]]:
    entries = await conversations.entries(handoff.conversation_id)
    return [dict(entry.custom) for entry in entries if entry.author == "system"]


async def state(conversations: Conversations, handoff: Handoff) -> tuple[str, str | None, str]:
    conversation = await conversations.get(handoff.conversation_id)
    return conversation.holder.value, conversation.handoff_id, conversation.agent_name


async def test_from_the_line_to_a_person_and_back_to_the_bot(
    handoffs: Handoffs, conversations: Conversations, floor: Floor, nudged: Nudged
) -> None:
    mine = await handed_over(conversations)
    assert await handoffs.open(mine) == 1
    await handoffs.accept(LIN, mine.id)
    assert await state(conversations, mine) == ("human", mine.id, "Lin")
    entry = await handoffs.say(LIN, mine.id, "Hi, this is Lin", "m1")
    assert (entry.author, entry.name, entry.text) == ("agent", "Lin", "Hi, this is Lin")
    await handoffs.give_back(wrapup(mine.id, "lin", note="refund made by hand"))
    assert await state(conversations, mine) == ("bot", None, "")
    assert await told(conversations, mine) == [
        {"status": "queued", "position": 1, "on_duty": True},
        {"status": "joined", "name": "Lin"},
        {"status": "bot"},
    ]
    work = await conversations.begin(mine.conversation_id, worker="w")
    assert work is not None and [each.kind for each in work.turns] == ["resume"]
    assert work.turns[0].metadata["note"] == "refund made by hand"
    assert nudged == [mine.conversation_id]
    assert (await floor.state_of(mine.id), await floor.active("lin")) == ("closed", [])


async def test_the_customer_reads_it_in_their_language(handoffs: Handoffs, conversations: Conversations) -> None:
    mine = await handed_over(conversations, language="zh")
    await handoffs.open(mine)
    await handoffs.accept(LIN, mine.id)
    await handoffs.close(wrapup(mine.id, "lin"))
    lines = [entry.text for entry in await conversations.entries(mine.conversation_id) if entry.author == "system"]
    assert lines == [
        "正在为您转接人工客服，您排在第 1 位。",
        "人工客服 Lin 已接入，将继续为您服务。",
        "人工客服 Lin 已结束本次服务。",
    ]


async def test_every_step_done_twice_is_done_once(
    handoffs: Handoffs, conversations: Conversations, floor: Floor
) -> None:
    mine = await handed_over(conversations)
    for _ in range(2):
        await handoffs.open_wire(to_wire(mine))
    for _ in range(2):
        await handoffs.accept(LIN, mine.id)
    await handoffs.open(mine)
    for _ in range(2):
        await handoffs.say(LIN, mine.id, "hello", "m1")
    for _ in range(2):
        await handoffs.give_back(wrapup(mine.id, "lin"))
    await handoffs.open(mine)
    assert len(await told(conversations, mine)) == 3
    assert len([each for each in await conversations.entries(mine.conversation_id) if each.author == "agent"]) == 1
    assert await state(conversations, mine) == ("bot", None, "")
    assert await floor.waiting() == []


async def test_of_two_who_accept_at_once_one_joins(handoffs: Handoffs, conversations: Conversations) -> None:
    mine = await handed_over(conversations)
    await handoffs.open(mine)
    results = await asyncio.gather(*(handoffs.accept(who, mine.id) for who in (LIN, MAX)), return_exceptions=True)
    refusals = [result for result in results if isinstance(result, Taken)]
    assert len(refusals) == 1
    joined = [each for each in await told(conversations, mine) if each["status"] == "joined"]
    assert [each["name"] for each in joined] == [refusals[0].by]


async def test_only_its_agent_speaks_and_only_while_it_lasts(handoffs: Handoffs, conversations: Conversations) -> None:
    mine = await handed_over(conversations)
    await handoffs.open(mine)
    with pytest.raises(AccessDenied):
        await handoffs.say(LIN, mine.id, "too early", "m0")
    await handoffs.accept(LIN, mine.id)
    for act in (handoffs.say(MAX, mine.id, "me too", "m1"), handoffs.close(wrapup(mine.id, "max"))):
        with pytest.raises(AccessDenied):
            await act
    await handoffs.close(wrapup(mine.id, "lin"))
    with pytest.raises(AccessDenied):
        await handoffs.say(LIN, mine.id, "too late", "m2")
    with pytest.raises(NotFound):
        await handoffs.say(LIN, "nothing", "?", "m3")


async def test_an_accept_that_a_crash_interrupted_is_finished_by_the_first_line(
    handoffs: Handoffs, conversations: Conversations, floor: Floor
) -> None:
    mine = await handed_over(conversations)
    await handoffs.open(mine)
    await floor.accept(mine.id, "lin", limit=4, now=1_800_000_010.0)
    await handoffs.say(LIN, mine.id, "hello", "m1")
    assert await state(conversations, mine) == ("human", mine.id, "Lin")
    assert (await told(conversations, mine))[-1] == {"status": "joined", "name": "Lin"}


async def test_a_late_close_does_not_touch_the_next_handoff(handoffs: Handoffs, conversations: Conversations) -> None:
    first = await handed_over(conversations)
    await handoffs.open(first)
    await handoffs.accept(LIN, first.id)
    await handoffs.close(wrapup(first.id, "lin"))
    second = handoff("second", conversation_id=first.conversation_id)
    await handoffs.open(second)
    await handoffs.accept(MAX, "second")
    await handoffs.close(wrapup(first.id, "lin"))
    assert await state(conversations, second) == ("human", "second", "Max")


async def test_a_customer_who_leaves_the_line_is_the_bots_again(
    handoffs: Handoffs, conversations: Conversations, floor: Floor
) -> None:
    mine = await handed_over(conversations)
    await handoffs.open(mine)
    assert await handoffs.leave(mine.conversation_id) is True
    assert await handoffs.leave(mine.conversation_id) is False
    assert (await state(conversations, mine), await floor.waiting()) == (("bot", None, ""), [])


async def test_who_waits_hears_when_they_move_up(handoffs: Handoffs, conversations: Conversations) -> None:
    first = await handed_over(conversations, waiting_since=1.0)
    second = await handed_over(conversations, waiting_since=2.0)
    for each in (first, second):
        await handoffs.open(each)
    assert await told(conversations, second) == [{"status": "queued", "position": 2, "on_duty": True}]
    async with conversations.listen(second.conversation_id) as subscription:
        news: dict[str, Any] | None = None
        while news is None:
            await handoffs.tell_positions()
            news = await asyncio.wait_for(anext(subscription), 5)
        assert news == {"type": "status", "holder": "queued", "position": 2}
        await handoffs.accept(LIN, first.id)
        while news is None or news["position"] != 1:
            news = await asyncio.wait_for(anext(subscription), 5)


async def test_a_forgotten_customer_does_not_stay_in_line(
    handoffs: Handoffs, conversations: Conversations, floor: Floor
) -> None:
    gone, there = await handed_over(conversations), await handed_over(conversations)
    for each in (gone, there):
        await handoffs.open(each)
    await conversations.forget(gone.conversation_id)
    assert await handoffs.sweep() == [gone.id]
    assert [each.id for each in await floor.waiting()] == [there.id]


async def test_the_wait_is_told_once_the_queue_has_a_pace(
    handoffs: Handoffs, conversations: Conversations, floor: Floor
) -> None:
    await floor.put_agent(Agent(id="chief", name="Chief", role="supervisor", state="available"))
    chief = await floor.agent("chief")
    for _ in range(3):
        each = await handed_over(conversations)
        await handoffs.open(each)
        await handoffs.accept(chief, each.id)
    last = await handed_over(conversations)
    await handoffs.open(last)
    assert (await told(conversations, last))[0]["wait_s"] >= 0
