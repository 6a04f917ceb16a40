"""One number among atoms, with all that belongs to it, so that no part of it is read as a number of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from bot.nlu import numerals
from bot.nlu.atoms import Atom
from bot.nlu.plain_amounts import NAMES_OF_AMOUNTS
from bot.nlu.tongues import habits
from bot.nlu.wordlist import forms

_VAGUE_BEFORE = habits("vague_before")
_VAGUE_AFTER = habits("vague_after")
_NOT_VAGUE = frozenset(forms("久 少 长 谢 大 次 自 到 收 扣 退 付 转 给"))
"""多久, 多少, 多扣, 来自: 多 and 来 that belong to what follows."""
_NO_AMOUNT_BEFORE = frozenset(forms("at in on no no. number # num id by with"))
_COUNTS = frozenset(("COUNTED", "PERIOD", "AMPM", "MONTH", "WEEKDAY", "DAYMARK"))


@dataclass(frozen=True, slots=True)
class Quantity:
    """`atoms[start:end]`. `value` is None where it may be more than one number, or none in particular."""

    start: int
    end: int
    value: Decimal | None
    continental: bool = False
    """Read with a decimal comma: 12,50."""

    @property
    def is_plain(self) -> bool:
        return self.end == self.start + 1


def quantity(atoms: Sequence[Atom], at: int) -> Quantity | None:
    """The number that begins at `at`: one atom, `1.299,50`, `1 200`, `1 million 200 thousand`, `三百多`."""
    if atoms[at].tag != "NUM":
        return None
    glued = _glued(atoms, at)
    if at + 1 < glued:
        text = "".join(atom.text for atom in atoms[at:glued])
        return _whole(atoms, at, glued, numerals.parse_continental(text), continental=True)
    spaced = _spaced(atoms, at)
    if at + 1 < spaced:
        glued = _glued(atoms, spaced - 1)
        text = " ".join(atom.text for atom in atoms[at:spaced]) + "".join(atom.text for atom in atoms[spaced:glued])
        read = numerals.parse_spaced if glued == spaced else numerals.parse_continental
        value = read(text) if _may_be_grouped(atoms, at) else None
        return _whole(atoms, at, glued, value, continental=spaced < glued)
    return _whole(atoms, at, at + 1, atoms[at].number)


def _glued(atoms: Sequence[Atom], at: int) -> int:
    """Where a row of numbers and marks without a space ends: `1.299,50`, `1,2999`."""
    end = at + 1
    while end < len(atoms) and atoms[end].start == atoms[end - 1].end:
        if atoms[end].tag == "NUM" and atoms[end].text[0] in ".0123456789" and atoms[end - 1].text[-1].isdigit():
            end += 1
            continue
        after = atoms[end + 1] if end + 1 < len(atoms) else None
        if atoms[end].text not in (",", ".", "'", "’", "，") or after is None or after.tag != "NUM":
            break
        if atoms[end].text == "，" and not _goes_on(atoms, end):
            break
        if after.start != atoms[end].end or not after.text[0].isdigit():
            break
        end += 2
    return end


def _goes_on(atoms: Sequence[Atom], comma: int) -> bool:
    """`1，234.56元` may be one number, `付了200，300是运费` are two."""
    left, right = atoms[comma - 1], atoms[comma + 1]
    after = atoms[comma + 2].tag if comma + 2 < len(atoms) else ""
    grouped = len(left.digits) <= 3 and len(right.text.partition(".")[0]) == 3
    return grouped and ("." in right.text or after == "CUR")


def _spaced(atoms: Sequence[Atom], at: int) -> int:
    """Where groups of three digits end: `1 200`, `1 234 567.50`."""
    end = at + 1
    if not (atoms[at].digits and len(atoms[at].text) <= 3 and atoms[at].text.isascii() and atoms[at].text[0].isdigit()):
        return end
    while end < len(atoms) and _follows(atoms, end) and numerals.parse_spaced(f"1 {atoms[end].text}") is not None:
        end += 1
        if not atoms[end - 1].digits:
            break
    return end


def _follows(atoms: Sequence[Atom], at: int) -> bool:
    return atoms[at].tag == "NUM" and 0 <= atoms[at].start - atoms[at - 1].end <= 1


def _may_be_grouped(atoms: Sequence[Atom], at: int) -> bool:
    """`iPhone 15 200 dollars` and `March 3 200 dollars` are two numbers."""
    if at == 0:
        return True
    before = atoms[at - 1]
    if before.tag == "OF":
        return before.text.lower() not in _NO_AMOUNT_BEFORE
    return before.tag in ("CUR", "AMOUNTCUE", "OTHER", "ALONGSIDE") or before.text.lower() in NAMES_OF_AMOUNTS


def _whole(
    atoms: Sequence[Atom], start: int, end: int, value: Decimal | None, *, continental: bool = False
) -> Quantity:
    while end < len(atoms) and _follows(atoms, end) and not _is_apart(atoms, end):
        value = _sum(atoms[end - 1], atoms[end], value)
        end += 1
    if _is_either(atoms[start]) or (start and (_is_vague_before(atoms, start) or _is_spelt_on(atoms, start))):
        value = None
    if end < len(atoms) and _is_vague_after(atoms, end):
        return Quantity(start, end + 1 + (atoms[end].text == "-"), None)
    return Quantity(start, end, value, continental)


def _is_apart(atoms: Sequence[Atom], at: int) -> bool:
    """A number of its own beside another: `4821 20 dollars`, `two 50 dollar charges`, `$20 3 days ago`."""
    left, right = atoms[at - 1], atoms[at]
    if at + 1 < len(atoms) and atoms[at + 1].tag in _COUNTS:
        return True
    if left.text.isascii() and left.text.isalpha() and right.text[0].isdigit():
        return left.number is not None and left.number < 10
    return len(left.digits) >= 4


def _sum(left: Atom, right: Atom, value: Decimal | None) -> Decimal | None:
    """`1 million 200 thousand`: what follows is less than the last scale."""
    scale = left.text.lower().rpartition(" ")[2]
    written = " " in right.text and right.number is not None and right.text.lower().rpartition(" ")[2].isalpha()
    size = numerals.SCALES.get(scale)
    if value is None or size is None or not written or right.number is None or size <= right.number:
        return None
    return value + right.number


def _is_either(atom: Atom) -> bool:
    """三五块: three to five."""
    return len(atom.text) == 2 == len(atom.digits) and not atom.text.isascii() and "0" not in atom.digits


def _is_spelt_on(atoms: Sequence[Atom], start: int) -> bool:
    """The five of `one oh five`, the 50 of `100+50`, the 二 of 一点二 that is not read as one number."""
    before = atoms[start - 1]
    if before.end < atoms[start].start:
        return before.digits != "" and before.tag != "NUM"
    computed = before.text in "+*×/÷" and start > 1 and atoms[start - 2].tag == "NUM"
    return computed or before.text in ("一点", "一點")


def _is_vague_before(atoms: Sequence[Atom], start: int) -> bool:
    """`a few hundred`, `a couple of thousand`, 几百."""
    before = atoms[start - 1]
    if before.text in _VAGUE_BEFORE and not before.text.isascii():
        return before.tag == "FEW"
    at = start - 2 if before.text.lower() == "of" and start > 1 else start - 1
    word = atoms[start].text.lower().partition(" ")[0]
    return atoms[at].text.lower() in _VAGUE_BEFORE and word in numerals.EN_SCALES


def _is_vague_after(atoms: Sequence[Atom], end: int) -> bool:
    """`20-odd`, `50ish`, `200+`, 三百多, 二十来."""
    word = atoms[end + 1] if atoms[end].text == "-" and end + 1 < len(atoms) else atoms[end]
    if word.text == "+":
        return word.start == atoms[end - 1].end
    if word.text.lower() not in _VAGUE_AFTER:
        return False
    after = atoms[end + 1].text[:1] if end + 1 < len(atoms) else ""
    return word.text.isascii() or after not in _NOT_VAGUE
