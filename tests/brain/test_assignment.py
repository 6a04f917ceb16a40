"""What every assignment and intake policy keeps to. A new member of `POLICIES` is tested by being one."""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.brain import intake
from bot.brain.assignment import POLICIES, Assign
from bot.brain.assignment.lines import HEAD_START_S
from bot.brain.callbacks import QUARTER_S, Plan
from bot.brain.floor import Contact, Floor, Person, Prospect, Slot

NOW = 1_800_000.0
SKILLS = st.frozensets(st.sampled_from(("lang:zh", "lang:en", "cards", "fraud")), max_size=3)
every_policy = pytest.mark.parametrize("assign", POLICIES.values(), ids=POLICIES)


@st.composite
def floors(draw: st.DrawFn) -> Floor:
    def contact(name: str, slot: Slot | None = None) -> Contact:
        since = NOW - draw(st.integers(0, 5000))
        return Contact(
            id=name, since=since, value=draw(st.sampled_from((0.5, 1.0, 2.0, 4.0))), skills=draw(SKILLS), slot=slot
        )

    def person(name: str) -> Person:
        capacity = draw(st.integers(0, 4))
        return Person(
            id=name,
            free_since=NOW - draw(st.integers(0, 900)),
            load=draw(st.integers(0, 5)),
            capacity=capacity,
            skills=draw(SKILLS),
        )

    starts = [NOW + draw(st.integers(-3000, 1800)) for _ in range(draw(st.integers(0, 6)))]
    return Floor(
        now=NOW,
        waiting=tuple(contact(f"w{i}") for i in range(draw(st.integers(0, 20)))),
        people=tuple(person(f"p{i}") for i in range(draw(st.integers(0, 12)))),
        promised=tuple(contact(f"c{i}", Slot(start=at, end=at + 1800)) for i, at in enumerate(starts)),
        missed=tuple(contact(f"m{i}") for i in range(draw(st.integers(0, 5)))),
        on_duty=12,
    )


@every_policy
@settings(max_examples=80, deadline=None)
@given(floor=floors())
def test_nobody_gets_more_than_their_capacity_or_what_they_cannot_do(assign: Assign, floor: Floor) -> None:
    given_out = assign(floor)
    contacts = {each.id: each for each in (*floor.waiting, *floor.promised, *floor.missed)}
    people = {each.id: each for each in floor.people}
    for person, count in Counter(each.person for each in given_out).items():
        assert people[person].load + count <= people[person].capacity
    for each in given_out:
        assert contacts[each.contact].skills <= people[each.person].skills
        assert each.why
    assert len({each.contact for each in given_out}) == len(given_out)


@every_policy
@settings(max_examples=80, deadline=None)
@given(floor=floors())
def test_the_same_floor_gets_the_same_answer_in_whatever_order_it_is_told(assign: Assign, floor: Floor) -> None:
    turned = replace(floor, waiting=floor.waiting[::-1], people=floor.people[::-1], promised=floor.promised[::-1])
    assert assign(floor) == assign(floor) == assign(turned)


@every_policy
@settings(max_examples=80, deadline=None)
@given(floor=floors())
def test_nobody_who_could_be_helped_is_left_while_somebody_is_free(assign: Assign, floor: Floor) -> None:
    given_out = assign(floor)
    load = Counter(each.person for each in given_out)
    taken = {each.contact for each in given_out}
    free = [each for each in floor.people if each.load + load[each.id] < each.capacity]
    for contact in floor.waiting:
        if contact.id not in taken:
            assert not any(contact.skills <= person.skills for person in free)


@every_policy
@settings(max_examples=80, deadline=None)
@given(floor=floors())
def test_nobody_is_called_before_their_window(assign: Assign, floor: Floor) -> None:
    taken = {each.contact for each in assign(floor)}
    assert not [each for each in floor.promised if each.slot and each.slot.start > NOW and each.id in taken]


@every_policy
def test_nobody_is_starved_by_an_endless_stream_of_worthier_ones(assign: Assign) -> None:
    plain = Contact(id="plain", since=0.0)
    line, now = [plain], 0.0
    while plain in line:
        now += 10.0
        line += [Contact(id=f"vip{now:.0f}", since=now, value=4.0)]
        (given_out,) = assign(Floor(now=now, waiting=tuple(line), people=(Person(id="a"),), on_duty=1))
        line = [each for each in line if each.id != given_out.contact]
        assert now <= 2 * HEAD_START_S + 20


@every_policy
def test_a_promise_goes_first_when_its_window_is_about_to_end(assign: Assign) -> None:
    promise = Contact(id="promise", since=NOW - 9000, slot=Slot(start=NOW - 1500, end=NOW + 300))
    line = tuple(Contact(id=f"w{i}", since=NOW - 600 - i, value=4.0) for i in range(5))
    (given_out,) = assign(Floor(now=NOW, waiting=line, people=(Person(id="a"),), promised=(promise,), on_duty=9))
    assert given_out.contact == "promise"
    assert "promised" in given_out.why


def test_worth_more_is_taken_first_and_the_reason_is_said() -> None:
    line = (Contact(id="plain", since=NOW - 60), Contact(id="high", since=NOW - 30, value=4.0))
    floor = Floor(now=NOW, waiting=line, people=(Person(id="a"),), on_duty=1)
    (first,) = POLICIES["priority_aging"](floor)
    assert first.contact == "high"
    assert first.why == f"waits for 30 s, worth 4: a start of {2 * HEAD_START_S:.0f} s"
    assert POLICIES["fcfs"](floor)[0].contact == "plain"


@every_policy
def test_500_waiting_and_200_people_take_below_5_ms(assign: Assign) -> None:
    random = np.random.default_rng(1)
    names = ("lang:zh", "lang:en", "cards", "fraud", "loans")

    def some(most: int) -> frozenset[str]:
        return frozenset(random.choice(names, size=int(random.integers(0, most)), replace=False).tolist())

    floor = Floor(
        now=NOW,
        waiting=tuple(
            Contact(id=f"w{i}", since=NOW - i % 97, value=float(random.choice((1, 2, 4))), skills=some(3))
            for i in range(500)
        ),
        people=tuple(Person(id=f"p{i}", load=i % 4, capacity=4, skills=some(6), free_since=i) for i in range(200)),
        on_duty=200,
    )
    took = []
    for _ in range(15):
        began = time.thread_time()  # What others do on this machine is not the policy's.
        assert len(assign(floor)) > 250
        took.append(time.thread_time() - began)
    assert min(took) < 0.005


@pytest.mark.parametrize("decide", intake.POLICIES.values(), ids=intake.POLICIES)
@given(
    wait_s=st.floats(0, 7200),
    leaves=st.floats(0, 1),
    reached=st.floats(0, 1),
    has=st.booleans(),
    value=st.floats(0.1, 10),
)
def test_every_intake_promises_only_what_has_a_place_and_says_why(  # noqa: PLR0917
    decide: intake.Decide, wait_s: float, leaves: float, reached: float, has: bool, value: float
) -> None:
    slot = Slot(start=NOW, end=NOW + 1800) if has else None
    contact, prospect = (
        Contact(id="c", since=NOW, value=value),
        Prospect(wait_s=wait_s, leaves=leaves, slot=slot, reached=reached),
    )
    decided = decide(contact, prospect)
    assert decided == decide(contact, prospect)
    assert decided.why
    assert (decided.choice == "callback") == (decided.slot is not None)
    assert decided.choice == "line" or (has and wait_s > 0)


def test_promises_fill_the_valley_and_then_spread() -> None:
    first = 9 * 4
    people = dict.fromkeys(range(first, first + 20), 10.0)
    load = {quarter: 12.0 if quarter < first + 6 else 8.0 for quarter in people}
    plan = Plan(people=people, load=load, handle_s=180, within_s=4 * 3600)
    starts = []
    for _ in range(60):
        slot = plan.slot(first * QUARTER_S)
        assert slot
        plan.promise(slot)
        starts.append(slot.start / QUARTER_S)
    assert starts[0] == first + 6
    assert all(a <= b for a, b in pairwise(starts[:20]))
    assert len(set(starts)) > 2


def test_nobody_is_promised_a_call_at_night_or_when_nobody_is_there() -> None:
    night = dict.fromkeys(range(20 * 4, 24 * 4), 10.0)
    plan = Plan(people=night, load={}, handle_s=180, within_s=4 * 3600)
    assert plan.slot(20.6 * 3600) is None
    assert Plan(people={}, load={}, handle_s=180, within_s=4 * 3600).slot(12 * 3600) is None
