"""How much is let in: what can be answered in time, found out by answering."""

import pytest

from bot.errors import Busy
from bot.gateway.load import FEW, Load


class Machine:
    """Answers `rate` turns a second, one after the other, on its own clock."""

    def __init__(self, load: Load, rate: float) -> None:
        self.load, self.rate, self.now, self.free_at = load, rate, 0.0, 0.0
        self.queue: list[tuple[float, int]] = []
        self.waits: list[float] = []
        self.number = 0

    def advance(self, to: float) -> None:
        self.now = to
        while self.queue and self.free_at + 1 / self.rate <= to:
            began, number = self.queue.pop(0)
            self.free_at = max(self.free_at, began) + 1 / self.rate
            self.waits.append(self.free_at - began)
            self.load.ended(f"c{number}", done=number, now=self.free_at)

    def arrive(self) -> bool:
        try:
            self.load.admit(now=self.now)
        except Busy:
            return False
        self.number += 1
        if not self.queue:
            self.free_at = max(self.free_at, self.now)
        self.load.began(f"c{self.number}", self.number, now=self.now)
        self.queue.append((self.now, self.number))
        return True


def run(machine: Machine, *, arrivals_per_s: float, for_s: float) -> int:
    refused = 0
    start = machine.now
    for n in range(int(arrivals_per_s * for_s)):
        machine.advance(start + n / arrivals_per_s)
        refused += not machine.arrive()
    return refused


@pytest.mark.parametrize("rate", [20, 120, 400])
def test_under_twice_the_load_those_let_in_are_soon_answered_in_time(rate: float) -> None:
    load = Load(answer_within_s=2.0)
    machine = Machine(load, rate)
    run(machine, arrivals_per_s=2 * rate, for_s=10)
    machine.waits.clear()
    refused = run(machine, arrivals_per_s=2 * rate, for_s=30)
    late = [wait for wait in machine.waits if wait > 2.0]
    assert len(late) <= len(machine.waits) * 0.01
    assert refused < 2 * rate * 30 * 0.6, "half can be answered, so about half is let in"


def test_nobody_is_refused_under_a_load_that_fits() -> None:
    load = Load(answer_within_s=2.0)
    assert run(Machine(load, 120), arrivals_per_s=100, for_s=10) == 0


def test_slow_turns_on_an_idle_process_are_no_reason_to_refuse() -> None:
    """An account service that takes its time keeps no other customer waiting."""
    load = Load(answer_within_s=2.0)
    before = load.limit
    for number in range(200):
        load.began(f"c{number}", 1, now=float(number))
        load.ended(f"c{number}", done=1, now=number + 0.9)
    assert load.limit == before


def test_it_recovers_when_the_crowd_has_gone() -> None:
    load = Load(answer_within_s=2.0)
    machine = Machine(load, 50)
    assert run(machine, arrivals_per_s=500, for_s=5) > 0
    machine.advance(machine.now + 5)
    assert load.in_flight == 0
    assert run(machine, arrivals_per_s=40, for_s=5) == 0


def test_a_refusal_says_when_to_come_again() -> None:
    load = Load(answer_within_s=2.0)
    for number in range(load.limit):
        load.admit(now=0.0)
        load.began(f"c{number}", 1, now=0.0)
    with pytest.raises(Busy) as caught:
        load.admit(now=0.1)
    assert 1 <= caught.value.retry_after_s <= 10


def test_turns_whose_end_is_never_told_do_not_block_for_ever() -> None:
    load = Load(answer_within_s=2.0)
    for number in range(load.limit):
        load.began(f"c{number}", 1, now=0.0)
    load.admit(now=31.0)
    assert load.in_flight == 0


def test_an_end_told_twice_counts_once_and_ends_the_earlier_turns_too() -> None:
    load = Load(answer_within_s=2.0)
    for seq in (1, 2, 5):
        load.began("c", seq, now=0.0)
    load.began("c", 5, now=0.0)
    assert load.in_flight == 3
    load.ended("c", done=2, now=0.1)
    load.ended("c", done=2, now=0.1)
    assert load.in_flight == 1
    assert load.is_waiting("c")
    load.ended("c", done=5, now=0.2)
    assert load.in_flight == 0
    assert not load.is_waiting("c")
    assert load.limit >= FEW
