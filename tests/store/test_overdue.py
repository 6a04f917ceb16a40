"""After a crash a sweep finds what is left, and only that."""

from __future__ import annotations

import asyncio
import json
import time
from typing import Any

from bot.store import keys, lua
from bot.store.connect import Client
from bot.store.conversations import Conversations, TurnCommit
from bot.store.due import GRACE_S
from tests.redis import eventually
from tests.store.makers import reply, turn


def later(seconds: float = GRACE_S) -> float:
    return time.time() + seconds + 0.01


async def opened(conversations: Conversations) -> str:
    return (await conversations.open(channel="web")).conversation_id


async def answered(conversations: Conversations, id: str, commit: TurnCommit | None = None) -> None:
    work = await conversations.begin(id, worker="w")
    assert work is not None
    await conversations.finish(work.lease, work.turns[0], commit or TurnCommit())


async def test_a_message_nobody_took_is_overdue_after_a_moment(conversations: Conversations) -> None:
    id = await opened(conversations)
    await conversations.accept(turn(id))
    assert await conversations.overdue(now=time.time()) == []
    assert await conversations.overdue(now=later()) == [id]


async def test_one_sweep_of_a_second_is_told(conversations: Conversations) -> None:
    id = await opened(conversations)
    await conversations.accept(turn(id))
    now = later()
    assert await conversations.overdue(now=now) == [id]
    assert await conversations.overdue(now=now + 0.5) == []
    assert await conversations.overdue(now=now + 1.5) == [id]


async def test_a_held_conversation_is_overdue_when_its_lease_runs_out(conversations: Conversations) -> None:
    id = await opened(conversations)
    await conversations.accept(turn(id))
    lease = await conversations.take(id, worker="w", lease_s=30)
    assert lease is not None
    assert await conversations.overdue(now=later()) == []
    assert await conversations.overdue(now=lease.until - 0.1) == []
    assert await conversations.overdue(now=lease.until + 0.1) == [id]


async def test_an_answered_conversation_is_not_overdue_and_leaves_no_hint(
    redis: Client, conversations: Conversations
) -> None:
    id = await opened(conversations)
    await conversations.accept(turn(id))
    await answered(conversations, id)
    assert await conversations.overdue(now=later()) == []

    async def no_hint() -> bool:
        return [key async for key in redis.scan_iter("*:due:*")] == []

    await eventually(no_hint)


async def test_an_effect_that_is_left_makes_it_overdue(conversations: Conversations) -> None:
    id = await opened(conversations)
    await conversations.accept(turn(id))
    await answered(conversations, id, TurnCommit(effects=[{"id": "e", "kind": "handoff.open"}]))
    assert await conversations.overdue(now=later()) == [id]
    await conversations.effect_done(id, "e")
    assert await conversations.overdue(now=later(10)) == []


async def test_a_message_is_never_accepted_without_a_hint(conversations: Conversations) -> None:
    """A sweep that clears hints at every moment cannot come between a hint and its message."""
    id = await opened(conversations)
    stop = asyncio.Event()

    async def sweep() -> None:
        while not stop.is_set():
            await conversations.overdue(now=time.time() + 1000)

    sweeper = asyncio.create_task(sweep())
    for _ in range(60):
        await conversations.accept(turn(id))
        assert await conversations._due.look([id]) != []
        await answered(conversations, id)
    stop.set()
    await sweeper


async def test_a_message_whose_hint_a_sweep_has_cleared_gets_in_only_with_a_new_hint(
    redis: Client, conversations: Conversations
) -> None:
    """As when a gateway stands still between writing the hint and the message."""
    id = await opened(conversations)
    names, hint = keys.conversation("main", id), time.time()
    await redis.zadd(keys.due_of("main", id), {id: hint})
    assert await conversations.overdue(now=hint + 1) == []
    for script, args in (
        (lua.ACCEPT, [60, 9, hint, "m1", "{}", 1, "", names.wake]),
        (lua.SAY, [60, hint, "r1", "", "", "{}", names.wake, 0, 0]),
    ):
        assert (await script(redis, names.all, args))[0] == b"stale"
    assert await conversations.entries(id) == []
    await conversations.accept(turn(id))
    assert await conversations.overdue(now=later()) == [id]


async def test_hundreds_of_conversations_are_found_the_oldest_first(conversations: Conversations) -> None:
    ids = [await opened(conversations) for _ in range(150)]
    for id in ids:
        await conversations.accept(turn(id))
    assert await conversations.overdue(now=later(), limit=100) == ids[:100]
    assert sorted(await conversations.overdue(now=later(), limit=100)) == sorted(ids[100:])


async def test_a_hint_of_a_forgotten_conversation_is_cleared(redis: Client, conversations: Conversations) -> None:
    id = await opened(conversations)
    await conversations.accept(turn(id))
    await conversations.forget(id)
    assert await conversations.overdue(now=later()) == []
    assert await conversations._due.look([id]) == []


async def records(redis: Client) -> list[dict[str, Any]]:
    found: Any = await redis.xrange(keys.FloorKeys("main").events)
    return [{"kind": fields[b"kind"].decode(), **json.loads(fields[b"data"])} for _, fields in found]


async def test_the_archive_is_told_of_what_changed(redis: Client, conversations: Conversations) -> None:
    id = await opened(conversations)
    await conversations.accept(turn(id))
    await answered(conversations, id, TurnCommit(events=[{"event": "user"}], replies=[reply("hi")]))

    async def told() -> bool:
        return (await records(redis))[-1:] == [
            {"kind": "conversation", "conversation_id": id, "change": 2, "seq": 2, "version": 1}
        ]

    await eventually(told)
    await conversations.say(id, reply("hello", author="agent"), reply_id="1")
    await conversations.aclose()
    assert [(each["change"], each["seq"]) for each in await records(redis)] == [(2, 2), (3, 3)]
    await conversations.forget(id)
    assert (await records(redis))[-1] == {"kind": "forgotten", "conversation_id": id}


async def test_what_a_crash_kept_from_the_archive_a_sweep_tells(redis: Client, conversations: Conversations) -> None:
    id = await opened(conversations)
    await conversations.accept(turn(id))
    await answered(conversations, id)
    conversations._settler._changed.clear()  # The process dies here.
    other = Conversations(redis)
    assert await other.overdue(now=later()) == []
    await other.aclose()
    assert [each["seq"] for each in await records(redis)] == [1]
    assert await other._due.look([id]) == []
