"""Numbers as people write them, in digits, English words or Chinese numerals, as exact decimals."""

from __future__ import annotations

import re
from decimal import Decimal

from bot.nlu.wordlist import forms

_ZH_DIGITS = {
    **{char: at for at, char in enumerate("零一二三四五六七八九")},
    **{char: at for at, char in enumerate("〇壹贰叁肆伍陆柒捌玖")},
    "两": 2, "兩": 2, "俩": 2, "貳": 2, "陸": 6, "參": 3,
}  # fmt: skip
ZH_CHARS = "".join(_ZH_DIGITS) + "十拾百佰千仟万萬亿億"

_EN_DIGITS = {
    word: at
    for at, word in enumerate(
        forms(
            "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
            "seventeen eighteen nineteen"
        )
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
            total, group = total + (group or Decimal(1)) * _EN_SCALES[word], Decimal(0)
        elif kind == "hundred":
            group = (group or Decimal(1)) * 100
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


_ZH_DIGIT = r"[一二三四五六七八九两]|\d[\d,]*(?:\.\d+)?"
_ZH_SECTION = re.compile(
    rf"(?P<gap>零)?(?:(?P<k>{_ZH_DIGIT})千)?(?:零?(?P<h>{_ZH_DIGIT})百)?"
    rf"(?:零?(?P<t>{_ZH_DIGIT})?(?P<ten>十))?(?:(?P<zero>零)?(?P<last>{_ZH_DIGIT}))?"
)
_ZH_PLAIN = str.maketrans("〇壹贰貳叁參肆伍陆陸柒捌玖兩俩拾佰仟萬億", "零一二二三三四五六六七八九两两十百千万亿")


def parse_chinese(text: str) -> Decimal | None:
    """`一百二十`, `两百五` (250), `1万2` (12,000), `3千`, `一万零五百`, and digit by digit `二〇二六`.

    None where the characters are not one number (`万一`, `两三`, `一十百`).
    """
    if text and all(char in _ZH_DIGITS for char in text):
        if len(text) == 2 and _ZH_DIGITS[text[0]] + 1 == _ZH_DIGITS[text[1]]:
            return None  # 两三天: two or three
        return Decimal("".join(str(_ZH_DIGITS[char]) for char in text))
    rest, total, above = text.translate(_ZH_PLAIN), Decimal(0), 0
    for unit, size in (("亿", 10**8), ("万", 10**4)):
        head, found, tail = rest.partition(unit)
        if found:
            count = _section(head, above=above)
            if not count:
                return None
            rest, total, above = tail, total + count * size, size
    if not rest:
        return total if above else None
    last = _section(rest, above=above)
    return None if last is None else total + last


def _section(text: str, *, above: int) -> Decimal | None:
    """Up to 千. A last digit without a unit counts tenths of the unit before it: tens in 两百五, in 1万2 thousands."""
    match = _ZH_SECTION.fullmatch(text)
    if match is None or not text.strip("零") or (match["gap"] and not above):
        return None
    total = (
        1000 * _digit(match["k"])
        + 100 * _digit(match["h"])
        + 10 * (_digit(match["t"] or ("1" if match["ten"] else None)))
    )
    last = _digit(match["last"])
    if not last or match["zero"] or match["gap"] or match["ten"] or last >= 10 or last != int(last):
        return total + last
    before = 100 if match["h"] else 1000 if match["k"] else above or 10
    return total + last * before / 10


def _digit(text: str | None) -> Decimal:
    if text is None:
        return Decimal(0)
    return Decimal(_ZH_DIGITS[text]) if text in _ZH_DIGITS else parse_digits(text) or Decimal(0)


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
