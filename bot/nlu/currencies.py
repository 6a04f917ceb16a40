"""Which currency a word or a sign names, and how many decimals it has."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

from bot.nlu.atoms import Atom
from bot.nlu.lexicon import MINOR_DIGITS
from bot.nlu.tongues import habits
from bot.nlu.wordlist import forms

MAX_MINOR = 10**15
"""Beyond this a number is no amount of a customer's money."""

_BEFORE = habits("before")
_GENERIC = habits("generic")
_YEN = habits("yen")
_NEAR = 16
"""Atoms."""
_SIGNS = "$¥€£₹₩฿₽₺₴₪₱₫₦৳₸₾₡₭₮"
# Currencies that share a name: "20 dollars CAD", 五块美金.
_FAMILIES = {
    **dict.fromkeys(("$", "dollar", "dollars", "buck", "bucks"), "USD CAD AUD HKD SGD NZD TWD MXN BRL"),
    "¥": "CNY JPY",
    **dict.fromkeys(("£", "pound", "pounds"), "GBP EGP LBP"),
    **dict.fromkeys(("rupee", "rupees", "rs", "rs.", "₹"), "INR PKR LKR"),
    "刀": "USD CAD AUD NZD",
}


def is_sign(atom: Atom) -> bool:
    return atom.text[-1] in _SIGNS


def is_prefix(atom: Atom) -> bool:
    """A sign, a code or a name that may stand before the number; a word such as 元 or `dollars` only comes after."""
    text = atom.text.lower()
    return (
        is_sign(atom)
        or text.rpartition(" ")[2] in _BEFORE
        or text in ("rmb", "cnh", "ntd", "kr", "ksh")
        or text == atom.lemma.lower()
    )


def is_unit_word(atom: Atom) -> bool:
    """`dollar`, `quid`: a word, neither a sign nor a code, for one of which there is an article."""
    text = atom.text.lower()
    plural = text.endswith("s") or text in ("bucks", "reais")
    return (
        text.isascii()
        and text.isalpha()
        and text != atom.lemma.lower()
        and not plural
        and text not in _BEFORE - {"euro"}
    )


def of_sign(atoms: Sequence[Atom], at: int) -> str:
    """The currency of the word or sign at `at`; empty where it names several. ¥ is the yen beside a word for it."""
    atom = atoms[at]
    beside = atoms[max(0, at - _NEAR) : at + _NEAR] if atom.text == "¥" else ()
    if any(each.text.lower() in _YEN for each in beside):
        return "JPY"
    return "" if atom.lemma == "?" else atom.lemma


def agreed(currency: str, first: Atom, second: Atom) -> str:
    """The one currency of two names for it, `$20 CAD`, `HK$20元`, 五块美金; empty where they are of two."""
    if second.lemma == currency:
        return currency
    if second.text in _GENERIC and not second.text.isascii() and _may_be(second, currency):
        return currency
    if first.text.lower() in _GENERIC and _may_be(first, second.lemma):
        return second.lemma if second.lemma != "?" else ""
    return currency if second.text.lower() in _GENERIC and _may_be(second, currency) else ""


def _may_be(generic: Atom, currency: str) -> bool:
    """Every currency is so many 元 or 块; a dollar is one of the dollars."""
    family = _FAMILIES.get(generic.text.lower())
    return currency in forms(family) if family is not None else not generic.text.isascii()


def decimal_places(currency: str) -> int:
    """Of the minor unit, ISO 4217; without a currency two, as of most."""
    return MINOR_DIGITS.get(currency, 2)


def minor_units(number: Decimal, currency: str) -> int | None:
    """None where the currency has no such fraction, or beyond all money."""
    minor = number * 10 ** decimal_places(currency)
    return int(minor) if 0 <= minor < MAX_MINOR and minor == int(minor) else None
