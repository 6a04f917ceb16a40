"""Which writing a piece of text is in, and so which of our two languages.

A payments bot hears mostly short lines: "ok", "退款", "9.9", "我的refund到哪了". Statistics over letters are lost on
those; counting Chinese characters against Latin words is not, once the words that belong to both (APP, VIP, OK, USD)
are taken out of the count.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Literal

from bot.nlu.wordlist import forms

Language = Literal["en", "zh", "mixed", ""]

HAN = "\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\u3007\U00020000-\U0003ffff"
_HAN = re.compile(f"[{HAN}]")
_HAN_RUN = re.compile(f"[{HAN}]+")
_KANA_OR_HANGUL = re.compile("[\u3040-\u30ff\uac00-\ud7af]")
_LATIN_LETTER = "A-Za-z\u00c0-\u024f"
_OTHER_LETTER = re.compile("[\u0370-\u1fff\u2c00-\u2dff\ua4d0-\uabff]")
# A word, or a number with letters in it (P20261103001), which is of no language.
_LATIN_WORD = re.compile(rf"[{_LATIN_LETTER}0-9]+(?:['’][{_LATIN_LETTER}]+)*")

# Words in Latin letters that Chinese customers use inside Chinese; on their own they say little.
_SHARED = frozenset(
    forms(
        "app apps atm vip id ok okay kyc otp pin pos nfc qr sms url wifi pc iphone ios android visa mastercard "
        "unionpay alipay paypal wechat apple google pay email mail qq vpn pdf usd cny rmb eur gbp hkd jpy yuan sim "
        "cvv cvc iban swift hi hello bye emm emmm lol wtf"
    )
)
# ... and these are no language at all, even alone.
_SILENT = frozenset(["usd", "cny", "rmb", "eur", "gbp", "hkd", "jpy"])


@dataclass(frozen=True, slots=True)
class Identified:
    language: Language
    """`mixed` has words of both. Empty: nothing was said in either, as in "👍", "88.8" or Russian."""
    dominant: Literal["en", "zh", ""]
    """The language to answer a mixed message in; of other messages, the language itself."""


def identify(text: str, *, current: str = "") -> Identified:
    """`current` is the conversation's language so far: a lone "ok" or "hi" does not change it."""
    han = len(_HAN.findall(text))
    own, shared = _count_latin(text)
    if han and _KANA_OR_HANGUL.search(text):
        return Identified("", "")
    if han and own:
        return Identified("mixed", "zh" if own <= han / 1.5 else "en")
    if han:
        return Identified("zh", "zh")
    if own and not _mostly_other(text):
        return Identified("en", "en")
    if shared and not _mostly_other(text):
        return Identified("zh", "zh") if current == "zh" else Identified("en", "en")
    return Identified("", "")


def _count_latin(text: str) -> tuple[int, int]:
    """English words of their own, and words that Chinese shares."""
    own = shared = 0
    for word in _LATIN_WORD.findall(text):
        letters = sum(char.isalpha() for char in word)
        lower = word.lower()
        if lower in _SILENT or letters < len(word) - letters:
            continue
        if lower in _SHARED or letters == 1:
            shared += lower in _SHARED
        else:
            own += 1
    return own, shared


def _mostly_other(text: str) -> bool:
    """Cyrillic, Arabic, Thai, kana, ... outnumber the Latin letters."""
    other = len(_OTHER_LETTER.findall(text)) + len(_KANA_OR_HANGUL.findall(text))
    return other > len(re.findall(f"[{_LATIN_LETTER}]", text))


def has_han(text: str) -> bool:
    return _HAN.search(text) is not None


def han_runs(text: str) -> list[tuple[bool, int, int]]:
    """`text` cut where Chinese characters begin and end: (is it Chinese, start, end), in order, covering all of it."""
    runs: list[tuple[bool, int, int]] = []
    at = 0
    for match in _HAN_RUN.finditer(text):
        if at < match.start():
            runs.append((False, at, match.start()))
        runs.append((True, match.start(), match.end()))
        at = match.end()
    if at < len(text):
        runs.append((False, at, len(text)))
    return runs
