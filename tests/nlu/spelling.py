"""Numbers spelt out, the opposite of what the product does: the tests' own, so that the two check each other."""

from __future__ import annotations

from bot.nlu.wordlist import forms

_ZH_DIGITS = "零一二三四五六七八九"
_EN = forms(
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
)
_TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]


def chinese(number: int) -> str:
    """`10500` as 一万零五百."""
    if number == 0:
        return _ZH_DIGITS[0]
    told = ""
    for size, unit in ((10**8, "亿"), (10**4, "万"), (1, "")):
        section = number // size % 10**4
        if section == 0:
            continue
        needs_zero = told and section < 1000
        told += ("零" if needs_zero else "") + _section(section) + unit
    return told[1:] if told.startswith("一十") else told


def _section(number: int) -> str:
    told, gap = "", False
    for size, unit in ((1000, "千"), (100, "百"), (10, "十"), (1, "")):
        digit = number // size % 10
        if digit:
            told += ("零" if gap and told else "") + _ZH_DIGITS[digit] + unit
        gap = not digit
    return told


def chinese_digits(number: int) -> str:
    """`2026` as 二〇二六."""
    return "".join("〇" if digit == "0" else _ZH_DIGITS[int(digit)] for digit in str(number))


def english(number: int, *, joint: str = " and ") -> str:
    """`1250` as `one thousand two hundred and fifty`."""
    if number < 20:
        return _EN[number]
    if number < 100:
        return _TENS[number // 10 - 2] + (f"-{_EN[number % 10]}" if number % 10 else "")
    for size, name in ((10**6, "million"), (1000, "thousand"), (100, "hundred")):
        if size <= number:
            rest = number % size
            link = joint if rest < 100 else " "
            return f"{english(number // size, joint=joint)} {name}" + (
                f"{link}{english(rest, joint=joint)}" if rest else ""
            )
    raise AssertionError(number)
