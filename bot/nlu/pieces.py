"""A text as the pieces of a unigram model (Kudo 2018) that lies in a packed file, none of them a Python object.

A piece is found by an index of open addressing: at the CRC-32 of its bytes or the next free place. 250,000 pieces take
the file's own pages and two megabytes, where `tokenizers` takes 330.
"""

from __future__ import annotations

import functools
import re
import zlib

import numpy as np
import numpy.typing as npt

from bot.nlu.packed import Packed

_BITS = 19
_MASK = (1 << _BITS) - 1
_FIRST = 4
"""The pieces before it, and the last, are marks and no text."""
_SPACES = re.compile(" +")
_UNKNOWN_PENALTY = 10
"""Below the least likely piece: what XLM-R's tokenizer gives a character that no piece has."""


def index(packed: Packed) -> npt.NDArray[np.int32]:
    """Of each place the piece there plus 1; 0 is free. Depends on the file alone."""
    table = [0] * (1 << _BITS)
    offsets, text = packed.offsets.tolist(), packed.text
    for piece in range(_FIRST, len(offsets) - 2):
        at = zlib.crc32(text[offsets[piece] : offsets[piece + 1]]) & _MASK
        while table[at]:
            at = (at + 1) & _MASK
        table[at] = piece + 1
    return np.array(table, np.int32)


class Pieces:
    """`encode(text)` gives the ids of a text's pieces, without marks at its ends. `table` is the file's `index`."""

    def __init__(self, packed: Packed, table: npt.NDArray[np.int32]) -> None:
        self._replaced, self._mark = packed.replaced, packed.unknown
        self._table, self._offsets = table.data, packed.offsets.data
        self._scores, self._text = packed.scores.data, packed.text
        self._unknown = float(packed.scores[_FIRST:-1].min()) - _UNKNOWN_PENALTY
        self.silent = {packed.unknown, self._find("\u2581".encode())}
        """What says nothing: the unknown piece, and a word's mark by itself."""
        self._longest = int(np.diff(packed.offsets[_FIRST:-1].astype(np.int64)).max())
        self._of_word = functools.lru_cache(maxsize=4096)(self._word)

    def encode(self, text: str) -> list[int]:
        """No piece has a word's mark within it, so that each word stands for itself."""
        marked = _SPACES.sub("\u2581", text.translate(self._replaced))
        words = marked.removeprefix("\u2581").split("\u2581")
        return [piece for word in words for piece in self._of_word(word)]

    def _find(self, piece: bytes) -> int:
        at, table, offsets, text = zlib.crc32(piece) & _MASK, self._table, self._offsets, self._text
        while found := table[at]:
            if text[offsets[found - 1] : offsets[found]] == piece:
                return found - 1
            at = (at + 1) & _MASK
        return 0

    def _word(self, word: str) -> tuple[int, ...]:
        """The likeliest pieces (Viterbi); a run of characters that no piece has is one unknown."""
        data = f"\u2581{word}".encode(errors="replace")
        ends = [at for at in range(1, len(data) + 1) if at == len(data) or data[at] & 0xC0 != 0x80]
        best: dict[int, tuple[float, int, int]] = {0: (0.0, 0, 0)}
        for number, start in enumerate([0, *ends[:-1]]):
            base = best[start][0]
            for end in ends[number : number + self._longest]:
                if self._longest < end - start:
                    break
                piece = self._find(data[start:end])
                score = base + (self._scores[piece] if piece else self._unknown)
                if (piece or end == ends[number]) and (end not in best or best[end][0] < score):
                    best[end] = score, start, piece or self._mark
        ids: list[int] = []
        at = len(data)
        while at:
            _, at, piece = best[at]
            if not (ids and piece == ids[-1] == self._mark):
                ids.append(piece)
        return tuple(reversed(ids))
