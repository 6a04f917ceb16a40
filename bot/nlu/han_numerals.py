"""Numbers in Chinese numerals, alone or mixed with digits, as exact decimals."""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import Decimal

from bot.nlu.numerals import parse_digits
from bot.nlu.tongues import numbers

_CHARACTERS = numbers("characters")
_ZH_DIGITS = {char: at for each in _CHARACTERS for at, char in enumerate(each["digits"])}
_ZH_VARIANTS = {char: plain for each in _CHARACTERS for char, plain in each["variants"].items()}
_ZH_UNITS = {char: size for each in _CHARACTERS for char, size in each["units"].items()}
_ZH_SECTIONS = {char: size for each in _CHARACTERS for char, size in each["sections"].items()}
_ZH_TENS = {char: plain for each in _CHARACTERS for char, plain in each["tens"].items()}
_ZH_LETTERS = {char: size for each in _CHARACTERS for char, size in each["letters"].items()}
_ZH_DIGITS |= {each["two"]: 2 for each in _CHARACTERS}
_ZH_DIGITS |= {char: _ZH_DIGITS[plain] for char, plain in _ZH_VARIANTS.items() if plain in _ZH_DIGITS}
_ZERO = next(char for char, value in _ZH_DIGITS.items() if value == 0)
ZH_CHARS = "".join(
    [*_ZH_DIGITS, *_ZH_UNITS, *_ZH_SECTIONS, *_ZH_TENS, *(char for char in _ZH_VARIANTS if char not in _ZH_DIGITS)]
)
ZH_POINTS = "".join(char for each in _CHARACTERS for char in each["point"])
_ZH_TOKEN = re.compile(rf"(?P<digits>\d[\d,]*(?:\.\d+)?)|(?P<char>[{ZH_CHARS}{ZH_POINTS}])|(?P<letter>[a-z])| ")


def parse_chinese(text: str) -> Decimal | None:
    """`一百二十`, `两百五` (250), `1万2` (12,000), `三点五万`, `一万零五百`, `2w5`, and digit by digit `二〇二六`.

    None where the characters are not one number (`万一`, `两三`, `一十百`).
    """
    if text and all(char in _ZH_DIGITS for char in text):
        if len(text) == 2 and _ZH_DIGITS[text[0]] + 1 == _ZH_DIGITS[text[1]] and _ZH_DIGITS[text[0]]:
            return None  # 两三天: two or three
        return Decimal("".join(str(_ZH_DIGITS[char]) for char in text))
    for char, plain in _ZH_TENS.items():
        text = text.replace(char, plain)
    tokens = [match.group() for match in _ZH_TOKEN.finditer(text.lower()) if match.group() != " "]
    if sum(map(len, tokens)) + text.count(" ") != len(text):
        return None
    value = _InCharacters([_ZH_VARIANTS.get(token, token) for token in tokens]).number()
    return None if value is None or value.is_nan() else value


class _InCharacters:
    """`number := section {亿|万 section}`, `section := [digit 千] [digit 百] [[digit] 十] [digit]`.

    A digit at the end without a unit counts tenths of the unit before it: tens in 两百五, thousands in 1万2.
    """

    def __init__(self, tokens: Sequence[str]) -> None:
        self._tokens = tokens
        self._at = 0

    def number(self) -> Decimal | None:
        if any(token in ZH_POINTS for token in self._tokens):
            return self._decimal()
        total, below = Decimal(0), 10**13
        while self._at < len(self._tokens):
            section = self._section(above=below if total else 0)
            if section is None:
                return None
            size = self._scale()
            if size is None:
                return total + section if self._at == len(self._tokens) else None
            more = self._at < len(self._tokens)
            if below <= size or section == 0 or (more and section != int(section)):
                return None
            total, below = total + section * size, size
        return total

    def _scale(self) -> int | None:
        """万, 亿, 万亿 and `w`."""
        size = None
        while self._at < len(self._tokens):
            step = _ZH_SECTIONS.get(self._tokens[self._at]) or _ZH_LETTERS.get(self._tokens[self._at])
            if step is None or (size is not None and (step <= size or step == 1_000)):
                break
            size = step * (size or 1)
            self._at += 1
        return size

    def _section(self, *, above: int) -> Decimal | None:
        total, below, gap = Decimal(0), 10_000, self._zeros()
        if gap and not above and len(self._tokens) > 2:
            return None
        taken = False
        while self._at < len(self._tokens):
            char = self._tokens[self._at]
            if _ZH_UNITS.get(char) == 10 < below:
                digit = Decimal(1)
            elif (value := _zh_value(char)) is not None:
                digit, self._at = value, self._at + 1
            else:
                break
            unit = _ZH_UNITS.get(self._tokens[self._at]) if self._at < len(self._tokens) else None
            taken = True
            if unit is None:
                return total + self._last(digit, total, below, gap, above)
            if below <= unit or (digit >= 10 and total) or (digit == 0):
                return None
            total, below, self._at = total + digit * unit, unit, self._at + 1
            gap = self._zeros()
        return total if taken and not gap else None

    def _last(self, digit: Decimal, total: Decimal, below: int, gap: bool, above: int) -> Decimal:
        scaled = self._at < len(self._tokens)
        gap = gap or self._tokens[self._at - 1][0] == "0"
        if gap or digit >= 10 or digit != int(digit) or (total and below == 10):
            return digit if not (total and digit >= below) else Decimal("NaN")
        if total:
            return digit * below / 10
        return digit * above / 10 if above and not scaled else digit

    def _zeros(self) -> bool:
        start = self._at
        while self._at < len(self._tokens) and self._tokens[self._at] == _ZERO:
            self._at += 1
        return start < self._at

    def _decimal(self) -> Decimal | None:
        """`三点五万`, `一点二五`, `三点五百万`: digits one by one after the point, then at most one scale."""
        at = next(index for index, token in enumerate(self._tokens) if token in ZH_POINTS)
        whole = parse_chinese("".join(self._tokens[:at]))
        digits = ""
        self._at = at + 1
        while self._at < len(self._tokens) and (value := _zh_value(self._tokens[self._at])) is not None:
            if self._tokens[self._at].isdigit():
                digits += self._tokens[self._at]
            else:
                digits += str(value)
            self._at += 1
        if whole is None or not digits.isdigit() or whole != int(whole):
            return None
        size = self._decimal_scale()
        return Decimal(f"{int(whole)}.{digits}") * size if self._at == len(self._tokens) else None

    def _decimal_scale(self) -> int:
        size = 1
        if self._at < len(self._tokens) and _ZH_UNITS.get(self._tokens[self._at], 0) > 10:
            size = _ZH_UNITS[self._tokens[self._at]]
            self._at += 1
        return size * (self._scale() or 1)


def _zh_value(token: str) -> Decimal | None:
    return Decimal(_ZH_DIGITS[token]) if token in _ZH_DIGITS else parse_digits(token)


def chinese_digits(text: str) -> str:
    """`四八二一` and `4821` as `4821`; empty where a character is not one digit."""
    digits = [str(_ZH_DIGITS[char]) if char in _ZH_DIGITS else char for char in text]
    return "".join(digits) if all(len(each) == 1 and each in "0123456789" for each in digits) else ""
