"""The place in line is true: one line for all whom the same people could take."""

from __future__ import annotations

from dataclasses import replace

from bot.handoff.line import on_duty, place_of
from bot.types import Agent, Handoff

ONE = Handoff(
    id="h1", conversation_id="c1", channel="web", language="en", queue="general", reason="asked", waiting_since=1.0,
    due_at=60.0,
)  # fmt: skip
LIN = Agent(id="lin", name="Lin", state="available")


def waiting(
    id: str, *, queue: str = "general", priority: int = 0, since: float, skills: tuple[str, ...] = ()
) -> Handoff:
    return replace(ONE, id=id, queue=queue, priority=priority, waiting_since=since, skills=skills)


def places(line: list[Handoff], *agents: Agent) -> dict[str, int]:
    return {each.id: place_of(each, line, agents) for each in line}


def test_three_who_wait_in_three_queues_for_the_same_people_are_not_all_next() -> None:
    line = [waiting("a", queue="cards", since=1), waiting("b", queue="payments", since=2), waiting("c", since=3)]
    assert places(line, LIN) == {"a": 1, "b": 2, "c": 3}


def test_the_urgent_go_first() -> None:
    line = [waiting("a", since=1), waiting("b", queue="security", priority=100, since=2)]
    assert places(line, LIN) == {"a": 2, "b": 1}


def test_whom_the_same_people_cannot_take_is_not_in_the_way() -> None:
    expert = Agent(id="mo", name="Mo", state="available", skills={"security": 3})
    line = [waiting("a", since=1), waiting("b", since=2, skills=("security", "lang:en"))]
    assert places(line, LIN) == {"a": 1, "b": 2}
    assert places(line, LIN, expert) == {"a": 1, "b": 2}
    boss = Agent(id="sam", name="Sam", role="supervisor", state="away")
    assert places(line, boss) == {"a": 1, "b": 2}


def test_nobody_is_on_duty_where_those_who_could_take_it_are_away_for_good() -> None:
    assert on_duty(ONE, [LIN])
    assert on_duty(ONE, [replace(LIN, state="break")])
    assert not on_duty(ONE, [replace(LIN, state="offline")])
    assert not on_duty(replace(ONE, skills=("security",)), [LIN])
    assert not on_duty(ONE, [])
