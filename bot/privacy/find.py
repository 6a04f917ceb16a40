"""What in a text is personal data: recognisers on rows of digits, with their checks and the words around them."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from bot.privacy import checks
from bot.privacy.digits import Row, plain, rows
from bot.privacy.words import Found, find_words

Kind = Literal["card", "id", "code", "phone", "email", "address", "name"]
RANKS = ("id", "card", "code", "phone", "email", "address", "name")
"""Where two finds overlap, the earlier kind holds."""

_ORDER = re.compile(
    r"(?:order(?:'s)?|\bno|reference|ref|tracking|transaction|transfer|invoice|case|ticket|payment|refund|confirmation|receipt)"
    r"(?:\s*(?:no|number|id|#))?\W*(?:is|was|:|#)?\W*$|(?:订单|单号|流水|交易|参考|编号|运单|凭证|转账)\w{0,4}\W*(?:是|为|:)?\W*$",
    re.IGNORECASE,
)
_CARD = re.compile(r"\b(?:card|visa|mastercard|amex|unionpay|debit|credit|pan)\b|卡", re.IGNORECASE)
_ID = re.compile(r"身份证|证件号|\bid\s?(?:card|number|no)\b|公民身份", re.IGNORECASE)
_SSN = re.compile(
    r"\bssn\b|social security|\bitin\b|tax\s?(?:payer)?\s?id|社会安全|社安号|税号|\bsocial\b", re.IGNORECASE
)
_PASSPORT = re.compile(r"passport|护照|通行证", re.IGNORECASE)
_PASSPORT_NUMBER = re.compile(r"(?<![A-Za-z0-9])(?:[A-Za-z]{1,2}\s?\d{7,8}|\d{9})(?![A-Za-z0-9])")
_CN_PASSPORT = re.compile(r"(?<![A-Za-z0-9])(?:E[A-HJ-NP-Z]\d{7}|[EG]\d{8})(?![A-Za-z0-9])")
_PHONE = re.compile(
    r"\b(?:phone|call|mobile|cell|tel|telephone|text|reach|ring|number is|whatsapp|contact)\b"
    r"|电话|手机|联系|号码|打给|微信",
    re.IGNORECASE,
)
_INTERNATIONAL = re.compile(r"(?<!\w)(?:\+|00)[1-9](?:[\s().-]{0,2}\d){6,14}(?!\d)")
_AMERICAN = re.compile(r"(?<![\d-])(?:1[\s.-]?)?\(?[2-9]\d{2}\)?[\s.-]{1,2}[2-9]\d{2}[\s.-]\d{4}(?![\d-])")
_LANDLINE = re.compile(r"(?<![\d.])\(?0(?:10|2\d|[3-9]\d{2})\)?[\s-]?\d{4}[\s-]?\d{3,4}(?![\d.])")
_CODE = re.compile(
    r"\b(?:codes?|otp|pin|passcode|one[- ]time|verification|cvv2?|cvc2?|security number)\b"
    r"|验证码|校验码|动态码|动态密码|短信码|密码|口令|安全码|验证",
    re.IGNORECASE,
)
_NOT_CODE = re.compile(
    r"promo|coupon|zip|postal|error|area|country|sort|swift|ending|ends|last four|discount|voucher|bank code"
    r"|邮编|优惠|区号|尾号|错误|后四位|末四位|邮政",
    re.IGNORECASE,
)
_CLOSE = re.compile(
    r"\W*(?:(?:is|was|it's|its|are|i got|says|here|of|for|number|是|为|就是|我的|给你|写的|收到的?|了)\W*){0,3}"
)
_HINT = re.compile(r"\b(?:text|texted|sms|says|got|received|digits|came|sent)\b|短信|收到|发来|位数", re.IGNORECASE)
_MONEY_BEFORE = re.compile(r"(?:[$¥€£]|\b(?:usd|cny|rmb|hkd|eur|gbp|us\$))\s*$", re.IGNORECASE)
_MONEY_AFTER = re.compile(
    r"\s*(?:[.,]\d|[$¥€£%]|(?:usd|cny|rmb|hkd|eur|gbp|dollars?"
    r"|bucks|yuan|kuai|cents|euros?|pounds?)\b|元|块|万|千|百|亿|人民币|美元|美金|港币|年|月|日|点|个)",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Span:
    kind: Kind
    start: int
    end: int
    """Half-open, in characters of the text as it was written."""


def find(text: str, *, names: tuple[str, ...] = ()) -> list[Span]:
    """All personal data, in order, without overlaps. `names`: people's names that are known here."""
    told = plain(text)
    found = [*_numbers(told), *_shapes(told), *find_words(told, names)]
    taken: list[Span] = []
    for kind in RANKS:
        for what, start, end in found:
            if what == kind and start < end and all(end <= each.start or each.end <= start for each in taken):
                taken.append(Span(kind, start, end))  # type: ignore[arg-type]
    return sorted(taken, key=lambda span: span.start)


def _shapes(text: str) -> Iterator[Found]:
    for match in _CN_PASSPORT.finditer(text):
        if not _ORDER.search(text[: match.start()]):
            yield "id", match.start(), match.end()
    if _PASSPORT.search(text):
        for match in _PASSPORT_NUMBER.finditer(text):
            yield "id", match.start(), match.end()
    for match in re.finditer(r"(?<![\d-])\d{3}([- ])\d{2}\1\d{4}(?![\d-])", text):
        if checks.is_ssn(re.sub(r"\D", "", match[0])):
            yield "id", match.start(), match.end()
    for pattern in (_INTERNATIONAL, _AMERICAN, _LANDLINE):
        for match in pattern.finditer(text):
            if not _ORDER.search(text[: match.start()]):
                yield "phone", match.start(), match.end()


def _numbers(text: str) -> Iterator[Found]:
    every = rows(text)
    for row in every:
        if _glued(text, row):
            continue
        kind, end = _kind(text, row, alone=sum(len(each.digits) >= 4 for each in every) == 1)
        if kind:
            yield kind, row.start, end
        elif len(row.digits) > 11:
            yield from _parts(text, row)


def _parts(text: str, row: Row) -> Iterator[Found]:
    """A card number with its expiry or code, two phones: what stands in a row and is known by its check."""
    at = 0
    while at < len(row.digits):
        for many in (19, 18, 17, 16, 15, 14, 13, 11):
            part = row.digits[at : at + many]
            begins = at == 0 or row.places[at - 1][1] < row.places[at][0]
            ends = at + many >= len(row.digits) or row.places[at + many - 1][1] < row.places[at + many][0]
            kind = _checked(part) if len(part) == many and begins and ends else ""
            if kind and not _ORDER.search(text[: row.start]):
                yield kind, row.places[at][0], row.places[at + many - 1][1]
                at += many - 1
                break
        at += 1


def _checked(digits: str) -> str:
    if checks.is_chinese_id(digits):
        return "id"
    if checks.is_card(digits):
        return "card"
    return "phone" if len(digits) == 11 and checks.is_mainland_mobile(digits) else ""


def _glued(text: str, row: Row) -> bool:
    """Part of a word such as an order's `P20261103001`, or of an amount with decimals."""
    before, after = text[max(0, row.start - 1) : row.start], text[row.end : row.end + 1]
    if row.spoken:
        return False
    if re.search(r"(?<![A-Za-z])[A-Z]{1,4}[-#_]$", text[: row.start]):
        return True
    is_x = after in ("X", "x") and len(row.digits) == 17
    return _latin(before) or (_latin(after) and not is_x) or (before in ".," and _digit_at(text, row.start - 2))


def _latin(char: str) -> bool:
    return char.isascii() and char.isalpha()


def _digit_at(text: str, at: int) -> bool:
    return at >= 0 and text[at].isdigit()


def _kind(text: str, row: Row, *, alone: bool) -> tuple[str, int]:
    """What the row is (empty: nothing that is masked), and where it ends."""
    digits, end = row.digits, row.end
    before, after = text[max(0, row.start - 40) : row.start], text[end : end + 24]
    tail = re.match(r"\s?([Xx])(?![A-Za-z])", after) if len(digits) == 17 else None
    number = digits + tail[1] if tail else digits
    if _is_id(number, before, after):
        return "id", end + (tail.end() if tail else 0)
    if _ORDER.search(before):
        return "", end
    if checks.is_card(digits) or (13 <= len(digits) <= 19 and _CARD.search(before)):
        return "card", end
    if _is_phone(row, before, alone=alone):
        return "phone", end
    return ("code" if _is_code(text, row, before, after, alone=alone) else ""), end


def _is_id(number: str, before: str, after: str) -> bool:
    if checks.is_chinese_id(number) or (len(number) in (15, 18) and _ID.search(before) is not None):
        return True
    return len(number) == 9 and _SSN.search(before + after) is not None and checks.is_ssn(number)


def _is_phone(row: Row, before: str, *, alone: bool) -> bool:
    digits = row.digits
    cued = _PHONE.search(before)
    if checks.is_mainland_mobile(digits) or (checks.is_american(digits) and (row.spoken or alone or cued)):
        return True
    return 7 <= len(digits) <= 12 and _PHONE.search(before[-16:]) is not None and not _CODE.search(before)


def _is_code(text: str, row: Row, before: str, after: str, *, alone: bool) -> bool:
    digits = row.digits
    if not 3 <= len(digits) <= 8 or _MONEY_BEFORE.search(before) or _MONEY_AFTER.match(after):
        return False
    cues = list(_CODE.finditer(before))
    gap = before[cues[-1].end() :] if cues else ""
    near = before[cues[-1].start() - 12 if cues and cues[-1].start() > 12 else 0 :]
    if _NOT_CODE.search(near if cues else before):
        return False
    if cues and _CLOSE.fullmatch(gap):
        return len(digits) >= 4 or cues[-1][0].lower().startswith("cv") or cues[-1][0] == "安全码"
    if len(digits) != 6 or (digits[3:] == "000" and digits[0] != "0"):
        return False
    rest = re.sub(r"[\W\d_]", "", text[: row.start] + text[row.end :])
    few = len(rest) <= (6 if re.search(r"[\u4e00-\u9fff]", rest) else 16)
    return bool(cues) or bool(_CODE.search(after)) or (alone and (few or bool(_HINT.search(text))))
