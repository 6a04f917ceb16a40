"""The floor: a fair line, one winner, nobody overloaded, and a desk that can follow without asking again."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bot.errors import AccessDenied, CannotAccept, NotFound, Taken
from bot.store.connect import Client, connect
from bot.store.floor import Floor, FloorView
from bot.types import Entry, Guess, Level, Tried
from tests.redis import Server
from tests.store.makers import handoff, identity, person, wrapup

NOW = 1_800_000_060.0


@pytest_asyncio.fixture
async def floor(redis: Client) -> AsyncIterator[Floor]:
    floor = Floor(redis)
    yield floor
    await floor.aclose()


async def test_a_handoff_comes_back_as_it_was_handed_over(floor: Floor) -> None:
    full = handoff(
        "h1",
        skills=("lang:zh", "cards"),
        intents=(Guess(intent="card_lost", confidence=0.93),),
        slots={"amount": {"minor": 1200, "currency": "CNY"}},
        identity=identity("C1", Level.STEPPED_UP, name="李雷"),
        tried=(Tried(action="action_freeze_card", outcome="failed", at=NOW, detail="service_down"),),
        transcript=(Entry(seq=1, at=NOW, author="customer", text="我的卡丢了", message_id="m"),),
        summary="卡丢了",
    )
    assert await floor.enqueue(full) == 1
    assert await floor.handoff("h1") == full
    (waiting,) = await floor.waiting()
    assert (waiting.summary, waiting.identity, waiting.transcript) == (full.summary, full.identity, ())


async def test_who_is_urgent_goes_first_then_who_came_first(floor: Floor) -> None:
    await floor.enqueue(handoff("late", waiting_since=NOW + 0.002))
    await floor.enqueue(handoff("early", waiting_since=NOW + 0.001))
    assert await floor.enqueue(handoff("urgent", waiting_since=NOW + 5, priority=10)) == 1
    assert await floor.enqueue(handoff("elsewhere", queue="cards", waiting_since=NOW + 9)) == 1
    assert [each.id for each in await floor.waiting()] == ["urgent", "early", "late", "elsewhere"]
    assert await floor.positions("general") == ["urgent", "early", "late"]
    assert await floor.position("late") == 3
    assert [each.id for each in await floor.waiting("cards")] == ["elsewhere"]


async def test_a_handoff_put_in_line_twice_stands_there_once(floor: Floor) -> None:
    await floor.enqueue(handoff("h1"))
    assert await floor.enqueue(handoff("h1", priority=5)) == 1
    assert len(await floor.waiting()) == 1
    await floor.put_agent(person("lin"))
    await floor.accept("h1", "lin", limit=4, now=NOW)
    assert await floor.enqueue(handoff("h1")) == 0
    assert await floor.waiting() == []


async def test_of_many_agents_one_gets_it_and_the_others_hear_who(floor: Floor) -> None:
    names = [f"agent{n}" for n in range(12)]
    for name in names:
        await floor.put_agent(person(name))
    await floor.enqueue(handoff("h1"))
    results = await asyncio.gather(
        *(floor.accept("h1", name, limit=4, now=NOW) for name in names), return_exceptions=True
    )
    (winner,) = [name for name, result in zip(names, results, strict=True) if result is None]
    assert await floor.agent_of("h1") == winner
    refusals = [result for result in results if result is not None]
    assert all(isinstance(each, Taken) and each.by == winner.title() for each in refusals)
    await floor.accept("h1", winner, limit=4, now=NOW)
    assert [each.id for each in await floor.active(winner)] == ["h1"]
    assert (await floor.agent(winner)).load == 1


async def test_an_agent_gets_no_more_than_their_capacity_a_supervisor_may(floor: Floor) -> None:
    await floor.put_agent(person("lin", capacity=9))
    await floor.put_agent(person("chief", role="supervisor"))
    for id in ("h1", "h2"):
        await floor.enqueue(handoff(id))
    await floor.accept("h1", "lin", limit=1, now=NOW)
    with pytest.raises(CannotAccept) as caught:
        await floor.accept("h2", "lin", limit=1, now=NOW)
    assert caught.value.code == "at_capacity"
    await floor.accept("h2", "chief", limit=None, now=NOW)
    await floor.close(wrapup("h1", "lin"))
    await floor.enqueue(handoff("h3"))
    await floor.accept("h3", "lin", limit=1, now=NOW)


async def test_who_is_offline_or_unknown_accepts_nothing(floor: Floor) -> None:
    await floor.enqueue(handoff("h1"))
    await floor.put_agent(person("lin", state="offline"))
    with pytest.raises(AccessDenied):
        await floor.accept("h1", "lin", limit=4, now=NOW)
    with pytest.raises(NotFound):
        await floor.accept("h1", "nobody", limit=4, now=NOW)
    with pytest.raises(NotFound):
        await floor.accept("h9", "lin", limit=4, now=NOW)
    for act in (
        floor.handoff("h9"),
        floor.position("h9"),
        floor.agent("nobody"),
        floor.set_state("nobody", "away", NOW),
    ):
        with pytest.raises(NotFound):
            await act


async def test_only_its_agent_closes_a_handoff_and_the_wrap_up_is_kept(floor: Floor) -> None:
    for name in ("lin", "max"):
        await floor.put_agent(person(name))
    await floor.enqueue(handoff("h1"))
    with pytest.raises(AccessDenied):
        await floor.close(wrapup("h1", "lin"))
    await floor.accept("h1", "lin", limit=4, now=NOW)
    with pytest.raises(AccessDenied):
        await floor.close(wrapup("h1", "max"))
    mine = wrapup("h1", "lin", corrected_intent="card_lost", note="已解决")
    await floor.give_back(mine)
    await floor.give_back(mine)
    assert await floor.wrapup("h1") == mine
    assert (await floor.state_of("h1"), await floor.active("lin"), (await floor.agent("lin")).load) == ("closed", [], 0)
    with pytest.raises(Taken):
        await floor.accept("h1", "max", limit=4, now=NOW)


async def test_a_customer_who_leaves_is_out_of_the_line(floor: Floor) -> None:
    await floor.put_agent(person("lin"))
    await floor.enqueue(handoff("h1"))
    assert await floor.abandon("h1", "left") is True
    assert await floor.abandon("h1", "left") is False
    assert (await floor.waiting(), await floor.position("h1")) == ([], None)
    with pytest.raises(Taken):
        await floor.accept("h1", "lin", limit=4, now=NOW)


async def test_an_agent_who_is_put_again_keeps_their_state(floor: Floor) -> None:
    await floor.put_agent(person("lin", state="offline", skills={"lang:zh": 5}))
    await floor.set_state("lin", "break", NOW)
    await floor.put_agent(person("lin", state="offline", skills={"lang:zh": 4}))
    lin = await floor.agent("lin")
    assert (lin.state, lin.since, lin.skills) == ("break", NOW, {"lang:zh": 4})
    assert await floor.agents() == [lin]


async def test_a_listener_hears_of_changes(floor: Floor) -> None:
    view = await floor.view()
    async with floor.listen() as subscription:
        await floor.enqueue(handoff("h1"))
        while not view.waiting:
            await asyncio.wait_for(anext(subscription), 5)
            for update in await floor.updates(view.seq) or ():
                view = view.after(update)
    assert view == await floor.view()


async def test_who_comes_back_into_line_has_the_old_place(floor: Floor) -> None:
    lines = [handoff(f"h{n}", waiting_since=NOW + n) for n in range(3)]
    for each in lines:
        await floor.enqueue(each)
    await floor.put_agent(person("lin"))
    await floor.accept("h0", "lin", limit=4, now=NOW)
    await floor.accept("h1", "lin", limit=4, now=NOW)
    assert await floor.requeue(lines[1], "lin", why="lost")
    assert await floor.requeue(lines[0], "lin", why="lost")
    assert await floor.positions("general") == ["h0", "h1", "h2"]
    assert (await floor.agent("lin")).load == 0
    assert await floor.agent_of("h0") is None
    assert await floor.left_by("h0") == "lin"
    assert not await floor.requeue(lines[0], "lin", why="lost"), "it waits already"


async def test_only_of_who_has_it_is_it_taken(floor: Floor) -> None:
    for name in ("lin", "max", "sam"):
        await floor.put_agent(person(name, capacity=1))
    for n in range(2):
        await floor.enqueue(handoff(f"h{n}", waiting_since=NOW + n))
    await floor.accept("h0", "lin", limit=1, now=NOW)
    assert not await floor.requeue(handoff("h0", waiting_since=NOW), "max", why="lost")
    with pytest.raises(Taken) as taken:
        await floor.move("h0", "max", "sam", limit=1, now=NOW)
    assert taken.value.by == "Lin"
    await floor.move("h0", "lin", "max", limit=1, now=NOW)
    assert await floor.holder("h0") == "max"
    assert await floor.assignment("h0") == 2
    await floor.accept("h1", "lin", limit=1, now=NOW)
    with pytest.raises(CannotAccept):
        await floor.move("h1", "lin", "max", limit=1, now=NOW)
    await floor.set_state("sam", "offline", NOW)
    with pytest.raises(CannotAccept):
        await floor.move("h1", "lin", "sam", limit=1, now=NOW)


async def test_who_is_not_heard_of_is_lost_if_anybody_counts_on_them(floor: Floor) -> None:
    for name in ("here", "gone", "off"):
        await floor.put_agent(person(name))
    await floor.set_state("off", "offline", NOW)
    assert await floor.lost(0.0) == [], "who was never seen is seen now"
    assert sorted(await floor.lost(0.0)) == ["gone", "here"]
    assert await floor.lost(20.0) == []


async def test_who_was_away_too_long_is_told_to_look_afresh(floor: Floor) -> None:
    await floor.put_agent(person("lin"))
    for n in range(1300):
        await floor.set_state("lin", "away" if n % 2 else "available", NOW + n)
    assert await floor.updates(0) is None
    view = await floor.view()
    assert await floor.updates(view.seq) == []
    assert len(await floor.updates(view.seq - 5) or ()) == 5
    assert await floor.updates(view.seq + 1) is None


ACTS = st.one_of(
    st.tuples(st.just("enqueue"), st.integers(0, 3), st.sampled_from(["general", "cards"]), st.integers(-1, 2)),
    st.tuples(st.just("accept"), st.integers(0, 3), st.integers(0, 2)),
    st.tuples(st.just("close"), st.integers(0, 3), st.integers(0, 2), st.booleans()),
    st.tuples(st.just("abandon"), st.integers(0, 3)),
    st.tuples(st.just("requeue"), st.integers(0, 3), st.sampled_from(["general", "cards"]), st.integers(0, 2)),
    st.tuples(st.just("move"), st.integers(0, 3), st.integers(0, 2), st.integers(0, 2)),
    st.tuples(st.just("put"), st.integers(0, 2), st.integers(0, 2)),
    st.tuples(st.just("state"), st.integers(0, 2), st.sampled_from(["available", "away", "break", "offline"])),
)


async def act(floor: Floor, what: tuple) -> None:  # type: ignore[type-arg]
    match what:
        case "enqueue", id, queue, priority:
            await floor.enqueue(handoff(f"h{id}", queue=queue, priority=priority, waiting_since=NOW + id))
        case "accept", id, who:
            await floor.accept(f"h{id}", f"a{who}", limit=2, now=NOW + who)
        case "close", id, who, to_bot:
            await floor.close(wrapup(f"h{id}", f"a{who}"), to_bot=to_bot)
        case "abandon", id:
            await floor.abandon(f"h{id}", "left")
        case "requeue", id, queue, who:
            await floor.requeue(handoff(f"h{id}", queue=queue, waiting_since=NOW + id), f"a{who}", why="lost")
        case "move", id, who, other:
            await floor.move(f"h{id}", f"a{who}", f"a{other}", limit=2, now=NOW)
        case "put", who, capacity:
            await floor.put_agent(person(f"a{who}", capacity=capacity))
        case "state", who, state:
            await floor.set_state(f"a{who}", state, NOW)


@settings(max_examples=80, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(acts=st.lists(ACTS, min_size=12, max_size=40), start=st.integers(0, 12))
def test_an_old_look_with_the_updates_since_is_a_fresh_look(redis_server: Server, acts: list, start: int) -> None:  # type: ignore[type-arg]
    async def run() -> None:
        redis = connect(redis_server.url)
        await redis.flushall()
        floor, old = Floor(redis), FloorView()
        for what in (*(("put", n, 2) for n in range(3)), *(("enqueue", n, "general", 0) for n in range(4))):
            await act(floor, what)
        for n, what in enumerate(acts):
            try:
                await act(floor, what)
            except (AccessDenied, NotFound, Taken):
                pass
            if n == start:
                old = await floor.view()
        fresh = await floor.view()
        for update in await floor.updates(old.seq) or ():
            old = old.after(update)
        assert old == fresh
        assert [each.id for each in await floor.waiting()] == [each.id for each in fresh.line()]
        assert all(agent.load <= 2 for agent in fresh.agents.values())
        await redis.aclose()

    asyncio.run(run())
