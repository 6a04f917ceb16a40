"""Numbers as people write them, in digits, English words or Chinese numerals, as exact decimals."""

from __future__ import annotations

import re
from decimal import Decimal

_ZH_DIGITS = {
    **{char: at for at, char in enumerate("零一二三四五六七八九")},
    **{char: at for at, char in enumerate("〇壹贰叁肆伍陆柒捌玖")},
    "两": 2, "兩": 2, "俩": 2, "貳": 2, "陸": 6, "參": 3,
}  # fmt: skip
_ZH_UNITS = {"十": 10, "拾": 10, "百": 100, "佰": 100, "千": 1000, "仟": 1000}
_ZH_MYRIADS = {"万": 10_000, "萬": 10_000, "亿": 100_000_000, "億": 100_000_000}
ZH_CHARS = "".join([*_ZH_DIGITS, *_ZH_UNITS, *_ZH_MYRIADS])

_EN_DIGITS = {
    word: at
    for at, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen".split()  # noqa: SIM905
    )
}
_EN_TENS = {
    word: 10 * (at + 2) for at, word in enumerate(["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty"])
} | {"ninety": 90, "fourty": 40}
_EN_SCALES = {"thousand": 1000, "grand": 1000, "k": 1000, "million": 1_000_000, "mil": 1_000_000}
EN_WORDS = frozenset([*_EN_DIGITS, *_EN_TENS, "hundred", "thousand", "grand", "million"])

_ARABIC = re.compile(r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?|\.\d+")


def parse_digits(text: str) -> Decimal | None:
    """`1,299.00`, `20`, `.5`."""
    return Decimal(text.replace(",", "")) if _ARABIC.fullmatch(text) else None


def parse_english(text: str) -> Decimal | None:
    """`two hundred and fifty`, `twenty-five hundred`, `a grand`, `a couple hundred`, `1.5 million`, `2k`.

    None where the words are numbers but not one number, as in "two fifty" (2.50? 250?).
    """
    words = re.findall(r"\d[\d,]*(?:\.\d+)?|\.\d+|[a-z]+", text.lower())
    if "couple" in words:
        words = ["two" if word == "couple" else word for word in words if word not in ("a", "of")]
    total = group = Decimal(0)
    last = ""
    for word in words:
        kind = _english_kind(word)
        if not kind or (last, kind) in _CANNOT_FOLLOW:
            return None
        if kind == "scale":
            total, group = total + (group or 1) * _EN_SCALES[word], Decimal(0)
        elif kind == "hundred":
            group = (group or 1) * 100
        elif kind != "and":
            group += _english_value(word)
        last = kind
    return total + group if last not in ("", "and", "a") else None


_CANNOT_FOLLOW = {
    *((kind, "digit") for kind in ("digit", "teen", "a", "arabic")),
    *((kind, "teen") for kind in ("digit", "teen", "tens", "a", "arabic")),
    *((kind, "tens") for kind in ("digit", "teen", "tens", "a", "arabic")),
    *((kind, "arabic") for kind in ("digit", "teen", "tens", "hundred", "scale", "arabic", "a", "and")),
    *((kind, "a") for kind in ("digit", "teen", "tens", "hundred", "scale", "arabic", "a", "and")),
    *((kind, "and") for kind in ("", "digit", "teen", "tens", "a", "and", "arabic")),
    ("and", "hundred"), ("and", "scale"), ("hundred", "hundred"), ("", "and"),
}  # fmt: skip


def _english_kind(word: str) -> str:
    if word in ("and", "a", "hundred"):
        return word
    if word in _EN_SCALES:
        return "scale"
    if word in _EN_TENS:
        return "tens"
    if word in _EN_DIGITS:
        return "digit" if 0 < _EN_DIGITS[word] < 10 else "teen"
    return "arabic" if word[0].isdigit() or word[0] == "." else ""


def _english_value(word: str) -> Decimal:
    if word == "a":
        return Decimal(1)
    if word in _EN_TENS:
        return Decimal(_EN_TENS[word])
    return Decimal(_EN_DIGITS[word]) if word in _EN_DIGITS else parse_digits(word) or Decimal(0)


def parse_chinese(text: str) -> Decimal | None:
    """`一百二十`, `两百五` (250), `1万2` (12,000), `3千`, `一万零五百`, and digit by digit `二〇二六`.

    None where the characters are not one number (`万一`, `一十百`).
    """
    if all(char in _ZH_DIGITS for char in text):
        return Decimal("".join(str(_ZH_DIGITS[char]) for char in text)) if text else None
    total = section = Decimal(0)
    digit: Decimal | None = None
    unit = myriad = Decimal(0)  # the last unit in this section; the last myriad; 0: none yet
    zero = False
    for token in re.findall(r"\d[\d,]*(?:\.\d+)?|.", text):
        if token in _ZH_UNITS:
            size = Decimal(_ZH_UNITS[token])
            if (unit and unit <= size) or (digit is None and size != 10) or (digit is not None and digit == 0):
                return None
            section, unit, digit, zero = section + (digit or 1) * size, size, None, False
        elif token in _ZH_MYRIADS:
            size = Decimal(_ZH_MYRIADS[token])
            section += digit or 0
            if not section or (myriad and myriad <= size):
                return None
            total, myriad = total + section * size, size
            section, unit, digit, zero = Decimal(0), Decimal(0), None, False
        elif token in ("零", "〇"):
            if digit is not None or zero or not (unit or myriad):
                return None
            zero = True
        else:
            if digit is not None:
                return None
            digit = Decimal(_ZH_DIGITS[token]) if token in _ZH_DIGITS else parse_digits(token)
            if digit is None:
                return None
    if digit is not None:
        section += digit * _implied(unit, myriad, zero=zero, digit=digit)
    return total + section if not (zero and digit is None) else None


def _implied(unit: Decimal, myriad: Decimal, *, zero: bool, digit: Decimal) -> Decimal:
    """What a last digit without a unit counts: in 两百五 tens, in 1万2 thousands, after 零 or 十 ones."""
    if zero or digit != int(digit) or 10 <= digit:
        return Decimal(1)
    return (unit or myriad or Decimal(10)) / 10


def chinese_digits(text: str) -> str:
    """`四八二一` and `4821` as `4821`; empty where a character is not one digit."""
    digits = [str(_ZH_DIGITS[char]) if char in _ZH_DIGITS else char for char in text]
    return "".join(digits) if all(len(each) == 1 and each in "0123456789" for each in digits) else ""


def english_digit(word: str) -> str:
    """`seven` and `oh` as one digit; empty for anything else."""
    if word == "oh":
        return "0"
    value = _EN_DIGITS.get(word, 10)
    return str(value) if value < 10 else ""
