"""Which article answers a question, and how surely one does.

Every article stands on the shelf several times: as its title, as each question it was written for, and as each of its
passages. A question is held against all of them, by meaning (the cosine of sentence vectors, centred) and by words
(BM25, Robertson and Zaragoza 2009), and an article is as near as its NEAREST best texts. How near is near enough is
learned from texts that no article answers. A shelf is of one language.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from bot.nlu.ngrams import cut, prepare
from bot.nlu.scripts import han_runs
from bot.nlu.table import Array

K1, B = 1.2, 0.75
NEAREST = 4
"""An article is as near as the mean of so many of its texts: one lucky text is not enough."""
WORDS = 0.7
"""What shared words weigh beside meaning. Of 781 questions by two writers, each asked while it was off the shelf, the
sum put more articles first than either alone, or than their ranks fused (Cormack, Clarke and Büttcher 2009)."""
FALSE_ANSWERS = 0.03
"""The share of texts without an article that may get one."""

Places = npt.NDArray[np.int64]


def terms_of(text: str) -> list[str]:
    """Words, and in Chinese also pairs of characters: a word that question and article cut differently still meets."""
    text = prepare(text)
    found = [word for word in cut(text) if word.strip()]
    for is_han, start, end in han_runs(text):
        if is_han:
            found += ["".join(pair) for pair in itertools.pairwise(text[start:end])]
    return found


class Words:
    """BM25 weights of the shelf's texts: csr [terms, texts]."""

    def __init__(self, places: dict[str, int], rarity: Array, weights: csr_matrix) -> None:
        self.places, self.rarity, self.weights = places, rarity, weights

    @classmethod
    def of(cls, texts: Sequence[Sequence[str]]) -> Words:
        counts = [Counter(terms) for terms in texts]
        frequency = Counter(itertools.chain.from_iterable(counts))
        places = {term: place for place, term in enumerate(sorted(frequency))}
        many = len(texts)
        rarity = np.array([math.log(1 + (many - frequency[term] + 0.5) / (frequency[term] + 0.5)) for term in places])
        lengths = np.array([max(1, count.total()) for count in counts], float)
        usual = lengths / lengths.mean() if len(lengths) else lengths
        rows, columns, values = [], [], []
        for column, count in enumerate(counts):
            for term, often in count.items():
                rows.append(places[term])
                columns.append(column)
                values.append(rarity[places[term]] * often * (K1 + 1) / (often + K1 * (1 - B + B * usual[column])))
        weights = csr_matrix((values, (rows, columns)), shape=(len(places), len(texts)), dtype=np.float32)
        return cls(places, rarity.astype(np.float32), weights)

    def scores(self, terms: Sequence[str]) -> Array:
        """float32 [texts], 0 to about 1: the share of what the question's words could score that each text does."""
        known = sorted({self.places[term] for term in terms if term in self.places})
        unknown = len({term for term in terms if term not in self.places})
        most = float(self.rarity[known].sum()) + unknown * float(self.rarity.max(initial=0.0))
        if not known:
            return np.zeros(self.weights.shape[1], np.float32)
        return np.asarray(self.weights[known].sum(axis=0), np.float32).ravel() / np.float32(most or 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Of one encoder the texts' unit vectors [texts, d], after the `centre` [d] was taken off."""

    dense: Array
    centre: Array

    @classmethod
    def of(cls, dense: Array) -> View:
        centre = unit(dense).mean(axis=0)
        return cls(dense=unit(unit(dense) - centre), centre=centre)

    def cosines(self, vector: Array) -> Array:
        return np.asarray(self.dense @ unit(unit(vector) - self.centre))


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """A score of `at` makes it as likely as not that an article answers; `spread` says how fast that changes."""

    at: float
    spread: float

    def surely(self, scores: Array) -> npt.NDArray[np.float64]:
        return np.asarray(1 / (1 + np.exp(-(scores.astype(np.float64) - self.at) / self.spread)))


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """`article` [texts] says whose each text is, counted from 0. `views` are one for each encoder."""

    article: Places
    views: tuple[View, ...]
    words: Words
    line: Line = Line(at=0.6, spread=0.1)

    @classmethod
    def of(cls, texts: Sequence[str], vectors: Sequence[Array], article: Sequence[int]) -> Shelf:
        return cls(
            article=np.array(article, np.int64),
            views=tuple(View.of(dense) for dense in vectors),
            words=Words.of([terms_of(text) for text in texts]),
        )

    def nearness(self, text: str, vectors: Sequence[Array]) -> Array:
        """Of each text. `vectors` are the question's, a view each; one that did not read it is zero, and left out."""
        read = [view.cosines(vector) for view, vector in zip(self.views, vectors, strict=True) if np.any(vector)]
        meaning = np.mean(read, axis=0) if read else np.zeros(len(self.article), np.float32)
        return np.asarray(meaning + WORDS * self.words.scores(terms_of(text)), np.float32)

    def scores(self, nearness: Array) -> Array:
        """float32 [articles], each the mean of its NEAREST best texts."""
        order = np.lexsort((-nearness, self.article))
        owner = self.article[order]
        first = np.searchsorted(owner, np.arange(int(owner.max(initial=-1)) + 1))
        kept = np.arange(len(owner)) - first[owner] < NEAREST
        totals = np.bincount(owner[kept], weights=nearness[order][kept])
        return np.asarray(totals / np.bincount(owner[kept]), np.float32)

    def learned(self, strangers: Sequence[tuple[str, Sequence[Array]]]) -> Shelf:
        """With a line that FALSE_ANSWERS of `strangers` are beyond: texts and their vectors that no article answers."""
        if not strangers:
            return self
        best = np.array([self.scores(self.nearness(*each)).max(initial=0.0) for each in strangers])
        line = Line(at=float(np.quantile(best, 1 - FALSE_ANSWERS)), spread=float(best.std() / 2) or 0.1)
        return replace(self, line=line)


def unit(rows: Array) -> Array:
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.asarray(rows / np.where(lengths == 0, 1, lengths), np.float32)
