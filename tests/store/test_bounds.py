"""Memory is bounded, and what is cut off is never missed."""

from __future__ import annotations

import asyncio

from bot.store import keys, lua
from bot.store.connect import Client
from bot.store.conversations import Conversations, TurnCommit
from tests.store.makers import reply, turn


async def opened(conversations: Conversations) -> str:
    return (await conversations.open(channel="web")).conversation_id


async def answer(conversations: Conversations, id: str, commit: TurnCommit) -> None:
    await conversations.accept(turn(id))
    work = await conversations.begin(id, worker="w", after=10**9)
    assert work is not None
    await conversations.finish(work.lease, work.turns[0], commit)


async def talk(conversations: Conversations, id: str, lines: int) -> None:
    for start in range(0, lines, 50):
        await asyncio.gather(*(conversations.say(id, reply("x"), reply_id=str(start + n)) for n in range(50)))


async def test_two_hundred_turns_are_kept_whole(conversations: Conversations) -> None:
    id = await opened(conversations)
    for n in range(200):
        events = [{"event": "action", "n": n, "m": m} for m in range(15)]
        await answer(conversations, id, TurnCommit(events=events, replies=[reply("a"), reply("b")]))
    assert [entry.seq for entry in await conversations.entries(id, limit=1000)] == list(range(1, 601))
    events = await conversations.tracker_events(id)
    assert [(each["n"], each["m"]) for each in events] == [(n, m) for n in range(200) for m in range(15)]
    assert await conversations.tracker_events(id, after=2990) == events[2990:]


async def test_a_very_long_log_loses_its_oldest_lines(redis: Client, conversations: Conversations) -> None:
    id = await opened(conversations)
    await answer(conversations, id, TurnCommit())
    await talk(conversations, id, lua.LINES_KEPT + 300)
    last = (await conversations.get(id)).seq
    await answer(conversations, id, TurnCommit())
    await conversations.say(id, reply("y"), reply_id="last")
    entries = await conversations.entries(id, limit=5000)
    assert lua.LINES_KEPT <= len(entries) < last
    assert entries[-1].seq == last + 2
    assert await redis.zcard(keys.conversation("main", id).seen) <= lua.LINES_KEPT + 2


async def test_an_unanswered_turn_is_never_cut_off(conversations: Conversations) -> None:
    id = await opened(conversations)
    await conversations.accept(turn(id, "still waiting"))
    await talk(conversations, id, lua.LINES_KEPT + 300)
    work = await conversations.begin(id, worker="w")
    assert work is not None and [each.text for each in work.turns] == ["still waiting"]


async def test_a_tracker_that_is_cut_keeps_what_its_slots_were_set_to(conversations: Conversations) -> None:
    id = await opened(conversations)
    old = [{"event": "slot", "name": "a", "value": 1}, {"event": "slot", "name": "b", "value": 2}]
    old.append({"event": "slot", "name": "a", "value": 3})
    await answer(conversations, id, TurnCommit(events=old))
    fill, commits = 1000, lua.EVENTS_KEPT // 1000 + 6
    for n in range(commits):
        await answer(conversations, id, TurnCommit(events=[{"event": "x", "n": n * fill + m} for m in range(fill)]))
    version = (await conversations.get(id)).version
    assert version == 3 + fill * commits
    events = await conversations.tracker_events(id)
    assert len(events) <= lua.EVENTS_KEPT
    slots = {each["name"]: each["value"] for each in events if each["event"] == "slot"}
    assert slots == {"a": 3, "b": 2}
    assert events[-1]["n"] == fill * commits - 1
    assert await conversations.tracker_events(id, after=version - 5) == events[-5:]
    assert await conversations.tracker_events(id, after=version) == []
    assert await conversations.tracker_events(id, after=7) == events


async def test_a_cancelled_call_does_not_hand_its_answer_to_the_next(conversations: Conversations) -> None:
    ids = [await opened(conversations) for _ in range(20)]
    for id in ids:
        await conversations.accept(turn(id, id))
    for n in range(200):
        task = asyncio.create_task(conversations.entries(ids[n % 20]))
        for _ in range(n % 7):
            await asyncio.sleep(0)
        task.cancel()
    for id in ids:
        assert [entry.text for entry in await conversations.entries(id)] == [id]
