"""What follows the unit of an amount: cents and pence, 角 and 分, the `50` of `10 euros 50`, the 五 of 三块五."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from bot.nlu import plain_amounts as plain
from bot.nlu.atoms import Atom
from bot.nlu.currencies import decimal_places

_CENTS = frozenset(("USD", "CAD", "AUD", "HKD", "SGD", "NZD", "TWD", "EUR", "MYR", "ZAR"))
_JOINTS = frozenset(("and", "n", "plus", "又", "&"))
_ENDS = frozenset(".,!?;，。！？；)）")


def with_parts(atoms: Sequence[Atom], end: int, value: Decimal, currency: str) -> tuple[Decimal | None, int]:
    """`value` with its parts from `end` on, and where they end; None where they may mean more than one thing."""
    if value != int(value) or end >= len(atoms):
        return value, end
    half = _half(atoms, end)
    if half:
        return value + Decimal("0.5"), half
    joined = atoms[end].text.lower() in _JOINTS
    at = end + joined
    if at >= len(atoms) or atoms[at].tag != "NUM":
        return value, end
    if at + 1 < len(atoms) and atoms[at + 1].tag == "SUB":
        parts, after = hundredths(atoms, at, currency, loose=atoms[end - 1].end)
        return (value + parts / 100, after) if parts is not None else (value, end)
    if currency == "CNY" and not joined and atoms[at].start == atoms[end - 1].end:
        parts, after = hundredths(atoms, at, currency, loose=atoms[end - 1].end)
        return (value + parts / 100, after) if parts is not None else (value, end)
    return _unnamed(atoms, at, end, value, currency, joined=joined)


def _half(atoms: Sequence[Atom], end: int) -> int:
    """Where 三块半 or `a dollar and a half` ends; 0 where there is no half."""
    if atoms[end].text == "半" and atoms[end].start == atoms[end - 1].end:
        return end + 1
    words = [atom.text.lower() for atom in atoms[end : end + 3]]
    return end + 3 if words in (["and", "a", "half"], ["and", "an", "half"]) else 0


def _unnamed(
    atoms: Sequence[Atom], at: int, end: int, value: Decimal, currency: str, *, joined: bool
) -> tuple[Decimal | None, int]:
    """`10 euros 50`, `a dollar ten`: two digits at the end of a clause. Of one, or after `and`, nobody knows."""
    number, after = atoms[at].number, atoms[at + 1] if at + 1 < len(atoms) else None
    if plain.is_measured(atoms, at) or not _ends_a_clause(after) or number is None or number >= 100:
        return value, end
    spelt = atoms[at - 1].text.isascii() and atoms[at - 1].text.isalpha() and len(atoms[at - 1].text) > 1
    two_digits = number >= 10 and number == int(number) and atoms[at].text[0] != "."
    exact = spelt and two_digits and not joined and decimal_places(currency) == 2
    return (value + number / 100 if exact else None), at + 1


def _ends_a_clause(after: Atom | None) -> bool:
    return after is None or after.text in _ENDS or after.text.lower() in plain.MAY_FOLLOW or after.text == "my"


def hundredths(atoms: Sequence[Atom], at: int, currency: str, *, loose: int) -> tuple[Decimal | None, int]:
    """Minor parts from `at`: (hundredths, where they end). Without a unit only glued to 块 or 元: 三块五 is 3.50.

    `loose` is where the unit before them ends.
    """
    total, end, step = Decimal(0), at, Decimal(10)
    while end < len(atoms) and (number := atoms[end].number) is not None and atoms[end].tag == "NUM":
        unit = atoms[end + 1] if end + 1 < len(atoms) else None
        size = _size(unit, currency) if unit is not None else None
        if unit is not None and size is not None:
            total, end, loose, step = total + number * size, end + 2, unit.end, size / 10
            continue
        if unit is not None and (unit.tag in plain.MEASURES or unit.text in plain.COUNTS):
            break
        spaced = at < end and atoms[end - 1].text.isascii()  # "five mao five"
        if currency == "CNY" and atoms[end].start - loose == spaced:
            part = _glued_part(atoms[end], step, first=end == at)
            total, end = (total + part, end + 1) if part is not None else (total, end)
        break
    return (total if at < end else None), end


def _glued_part(atom: Atom, step: Decimal, *, first: bool) -> Decimal | None:
    """The 五 of 三块五 and of 三块二毛五, the 25 of 3块25, the 零五 of 三块零五."""
    number = atom.number
    if number is None or number != int(number) or number >= 100:
        return None
    if atom.text[0] in "零〇0":
        return number if first and number < 10 else None
    if number < 10:
        return number * step if number > 0 and step >= 1 else None
    return number if first else None


def _size(unit: Atom, currency: str) -> Decimal | None:
    """Hundredths of the currency's unit in one such part; None for other words."""
    if unit.tag != "SUB":
        return None
    whose, _, size = unit.lemma.partition(":")
    shared = whose == "USD" and currency in _CENTS
    return Decimal(size) if whose == currency or shared else None
