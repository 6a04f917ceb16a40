"""Numbers without a currency that are amounts: by their shape, or by a word beside them that asks for one."""

from __future__ import annotations

import re
from collections.abc import Sequence

from bot.nlu.atoms import Atom
from bot.nlu.wordlist import forms

_SHAPED = re.compile(
    r"\d{1,3}(?:,\d{3})+(?:\.\d{1,2})?|\d{1,2}(?:,\d\d)+,\d{3}(?:\.\d\d)?|\d+\.\d{2}|[\d.,]+ ?(?:k|w|grand)|\d+w\d"
    r"|.*[百千万萬].*|[a-z ]+ grand|.+ (?:lakhs?|lacs?|crores?)|[一二两三四五六七八九十]+[wk]"
)
# A pension plan and hotlines.
_NAMES = frozenset(("401k", "401 k", "12315", "12345", "12306", "10086", "10010", "95588", "95599", "95533", "95566"))
MAY_FOLLOW = frozenset(
    forms(
        "to from for on at in into and or but back please pls via by with yesterday today tomorrow now instead of "
        "is was were has have had hasn't haven't wasn't isn't because so that which this if as out off not only per "
        "twice again already total extra each when while after before since until"
    )
)
# Classes of atoms after a number that make it a count, a time or a date.
MEASURES = frozenset(
    ("COUNTED", "PERIOD", "AMPM", "DAYMARK", "MONTH", "SUB", "CUR", "ORD", "NUM", "ID", "WEEKDAY", "CARD")
)
COUNTS = frozenset(("%", "笔", "个", "成"))
"""Of no class of their own, since they stand before amounts too: 那笔399."""
NAMES_OF_AMOUNTS = frozenset(
    ["refund", "refunds", "payment", "payments", "transfer", "transfers", "charges", "那笔", "这笔", "那个", "两笔"]
)
_NOT_ALONE = frozenset(("NUM", "ID", "MONTH", "CODECUE", "CARDCUE", "PHONECUE", "CARD", "REL", "FEW", "SUB", "CUR"))


def is_shaped(atoms: Sequence[Atom], at: int) -> bool:
    """`12.50`, `1,299`, `5k`, 五千."""
    return _may_be_one(atoms, at) and _SHAPED.fullmatch(atoms[at].text.lower()) is not None


def is_cued(atoms: Sequence[Atom], at: int) -> bool:
    """`refund 200`, 转了500, `is there 500 in my account`."""
    return _may_be_one(atoms, at) and not _is_small_word(atoms[at]) and _has_cue(atoms, at)


def is_bare(atoms: Sequence[Atom], at: int) -> bool:
    """A number that may be an amount where it is all the message says."""
    return not (is_measured(atoms, at) or _is_small_word(atoms[at]) or atoms[at].text in _NAMES)


def _may_be_one(atoms: Sequence[Atom], at: int) -> bool:
    return not is_measured(atoms, at) and _stands_alone(atoms, at) and atoms[at].text.lower() not in _NAMES


def _has_cue(atoms: Sequence[Atom], at: int) -> bool:
    if _is_of_an_account(atoms, at):
        return not any(atom.text.lower() == "pin" for atom in atoms[max(0, at - 3) : at])
    for before in reversed(atoms[max(0, at - 5) : at]):
        if before.text.lower() in ("number", "no", "no.", "num", "id", "#", "digit", "digits"):
            return False
        if before.tag == "AMOUNTCUE" or before.text.lower() in NAMES_OF_AMOUNTS:
            return True
        if before.tag not in ("OF", "TO") and before.text not in ("这", "that", "it"):
            return False
    return False


def _is_of_an_account(atoms: Sequence[Atom], at: int) -> bool:
    """`is there 500 in my account`, `who took 300 from my account`, `I want that 25 back`."""
    after = [atom.text.lower() for atom in atoms[at + 1 : at + 3]]
    return after[:1] == ["back"] or after in (["in", "my"], ["from", "my"], ["on", "my"], ["off", "my"])


def _is_small_word(atom: Atom) -> bool:
    """`one`, `两`, `小二`: too common for an amount unless a currency follows."""
    return not atom.text[0].isdigit() and atom.number is not None and atom.number < 10


def is_measured(atoms: Sequence[Atom], at: int) -> bool:
    """A word after the number says it counts something else than money, or a mark makes it a time or a fraction."""
    after = atoms[at + 1] if at + 1 < len(atoms) else None
    if after is None:
        return False
    glued_mark = after.text in ":/-×*" and after.start == atoms[at].end
    if after.tag in MEASURES or glued_mark or after.text in COUNTS:
        return True
    if after.tag == "OF" and after.text.isascii() and after.text.isalpha():
        return after.text.lower() not in MAY_FOLLOW and after.text.lower() not in ("my", "me", "it", "you", "please")
    word = after.tag == "WORD" or (after.tag in ("AMOUNTCUE", "ORDERCUE") and after.text.isascii())
    return word and after.text.lower() not in MAY_FOLLOW


def _stands_alone(atoms: Sequence[Atom], at: int) -> bool:
    """Not the tail of something longer: a phone number, a date, a percent, `iPhone 15`, `24/7`."""
    if at == 0:
        return True
    before = atoms[at - 1]
    if before.text == "百分之" or before.tag in _NOT_ALONE:
        return False
    glued = before.end == atoms[at].start
    return not (glued and (before.text in "#-/.*+:" or before.tag == "WORD"))
