"""Check digits and number plans. Digits in, yes or no out."""

from __future__ import annotations

import re

_WEIGHTS = (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2)
_ISSUED = re.compile(r"3[0568]|4|5[0-8]|6|2[2-7]|9[0-8]")
_BORN = re.compile(r"[1-9]\d{5}(?:19|20)\d\d(?:0[1-9]|1[0-2])(?:0[1-9]|[12]\d|3[01])\d{3}[\dXx]")


def luhn(digits: str) -> bool:
    """ISO/IEC 7812-1, annex B."""
    doubled = (int(each) * (1 + n % 2) for n, each in enumerate(reversed(digits)))
    return sum(each - 9 if each > 9 else each for each in doubled) % 10 == 0


def is_card(digits: str) -> bool:
    return 13 <= len(digits) <= 19 and _ISSUED.match(digits) is not None and luhn(digits)


def is_chinese_id(number: str) -> bool:
    """GB 11643-1999: region, birthday, ISO 7064 MOD 11-2."""
    if not _BORN.fullmatch(number):
        return False
    total = sum(int(digit) * weight for digit, weight in zip(number, _WEIGHTS, strict=False))
    return "10X98765432"[total % 11] == number[-1].upper()


def is_ssn(digits: str) -> bool:
    """A US social security number, or an ITIN (9xx)."""
    return len(digits) == 9 and digits[:3] not in ("000", "666") and digits[3:5] != "00" and digits[5:] != "0000"


def is_mainland_mobile(digits: str) -> bool:
    return re.fullmatch(r"(?:(?:00)?86)?1[3-9]\d{9}", digits) is not None


def is_american(digits: str) -> bool:
    """The North American numbering plan: neither area nor exchange begins with 0 or 1."""
    return re.fullmatch(r"1?[2-9]\d{2}[2-9]\d{6}", digits) is not None
