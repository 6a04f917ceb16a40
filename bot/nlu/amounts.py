"""Amounts of money: `{"minor": 19990, "currency": "CNY"}`, currency null where none was said.

One grammar over the atoms, the same for every language; the words are the languages' own (`bot.nlu.tongues`):

    amount    := currency {currency} number [scale] [currency] [parts]
               | number [scale] currency {currency} [parts]
               | number part {number part}
               | article currency [parts] | note
               | number
    parts     := ["and"] number part {number part} | number | "and a half" | 半

It is read from left to right, and what an amount takes no other can: an expression that has more than one reading
("1,2999 dollars", "two fifty dollars", 几百块, "50 to 60 euros") is passed over whole, for a wrong amount is worse than
none. Without a currency a number is an amount only as `bot.nlu.plain_amounts` says.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from decimal import Decimal

from bot.nlu import plain_amounts as plain
from bot.nlu.atoms import Atom
from bot.nlu.currencies import agreed, decimal_places, is_prefix, is_sign, is_unit_word, minor_units, of_sign
from bot.nlu.found import BARE, CUED, NAMED, SHAPED, Found
from bot.nlu.minor_parts import hundredths, with_parts
from bot.nlu.numerals import LETTERS
from bot.nlu.quantities import Quantity, quantity
from bot.nlu.tongues import habits

Read = tuple[int, list[Found]]
"""Where what was read ends, and the amounts in it: none where it is passed over."""

_BEGINS = frozenset(("NUM", "CUR", "NOTE", "OF"))
_BETWEEN = habits("range_opens")
_MINUS = frozenset(("-", "−", "–", "负", "minus", "negative"))
_RANGE = frozenset(("-", "~", "–", "—", "～", "to", "到", "至", "or", "或", "、", "/"))


def find(atoms: Sequence[Atom]) -> Iterator[Found]:
    """The amounts in a message, in order. Time is linear in its length."""
    at = 0
    while at < len(atoms):
        if atoms[at].tag not in _BEGINS:
            at += 1
            continue
        end, found = _amount(atoms, at)
        yield from found
        at = max(end, at + 1)


def bare(atoms: Sequence[Atom], at: int) -> Found | None:
    """A number that is all the message says."""
    number = quantity(atoms, at)
    if number is None or not plain.is_bare(atoms, at) or not _may_be_unnamed(atoms, number):
        return None
    return _found(atoms, at, at + 1, number.value, "", rank=BARE)


def _amount(atoms: Sequence[Atom], at: int) -> Read:
    tag = atoms[at].tag
    if tag == "CUR":
        return _before(atoms, at)
    if tag == "NOTE":
        return _note(atoms, at)
    if tag == "OF" and atoms[at].text.lower() in ("a", "an") and at + 1 < len(atoms) and atoms[at + 1].tag == "CUR":
        return _single(atoms, at)
    number = quantity(atoms, at)
    if number is None:
        return at + 1, []
    return _range(atoms, number) or _after(atoms, number) or _parts(atoms, number) or _number(atoms, number)


def _before(atoms: Sequence[Atom], first: int) -> Read:
    """`¥199.9`, `RMB ¥88`, `$20 CAD`, `¥20元`, `HK$20`, 新台币500元."""
    at = first + 1
    currency: str | None = of_sign(atoms, first)
    if not is_prefix(atoms[first]):
        return at, []
    while at < len(atoms) and atoms[at].tag == "CUR" and is_prefix(atoms[at]):
        currency, at = currency and agreed(currency, atoms[at - 1], atoms[at]), at + 1
    negative = at < len(atoms) and atoms[at].text in _MINUS
    number = quantity(atoms, at + negative) if at + negative < len(atoms) else None
    if number is None or (atoms[at - 1].text.isalnum() and _counts_something(atoms, number)):
        return at, []  # "is EUR one of them", 欧元3笔
    value, end = _scaled(atoms, number)
    if end < len(atoms) and atoms[end].tag == "CUR" and not _opens_another(atoms, end, prefixed=True):
        currency, end = currency and agreed(currency, atoms[at - 1], atoms[end]), end + 1
    negative = negative or _is_negative(atoms, first)
    if _is_open_range(atoms, end) or negative or value is None or not currency:
        return end, []
    value, end = with_parts(atoms, end, value, currency)
    return end, _listed(atoms, first, end, value, currency, number=number)


def _counts_something(atoms: Sequence[Atom], number: Quantity) -> bool:
    small_word = not atoms[number.start].text[0].isdigit() and (number.value is None or number.value < 10)
    if atoms[number.start - 1].text.isascii():
        return small_word
    return number.end < len(atoms) and atoms[number.end].tag == "COUNTED"


def _scaled(atoms: Sequence[Atom], number: Quantity) -> tuple[Decimal | None, int]:
    """The number's value with the letter that scales it, `1.5m`, `3 bn`, and where that ends."""
    value, end = number.value, number.end
    letter = atoms[end] if end < len(atoms) else None
    if letter is not None and letter.text.lower() in LETTERS and letter.start - atoms[end - 1].end <= 1:
        return (value and value * LETTERS[letter.text.lower()]), end + 1
    return value, end


def _after(atoms: Sequence[Atom], number: Quantity) -> Read | None:
    """`20 dollars`, 三块五, 3元5角, 三点五块, `2 dollars and 50 cents`."""
    value, at = _scaled(atoms, number)
    if at >= len(atoms) or atoms[at].tag != "CUR" or _opens_another(atoms, at):
        return None
    currency: str | None = of_sign(atoms, at)
    end = at + 1
    if _is_together(atoms, number.start):
        return end, []
    while end < len(atoms) and atoms[end].tag == "CUR" and not _opens_another(atoms, end):
        currency, end = currency and agreed(currency, atoms[end - 1], atoms[end]), end + 1
    refused = value is None or not currency or _is_dragged(atoms, number.start) or _is_negative(atoms, number.start)
    if value is None or not currency or refused or _is_ambiguous_group(atoms, number, at):
        _, end = with_parts(atoms, end, Decimal(1), currency or "")
        return end, []
    value, end = with_parts(atoms, end, value, currency)
    return end, _listed(atoms, number.start, end, value, currency, number=number)


def _is_ambiguous_group(atoms: Sequence[Atom], number: Quantity, at: int) -> bool:
    """`2 200 dollar charges` is two of 200."""
    spaced = number.end - number.start == 2 and not number.continental
    return spaced and atoms[at].text.lower() in ("dollar", "pound", "euro", "buck")


def _opens_another(atoms: Sequence[Atom], at: int, *, prefixed: bool = False) -> bool:
    """The currency at `at`, after a number, is the next number's: `¥20 $30`, `20 and USD 30`.

    `prefixed`: the number before has a currency of its own.
    """
    if at + 1 >= len(atoms) or atoms[at + 1].tag != "NUM" or not is_prefix(atoms[at]):
        return False
    if prefixed and is_sign(atoms[at]):
        return True
    number = quantity(atoms, at + 1)
    closed = number is not None and number.end < len(atoms) and atoms[number.end].tag in ("CUR", *plain.MEASURES)
    glued_left, glued_right = atoms[at - 1].end == atoms[at].start, atoms[at].end == atoms[at + 1].start
    if glued_left != glued_right:
        return glued_right
    return not closed if is_sign(atoms[at]) or glued_right else False


def _is_dragged(atoms: Sequence[Atom], at: int) -> bool:
    """The number belongs to a percent, or to the hour before it: 百分之, 下午三点五万."""
    if at and atoms[at - 1].text == "百分之":
        return True
    hour = any(point in atoms[at].text for point in "点點")
    return hour and bool(at) and atoms[at - 1].tag in ("MORNING", "DAY", "WEEKDAY", "DAYMARK")


def _is_negative(atoms: Sequence[Atom], at: int) -> bool:
    """`-50 dollars`, `minus $5`, 负五十元; not the dash of `20 - 30` or of a list."""
    if not at or atoms[at - 1].text.lower() not in _MINUS:
        return False
    if atoms[at - 1].text.isalpha():
        return True
    glued = atoms[at - 1].end == atoms[at].start
    return glued and (at == 1 or atoms[at - 2].end < atoms[at - 1].start)


def _is_together(atoms: Sequence[Atom], at: int) -> bool:
    """一块 is also "together": it is money before 钱, a number, a mark or the end."""
    if atoms[at].text != "一" or atoms[at + 1].text not in ("块", "塊"):
        return False
    after = atoms[at + 2] if at + 2 < len(atoms) else None
    return (
        after is not None
        and after.tag in ("HAN", "OTHER", "AMOUNTCUE", "IDIOM", "WORD")
        and after.text not in "，。,.!！?？半"
    )


def _range(atoms: Sequence[Atom], first: Quantity) -> Read | None:
    """`50 to 60 dollars`, `between 50 and 60`, 20或30元 are no amount; `from 500 to 600 yuan` are two."""
    joint = first.end
    before = atoms[first.start - 1] if first.start else None
    between = before is not None and before.text.lower() in _BETWEEN
    joined = joint + 1 < len(atoms) and (
        atoms[joint].text.lower() in _RANGE or (between and atoms[joint].text == "and")
    )
    second = quantity(atoms, joint + 1) if joined else None
    if second is None:
        return None
    _, at = _scaled(atoms, second)
    if at >= len(atoms) or atoms[at].tag != "CUR":
        measured = plain.is_measured(atoms, second.end - 1)
        return (second.end, []) if between and not measured else None
    end = at + 1
    currency = of_sign(atoms, at)
    opened = before is not None and before.text.lower() in ("from", "从", "從", "由")
    if not opened or not currency or first.value is None or second.value is None:
        return end, []
    return end, [
        *_listed(atoms, first.start, first.end, first.value, currency, number=first),
        *_listed(atoms, second.start, end, second.value, currency, number=second),
    ]


def _is_open_range(atoms: Sequence[Atom], end: int) -> bool:
    """`$10-20`: the second number has no currency of its own."""
    if end + 1 >= len(atoms) or atoms[end].text not in ("-", "~", "–", "—", "～") or atoms[end + 1].tag != "NUM":
        return False
    return atoms[end].start == atoms[end - 1].end and atoms[end].end == atoms[end + 1].start


def _single(atoms: Sequence[Atom], at: int) -> Read:
    """`a dollar`, `a quid`, `a dollar ten`; not `a dollar account`."""
    unit, end = atoms[at + 1], at + 2
    if not is_unit_word(unit):
        return at + 1, []
    value, beyond = with_parts(atoms, end, Decimal(1), unit.lemma)
    after = atoms[end] if end < len(atoms) else None
    alone = after is None or after.tag in ("OTHER", "OF", "ALONGSIDE", "TO") or after.text.lower() in plain.MAY_FOLLOW
    if beyond == end and not alone:
        return end, []
    return beyond, _listed(atoms, at, beyond, value, unit.lemma)


def _note(atoms: Sequence[Atom], at: int) -> Read:
    """`a fiver`, `tenner`: a note by its name."""
    if at and atoms[at - 1].tag in ("NUM", "FEW"):
        return at + 1, []
    value, _, currency = atoms[at].lemma.partition(" ")
    return at + 1, _listed(atoms, at, at + 1, Decimal(value), currency)


def _parts(atoms: Sequence[Atom], number: Quantity) -> Read | None:
    """`5毛`, `3毛5`, `50 cents`, `20p`. 分 alone is a minute or a mark at school more often than money."""
    start, at = number.start, number.end
    unit = atoms[at] if at < len(atoms) else None
    if unit is None or unit.tag != "SUB":
        return None
    refused = number.value is None or not number.is_plain or _is_negative(atoms, start)
    if refused or (start and atoms[start - 1].tag == "CUR"):  # 块八毛
        return at + 1, []
    if unit.text in ("分", "毫", "仙") or (len(unit.text) == 1 and unit.text in "pPcC" and not _is_glued(atoms, at)):
        return at + 1, []
    currency = unit.lemma.partition(":")[0]
    if unit.text in ("毛钱", "分钱") and atoms[start].text == "一" and len(atoms) > start + 2:
        return at + 1, []  # 一毛钱都没有: not a cent
    total, end = hundredths(atoms, start, currency, loose=-1)
    return end, [] if total is None else _listed(atoms, start, end, total / 100, currency)


def _may_be_unnamed(atoms: Sequence[Atom], number: Quantity) -> bool:
    doubtful = _has_too_many_decimals(atoms, number, "") or _is_negative(atoms, number.start)
    return number.value is not None and number.is_plain and not doubtful


def _is_glued(atoms: Sequence[Atom], at: int) -> bool:
    return atoms[at - 1].end == atoms[at].start


def _number(atoms: Sequence[Atom], number: Quantity) -> Read:
    """A number without a currency, by its shape or by the word before it that asks for one."""
    if not _may_be_unnamed(atoms, number):
        return number.end, []
    rank = SHAPED if plain.is_shaped(atoms, number.start) else CUED if plain.is_cued(atoms, number.start) else None
    if rank is None:
        return number.end, []
    found = _found(atoms, number.start, number.end, number.value, "", rank=rank)
    return number.end, [] if found is None else [found]


def _has_too_many_decimals(atoms: Sequence[Atom], number: Quantity, currency: str) -> bool:
    """`$2.000` may be two thousand, and of 12.345元 nobody knows what is meant."""
    whole, _, decimals = atoms[number.start].text.partition(".")
    return number.is_plain and whole.isdigit() and decimals.isdigit() and decimal_places(currency) < len(decimals)


def _listed(
    atoms: Sequence[Atom], start: int, end: int, value: Decimal | None, currency: str, *, number: Quantity | None = None
) -> list[Found]:
    if number is not None and number.continental and not _writes_commas(atoms, number, currency):
        return []
    if number is not None and _has_too_many_decimals(atoms, number, currency):
        return []
    found = _found(atoms, start, end, value, currency)
    return [] if found is None else [found]


_COMMA_DECIMALS = frozenset(("EUR", "PLN", "BRL", "SEK", "NOK", "DKK", "CZK", "HUF", "RON", "RUB", "UAH", "TRY", "CHF"))


def _writes_commas(atoms: Sequence[Atom], number: Quantity, currency: str) -> bool:
    """12,50 is read where money is written so; 1.299,50 can be nothing else."""
    marks = [atom.text for atom in atoms[number.start : number.end]]
    return currency in _COMMA_DECIMALS or (len(marks) > 1 and "." in marks[0] and "," in marks)


def _found(
    atoms: Sequence[Atom], start: int, end: int, number: Decimal | None, currency: str, *, rank: int = NAMED
) -> Found | None:
    minor = None if number is None else minor_units(number, currency)
    if minor is None:
        return None
    value = {"minor": minor, "currency": currency or None}
    return Found(
        entity="amount", start=atoms[start].start, end=atoms[end - 1].end, value=value, unit=currency, rank=rank
    )
