"""Amounts of money: `{"minor": 19990, "currency": "CNY"}`, currency null where none was said.

Without a currency a number is an amount only where a word asks for one ("refund 200", "转了500"), where it has money's
shape (12.50, 1,299, 5k, 五千), or where it is all the message says.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from bot.nlu.atoms import Atom
from bot.nlu.found import BARE, CUED, NAMED, SHAPED, Found
from bot.nlu.lexicon import MINOR_DIGITS
from bot.nlu.wordlist import forms

Pattern = list[dict[str, Any]]

PATTERNS: dict[str, list[Pattern]] = {
    "amount.before": [[{"TAG": "CUR"}, {"TAG": "NUM"}]],
    "amount.after": [[{"TAG": "NUM"}, {"TAG": "CUR"}]],
    "amount.roughly": [[{"TAG": "NUM"}, {"ORTH": word}, {"TAG": "CUR"}] for word in ("来", "多", "余")],
    "amount.parts": [[{"TAG": "NUM"}, {"TAG": "SUB"}]],
    "amount.number": [[{"TAG": "NUM"}]],
}  # fmt: skip

MAX_MINOR = 10**15
"""Beyond this a number is no amount of a customer's money."""

_SHAPED = re.compile(
    r"\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?|\d+\.\d{2}|[\d.,]+ ?(?:k|w|grand)|.*[百千万萬].*|(?:a|two|five|ten) grand"
)
# A pension plan and two hotlines for complaints.
_NAMES = frozenset(("401k", "401 k", "12315", "12345"))
_MAY_FOLLOW = frozenset(
    forms(
        "to from for on at in into and or but back please pls via by with yesterday today tomorrow now instead of "
        "is was were has have had hasn't haven't wasn't isn't because so that which this if as out off not only per"
    )
)
# Classes of atoms after a number that make it a count, a time or a date.
_MEASURES = frozenset(
    ("COUNTED", "PERIOD", "AMPM", "DAYMARK", "MONTH", "SUB", "CUR", "ORD", "NUM", "ID", "WEEKDAY", "CARD")
)


def resolve(name: str, atoms: Sequence[Atom], start: int, end: int) -> Found | None:
    """What `atoms[start:end]`, matched by the pattern `name`, amounts to."""
    if name == "amount.before":
        return _before(atoms, start)
    if name == "amount.after":
        return _after(atoms, start)
    if name == "amount.roughly":
        return (
            None if _is_dragged(atoms, start) else _found(atoms, start, end, atoms[start].number, atoms[end - 1].lemma)
        )
    if name == "amount.parts":
        return _parts(atoms, start)
    return _number(atoms, start)


def _number(atoms: Sequence[Atom], at: int) -> Found | None:
    """A number without a currency, by its shape or by the word before it that asks for one."""
    if _is_measured(atoms, at) or not _stands_alone(atoms, at) or atoms[at].text.lower() in _NAMES:
        return None
    if _SHAPED.fullmatch(atoms[at].text.lower()):
        return _found(atoms, at, at + 1, atoms[at].number, "", rank=SHAPED)
    if _is_cued(atoms, at) and not _is_small_word(atoms[at]):
        return _found(atoms, at, at + 1, atoms[at].number, "", rank=CUED)
    return None


def _is_cued(atoms: Sequence[Atom], at: int) -> bool:
    if _is_of_an_account(atoms, at):
        return not any(atom.text.lower() == "pin" for atom in atoms[max(0, at - 3) : at])
    for before in reversed(atoms[max(0, at - 5) : at]):
        if before.text.lower() in ("number", "no", "no.", "num", "id", "#", "digit", "digits"):
            return False
        if before.tag == "AMOUNTCUE" or before.text.lower() in _NAMES_OF_AMOUNTS:
            return True
        if before.tag not in ("OF", "TO") and before.text not in ("这", "that", "it"):
            return False
    return False


_NAMES_OF_AMOUNTS = frozenset(
    ["refund", "refunds", "payment", "payments", "transfer", "transfers", "charges", "那笔", "这笔", "那个", "两笔"]
)


def _is_of_an_account(atoms: Sequence[Atom], at: int) -> bool:
    """`is there 500 in my account`, `who took 300 from my account`, `I want that 25 back`."""
    after = [atom.text.lower() for atom in atoms[at + 1 : at + 3]]
    return after[:1] == ["back"] or after in (["in", "my"], ["from", "my"], ["on", "my"], ["off", "my"])


def _is_small_word(atom: Atom) -> bool:
    """`one`, `两`, `小二`: too common for an amount unless a currency follows."""
    return not atom.text[0].isdigit() and atom.number is not None and atom.number < 10


def bare(atoms: Sequence[Atom], at: int) -> Found | None:
    """A number that is all the message says."""
    if _is_measured(atoms, at) or _is_small_word(atoms[at]) or atoms[at].text in _NAMES:
        return None
    return _found(atoms, at, at + 1, atoms[at].number, "", rank=BARE)


def _before(atoms: Sequence[Atom], start: int) -> Found | None:
    """`¥199.9`, `RMB ¥88`, `$20 CAD`, `¥20元`, `HK$20`."""
    first, at = start, start + 1
    while first > 0 and atoms[first - 1].tag == "CUR" and _is_prefix(atoms, first - 1):
        first -= 1
    is_code = atoms[start].text.isascii() and atoms[start].text.isalpha()
    if not _is_prefix(atoms, start) or (is_code and _is_small_word(atoms[at])):
        return None  # "is EUR one of them"
    currency, end = atoms[first].lemma, at + 1
    if end < len(atoms) and atoms[end].tag == "CUR" and not _opens_another(atoms, end):
        currency, end = _second(currency, atoms[end]), end + 1
    return _found(atoms, first, end, atoms[at].number, currency)


def _second(currency: str, after: Atom) -> str:
    """In `$20 CAD` the word decides, in `HK$20元` the sign does: 元 is every dollar's name."""
    return currency if after.text in ("元", "块", "圆", "块钱", "塊", "圓") else after.lemma


def _is_prefix(atoms: Sequence[Atom], at: int) -> bool:
    """A sign or a code; a word such as 元 or `dollars` only comes after the number. `20 $` closes, as in `20$ 30$`."""
    text = atoms[at].text
    if re.fullmatch(r"(?i)[a-z]{0,3}[$¥€£₹₩฿]|[a-z]{3}|rm|人民币|美金|港币|美元|欧元|英镑|日元|euros?", text) is None:
        return False
    before = atoms[at - 1] if at else None
    glued = before is not None and before.tag == "NUM" and before.end == atoms[at].start
    return not (glued and atoms[at].end < atoms[at + 1].start)


def _opens_another(atoms: Sequence[Atom], at: int) -> bool:
    return at + 1 < len(atoms) and atoms[at + 1].tag == "NUM" and _is_prefix(atoms, at)


def _after(atoms: Sequence[Atom], start: int) -> Found | None:
    """`20 dollars`, `三块五`, `3元5角`, `三点五块`, `2 dollars and 50 cents`."""
    if _opens_another(atoms, start + 1) or _is_dragged(atoms, start):
        return None
    number, currency, end, first = atoms[start].number, atoms[start + 1].lemma, start + 2, start
    if number is None or _is_together(atoms, start):
        return None
    if start >= 2 and atoms[start - 1].text in ("点", "點") and atoms[start].digits and _is_whole(atoms[start - 2]):
        first, number = start - 2, Decimal(f"{int(atoms[start - 2].number or 0)}.{atoms[start].digits}")
    elif atoms[start].tag == "NUM" and number == int(number):
        number, end = _with_parts(atoms, end, number, currency)
    return _found(atoms, first, end, number, currency)


def _is_whole(atom: Atom) -> bool:
    return atom.number is not None and atom.number == int(atom.number)


def _is_dragged(atoms: Sequence[Atom], at: int) -> bool:
    """The number belongs to a percent, a fraction or a currency sign before it."""
    if at and atoms[at - 1].tag == "CUR":
        return _is_prefix(atoms, at - 1)
    return bool(at) and atoms[at - 1].text == "百分之"


def _is_together(atoms: Sequence[Atom], at: int) -> bool:
    """一块 is also "together": it is money before 钱, a number, a mark or the end."""
    if atoms[at].text != "一" or atoms[at + 1].text not in ("块", "塊"):
        return False
    after = atoms[at + 2] if at + 2 < len(atoms) else None
    return (
        after is not None
        and after.tag in ("HAN", "OTHER", "AMOUNTCUE", "IDIOM", "WORD")
        and after.text not in "，。,.!！?？"
    )


def _with_parts(atoms: Sequence[Atom], end: int, number: Decimal, currency: str) -> tuple[Decimal, int]:
    """The tail of 三块五, 三块二毛五, 3元5角, `2 dollars and 50 cents`; the number alone where there is none."""
    if end < len(atoms) - 2 and atoms[end].text == "and" and atoms[end + 2].tag == "SUB":
        end_of_and = end + 1
    else:
        end_of_and = end
    tail, after = _hundredths(atoms, end_of_and, currency, loose=atoms[end - 1].end)
    return (number + tail / 100, after) if tail is not None else (number, end)


def _hundredths(atoms: Sequence[Atom], at: int, currency: str, *, loose: int) -> tuple[Decimal | None, int]:
    """Minor parts from `at`: (hundredths, where they end). Without a unit only glued to 块 or 元: 三块五 is 3.50."""
    total, end = Decimal(0), at
    step = Decimal(10)
    while end < len(atoms) and (number := atoms[end].number) is not None and atoms[end].tag == "NUM":
        unit = atoms[end + 1] if end + 1 < len(atoms) else None
        if unit is not None and _sub(unit).startswith(currency):
            size = Decimal(_sub(unit).partition(":")[2])
            total, end, loose, step = total + number * size, end + 2, unit.end, size / 10
            continue
        if unit is not None and (unit.tag in _MEASURES or unit.text == "个"):
            break
        if loose < atoms[end].start and len(atoms[end].digits) == 2 and end == at and _is_dollars_fifty(atoms, end):
            total, end = total + number, end + 1
            break
        if currency == "CNY" and atoms[end].start == loose and number == int(number):
            if len(atoms[end].digits) == 1 and number > 0 and step >= 1:
                total, end = total + number * step, end + 1
            elif len(atoms[end].digits) == 2 and end == at:
                total, end = total + number, end + 1
        break
    return (total if at < end else None), end


def _is_dollars_fifty(atoms: Sequence[Atom], at: int) -> bool:
    """`3 dollars 50` at the end of a clause."""
    ends = at + 1 == len(atoms) or atoms[at + 1].text in ".,!?;，。！？"
    return ends and len(atoms[at - 1].text) > 1 and atoms[at - 1].text.isascii() and atoms[at - 1].text.isalpha()


def _sub(atom: Atom) -> str:
    """Currency and size of a part of a unit: `CNY:10`; empty for other words."""
    return atom.lemma if atom.tag == "SUB" else ""


def _parts(atoms: Sequence[Atom], start: int) -> Found | None:
    """`5毛`, `3毛5`, `50 cents`, `20p`. 分 alone is a minute or a mark at school more often than money."""
    unit = atoms[start + 1]
    if unit.text in ("分", "p") and not (unit.text == "p" and atoms[start].end == unit.start):
        return None
    if start and atoms[start - 1].tag == "CUR":
        return None
    currency = unit.lemma.partition(":")[0]
    if unit.text in ("毛钱", "分钱") and atoms[start].text == "一" and len(atoms) > start + 2:
        return None  # 一毛钱都没有: not a cent
    total, end = _hundredths(atoms, start, currency, loose=-1)
    return None if total is None else _found(atoms, start, end, total / 100, currency)


def _is_measured(atoms: Sequence[Atom], at: int) -> bool:
    """A word after the number says it counts something else than money, or a mark makes it a time or a fraction."""
    after = atoms[at + 1] if at + 1 < len(atoms) else None
    if after is None:
        return False
    glued_mark = after.text in ":/-×*" and after.start == atoms[at].end
    if after.tag in _MEASURES or glued_mark or after.text == "%":
        return True
    if after.tag == "OF" and after.text.isascii() and after.text.isalpha():
        return after.text.lower() not in _MAY_FOLLOW and after.text.lower() not in ("my", "me", "it", "you", "please")
    word = after.tag == "WORD" or (after.tag == "AMOUNTCUE" and after.text.isascii())
    return word and after.text.lower() not in _MAY_FOLLOW


def _stands_alone(atoms: Sequence[Atom], at: int) -> bool:
    """Not the tail of something longer: a phone number, a date, a percent, `iPhone 15`, `24/7`."""
    if at == 0:
        return True
    before = atoms[at - 1]
    if before.text == "百分之" or before.tag in ("NUM", "ID", "MONTH", "CODECUE", "CARDCUE", "PHONECUE", "CARD", "REL"):
        return False
    glued = before.end == atoms[at].start
    return not (glued and (before.text in "#-/.*+:" or before.tag == "WORD"))


def _found(
    atoms: Sequence[Atom], start: int, end: int, number: Decimal | None, currency: str, *, rank: int = NAMED
) -> Found | None:
    if number is None:
        return None
    minor = round(number * 10 ** MINOR_DIGITS.get(currency, 2))
    if not 0 <= minor < MAX_MINOR:
        return None
    value = {"minor": minor, "currency": currency or None}
    return Found(
        entity="amount", start=atoms[start].start, end=atoms[end - 1].end, value=value, unit=currency, rank=rank
    )
