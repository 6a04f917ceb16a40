"""Numbers as people write them, in digits or in words, as exact decimals; `han_numerals` reads Chinese ones.

A grammar for each way of writing: `parse_digits` for digits and their marks, `parse_english` for words between spaces.
Each takes a whole expression and gives None where it is not exactly one number. The words are the languages' own
(`bot.nlu.tongues`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from bot.nlu.tongues import numbers

_PLAIN = re.compile(r"\d+(?:\.\d+)?|\.\d+")
_GROUPED = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d{1,2}(?:,\d\d)+,\d{3}(?:\.\d+)?|\d{1,3}(?:['’]\d{3})+(?:\.\d+)?")
_CONTINENTAL = re.compile(r"(?:\d{1,3}(?:\.\d{3})+|\d{1,3}(?: \d{3})+|\d+),\d{1,2}|\d{1,3}(?:\.\d{3}){2,}")
_SPACED = re.compile(r"\d{1,3}(?: \d{3})+(?:\.\d{1,3})?")


def parse_digits(text: str) -> Decimal | None:
    """`20`, `.5`, `1,299.00`, `1,50,000` (a lakh and a half), `1'234.50`."""
    if _PLAIN.fullmatch(text):
        return Decimal(text)
    return Decimal(re.sub("[,'’]", "", text)) if _GROUPED.fullmatch(text) else None


def parse_continental(text: str) -> Decimal | None:
    """`12,50`, `1.299,50`, `1 299,5`, `1.000.000`: with a decimal comma."""
    if not _CONTINENTAL.fullmatch(text):
        return None
    return Decimal(text.replace(".", "").replace(" ", "").replace(",", "."))


def parse_spaced(text: str) -> Decimal | None:
    """`1 200`, `1 234 567.50`."""
    return Decimal(text.replace(" ", "")) if _SPACED.fullmatch(text) else None


_WORDS = numbers("words")
_DIGITS = {word: at for each in _WORDS for at, word in enumerate(each["digits"])}
_TENS = {word: 10 * (at + 2) for each in _WORDS for at, word in enumerate(each["tens"])}
SCALES = {word: size for each in _WORDS for word, size in each["scales"].items()}
_HUNDREDS = frozenset(each["hundred"] for each in _WORDS)
_MISSPELT = {wrong: right for each in _WORDS for wrong, right in each["misspelt"].items()}
_ANDS = frozenset(each["and"] for each in _WORDS)
_ARTICLES = frozenset(article for each in _WORDS for article in each["articles"])
_HALVES = frozenset(each["half"] for each in _WORDS)
_POINTS = frozenset(each["point"] for each in _WORDS)
_OHS = frozenset(oh for each in _WORDS for oh in each["oh"])
EN_SCALES = frozenset([*SCALES, *_HUNDREDS])
EN_WORDS = frozenset([*_DIGITS, *_TENS, *_MISSPELT, *EN_SCALES]) - {"k", "mil", "mill"}
LETTERS = {letter: size for each in _WORDS for letter, size in each["letters"].items()}
"""Scales that are one only beside a currency."""


def parse_english(text: str) -> Decimal | None:
    """`two hundred and fifty`, `twenty-five hundred`, `a grand`, `half a million`, `one point five million`, `2k`.

    None where the words are numbers but not one number, as in "two fifty" (2.50? 250?).
    """
    words = re.findall(r"\d[\d,'’]*(?:\.\d+)?|\.\d+|[a-z]+", text.lower())
    return _InWords([_MISSPELT.get(word, word) for word in words]).number()


class _InWords:
    """`number := half [article] scale | part {part}`, `part := count [scale]`, of ever smaller scales.

    `count := digits | hundreds | small`, then `and a half` or `point digit {digit}`.
    """

    def __init__(self, words: Sequence[str]) -> None:
        self._words = words
        self._at = 0

    def number(self) -> Decimal | None:
        value = self._half_of_scale()
        if value is None:
            value = self._parts()
        return value if self._at == len(self._words) else None

    def _peek(self, ahead: int = 0) -> str:
        at = self._at + ahead
        return self._words[at] if at < len(self._words) else ""

    def _take(self, among: frozenset[str]) -> bool:
        found = self._peek() in among and self._peek() != ""
        self._at += found
        return found

    def _half_of_scale(self) -> Decimal | None:
        start = self._at
        if self._take(_HALVES):
            self._take(_ARTICLES)
            if (size := SCALES.get(self._peek())) is not None:
                self._at += 1
                return Decimal(size) / 2
        self._at = start
        return None

    def _parts(self) -> Decimal | None:
        total, below = Decimal(0), Decimal(10**30)
        first = True
        while self._at < len(self._words):
            joined = not first and self._take(_ANDS)
            value, exact = self._count(first=first)
            if value is None:
                return None
            size = SCALES.get(self._peek())
            if size is None:
                whole = value < below and (first or below > 1) and (first or (exact and _fits(value, joined)))
                return total + value if whole else None
            self._at += 1
            if below <= size or (joined and below <= value * size):
                return None
            total, below, first = total + value * size, Decimal(size), False
        return total if not first else None

    def _count(self, *, first: bool) -> tuple[Decimal | None, bool]:
        """The number before a scale, and whether it is whole."""
        if self._peek() in SCALES and first:
            return Decimal(1), True
        value = self._article() if first else None
        if value is None:
            value = self._written() if self._peek()[:1].isdigit() or self._peek()[:1] == "." else self._hundreds()
        if value is None:
            return None, False
        if first and self._peek() in _POINTS:
            value = self._decimals(value)
            return value, False
        if first and self._and_a_half():
            return (value + Decimal("0.5") if value == int(value) else None), False
        return value, value == int(value)

    def _article(self) -> Decimal | None:
        if self._peek() in _ARTICLES and self._peek(1) in EN_SCALES:
            self._at += 1
            return Decimal(1) if self._peek() in SCALES else self._hundreds()
        return None

    def _written(self) -> Decimal | None:
        value = parse_digits(self._peek())
        self._at += 1
        if value is not None and self._take(_HUNDREDS):
            value *= 100
        return value

    def _hundreds(self) -> Decimal | None:
        """`two hundred and five`, `ninety nine hundred`, `hundred`."""
        count = Decimal(1) if self._peek() in _HUNDREDS else self._below_hundred()
        if count is None or not self._take(_HUNDREDS):
            return count
        start = self._at
        if self._take(_ANDS) and self._peek() in _ARTICLES:
            self._at = start
            return count * 100
        rest = self._below_hundred()
        if rest is None or not rest:
            self._at = start
            return count * 100
        return count * 100 + rest

    def _below_hundred(self) -> Decimal | None:
        word = self._peek()
        if word in _TENS:
            self._at += 1
            digit = _DIGITS.get(self._peek(), 0)
            self._at += 0 < digit < 10
            return Decimal(_TENS[word] + (digit if 0 < digit < 10 else 0))
        if word in _DIGITS:
            self._at += 1
            return Decimal(_DIGITS[word])
        return None

    def _and_a_half(self) -> bool:
        if self._peek() in _ANDS and self._peek(1) in _ARTICLES and self._peek(2) in _HALVES:
            self._at += 3
            return True
        return False

    def _decimals(self, whole: Decimal) -> Decimal | None:
        self._at += 1
        digits = ""
        while (digit := english_digit(self._peek())) or self._peek().isdigit():
            digits += digit or self._peek()
            self._at += 1
        return Decimal(f"{int(whole)}.{digits}") if digits and whole == int(whole) else None


def _fits(value: Decimal, joined: bool) -> bool:
    """What may follow a thousand: `two thousand five hundred`, `a thousand and five`; not `a thousand zero`."""
    return 0 < value < 1000 or (joined and value >= 1)


def english_digit(word: str) -> str:
    """`seven` and `oh` as one digit; empty for anything else."""
    if word in _OHS:
        return "0"
    value = _DIGITS.get(word, 10)
    return str(value) if value < 10 else ""
