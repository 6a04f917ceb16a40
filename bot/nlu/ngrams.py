"""Counting what a message is made of: words, pairs of words, and runs of characters, weighted by how rare they are.

English is cut at word characters, Chinese by jieba's dictionary (rjieba). Character runs stay inside a word and mark
its ends, so that a typo costs a few of them and not the word; in Chinese they run over the whole stretch of characters,
so that a word the dictionary cuts wrongly costs nothing.
"""

from __future__ import annotations

import functools
import itertools
import math
import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from bot.nlu import hanzi
from bot.nlu.scripts import han_runs, has_han
from bot.nlu.text import normalise

_WORD = re.compile(r"\w+")


def cut(text: str) -> list[str]:
    """The words of a normalised, lower-case text."""
    if not has_han(text):
        return _WORD.findall(text)
    words: list[str] = []
    for is_han, start, end in han_runs(text):
        words.extend(jieba().cut(text[start:end]) if is_han else _WORD.findall(text[start:end]))
    return words


@functools.cache
def jieba() -> Any:
    """The module, loaded when first needed: 34 MB."""
    import rjieba

    return rjieba


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is counted. Lengths are inclusive."""

    word_pairs: bool = True
    shortest: int = 2
    longest: int = 5
    han_longest: int = 3
    """Of Chinese character runs; they begin at 1."""
    character_weight: float = 1.0
    """The length of a text's vector of character runs; that of its words is 1."""


def word_terms(words: Sequence[str], plan: Plan) -> list[str]:
    terms = list(words)
    if plan.word_pairs:
        terms.extend(f"{a} {b}" for a, b in itertools.pairwise(words))
    return terms


def character_terms(text: str, plan: Plan) -> list[str]:
    terms: list[str] = []
    for is_han, start, end in han_runs(text) if has_han(text) else [(False, 0, len(text))]:
        if is_han:
            run = text[start:end]
            for size in range(1, plan.han_longest + 1):
                terms.extend(run[at : at + size] for at in range(len(run) - size + 1))
            continue
        for word in text[start:end].split():
            terms.extend(_inside(f" {word} ", plan.shortest, plan.longest))
    return terms


@functools.lru_cache(maxsize=20_000)
def _inside(word: str, shortest: int, longest: int) -> tuple[str, ...]:
    """As scikit-learn's `char_wb`: a word shorter than `size` counts once, whole."""
    terms: list[str] = []
    for size in range(shortest, longest + 1):
        terms.append(word[:size])
        terms.extend(word[at : at + size] for at in range(1, len(word) - size + 1))
        if len(word) <= size:
            break
    return tuple(terms)


class TermWeights:
    """A fitted vocabulary: log-scaled counts times smoothed inverse document frequency, each text's vector of length 1
    (Salton and Buckley 1988; the formula is scikit-learn's TfidfVectorizer with sublinear_tf)."""

    def __init__(self, terms: Sequence[str], weights: npt.NDArray[np.float32]) -> None:
        self.terms = list(terms)
        self.weights = weights
        self._places = {term: place for place, term in enumerate(self.terms)}

    @classmethod
    def fit(cls, texts: Iterable[Sequence[str]], *, at_least: int) -> TermWeights:
        """Keeps terms that occur in `at_least` texts. `texts` are lists of terms."""
        frequency: Counter[str] = Counter()
        total = 0
        for terms in texts:
            total += 1
            frequency.update(set(terms))
        kept = sorted(term for term, count in frequency.items() if at_least <= count)
        weights = [math.log((1 + total) / (1 + frequency[term])) + 1 for term in kept]
        return cls(kept, np.array(weights, np.float32))

    def __len__(self) -> int:
        return len(self.terms)

    def row(self, terms: Sequence[str]) -> tuple[npt.NDArray[np.int32], npt.NDArray[np.float32]]:
        """Places and values of one text, places ascending."""
        counts: dict[int, int] = {}
        places = self._places
        for term in terms:
            place = places.get(term)
            if place is not None:
                counts[place] = counts.get(place, 0) + 1
        found = np.fromiter(counts.keys(), np.int32, len(counts))
        values = (1 + np.log(np.fromiter(counts.values(), np.float32, len(counts)))) * self.weights[found]
        order = np.argsort(found)
        norm = float(np.sqrt(values @ values)) or 1.0
        return found[order], (values[order] / norm).astype(np.float32)


@dataclass(frozen=True, slots=True, kw_only=True)
class TermRows:
    """Words and characters side by side: one sparse row a text, [1, len(words) + len(characters)]."""

    plan: Plan
    words: TermWeights
    characters: TermWeights

    @classmethod
    def fit(cls, texts: Sequence[str], *, plan: Plan, at_least: int = 2) -> TermRows:
        """`at_least` counts texts for character runs; a word is kept from its first text on."""
        cleaned = [prepare(text) for text in texts]
        words = TermWeights.fit((word_terms(cut(text), plan) for text in cleaned), at_least=1)
        characters = TermWeights.fit((character_terms(text, plan) for text in cleaned), at_least=at_least)
        return cls(plan=plan, words=words, characters=characters)

    def row(self, text: str) -> csr_matrix:
        text = prepare(text)
        places, values = self.words.row(word_terms(cut(text), self.plan))
        more, beside = self.characters.row(character_terms(text, self.plan))
        indices = np.concatenate([places, more + np.int32(len(self.words))])
        data = np.concatenate([values, beside * np.float32(self.plan.character_weight)])
        shape = (1, len(self.words) + len(self.characters))
        return csr_matrix((data, indices, np.array([0, len(data)], np.int32)), shape=shape, copy=False)


def prepare(text: str) -> str:
    text = normalise(text).text.strip().lower()
    return hanzi.plain(text) if has_han(text) else text
