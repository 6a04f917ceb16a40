"""A floor in discrete events: customers come, wait, leave, are served or called; policies decide as in service."""

from __future__ import annotations

import heapq
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from enum import IntEnum

from bot.brain.assignment import Assign
from bot.brain.assignment.lines import PRESSING_S
from bot.brain.callbacks import QUARTER_S, Plan, is_quiet
from bot.brain.floor import Contact, Floor, Person, Prospect, Slot
from bot.brain.intake import Decide
from bot.brain.simulator.customers import ATTEMPTS, Customer
from bot.brain.staffing.patience import Patience

RING_S = 25.0
"""An attempt that nobody answers takes a person so long."""
AGAIN_S = 1200.0
"""Between two attempts."""
_MOST_MISSED = 8
"""So many missed contacts are shown to a policy at once: the ones worth most."""
_LONGEST_PATIENCE_S = 1e7
_DAY_S = 86400


class _What(IntEnum):
    """What happens; at the same moment in this order."""

    STAFF = 0
    FREE = 1
    LEAVES = 2
    ARRIVES = 3
    WAKE = 4


@dataclass(slots=True)
class Fate:
    """What became of one customer."""

    wait_s: float = 0.0
    """In line, until answered, gone or promised."""
    served: bool = False
    promised_at: float | None = None
    kept_at: float | None = None
    """When the promised call was first tried, if in its window."""
    tried_at: float | None = None
    called_back: bool = False
    attempts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    assign: Assign
    decide: Decide
    callbacks: bool = False
    """Promises are made, and who left is called by idle people."""


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    customers: Sequence[Customer]
    staff: Mapping[int, int]
    patience: Mapping[str, Patience]
    load: Mapping[int, float]
    """Expected contacts in hand at once, by quarter hour, as the forecast has it."""
    handle_s: float
    answers: float
    within_s: float
    """No promise later than this, and nobody called later who left."""


@dataclass(slots=True)
class Run:
    """`play` once; then `fates` by customer, and the seconds that each person was there and busy."""

    world: World
    rules: Rules
    fates: list[Fate] = field(init=False)
    there_s: list[float] = field(init=False)
    busy_s: list[float] = field(init=False)
    _now: float = 0.0
    _events: list[tuple[float, int, int]] = field(default_factory=list)
    _staffed: int = 0
    _staffed_at: float = 0.0
    _there_s: float = 0.0
    _busy_s: float = 0.0
    _idle: dict[int, Person] = field(default_factory=dict)
    _busy: dict[int, float] = field(default_factory=dict)
    _line: dict[int, Contact] = field(default_factory=dict)
    _promised: dict[int, Contact] = field(default_factory=dict)
    _missed: dict[int, tuple[float, Contact]] = field(default_factory=dict)
    _plan: Plan = field(init=False)
    _seats: dict[int, list[int]] = field(default_factory=dict)
    """By day, who has each place."""

    def __post_init__(self) -> None:
        most = max(self.world.staff.values(), default=0)
        self.fates = [Fate() for _ in self.world.customers]
        self.there_s, self.busy_s = [0.0] * most, [0.0] * most
        self._rotate()
        self._plan = Plan(
            people=self.world.staff, load=self.world.load, handle_s=self.world.handle_s, within_s=self.world.within_s
        )

    def _rotate(self) -> None:
        """Whoever worked least so far has the longest shift of the day: nobody is always there in rushes alone."""
        days: dict[int, list[float]] = {}
        for quarter, agents in sorted(self.world.staff.items()):
            hours = days.setdefault(int(quarter * QUARTER_S // _DAY_S), [0.0] * len(self.there_s))
            for place in range(agents):
                hours[place] += QUARTER_S
        for day, hours in days.items():
            order = sorted(range(len(hours)), key=lambda person: (self.there_s[person], person))
            self._seats[day] = order
            for place, person in enumerate(order):
                self.there_s[person] += hours[place]

    def play(self) -> Run:
        for quarter, agents in self.world.staff.items():
            self._events.append((quarter * QUARTER_S, _What.STAFF, agents))
            if quarter + 1 not in self.world.staff:
                self._events.append(((quarter + 1) * QUARTER_S, _What.STAFF, 0))
        self._events += [(each.at, _What.ARRIVES, i) for i, each in enumerate(self.world.customers)]
        heapq.heapify(self._events)
        while self._events:
            self._now, what, which = heapq.heappop(self._events)
            self._happen(what, which)
            if self._idle and (self._line or self._promised or self._missed):
                self._dispatch()
        return self

    def _happen(self, what: int, which: int) -> None:
        if what == _What.ARRIVES:
            self._arrive(which)
        elif what == _What.FREE:
            del self._busy[which]
            if which < self._staffed:
                self._free(which)
        elif what == _What.LEAVES:
            if which in self._line:
                self._leave(which)
        elif what == _What.STAFF:
            self._change_staff(which)

    def _free(self, person: int) -> None:
        self._idle[person] = Person(id=str(person), free_since=self._now)

    def _arrive(self, who: int) -> None:
        customer = self.world.customers[who]
        contact = Contact(id=str(who), since=self._now, queue=customer.queue, value=customer.value)
        if self.rules.callbacks and not (self._idle and not self._line):
            intake = self.rules.decide(contact, self._prospect(customer))
            if intake.choice == "callback" and intake.slot and customer.accepts:
                return self._promise(who, contact, intake.slot)
        self._line[who] = contact
        self._at(self._now + min(customer.patience_s, _LONGEST_PATIENCE_S), _What.LEAVES, who)
        return None

    def _prospect(self, customer: Customer) -> Prospect:
        wait_s = (len(self._line) + 1) * self.world.handle_s / max(self._staffed, 0.1)
        curve = self.world.patience[customer.kind]
        return Prospect(
            wait_s=wait_s,
            leaves=1.0 - float(curve.stay(wait_s)),
            slot=self._plan.slot(self._now),
            reached=1.0 - (1.0 - self.world.answers) ** ATTEMPTS,
        )

    def _promise(self, who: int, contact: Contact, slot: Slot) -> None:
        self._plan.promise(slot)
        self.fates[who].promised_at = self._now
        self._promised[who] = Contact(
            id=contact.id, since=contact.since, queue=contact.queue, value=contact.value, slot=slot
        )
        for at in (slot.start, slot.end - PRESSING_S):
            self._at(at, _What.WAKE, who)

    def _leave(self, who: int) -> None:
        contact = self._line.pop(who)
        self.fates[who].wait_s = self._now - contact.since
        if self.rules.callbacks and self.world.customers[who].known:
            self._missed[who] = (self._now + AGAIN_S / 2, contact)

    def _dispatch(self) -> None:
        floor = Floor(
            now=self._now,
            waiting=tuple(self._line.values()),
            people=tuple(self._idle.values()),
            promised=tuple(self._promised.values()),
            missed=self._worth_calling() if self._missed else (),
            on_duty=self._staffed,
            occupancy=self._occupancy(),
        )
        for each in self.rules.assign(floor):
            self._start(int(each.contact), int(each.person))

    def _occupancy(self) -> float:
        """From the first day until now; what was begun counts whole."""
        there_s = self._there_s + self._staffed * (self._now - self._staffed_at)
        return min(self._busy_s / there_s, 1.0) if there_s > 0 else 0.0

    def _change_staff(self, staffed: int) -> None:
        self._there_s += self._staffed * (self._now - self._staffed_at)
        self._staffed, self._staffed_at = staffed, self._now
        for person in [each for each in self._idle if each >= staffed]:
            del self._idle[person]
        for person in range(staffed):
            if person not in self._idle and person not in self._busy:
                self._free(person)

    def _worth_calling(self) -> tuple[Contact, ...]:
        late = self._now - self.world.within_s
        for who in [who for who, (_, contact) in self._missed.items() if contact.since < late]:
            del self._missed[who]
        if is_quiet(self._now):
            return ()
        ready = [contact for not_before, contact in self._missed.values() if not_before <= self._now]
        return tuple(heapq.nsmallest(_MOST_MISSED, ready, key=lambda contact: (-contact.value, contact.since)))

    def _start(self, who: int, person: int) -> None:
        customer, fate = self.world.customers[who], self.fates[who]
        if contact := self._line.pop(who, None):
            fate.served, fate.wait_s = True, self._now - contact.since
            takes_s = customer.handle_s
        else:
            takes_s = self._call(who, customer, fate)
        del self._idle[person]
        self._busy[person] = self._now
        self._busy_s += takes_s
        self.busy_s[self._who_sits(self._now, person)] += takes_s
        self._at(self._now + takes_s, _What.FREE, person)

    def _call(self, who: int, customer: Customer, fate: Fate) -> float:
        """One attempt; returns how long it takes."""
        promise, missed = self._promised.pop(who, None), self._missed.pop(who, None)
        if promise and promise.slot:
            fate.tried_at = self._now
            fate.kept_at = self._now if promise.slot.start <= self._now < promise.slot.end else None
        fate.attempts += 1
        if customer.answers[fate.attempts - 1]:
            fate.called_back = True
            return customer.handle_s
        contact = promise or (missed[1] if missed else None)
        if contact and fate.attempts < ATTEMPTS:
            again = Contact(id=contact.id, since=contact.since, queue=contact.queue, value=contact.value * 2)
            self._missed[who] = (self._now + AGAIN_S, again)
        return RING_S

    def _who_sits(self, at: float, place: int) -> int:
        seats = self._seats.get(int(at // _DAY_S))
        return seats[place] if seats else place

    def _at(self, when: float, what: _What, which: int) -> None:
        if math.isfinite(when):
            heapq.heappush(self._events, (when, what, which))
