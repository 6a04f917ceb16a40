"""Finding out which of several things is meant: by number, amount, date, name, or place in the list."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bot.dialogue.words import Words

_BARE_AMOUNT = re.compile(
    r"(?<![A-Za-z0-9.,'-])(\d{1,3}(?:,\d{3})+|\d{2,7})(\.\d{1,2})?(?![\d十百千万亿-]|[.,'’]\d| ?[kw]\b)"
)
_HOUR = re.compile(r"\b(1[0-2]|[1-9])(?::[0-5]\d)? ?([ap])\.?m\b", re.IGNORECASE)
_DAY_PARTS = {"night": (0, 6), "morning": (5, 12), "noon": (11, 14), "afternoon": (12, 18), "evening": (18, 24)}
"""Half-open ranges of hours, by their code in the catalogue's table `day_parts`."""
_BARE_PLACE = re.compile(r"^\W*([1-5])\W*$")
_WORD = re.compile(r"[a-z0-9]{3,}|[\u4e00-\u9fff]+")
_COMMON_RUNS = frozenset(re.findall("..", "中国商城旗舰舰店有限限公公司支付付款银行会员服务平台官方线上退款订单"))
_COMMON = frozenset(
    re.findall(r"\w+", "the and for bank card pay payment shop store inc ltd com market online company")
)
"""Words of names that name nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One thing the customer may mean, with the words it is offered in."""

    id: str
    title: str
    """On a button: `￥68.00 海底捞`."""
    line: str
    """In a list, complete."""
    name: str = ""
    """Merchant or counterparty."""
    aliases: tuple[str, ...] = ()
    """Other numbers it goes by."""
    amount_minor: int | None = None
    currency: str = ""
    price: str = ""
    """The amount in words."""
    day: str = ""
    when: str = ""
    """The day in words: `yesterday`."""
    clock: str = ""
    """The time of day, for telling apart what looks the same."""
    note: str = ""
    """The customer's own word for it: `rent`."""
    status: str = ""
    """In words."""
    sounds: tuple[re.Pattern[str], ...] = ()
    """What else it may be described by: its kind, its status, its name in another language."""
    noun: Any = None
    """The bank's own."""

    def numbered(self, number: str) -> bool:
        """`number` may be the whole number or at least its last four characters."""
        number = number.upper()
        own = [each.upper() for each in (self.id, *self.aliases) if each]
        return number in own or (len(number) >= 4 and any(each.endswith(number) for each in own))

    def amounts_to(self, amount: Mapping[str, Any], *, roughly: bool = False) -> bool:
        """`roughly`: people say 199 of 199.90, so a whole amount also names what begins with it."""
        if self.amount_minor is None or amount.get("currency") not in (None, "", self.currency):
            return False
        minor = amount.get("minor")
        return self.amount_minor == minor or (roughly and self.amount_minor // 100 * 100 == minor)

    def is_of(self, when: str | Mapping[str, str]) -> bool:
        """`when` is a day, or a half-open range of days."""
        if isinstance(when, str):
            return self.day == when
        return bool(self.day) and when["from"] <= self.day < when["to"]

    def is_within(self, hours: tuple[int, int]) -> bool:
        return bool(self.clock) and hours[0] <= int(self.clock[:2]) < hours[1]

    def named_in(self, text: str) -> bool:
        """The text names it: whole, or by a word of it (a Chinese name: by two of its characters in a row)."""
        text = text.casefold()
        return any(_named(name.casefold(), text) for name in (self.name, self.note) if name)


def _named(name: str, text: str) -> bool:
    return name in text or any(_occurs(word, text) for word in _WORD.findall(name) if word not in _COMMON)


def bare_amounts(text: str) -> tuple[dict[str, Any], ...]:
    """`199` in `那笔199的`, `89.99` in `the 89.99 one`: what may be an amount, if something costs so much."""
    found = (float(whole.replace(",", "") + part) for whole, part in _BARE_AMOUNT.findall(text))
    return tuple({"minor": round(units * 100), "currency": None} for units in found)


def hours_in(text: str, words: Words) -> tuple[int, int] | None:
    """A half-open range of hours: `3am`, "in the middle of the night", 凌晨."""
    exact = _HOUR.search(text)
    if exact is not None:
        hour = int(exact[1]) % 12 + (12 if exact[2].casefold() == "p" else 0)
        return hour, hour + 1
    part = next((code for code, sound in words.heard("day_parts").items() if sound.search(text)), "")
    return _DAY_PARTS.get(part)


def told_apart(candidates: Sequence[Candidate], texts: Sequence[str], pattern: str = "{} ({})") -> list[str]:
    """`texts`, one for each candidate; those that read the same get the day, or else the time of day."""
    by_day = _marked(texts, [each.when for each in candidates], pattern)
    if len({*by_day}) == len(by_day):
        return by_day
    return _marked(texts, [each.clock for each in candidates], pattern)


def _marked(texts: Sequence[str], marks: Sequence[str], pattern: str) -> list[str]:
    twice = {text for text in texts if texts.count(text) > 1}
    return [
        pattern.format(text, mark) if text in twice and mark and mark not in text else text
        for text, mark in zip(texts, marks, strict=True)
    ]


def _occurs(word: str, text: str) -> bool:
    if word.isascii():
        stem = word.removesuffix("s")
        if len(stem) >= 4 and re.search(rf"(?<![a-z0-9]){re.escape(stem)}(s|shop|store|'s)?(?![a-z0-9])", text):
            return True
        return re.search(rf"(?<![a-z0-9]){re.escape(word)}(?![a-z0-9])", text) is not None
    runs = {word[at : at + 2] for at in range(len(word) - 1)} - _COMMON_RUNS
    return any(run in text for run in runs)


@dataclass(frozen=True, slots=True)
class Reference:
    """What a message says about which one."""

    number: str | None
    amounts: tuple[Mapping[str, Any], ...]
    dates: tuple[Any, ...]
    text: str
    """The message, if its words may be read as a name or a place in the list; else empty."""
    roughly: bool = True
    """Whole amounts also name what begins with them."""
    hours: tuple[int, int] | None = None

    def narrow(self, candidates: Sequence[Candidate]) -> list[Candidate] | None:
        """Those that fit all that was said, or else a part of it; None if nothing was said about which one."""
        if self.number:
            return [each for each in candidates if each.numbered(self.number or "")]
        named = [each for each in candidates if self.text and each.named_in(self.text)]
        priced = self._priced(candidates, roughly=False) or (
            self._priced(candidates, roughly=True) if self.roughly else []
        )
        dated = [each for each in candidates if any(each.is_of(when) for when in self.dates)]
        described = [each for each in candidates if self.text and any(sound.search(self.text) for sound in each.sounds)]
        timed = [each for each in candidates if self.hours is not None and each.is_within(self.hours)]
        tells = (found for found in (described, timed) if len(found) < len(candidates))
        criteria = [found for found in (named, priced, dated, *tells) if found]
        if not criteria:
            return None
        fitting = [each for each in candidates if all(each in found for found in criteria)]
        return fitting or [each for each in candidates if any(each in found for found in criteria)]

    def _priced(self, candidates: Sequence[Candidate], *, roughly: bool) -> list[Candidate]:
        """A unit that nothing was paid in is said of any money: `50块`."""
        currencies = {each.currency for each in candidates}
        amounts = [
            {**each, "currency": each.get("currency") if each.get("currency") in currencies else None}
            for each in self.amounts
        ]
        return [each for each in candidates if any(each.amounts_to(amount, roughly=roughly) for amount in amounts)]

    def place(self, offered: Sequence[Candidate], words: Words) -> Candidate | None:
        """`the second one`, `第二个`, `2`, `the latest`: a place in the list that was offered (newest first)."""
        if not offered or not self.text:
            return None
        bare = _BARE_PLACE.match(self.text)
        if bare:
            place = int(bare[1]) - 1
        else:
            found = [int(code) for code, pattern in words.heard("places").items() if pattern.search(self.text)]
            oldest = words.says("oldest", self.text)
            priced = [each for each in offered if each.amount_minor is not None]
            for phrase, pick in (("largest", max), ("smallest", min)):
                if priced and words.says(phrase, self.text):
                    return pick(priced, key=lambda each: each.amount_minor or 0)
            if found:
                place = found[0] - 1 if found[0] > 0 else found[0]
            elif words.says("newest", self.text) or oldest:
                place = -1 if oldest else 0
            else:
                return None
        return offered[place] if -len(offered) <= place < len(offered) else None
