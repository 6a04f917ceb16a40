"""Whatever is written over one key of a conversation: the others go on, and its customer gets an answer."""

from __future__ import annotations

import asyncio
import json
import time
import uuid
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any

import hypothesis.strategies as st
import pytest
import pytest_asyncio
import redis as sync_redis
from hypothesis import HealthCheck, given, settings

from bot.engine.engine import Engine
from bot.engine.worker import TRIES, Worker, readers
from bot.handoff.life import Handoffs
from bot.store import keys
from bot.store.connect import Client, connect
from bot.store.conversations import Conversations
from bot.store.floor import Floor
from bot.types import Holder, Turn
from tests.redis import Server, eventually

GARBAGE = [
    b"",
    b"x",
    b"\xff\xfe",
    b"{",
    b"[]",
    b"null",
    b"-1",
    b"1e400",
    b"99999999999999999999",
    b'{"event":"no such"}',
]
VALUES = st.sampled_from(GARBAGE) | st.binary(max_size=20)
PARTS = ("meta", "log", "pending", "seen", "offered", "events", "effects")
FIELDS = (
    *("channel", "holder", "identity", "language", "handoff", "agent", "seq", "done", "version", "metadata", "private"),
    *(
        "changes",
        "told",
        "effect",
        "head",
        "fence",
        "done_fence",
        "lease",
        "until",
        "void",
        "tried",
        "failed",
        "damaged",
    ),
)
"""All of `meta` but the digest of the token's secret: without it nobody can show that the conversation is theirs."""


class House:
    """A worker with its floor, and what it told of."""

    def __init__(self, redis: Client) -> None:
        self.mended: list[list[str]] = []
        self.given_up: list[int] = []
        self.conversations = Conversations(
            redis, readers=readers(), on_mended=lambda _, lost: self.mended.append(list(lost))
        )
        self.floor = Floor(redis, wakes=self.conversations.wakes)
        self.handoffs = Handoffs(self.conversations, self.floor)

    def worker(self, engine: Engine) -> Worker:
        return Worker(
            *(engine, self.conversations, self.handoffs),
            name="w",
            sweep_s=0.05,
            on_given_up=lambda _, seq: self.given_up.append(seq),
        )

    async def opened(self, *texts: str) -> str:
        opened = await self.conversations.open(channel="web", language="en")
        for text in texts:
            await self.say(opened.conversation_id, text)
        return opened.conversation_id

    async def say(self, conversation_id: str, text: str) -> int:
        turn = Turn(
            conversation_id=conversation_id, message_id=uuid.uuid4().hex, channel="web", text=text, at=time.time()
        )
        return (await self.conversations.accept(turn)).seq

    async def answers(self, conversation_id: str, after: int) -> list[str]:
        """What the bot or the house said after a line."""
        entries = await self.conversations.entries(conversation_id, after=after)
        return [entry.text for entry in entries if entry.author in ("bot", "system")]

    async def answered(self, conversation_id: str, after: int) -> list[str]:
        async def said() -> list[str]:
            return await self.answers(conversation_id, after)

        return await eventually(said, "an answer", within_s=15)

    async def said_in_all(self, conversation_id: str) -> int:
        """The last line of the bot or the house."""
        entries = await self.conversations.entries(conversation_id)
        return max((entry.seq for entry in entries if entry.author in ("bot", "system")), default=0)

    async def more_said(self, conversation_id: str, before: int) -> None:
        async def more() -> bool:
            return await self.said_in_all(conversation_id) != before

        await eventually(more, "an answer", within_s=15)

    async def aclose(self) -> None:
        await self.floor.aclose()
        await self.conversations.aclose()


@pytest_asyncio.fixture
async def house(redis: Client) -> AsyncIterator[House]:
    house = House(redis)
    yield house
    await house.aclose()


@dataclass(frozen=True)
class Damage:
    """Written over one key: it is of another kind (0), gone (1), or one thing in it is not what it should be."""

    part: str
    way: int
    value: bytes
    field: str

    def do(self, client: sync_redis.Redis, names: keys.ConversationKeys) -> None:
        key = getattr(names, self.part)
        if self.part == "meta":
            client.hset(key, self.field, self.value)
        elif self.way < 2:
            client.delete(key)
            if self.way == 0:
                client.set(key, self.value)
        else:
            getattr(self, f"_{self.part}")(client, key)

    def _log(self, client: sync_redis.Redis, key: str) -> None:
        last = client.xrevrange(key, count=1)
        after = int(last[0][0].partition(b"-")[0]) if last else 0
        if self.way == 2 and last:
            client.xdel(key, last[0][0])
        name = [b"turn", b"reply", b"x"][len(self.value) % 3]
        client.xadd(key, {name: self.value}, id=f"{after}-{self.way}")

    def _pending(self, client: sync_redis.Redis, key: str) -> None:
        if self.way == 2 and client.llen(key):
            client.lset(key, -1, self.value)
        else:
            client.rpush(key, self.value)

    _events = _pending

    def _effects(self, client: sync_redis.Redis, key: str) -> None:
        client.hset(key, "e", self.value)

    def _seen(self, client: sync_redis.Redis, key: str) -> None:
        client.zadd(key, {b"r:1.0" if self.way == 2 else self.value: 77})

    _offered = _seen


DAMAGES = st.builds(
    Damage, part=st.sampled_from(PARTS), way=st.integers(0, 3), value=VALUES, field=st.sampled_from(FIELDS)
)


@settings(max_examples=40, deadline=None, suppress_health_check=list(HealthCheck))
@given(damage=DAMAGES, waiting=st.booleans())
def test_no_damage_stops_the_others_or_leaves_a_customer_without_an_answer(
    engine: Engine, redis_server: Server, damage: Damage, waiting: bool
) -> None:
    """`waiting`: it happens while a message waits to be answered; else before the next one."""
    asyncio.run(_damaged(engine, redis_server, damage, waiting=waiting))


async def _damaged(engine: Engine, server: Server, damage: Damage, *, waiting: bool) -> None:
    client = connect(server.url)
    house = House(client)
    with sync_redis.Redis(port=server.port) as raw:
        raw.flushall()
        victim, other = await house.opened("hello"), await house.opened()
        async with house.worker(engine) as worker:
            await worker.nudge(victim)
            await house.answered(victim, 1)
        if waiting:
            await house.say(victim, "super sad")
        before = await house.said_in_all(victim)
        damage.do(raw, keys.conversation("main", victim))
        async with house.worker(engine) as worker:
            if not waiting:
                await house.say(victim, "super sad")
            asked = await house.say(other, "hello")
            for each in (victim, other):
                await worker.nudge(each)
            assert await house.answered(other, asked) == ["Hey! How are you?"]
            await house.more_said(victim, before)
            before = await house.said_in_all(victim)
            await house.say(victim, "hello")
            await worker.nudge(victim)
            if (await house.conversations.get(victim)).holder is Holder.BOT:
                await house.more_said(victim, before)
    await house.aclose()
    await client.aclose()


async def test_a_tracker_event_nobody_can_read_is_dropped_and_a_person_comes(house: House, engine: Engine) -> None:
    id = await house.opened("hello")
    async with house.worker(engine) as worker:
        await worker.nudge(id)
        await house.answered(id, 1)
        await house.conversations.redis.rpush(keys.conversation("main", id).events, b'{"event":"of another world"}')
        engine.forget(id)
        seq = await house.say(id, "super sad")
        await worker.nudge(id)

        async def waits() -> bool:
            return (await house.conversations.get(id)).holder is Holder.QUEUE and bool(await house.floor.waiting())

        await eventually(waits, "a person", within_s=15)
    texts = await house.answers(id, seq)
    assert texts[0].startswith("I'm sorry") and "person" in texts[1] and len(texts) == 2, "once, and no more"
    (handoff,) = await house.floor.waiting()
    assert (handoff.conversation_id, handoff.reason) == (id, "trouble")
    assert len(house.mended) == 1 and "events.9" in house.mended[0]
    conversation = await house.conversations.get(id)
    assert (conversation.damaged, conversation.failed) == ("", 0)
    kept = await house.conversations.redis.lrange(keys.conversation("main", id).dropped, 0, -1)
    assert any("of another world" in json.loads(each)["was"] for each in kept)


async def test_a_turn_that_ends_its_process_is_given_up_after_three_tries(house: House, engine: Engine) -> None:
    """Each process takes it up and is gone before it can say anything: only that it was taken up is known."""
    id, other = await house.opened("hello"), await house.opened("hello")
    for n in range(TRIES):
        work = await house.conversations.begin(id, worker=f"dead{n}", lease_s=0.001)
        assert work is not None and work.tries == n + 1
        await eventually(lambda: _lapsed(house, id), "the lease to lapse")
    async with house.worker(engine) as worker:
        await worker.nudge(id)
        await worker.nudge(other)
        assert (await house.answered(id, 1))[0].startswith("I'm sorry")
        assert await house.answered(other, 1) == ["Hey! How are you?"]
    assert house.given_up == [1]
    assert (await house.conversations.get(id)).done >= 1


async def _lapsed(house: House, id: str) -> bool:
    until = await house.conversations.redis.hget(keys.conversation("main", id).meta, "until")
    return float(until) < time.time()


async def test_a_store_that_fails_is_not_the_turns_fault(house: House) -> None:
    id = await house.opened("hello")
    for n in range(TRIES + 2):
        work = await house.conversations.begin(id, worker=f"w{n}", lease_s=0.001, excused=n > 0)
        assert work is not None and work.tries == 1
        await eventually(lambda: _lapsed(house, id), "the lease to lapse")


async def test_an_engine_that_fails_twice_in_a_row_brings_a_person(house: House, engine: Engine) -> None:
    class Broken:
        def __getattr__(self, name: str) -> Any:
            return getattr(engine, name)

        async def run(self, *args: Any, **options: Any) -> Any:
            raise RuntimeError

    class Source:
        def using(self) -> Source:
            return self

        async def __aenter__(self) -> Broken:
            return Broken()

        async def __aexit__(self, *_: object) -> None:
            pass

    id = await house.opened("hello")
    async with house.worker(Source()) as worker:  # type: ignore[arg-type]
        await worker.nudge(id)
        assert len(await house.answered(id, 1)) == 1
        assert (await house.conversations.get(id)).holder is Holder.BOT
        seq = await house.say(id, "hello")
        await worker.nudge(id)

        async def waits() -> bool:
            return bool(await house.floor.waiting())

        await eventually(waits, "a person", within_s=15)
    assert [handoff.reason for handoff in await house.floor.waiting()] == ["trouble"]
    assert len(await house.answers(id, seq)) == 2


async def test_an_effect_that_always_fails_is_replaced_by_a_new_handover(house: House, engine: Engine) -> None:
    id = await house.opened("hello")
    names = keys.conversation("main", id)
    wrong = {"id": "h1", "kind": "handoff.open", "handoff": {"id": "h1", "conversation_id": "a b"}}
    await house.conversations.redis.hset(names.effects, "h1", b"1 " + json.dumps(wrong).encode())
    await house.conversations.redis.hset(names.meta, mapping={"holder": "queued", "handoff": "h1"})
    async with house.worker(engine):

        async def waits() -> bool:
            return bool(await house.floor.waiting())

        await eventually(waits, "a person", within_s=15)
    (handoff,) = await house.floor.waiting()
    assert handoff.conversation_id == id and handoff.id != "h1"
    assert await house.conversations.effects(id) == []


@pytest.mark.parametrize("part", PARTS[1:])
async def test_a_key_of_another_kind_stops_no_sweep(house: House, engine: Engine, part: str) -> None:
    ids = [await house.opened("hello") for _ in range(5)]
    redis = house.conversations.redis
    for each in ids[:4]:
        name = getattr(keys.conversation("main", each), part)
        await redis.delete(name)
        await redis.set(name, b"x")
    async with house.worker(engine):
        assert await house.answered(ids[4], 1) == ["Hey! How are you?"]
        for each in ids[:4]:
            assert await house.answered(each, 1)
