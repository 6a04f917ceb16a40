"""What a rule found, and which of several finds in the same place is kept."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

# How specific a reading is; between overlapping finds the more specific one wins, then the longer, then the earlier.
BARE, CUED, SHAPED, NAMED, ASKED = range(5)
"""A lone number; beside a word that asks for one; by its own shape; by a currency, a calendar word or an exact cue;
and what the dialogue has just asked for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """`start` and `end` are offsets into the text that was searched, half-open."""

    entity: str
    start: int
    end: int
    value: Any
    unit: str = ""
    """The currency of an amount; `day` or `range` of a date."""
    rank: int = NAMED
    part: str = ""
    """Of a date, the rule that read it: what a span of two dates needs to know of its ends."""


def choose(found: Iterable[Found]) -> list[Found]:
    """Finds that do not overlap, in order of the text. Deterministic: no two finds tie in everything."""
    ordered = sorted(found, key=lambda each: (-each.rank, each.start - each.end, each.start, each.entity))
    kept: list[Found] = []
    taken: set[int] = set()
    for each in ordered:
        places = range(each.start, each.end)
        if taken.isdisjoint(places):
            taken.update(places)
            kept.append(each)
    return sorted(kept, key=lambda each: each.start)
