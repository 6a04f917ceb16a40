"""What the date rules share: the moment they are read at, and the numbers and years among atoms."""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Literal

from bot.nlu.atoms import Atom
from bot.nlu.calendar_days import Prefer, When


@dataclass(frozen=True, slots=True)
class Context:
    now: datetime
    """The message's moment, in the customer's time zone."""
    prefer: Prefer = "past"
    """Where a day without a year or a week is looked for: customers mostly ask about what has happened."""
    order: Literal["MDY", "DMY"] = "MDY"
    """How 3/11 is read where both readings are possible."""

    @property
    def today(self) -> date:
        return self.now.date()


Rule = Callable[[Sequence[Atom], int, int, Context], When | None]


def one(atoms: Sequence[Atom], tag: str) -> Atom | None:
    return next((atom for atom in atoms if atom.tag == tag), None)


def the(atoms: Sequence[Atom], tag: str) -> Atom:
    """The first atom of a class that the pattern is known to hold."""
    return next(atom for atom in atoms if atom.tag == tag)


def whole(atom: Atom | None, low: int = 0, high: int = 9999) -> int | None:
    """The atom's number where it is a whole one in `low..high`."""
    if atom is None or atom.number is None or not low <= atom.number <= high or atom.number != int(atom.number):
        return None
    return int(atom.number)


def fraction(atoms: Sequence[Atom]) -> Decimal | None:
    """The count of 一个半月, 两年半, `one and a half months`, `a year and a half`, where it is not a whole one."""
    number, half = one(atoms, "NUM"), one(atoms, "HALF")
    count = Decimal(1) if number is None else number.number
    counted = number is not None or any(atom.text.lower() == "and" for atom in atoms)
    if count is None or count > 1200 or (half is not None and not counted):
        return None
    count += Decimal("0.5") if half is not None else 0
    return None if count == int(count) else count


def is_english(atom: Atom) -> bool:
    return atom.text.isascii()


def year_of(atoms: Sequence[Atom], context: Context) -> int | None:
    """The year that 去年, 2025年 or `last year` names in `atoms`."""
    named = one(atoms, "YEAR")
    if named is not None:
        return context.today.year + int(named.lemma)
    relative, unit = one(atoms, "REL"), one(atoms, "PERIOD")
    if relative is not None and unit is not None and unit.lemma == "year":
        return context.today.year + int(relative.lemma)
    for left, right in itertools.pairwise(atoms):
        if right.text == "年" and left.tag == "NUM":
            return year_number(left)
    return None


def year_number(atom: Atom) -> int | None:
    year = whole(atom, 1, 2100)
    if year is not None and len(atom.digits) == 2:
        year += 2000
    return year if year is not None and 1990 <= year <= 2100 else None
