"""The floor at one moment, and what is decided about it.

Moments are seconds since the Unix epoch; intervals are half-open.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """Somebody who wants a person, in the line or to be called."""

    id: str
    since: float
    """When they asked."""
    queue: str = ""
    value: float = 1.0
    """What losing them costs against an ordinary contact's 1."""
    skills: frozenset[str] = frozenset()
    """All of these are needed."""
    slot: Slot | None = None
    """Promised a call in it; None in the line, or for one who left and was promised nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slot:
    """The window that a promise names: `start <= call < end`."""

    start: float
    end: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    id: str
    free_since: float = 0.0
    load: int = 0
    capacity: int = 1
    skills: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Floor:
    now: float
    waiting: tuple[Contact, ...] = ()
    people: tuple[Person, ...] = ()
    """Who could take something now; who is full may be left out."""
    promised: tuple[Contact, ...] = ()
    """Each with its slot. Before it starts nobody is called."""
    missed: tuple[Contact, ...] = ()
    """Left without an answer, promised nothing: for idle people."""
    on_duty: int = 0
    """All who work, busy ones too."""
    occupancy: float = 0.0
    """The share of their time of the last weeks in which they were busy."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Assignment:
    contact: str
    person: str
    why: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Prospect:
    """What a contact would meet, as the forecast and the floor say."""

    wait_s: float
    leaves: float
    """The chance that they leave before `wait_s` is over, from measured patience."""
    slot: Slot | None
    """Where a call back would have room; None for nowhere."""
    reached: float
    """The chance that a call back finds them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Intake:
    """`callback` is an offer: who insists on the line stays in it."""

    choice: Literal["line", "callback"]
    why: str
    cost: float
    """Expected, of what was chosen, in ordinary contacts lost."""
    slot: Slot | None = None
