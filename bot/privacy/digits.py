"""Rows of digits as people write and speak them: `6222 0212`, `６２２２`, `六二二二`, `four two double seven`."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass

_HAN = dict(zip("零〇一幺二两三四五六七八九壹贰叁肆伍陆柒捌玖", "0011223456789123456789", strict=True))
_NAMED = ("zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine")
_WORDS = {
    **dict(
        zip(["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine"], "0123456789", strict=True)
    ),
    **{"oh": "0", "o": "0", "nought": "0"},
}
_TIMES = {"double": 2, "triple": 3, "treble": 3}
_WORD = "|".join(_WORDS)
_ATOM = re.compile(
    rf"(?P<digit>[0-9])|(?P<han>[{''.join(_HAN)}])"
    rf"|(?<![A-Za-z])(?:(?P<times>{'|'.join(_TIMES)})[\s-]+)?(?P<word>{_WORD}|[0-9](?=[\s,-]))(?![A-Za-z])",
    re.IGNORECASE,
)
_GAP = re.compile(r"[\s\-‐-–·_/]{0,3}")
_SPOKEN_GAP = re.compile(r"[\s\-‐-–·,、。.]{0,3}")


@dataclass(frozen=True, slots=True)
class Row:
    """Digits that stand together, and where in the text each of them stands (half-open)."""

    digits: str
    places: tuple[tuple[int, int], ...]
    spoken: bool

    @property
    def start(self) -> int:
        return self.places[0][0]

    @property
    def end(self) -> int:
        return self.places[-1][1]


def plain(text: str) -> str:
    """Full-width letters, digits and signs as ASCII; every character stays where it is."""
    return "".join(_plain(char) for char in text)


def _plain(char: str) -> str:
    if char.isascii():
        return char
    if char.isspace():
        return " "
    folded = unicodedata.normalize("NFKC", char)
    return folded if len(folded) == 1 and folded.isascii() else char


def rows(text: str) -> list[Row]:
    """All rows of the (plain) text, in order."""
    found: list[Row] = []
    digits, spoken = "", False
    places: list[tuple[int, int]] = []
    for match in _ATOM.finditer(text):
        value, aloud = _value(match, text)
        start = match.start()
        if places:
            gap = text[places[-1][1] : start]
            fits = (_SPOKEN_GAP if spoken and aloud else _GAP).fullmatch(gap)
            if not fits or (spoken != aloud and not gap):
                found.append(Row(digits, tuple(places), spoken))
                digits, places, spoken = "", [], False
        digits += value
        places += [(start, match.end())] * len(value)
        spoken = spoken or aloud
    if places:
        found.append(Row(digits, tuple(places), spoken))
    return found


def _value(match: re.Match[str], text: str) -> tuple[str, bool]:
    if match["digit"]:
        return match["digit"], False
    if match["han"]:
        return _HAN[match["han"]], True
    word = match["word"].lower()
    times = _TIMES[match["times"].lower()] if match["times"] else 1
    return _WORDS.get(word, word) * times, True
