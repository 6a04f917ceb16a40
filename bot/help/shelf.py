"""Which article answers a question, and how surely one does.

Every article stands on the shelf several times: as its title, as each question it was written for, and as each of its
passages. A question is held against all of them, by meaning (the cosine of sentence vectors, centred) and by words
(BM25, Robertson and Zaragoza 2009). Both orders are fused by reciprocal rank (Cormack, Clarke and Büttcher 2009), and a
logistic regression over the fused rank and the two scores says how likely the article is the right one. It is learned
from the articles' own questions, each asked while it is off the shelf, and from texts that no article answers.
"""

from __future__ import annotations

import itertools
import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix

from bot.nlu.ngrams import cut, prepare
from bot.nlu.scripts import han_runs
from bot.nlu.table import Array

K1, B = 1.2, 0.75
RANK_OFFSET = 60
"""Of reciprocal rank fusion: the published constant."""
SIGNS = 5

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
class Judge:
    """Weights of the SIGNS of one article for one question, and the bias."""

    weights: tuple[float, ...]
    bias: float

    def probabilities(self, signs: Array) -> npt.NDArray[np.float64]:
        return np.asarray(1 / (1 + np.exp(-(signs.astype(np.float64) @ np.array(self.weights) + self.bias))))


FIRST_GUESS = Judge(weights=(60.0, 3.0, 2.0, 2.0, 0.0), bias=-6.0)
"""Where too few questions were written to learn from."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Shelf:
    """`article` [texts] says whose each text is, `dense` [texts, d] are unit vectors after `centre` was taken off."""

    article: Places
    dense: Array
    centre: Array
    words: Words
    judge: Judge = FIRST_GUESS

    @classmethod
    def of(cls, texts: Sequence[str], dense: Array, article: Sequence[int]) -> Shelf:
        centre = dense.mean(axis=0) if len(dense) else np.zeros(dense.shape[1], np.float32)
        words = Words.of([terms_of(text) for text in texts])
        return cls(article=np.array(article, np.int64), dense=unit(dense - centre), centre=centre, words=words)

    def signs(self, terms: Sequence[str], dense: Array, *, among: Places, without: int | None = None) -> Array:
        """float32 [among, SIGNS] of the articles `among` for one question, the shelf's text `without` put aside."""
        meaning = self.dense @ unit(dense - self.centre)
        shared = self.words.scores(terms)
        if without is not None:
            meaning[without], shared[without] = -1.0, 0.0
        near, worded = (self._best(scores, among) for scores in (meaning, shared))
        fused = 1 / (RANK_OFFSET + _rank(near)) + 1 / (RANK_OFFSET + _rank(worded))
        ahead = near - _second(near)
        return np.stack([fused, near, worded, np.maximum(ahead, 0), near * worded], axis=1).astype(np.float32)

    def ask(self, terms: Sequence[str], dense: Array, *, among: Places) -> npt.NDArray[np.float64]:
        """How likely each article of `among` is the one that answers."""
        return self.judge.probabilities(self.signs(terms, dense, among=among))

    def best_text(self, terms: Sequence[str], dense: Array, texts: Places) -> int:
        """Which of the shelf's `texts` is nearest."""
        scores = self.dense[texts] @ unit(dense - self.centre) + self.words.scores(terms)[texts]
        return int(texts[np.argmax(scores)])

    def _best(self, scores: Array, among: Places) -> Array:
        most = np.full(int(self.article.max(initial=-1)) + 1, -1.0, np.float32)
        np.maximum.at(most, self.article, scores)
        return np.asarray(most[among], np.float32)


def learn(shelf: Shelf, questions: Places, strangers: Sequence[tuple[Sequence[str], Array]], groups: Places) -> Judge:
    """From the shelf's texts that are `questions`, each asked while it is away, and `strangers`, texts (their terms and
    vectors) that no article answers. `groups` [articles] says which articles are asked among one another: those of a
    language."""
    from sklearn.linear_model import LogisticRegression

    rows: list[Array] = []
    right: list[npt.NDArray[np.bool_]] = []
    for place in questions:
        own = int(shelf.article[place])
        among = np.flatnonzero(groups == groups[own])
        if (shelf.article == own).sum() < 2 or len(among) < 2:
            continue
        vector = shelf.dense[place] + shelf.centre
        signs = shelf.signs(_terms_at(shelf.words, int(place)), vector, among=among, without=int(place))
        top = np.argsort(-signs[:, 0])[:10]
        rows.append(signs[top])
        right.append(among[top] == own)
    for terms, vector in strangers:
        for group in np.unique(groups):
            among = np.flatnonzero(groups == group)
            signs = shelf.signs(terms, vector, among=among)
            rows.append(signs[np.argsort(-signs[:, 0])[:3]])
            right.append(np.zeros(len(rows[-1]), bool))
    labels = np.concatenate(right) if right else np.zeros(0, bool)
    if labels.sum() < 20:
        return FIRST_GUESS
    model = LogisticRegression(C=10.0, max_iter=1000).fit(np.concatenate(rows), labels)
    return Judge(weights=tuple(map(float, model.coef_[0])), bias=float(model.intercept_[0]))


def _terms_at(words: Words, place: int) -> list[str]:
    column = words.weights[:, [place]].tocoo()
    names = list(words.places)
    return [names[row] for row in column.row]


def unit(rows: Array) -> Array:
    lengths = np.linalg.norm(rows, axis=-1, keepdims=True)
    return np.asarray(rows / np.where(lengths == 0, 1, lengths), np.float32)


def _rank(scores: Array) -> Array:
    rank = np.empty(len(scores), np.float32)
    rank[np.argsort(-scores, kind="stable")] = np.arange(1, len(scores) + 1)
    return rank


def _second(scores: Array) -> Array:
    """Of each the best of the others."""
    if len(scores) < 2:
        return np.full(len(scores), -1.0, np.float32)
    two = np.sort(scores)[-2:]
    return np.asarray(np.where(scores == two[1], two[0], two[1]), np.float32)
