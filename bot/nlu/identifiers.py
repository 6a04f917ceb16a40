"""Numbers that name something: orders, cards, phones, one-time codes.

Some have a shape of their own (P20261103001, a mobile number, a row of stars before four digits); the others take a
word that says what they are ("ending in 4821", "验证码是482193").
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import partial
from typing import Any

from bot.nlu.atoms import Atom
from bot.nlu.found import BARE, CUED, SHAPED, Found
from bot.nlu.wordlist import forms

Pattern = list[dict[str, Any]]


def _cued(tag: str, *, fillers: int, number: str = "NUM") -> list[Pattern]:
    return [[{"TAG": tag}, *[{"TAG": "OF"}] * count, {"TAG": number}] for count in range(fillers + 1)]


PATTERNS: dict[str, list[Pattern]] = {
    "code.cued": [
        *_cued("CODECUE", fillers=4),
        *([*pattern[:-1], {"TAG": "REPEAT"}, pattern[-1]] for pattern in _cued("CODECUE", fillers=4)),
        [{"TAG": "NUM"}, {"ORTH": "is"}, {"TAG": "OF", "OP": "*"}, {"TAG": "CODECUE"}],
        [{"TAG": "NUM"}, {"ORTH": "是"}, {"TAG": "OF", "OP": "*"}, {"TAG": "CODECUE"}],
        [{"TAG": "NUM"}, {"TAG": "CODECUE"}],
    ],
    "card.cued": [
        *_cued("CARDCUE", fillers=4),
        *([{"TAG": "CARD"}, *[{"TAG": "CARDCUE"}] * cue, *[{"TAG": "OF"}] * count, {"TAG": "NUM"}]
          for count in range(4) for cue in range(2)),
        [{"TAG": "CARDCUE"}, {"TAG": "CARD"}, {"TAG": "OF", "OP": "*"}, {"TAG": "NUM"}],
        [{"TAG": "NUM"}, {"ORTH": "的", "OP": "?"}, {"TAG": "CARD"}],
        [{"TAG": "NUM"}, {"ORTH": "这"}, {"ORTH": "张", "OP": "?"}, {"TAG": "CARD"}],
        [{"TAG": "NUM"}, {"ORTH": "那"}, {"ORTH": "张", "OP": "?"}, {"TAG": "CARD"}],
    ],
    "order.cued": _cued("ORDERCUE", fillers=4),
    "order.shaped": [[{"TAG": "ID"}]],
    "phone.cued": _cued("PHONECUE", fillers=3),
}  # fmt: skip

_CN_MOBILE = re.compile(
    r"(?<![\d+])(?<!\d[ -])(?:\(?(?:\+|00)?86\)?[ -]?)?(1[3-9]\d)[ -]?(\d{4})[ -]?(\d{4})(?![\d])(?![ -]\d)"
)
_CN_MOBILE_PREFIXED = re.compile(r"(?:\+|00)86[ -]?(1[3-9]\d)[ -]?(\d{4})[ -]?(\d{4})(?!\d)")
_INTERNATIONAL = re.compile(r"(?<![A-Za-z0-9+])(?:\+|00(?=[1-9]\d{9}))[1-9](?:[ .()-]{0,2}\d){7,14}(?!\d)")
# Possessive: a long row of stars that no number follows is given up at once.
_STARRED = re.compile(r"(?<![*•·x])(?:[*•·x][ -]?+){2,}+(\d{4})(?!\d)|(?<![A-Za-z0-9*])\*(\d{4})(?!\d)", re.IGNORECASE)
_CARD_NUMBER = re.compile(r"(?<![\d.,+-])\d{4}(?:[ -]?\d{4}){2,3}(?:[ -]?\d{1,3})?(?!\d)")


def find_shaped(text: str) -> Iterator[Found]:
    """What is known by its shape alone, found in the text itself because it runs over several atoms."""
    for match in [*_CN_MOBILE.finditer(text), *_CN_MOBILE_PREFIXED.finditer(text)]:
        yield _phone(match, "".join(match.groups()))
    for match in _INTERNATIONAL.finditer(text):
        digits = re.sub(r"\D", "", match.group()).removeprefix("00")
        if 8 <= len(digits) <= 15 and not digits.startswith("86"):
            yield _phone(match, f"+{digits}")
    for match in _STARRED.finditer(text):
        yield Found(entity="card_ending", start=match.start(), end=match.end(), value=match.group(1) or match.group(2))
    for match in _CARD_NUMBER.finditer(text):
        digits = re.sub(r"\D", "", match.group())
        if is_card_number(digits):
            yield Found(
                entity="card_ending", start=match.start(), end=match.end(), value=digits[-4:], unit="", rank=SHAPED
            )


def _phone(match: re.Match[str], value: str) -> Found:
    return Found(entity="phone_number", start=match.start(), end=match.end(), value=value, rank=SHAPED)


def is_card_number(digits: str) -> bool:
    """13 to 19 digits with a right check digit (ISO/IEC 7812-1, Luhn)."""
    if not 13 <= len(digits) <= 19:
        return False
    doubled = (int(each) * (1 + at % 2) for at, each in enumerate(reversed(digits)))
    return sum(each - 9 if each > 9 else each for each in doubled) % 10 == 0


# What a cue names, and the digits it may have.
_CUED = {
    "code": ("code", re.compile(r"\d{4,8}")),
    "card": ("card_ending", re.compile(r"\d{4}|\d{13,19}")),
    "order": ("order_number", re.compile(r"\d{10,28}")),
    "phone": ("phone_number", re.compile(r"1[3-9]\d{9}")),
}


def resolve(name: str, atoms: Sequence[Atom], start: int, end: int) -> Found | None:
    """What `atoms[start:end]`, matched by the pattern `name`, identifies."""
    if name == "order.shaped":
        value = atoms[start].text.upper().replace("-", "")
        return Found(entity="order_number", start=atoms[start].start, end=atoms[start].end, value=value)
    entity, shape = _CUED[name.partition(".")[0]]
    first, last = _row(atoms, start if atoms[start].tag == "NUM" else end - 1)
    digits = digits_of(atoms[first:last])
    if not shape.fullmatch(digits) or _is_something_else(entity, atoms, start, last):
        return None
    value = digits[-4:] if entity == "card_ending" else digits
    return Found(entity=entity, start=atoms[first].start, end=atoms[last - 1].end, value=value)


def _is_something_else(entity: str, atoms: Sequence[Atom], start: int, last: int) -> bool:
    """A promo code, a ZIP code, an error code; the ending of a phone number."""
    if entity == "code":
        return any(atom.tag == "NOTCODE" for atom in atoms[max(0, start - 2) : start + 2])
    if entity != "card_ending":
        return False
    before = atoms[start - 1].tag if start else ""
    return before in ("PHONECUE", "ORDERCUE") or any(atom.tag == "PHONECUE" for atom in atoms[last : last + 2])


def _row(atoms: Sequence[Atom], at: int) -> tuple[int, int]:
    """The atoms around `at` that spell one number: `4 8 2 1`, `double five one`, `6222 0212 3456`, `551-041`."""
    first, last = at, at + 1
    while last - at < _LONGEST_ROW and (step := _joins(atoms, last - 1, last)) > 0:
        last += step
    while first > 0 and at - first < _LONGEST_ROW and (step := _joined_before(atoms, first)) > 0:
        first -= step
    return first, last


def _joins(atoms: Sequence[Atom], left: int, at: int) -> int:
    """How many atoms from `at` on go on with the row whose last number is `left`."""
    if at >= len(atoms) or not atoms[left].digits:
        return 0
    if atoms[at].digits:
        return int(_may_join(atoms[left], atoms[at]))
    beyond = atoms[at + 1] if at + 1 < len(atoms) else None
    if beyond is None or not beyond.digits:
        return 0
    if atoms[at].tag == "REPEAT":
        return 2 if len(atoms[left].digits) == len(beyond.digits) == 1 else 0
    glued = atoms[left].end == atoms[at].start and atoms[at].end == beyond.start
    return 2 if atoms[at].text in _MARKS and glued and len(atoms[left].digits) == len(beyond.digits) else 0


def _joined_before(atoms: Sequence[Atom], first: int) -> int:
    if atoms[first].tag == "REPEAT":
        return int(_joins(atoms, first - 1, first) > 0)
    if atoms[first - 1].tag == "REPEAT":
        return 1 if len(atoms[first].digits) == 1 else 0
    for step in (1, 2):
        if step <= first and _joins(atoms, first - step, first - step + 1) == step:
            return step
    return 0


_MARKS = frozenset("-.·–")
_LONGEST_ROW = 64
"""Atoms: 28 digits with marks between them, and some."""


def digits_of(atoms: Sequence[Atom]) -> str:
    """A row's digits one by one; `double` and `triple` repeat the next."""
    told, times = "", 1
    for atom in atoms:
        if atom.tag == "REPEAT":
            times = int(atom.lemma)
        elif atom.digits:
            told, times = told + atom.digits * times, 1
    return told


def _may_join(left: Atom, right: Atom) -> bool:
    return right.start - left.end <= 1 and left.digits != "" and (len(left.digits) == 1) == (len(right.digits) == 1)


def find_hinted(atoms: Sequence[Atom]) -> Iterator[Found]:
    """The one row of six digits in a message that speaks of a text, of digits, of something received.

    Whole thousands after "received" are money.
    """
    rows = list(_rows_of_six(atoms))
    if len(rows) != 1 or any(atom.tag == "NOTCODE" and atom.text.lower() != "pin" for atom in atoms):
        return
    first, last = rows[0]
    digits = digits_of(atoms[first:last])
    beside = atoms[last].tag if last < len(atoms) else ""
    if beside in ("CUR", "SUB", "COUNTED") or (first and atoms[first - 1].tag == "CUR"):
        return
    if digits[0] == "0" or (digits[3:] != "000" and any(each.text.lower() in _HINTS for each in atoms)):
        yield Found(entity="code", start=atoms[first].start, end=atoms[last - 1].end, value=digits, rank=SHAPED)


def _rows_of_six(atoms: Sequence[Atom]) -> Iterator[tuple[int, int]]:
    """`551041` and `551-041`: (first atom, beyond the last)."""
    for at, atom in enumerate(atoms):
        if len(atom.digits) == 6 and atom.text.isascii():
            yield at, at + 1
        elif len(atom.digits) == 3 and atom.text.isascii():
            first, last = _row(atoms, at)
            if first == at and last == at + 3 and atoms[at + 1].text in _MARKS:
                yield first, last


_HINTS = frozenset(
    forms(
        "sms text texted says digits digit came received got code they 码 短信 短信里 收到 收到了 收到的 位数 密码 "
        "动态 发来 发来了 号码 验证码 是这个 这个"
    )
)


def bare(atoms: Sequence[Atom], at: int) -> tuple[Found | None, int]:
    """A row of digits that is all the message says, and how many numbers it took.

    Six digits are a one-time code unless they are whole thousands, ten and more an order's number; phones are
    found by shape before this.
    """
    first, last = _row(atoms, at)
    digits = digits_of(atoms[first:last])
    is_code = len(digits) == 6 and (digits[0] == "0" or not digits.endswith("000"))
    entity = "code" if is_code else "order_number" if 10 <= len(digits) <= 28 else ""
    numbers = sum(atom.digits != "" for atom in atoms[first:last])
    if not entity:
        return None, numbers
    found = partial(Found, start=atoms[first].start, end=atoms[last - 1].end)
    return found(entity=entity, value=digits, rank=BARE if entity == "code" else CUED), numbers


def expected(entity: str, digits: str) -> str | None:
    """The value of a bare row of digits where the dialogue asks for `entity`; None where it cannot be one."""
    shapes = {
        "card_ending": r"\d{4}",
        "code": r"\d{4,8}",
        "order_number": r"\d{6,28}",
        "phone_number": r"1[3-9]\d{9}",
    }
    return digits if entity in shapes and re.fullmatch(shapes[entity], digits) else None
