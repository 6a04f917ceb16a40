"""Workers: in order, once, taken over, given back. On real Redis."""

from __future__ import annotations

import asyncio
import time
import uuid
from collections.abc import AsyncIterator, Callable

import pytest_asyncio

from bot.engine.engine import Engine
from bot.engine.worker import Worker
from bot.handoff.life import Handoffs
from bot.store.connect import Client
from bot.store.conversations import Conversations, TurnCommit
from bot.store.floor import Floor
from bot.types import Entry, Holder, Reply, Turn

NOBODY = None


@pytest_asyncio.fixture
async def conversations(redis: Client) -> AsyncIterator[Conversations]:
    conversations = Conversations(redis)
    yield conversations
    await conversations.aclose()


async def said(conversations: Conversations, conversation_id: str, text: str, **options: object) -> Turn:
    turn = Turn(
        conversation_id=conversation_id,
        message_id=uuid.uuid4().hex,
        channel="web",
        text=text,
        at=time.time(),
        **options,
    )
    await conversations.accept(turn)
    return turn


async def until(condition: Callable[[], object], *, within_s: float = 10) -> None:
    async with asyncio.timeout(within_s):
        while not (await found if asyncio.iscoroutine(found := condition()) else found):
            await asyncio.sleep(0.01)


async def replies(conversations: Conversations, conversation_id: str) -> list[str]:
    return [entry.text for entry in await conversations.entries(conversation_id) if entry.author == "bot"]


async def answered(conversations: Conversations, conversation_id: str, seq: int) -> bool:
    return (await conversations.get(conversation_id)).done >= seq


async def all_answered(conversations: Conversations, conversation_id: str) -> bool:
    log = await conversations.entries(conversation_id)
    return (await conversations.get(conversation_id)).done >= max(each.seq for each in log if each.author == "customer")


@pytest_asyncio.fixture
async def worker(engine: Engine, conversations: Conversations) -> AsyncIterator[Worker]:
    async with Worker(engine, conversations, NOBODY, name="w1", sweep_s=0.1) as worker:
        yield worker


async def test_a_nudged_turn_is_answered_and_its_events_are_stored(conversations: Conversations, worker: Worker):
    opened = await conversations.open(channel="web")
    await said(conversations, opened.conversation_id, "hello")
    await worker.nudge(opened.conversation_id)
    await until(lambda: answered(conversations, opened.conversation_id, 1))
    assert await replies(conversations, opened.conversation_id) == ["Hey! How are you?"]
    conversation = await conversations.get(opened.conversation_id)
    assert conversation.language == "en"
    assert conversation.version == len(await conversations.tracker_events(opened.conversation_id)) > 5


async def test_three_quick_messages_get_three_coherent_answers_in_order(conversations: Conversations, worker: Worker):
    opened = await conversations.open(channel="web")
    for text in ("hello", "super sad", "yes", "book a table", "4", "at the window"):
        await said(conversations, opened.conversation_id, text)
        await worker.nudge(opened.conversation_id)
    await until(lambda: all_answered(conversations, opened.conversation_id))
    assert await replies(conversations, opened.conversation_id) == [
        "Hey! How are you?",
        "Here is something to cheer you up:",
        "Did that help you?",
        "Great, carry on!",
        "For how many?",
        "Any remark?",
        "A table for 4.",
    ]


async def test_two_workers_that_both_hear_of_everything_answer_once(engine: Engine, conversations: Conversations):
    async with (
        Worker(engine, conversations, NOBODY, name="a", sweep_s=0.05) as first,
        Worker(engine, conversations, NOBODY, name="b", sweep_s=0.05) as second,
    ):
        opened = [await conversations.open(channel="web") for _ in range(10)]
        for text in ("hello", "super sad", "no"):
            for each in opened:
                await said(conversations, each.conversation_id, text)
                await asyncio.gather(first.nudge(each.conversation_id), second.nudge(each.conversation_id))
        for each in opened:
            await until(lambda each=each: all_answered(conversations, each.conversation_id))
            assert await replies(conversations, each.conversation_id) == [
                "Hey! How are you?",
                "Here is something to cheer you up:",
                "Did that help you?",
                "Bye",
            ]


async def test_a_conversation_whose_worker_died_is_taken_over_within_three_seconds(
    engine: Engine, conversations: Conversations
):
    opened = await conversations.open(channel="web")
    await said(conversations, opened.conversation_id, "hello")
    dead = await conversations.begin(opened.conversation_id, worker="dead", lease_s=1)
    assert dead is not None
    async with Worker(engine, conversations, NOBODY, name="w2"):
        await until(lambda: answered(conversations, opened.conversation_id, 1), within_s=1 + 3)
    assert await replies(conversations, opened.conversation_id) == ["Hey! How are you?"]


async def test_a_worker_that_lost_its_lease_leaves_no_trace(engine: Engine, conversations: Conversations):
    """It stalled; another took over and answered. What it finishes then is thrown away, and its tracker with it."""
    opened = await conversations.open(channel="web")
    await said(conversations, opened.conversation_id, "hello")
    worker = Worker(engine, conversations, NOBODY, name="slow", lease_s=0.3, sweep_s=60)
    engine_run = engine.run
    stalled = asyncio.Event()
    go_on = asyncio.Event()

    class Stalling:
        def __getattr__(self, name: str) -> object:
            return getattr(engine, name)

        async def run(self, *args: object, **options: object) -> object:
            stalled.set()
            await go_on.wait()
            return await engine_run(*args, **options)

    class Source:
        def using(self) -> Source:
            return self

        async def __aenter__(self) -> Stalling:
            return Stalling()

        async def __aexit__(self, *_: object) -> None:
            pass

    worker._engines = Source()
    worker._start(opened.conversation_id)
    await stalled.wait()
    await until(lambda: conversations.take(opened.conversation_id, worker="quick", lease_s=30))
    work = await conversations.begin(opened.conversation_id, worker="other")
    assert work is None
    go_on.set()
    await until(lambda: not worker.busy)
    assert await replies(conversations, opened.conversation_id) == []
    assert (await conversations.get(opened.conversation_id)).version == 0
    assert engine.known(opened.conversation_id) == 0


async def test_a_lease_is_kept_while_a_turn_takes_long(engine: Engine, conversations: Conversations, moodbot: object):
    opened = await conversations.open(channel="web")
    await said(conversations, opened.conversation_id, "hello")
    async with Worker(engine, conversations, NOBODY, name="w1", lease_s=0.3, sweep_s=0.1) as worker:
        work = engine.run
        started = asyncio.Event()

        async def long(*args: object, **options: object) -> object:
            started.set()
            await asyncio.sleep(1)
            return await work(*args, **options)

        engine.run = long  # type: ignore[method-assign]
        try:
            await worker.nudge(opened.conversation_id)
            await started.wait()
            while not await answered(conversations, opened.conversation_id, 1):
                assert await conversations.take(opened.conversation_id, worker="greedy") is None
                await asyncio.sleep(0.05)
        finally:
            del engine.run
    assert await replies(conversations, opened.conversation_id) == ["Hey! How are you?"]


async def test_what_another_worker_answered_is_read_before_the_next_answer(model, moodbot, settings, conversations):
    one, two = [await Engine.load(project=moodbot, model=model, settings=settings) for _ in range(2)]
    opened = await conversations.open(channel="web")
    expected = []
    async with (
        Worker(one, conversations, NOBODY, name="a", sweep_s=60) as first,
        Worker(two, conversations, NOBODY, name="b", sweep_s=60) as second,
    ):
        script = [("hello", 1), ("super sad", 2), ("yes", 1), ("book a table", 1), ("4", 2), ("fine", 1)]
        for index, (text, who) in enumerate(script):
            turn = await said(conversations, opened.conversation_id, text)
            await (first if who == 1 else second).nudge(opened.conversation_id)
            await until(lambda index=index: _turns_done(conversations, opened.conversation_id, index + 1))
            expected.append(turn)
    assert (await replies(conversations, opened.conversation_id))[-3:] == [
        "For how many?",
        "Any remark?",
        "A table for 4.",
    ]


async def _turns_done(conversations: Conversations, conversation_id: str, count: int) -> bool:
    entries: list[Entry] = await conversations.entries(conversation_id)
    turns = [entry for entry in entries if entry.author == "customer"]
    return len(turns) == count and (await conversations.get(conversation_id)).done >= turns[-1].seq


async def test_an_engine_that_breaks_on_a_turn_apologises_and_goes_on(engine: Engine, conversations: Conversations):
    opened = await conversations.open(channel="web", language="zh")
    await said(conversations, opened.conversation_id, "hello")
    await said(conversations, opened.conversation_id, "bye")
    work, failed = engine.run, []

    async def once(*args: object, **options: object) -> object:
        if not failed:
            failed.append(True)
            raise RuntimeError("a bug")
        return await work(*args, **options)

    engine.run = once  # type: ignore[method-assign]
    try:
        async with Worker(engine, conversations, NOBODY, name="w1") as worker:
            await worker.nudge(opened.conversation_id)
            await until(lambda: answered(conversations, opened.conversation_id, 2))
    finally:
        del engine.run
    apology, goodbye = await replies(conversations, opened.conversation_id)
    assert apology.startswith("很抱歉")
    assert goodbye == "再见"


async def test_what_cannot_be_stored_is_an_apology_and_not_a_loop(engine: Engine, conversations: Conversations):
    opened = await conversations.open(channel="web")
    await said(conversations, opened.conversation_id, "hello")
    work = engine.run

    async def unfit(*args: object, **options: object) -> object:
        result = await work(*args, **options)
        result.events.append({"event": "slot", "name": "x", "value": object()})
        return result

    engine.run = unfit  # type: ignore[method-assign]
    try:
        async with Worker(engine, conversations, NOBODY, name="w1") as worker:
            await worker.nudge(opened.conversation_id)
            await until(lambda: answered(conversations, opened.conversation_id, 1))
    finally:
        del engine.run
    (apology,) = await replies(conversations, opened.conversation_id)
    assert apology.startswith("I'm sorry")
    assert (await conversations.get(opened.conversation_id)).version == 0


async def test_leaving_finishes_what_was_begun_and_takes_nothing_new(engine: Engine, conversations: Conversations):
    opened = [await conversations.open(channel="web") for _ in range(20)]
    late = await conversations.open(channel="web")
    async with Worker(engine, conversations, NOBODY, name="w1", sweep_s=60) as worker:
        for each in opened:
            await said(conversations, each.conversation_id, "hello")
            await worker.nudge(each.conversation_id)
    await said(conversations, late.conversation_id, "hello")
    await worker.nudge(late.conversation_id)
    assert worker.busy == 0
    for each in opened:
        assert await replies(conversations, each.conversation_id) == ["Hey! How are you?"]
    assert await replies(conversations, late.conversation_id) == []


async def test_a_turn_that_was_committed_before_the_crash_is_not_answered_again(
    engine: Engine, conversations: Conversations
):
    opened = await conversations.open(channel="web")
    turn = await said(conversations, opened.conversation_id, "hello")
    work = await conversations.begin(opened.conversation_id, worker="dead", lease_s=0.5)
    assert work is not None
    await conversations.commit(work.lease, work.turns[0], TurnCommit(replies=[Reply(text="said before it died")]))
    async with Worker(engine, conversations, NOBODY, name="w2", sweep_s=0.1) as worker:
        await said(conversations, opened.conversation_id, "bye")
        await worker.nudge(opened.conversation_id)
        await until(lambda: _turns_done(conversations, opened.conversation_id, 2))
    assert await replies(conversations, opened.conversation_id) == ["said before it died", "Bye"]
    assert turn.text == "hello"


async def test_a_handover_puts_the_conversation_in_line_with_what_the_bot_knew(
    engine: Engine, conversations: Conversations, redis: Client
):
    floor = Floor(redis)
    handoffs = Handoffs(conversations, floor)
    opened = await conversations.open(channel="web")
    id_ = opened.conversation_id
    async with Worker(engine, conversations, handoffs, name="w1", sweep_s=0.1) as worker:
        for text in ("hello", "super sad", "let me talk to a person", "hello?"):
            await said(conversations, id_, text)
        await worker.nudge(id_)
        await until(lambda: _turns_done(conversations, id_, 4))
        (waiting,) = await floor.waiting()
        assert (waiting.conversation_id, waiting.reason) == (id_, "asked")
        handoff = await floor.handoff(waiting.id)
        assert [entry.text for entry in handoff.transcript if entry.author == "customer"][:2] == ["hello", "super sad"]
        conversation = await conversations.get(id_)
        assert (conversation.holder, conversation.handoff_id) == (Holder.QUEUE, waiting.id)
        assert (await replies(conversations, id_))[-1] == "Did that help you?", "the bot is silent from then on"
        assert await conversations.effects(id_) == []


async def test_a_handover_that_was_committed_but_not_opened_is_opened_by_the_sweep(
    engine: Engine, conversations: Conversations, redis: Client
):
    floor = Floor(redis)
    opened = await conversations.open(channel="web")
    id_ = opened.conversation_id
    await said(conversations, id_, "let me talk to a person")

    class Dying(Handoffs):
        async def open_wire(self, wire: object) -> None:
            raise ConnectionError("killed here")

    async with Worker(engine, conversations, Dying(conversations, floor), name="dying", sweep_s=60) as worker:
        await worker.nudge(id_)
        await until(lambda: _turns_done(conversations, id_, 1))
    assert await floor.waiting() == []
    async with Worker(engine, conversations, Handoffs(conversations, floor), name="next", sweep_s=0.1):
        await until(floor.waiting)
        await until(lambda: _no_effects(conversations, id_))


async def _no_effects(conversations: Conversations, conversation_id: str) -> bool:
    return await conversations.effects(conversation_id) == []
