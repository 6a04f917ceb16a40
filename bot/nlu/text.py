"""One normal form of what customers type, and the way back to what they typed.

NFKC with four differences, each with a reason:

* invisible characters (zero-width, soft hyphens, directional marks, variation selectors, controls) are dropped, and
  a lone surrogate becomes U+FFFD, so that no later part meets one;
* every kind of white space is one ordinary space, new lines too;
* the Chinese comma stays `，` unless between full-width digits: `200，300` is two numbers, `１，２９９` is one;
* at most `max_chars` characters are kept, and `truncated` says when some were not.
"""

from __future__ import annotations

import functools
import unicodedata
from dataclasses import dataclass

MAX_CHARS = 1000
"""What the components read of a message. A person's question is shorter; a pasted log is not a question."""

_FULL_WIDTH_DIGITS = frozenset("０１２３４５６７８９")
_PLAIN = frozenset(map(chr, range(0x20, 0x7F)))
# Fixed points of the normal form that NFKC would leave or that we keep: the usual Chinese text takes the fast path.
_KEPT = frozenset("，。、“”‘’《》【】¥€£")


@dataclass(frozen=True, slots=True)
class Normal:
    """`text` is the normal form of `original`'s beginning."""

    original: str
    text: str
    starts: tuple[int, ...] | None
    """Of each character of `text`, where its source begins in `original`. None: they are the same, place by place."""
    ends: tuple[int, ...] | None
    truncated: bool

    def span(self, start: int, end: int) -> tuple[int, int]:
        """Where in `original` the half-open `text[start:end]` came from."""
        if self.starts is None or self.ends is None:
            return start, end
        if end <= start:
            at = self.starts[start] if start < len(self.starts) else len(self.original)
            return at, at
        return self.starts[start], self.ends[end - 1]


def normalise(text: str, *, max_chars: int = MAX_CHARS) -> Normal:
    """Never fails on a `str`. Reads at most `4 * max_chars` characters of it, however long it is."""
    return _normalised(text, max_chars)


@functools.lru_cache(maxsize=8)  # the components of one pipeline ask for the same text one after the other
def _normalised(text: str, max_chars: int) -> Normal:
    head = text[: 4 * max_chars]
    if _is_normal(head):
        return Normal(text, head[:max_chars], None, None, len(text) > max_chars)
    pieces: list[str] = []
    starts: list[int] = []
    ends: list[int] = []
    for start, end in _clusters(head):
        if len(starts) > max_chars:
            break
        piece = _fold(head, start, end)
        pieces.append(piece)
        starts.extend([start] * len(piece))
        ends.extend([end] * len(piece))
    folded = "".join(pieces)
    truncated = len(folded) > max_chars or len(head) < len(text)
    return Normal(text, folded[:max_chars], tuple(starts[:max_chars]), tuple(ends[:max_chars]), truncated)


def _is_normal(text: str) -> bool:
    return all(char in _PLAIN or "一" <= char <= "鿋" or char in _KEPT for char in text)


def _clusters(text: str) -> list[tuple[int, int]]:
    """Half-open spans of a base character with the combining marks that follow it."""
    starts = [at for at, char in enumerate(text) if at == 0 or not unicodedata.combining(char)]
    return list(zip(starts, [*starts[1:], len(text)], strict=True))


def _fold(text: str, start: int, end: int) -> str:
    char = text[start]
    if char == "，":
        between = text[start - 1 : start] in _FULL_WIDTH_DIGITS and text[end : end + 1] in _FULL_WIDTH_DIGITS
        return "," if between else char
    return "".join(_visible(each) for each in unicodedata.normalize("NFKC", text[start:end]))


def _visible(char: str) -> str:
    if char.isspace():
        return " "
    category = unicodedata.category(char)
    if category == "Cs":
        return "\N{REPLACEMENT CHARACTER}"
    if category in ("Cc", "Cf") or "\ufe00" <= char <= "\ufe0f":
        return ""
    return char
