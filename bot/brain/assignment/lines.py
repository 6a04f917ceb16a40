"""One line in order of arrival, or with a head start for what is worth more. Promises and missed contacts beside it.

A promised call waits for a person to spare, and goes before everybody when its window is about to end. A missed contact
is only for people beyond the reserve.
"""

from __future__ import annotations

import heapq
import math
from collections.abc import Callable, Iterable, Sequence
from operator import itemgetter

from bot.brain.floor import Assignment, Contact, Floor, Person

HEAD_START_S = 150.0
"""For each doubling of a contact's value. Nobody is overtaken by who came later than the difference in head starts."""
PRESSING_S = 900.0
"""So long before a promised window ends it goes first."""
RESERVE = 0.35
"""People kept free for the line when promises are called early, for each root of those on duty: luck grows so."""
RESERVE_WORTHY = 0.2
"""The same when missed contacts are called that are worth more than an ordinary one."""
BUSY = 0.85
"""Busier than this, nobody calls who was not promised anything."""
RESERVE_MISSED = 0.7
"""The same when missed contacts are called."""


def fcfs(floor: Floor) -> list[Assignment]:
    return _assign(floor, lambda contact: contact.since)


def priority_aging(floor: Floor) -> list[Assignment]:
    return _assign(floor, _with_head_start)


def _with_head_start(contact: Contact) -> float:
    return contact.since - HEAD_START_S * math.log2(contact.value) if contact.value > 1 else contact.since


def _assign(floor: Floor, place: Callable[[Contact], float]) -> list[Assignment]:
    hands = _Hands(floor.people)
    if not hands.free:
        return []
    now, due = floor.now, [each for each in floor.promised if each.slot and each.slot.start <= floor.now]
    pressing = [each for each in due if each.slot and each.slot.end - now <= PRESSING_S]
    early = [each for each in due if each.slot and each.slot.end - now > PRESSING_S]
    taken = hands.give(sorted(pressing, key=_end), lambda _: "was promised a call, and the window ends soon")
    line = sorted((place(contact), contact.since, contact.id, i) for i, contact in enumerate(floor.waiting))
    taken += hands.give([floor.waiting[i] for *_, i in line], lambda contact: _why(contact, place(contact), now))
    spare = hands.free - math.ceil(RESERVE * math.sqrt(floor.on_duty))
    if early and spare > 0:
        taken += hands.give(sorted(early, key=_end)[:spare], lambda _: "was promised a call, and somebody is free")
    if floor.missed and floor.occupancy < BUSY:
        taken += _missed(floor, hands)
    return taken


def _missed(floor: Floor, hands: _Hands) -> list[Assignment]:
    """Those worth more are called when a person is to spare, the others when more are."""
    order = sorted(floor.missed, key=lambda contact: (-contact.value, contact.since, contact.id))
    taken: list[Assignment] = []
    for reserve, some in (
        (RESERVE_WORTHY, [each for each in order if each.value > 1]),
        (RESERVE_MISSED, [each for each in order if each.value <= 1]),
    ):
        spare = hands.free - math.ceil(reserve * math.sqrt(floor.on_duty))
        if spare > 0:
            taken += hands.give(some[:spare], lambda _: "left without an answer, and people are free to call")
    return taken


def _end(contact: Contact) -> tuple[float, float, str]:
    return (contact.slot.end if contact.slot else math.inf, contact.since, contact.id)


def _why(contact: Contact, place: float, now: float) -> str:
    waited = f"waits for {now - contact.since:.0f} s"
    return (
        waited
        if place == contact.since
        else f"{waited}, worth {contact.value:g}: a start of {contact.since - place:.0f} s"
    )


class _Hands:
    """Who is free, least loaded first; then who can do least else, so that who can do more stays free; then who has
    been free for longest."""

    def __init__(self, people: Iterable[Person]) -> None:
        self._groups: dict[frozenset[str], list[_Free]] = {}
        self._able: dict[frozenset[str], list[list[_Free]]] = {}
        self.free = 0
        for each in people:
            if each.load < each.capacity:
                self.free += each.capacity - each.load
                free = (each.load / each.capacity, len(each.skills), each.free_since, each.id, each.load, each.capacity)
                self._groups.setdefault(each.skills, []).append(free)
        for group in self._groups.values():
            heapq.heapify(group)

    def give(self, contacts: Sequence[Contact], why: Callable[[Contact], str]) -> list[Assignment]:
        given = []
        for contact in contacts:
            if not self.free:
                break
            if person := self._take(contact.skills):
                given.append(Assignment(contact=contact.id, person=person, why=why(contact)))
        return given

    def _take(self, skills: frozenset[str]) -> str | None:
        able = self._able.get(skills)
        if able is None:
            able = self._able[skills] = [group for has, group in self._groups.items() if skills <= has]
        best = min(filter(None, able), key=_first, default=None)
        if best is None:
            return None
        _, count, since, name, load, capacity = best[0]
        self.free -= 1
        if load + 1 < capacity:
            heapq.heapreplace(best, ((load + 1) / capacity, count, since, name, load + 1, capacity))
        else:
            heapq.heappop(best)
        return name


_Free = tuple[float, int, float, str, int, int]
"""In the order in which they are given something; then load and capacity."""
_first = itemgetter(0)
