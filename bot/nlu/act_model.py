"""What kind of saying a message is: a request, a question, a denial ..., apart from what it is about.

Multinomial logistic regression on runs of the frame (`bot.nlu.frames`), on the words and characters themselves, and on
sentence vectors. Where an encoder is asked in doubt only, there are two: the second has its vectors instead, and judges
what the first is not sure of, or what no other encoder read. Their probabilities are sharpened or softened by what a
part left out of learning asks for (Guo et al. 2017).
"""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, hstack

from bot.nlu import frames
from bot.nlu.calibration import log_softmax, sharpness
from bot.nlu.ngrams import Plan, character_terms, prepare
from bot.nlu.table import Array

FORMAT = 1
SHARE = 0.3
"""A word that is spread over so much of the topics belongs to the frame."""
AT_LEAST = 3
"""Texts a word of the frame, or a run, must occur in."""
CHARACTERS = Plan(shortest=3, longest=5, han_longest=3)
MARKS = ("", "=", "#")
"""Before a run of the frame, a word or pair of words, a run of characters."""
WEIGHTS = (1.0, 0.7, 0.7)
"""The length of a text's vector of each."""
DENSE_WEIGHT = 3.0
COMPONENTS = 160
"""To so many directions a sentence vector is turned."""
BENDING = 3.0
"""scikit-learn's C."""
HELD_BACK = 5
SURE = 0.9
"""From here on the first does not ask the second."""

Labels = npt.NDArray[np.int64]
Late = Callable[[], Array]


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """Of one encoder's vectors the centre [d] and the directions [d, at most COMPONENTS] they are turned to."""

    centre: Array
    turn: Array

    @classmethod
    def of(cls, dense: Array) -> View:
        there = dense[np.any(dense, axis=1)] if dense.shape[1] else dense
        centre = _unit(there).mean(axis=0) if len(there) else np.zeros(dense.shape[1], np.float32)
        moved = _unit(there) - centre
        values, vectors = np.linalg.eigh(moved.T @ moved)
        return cls(centre=centre, turn=np.ascontiguousarray(vectors[:, np.argsort(-values)[:COMPONENTS]], np.float32))

    def seen(self, dense: Array) -> Array:
        """Rows of length DENSE_WEIGHT; a text that the encoder did not read stays zero."""
        read = np.any(dense, axis=-1, keepdims=True)
        return np.asarray(_unit((_unit(dense) - self.centre) @ self.turn) * read * np.float32(DENSE_WEIGHT))


@dataclass(frozen=True, slots=True, kw_only=True)
class Head:
    """`weights` [terms + components of its view, names], `bias` [names]."""

    weights: Array
    bias: Array
    sharpness: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Acts:
    names: tuple[str, ...]
    shared: frozenset[str]
    places: dict[str, int]
    """Of each term, with its mark, among the weights."""
    views: tuple[View, ...]
    heads: tuple[Head, ...]
    """As many as views, each with its own."""

    def judge(self, text: str, dense: Array, late: Late | None = None) -> npt.NDArray[np.float64]:
        """The probability of each name. `late` gives the vector of the encoder that is asked in doubt."""
        found = _row(terms(text, self.shared), self.places)
        judged = self._by(0, found, dense)
        if len(self.heads) == 1 or late is None or (np.any(dense) and judged.max() >= SURE):
            return judged
        return self._by(1, found, late())

    def _by(self, which: int, found: tuple[Labels, Array], vector: Array) -> npt.NDArray[np.float64]:
        head, seen, (places, values) = self.heads[which], self.views[which].seen(vector), found
        scores = values @ head.weights[places] + seen @ head.weights[len(self.places) :] + head.bias
        return np.asarray(np.exp(log_softmax(scores[None] * head.sharpness))[0])


def terms(text: str, shared: frozenset[str]) -> tuple[set[str], ...]:
    """Runs of the frame; words and pairs of words, whatever they are about; runs of characters. Each with its mark."""
    words = frames.said(text)
    pairs = (f"{first} {second}" for first, second in itertools.pairwise(words))
    found = (frames.runs(frames.frame(words, shared)), (*words, *pairs), character_terms(prepare(text), CHARACTERS))
    return tuple({mark + each for each in some} for mark, some in zip(MARKS, found, strict=True))


def learn(
    texts: Sequence[str], dense: Array, names: Sequence[str], topics: Sequence[str], late: Array | None = None
) -> Acts:
    """From texts, their sentence vectors [n, d], the kind of saying of each (two kinds at least) and its topic."""
    order = tuple(sorted(set(names)))
    labels = np.array([order.index(name) for name in names], np.int64)
    words = [frames.said(text) for text in texts]
    shared = frozenset(frames.shared_words(words, topics, share=SHARE, at_least=AT_LEAST))
    rows = [terms(text, shared) for text in texts]
    places = _vocabulary(rows)
    table = _table([_row(row, places) for row in rows], len(places))
    views, heads = [], []
    for vectors in (dense,) if late is None else (dense, late):
        views.append(View.of(vectors))
        seen = csr_matrix(views[-1].seen(vectors))
        heads.append(_head(hstack([table, seen], format="csr", dtype=np.float32), labels, kinds=len(order)))
    return Acts(names=order, shared=shared, places=places, views=tuple(views), heads=tuple(heads))


def _vocabulary(rows: Iterable[tuple[set[str], ...]]) -> dict[str, int]:
    counts = Counter(itertools.chain.from_iterable(itertools.chain.from_iterable(rows)))
    return {term: place for place, term in enumerate(sorted(term for term, n in counts.items() if n >= AT_LEAST))}


def _row(found: tuple[set[str], ...], places: dict[str, int]) -> tuple[Labels, Array]:
    """Where the terms are, and what they weigh."""
    known = [[places[term] for term in some if term in places] for some in found]
    lengths = [weight / max(1, len(some)) ** 0.5 for weight, some in zip(WEIGHTS, known, strict=True)]
    values = np.repeat(np.array(lengths, np.float32), [len(some) for some in known])
    return np.array([*itertools.chain(*known)], np.int64), values


def _table(rows: Sequence[tuple[Labels, Array]], width: int) -> csr_matrix:
    ends = np.cumsum([0, *(len(places) for places, _ in rows)])
    indices, data = (np.concatenate(part) for part in zip(*rows, strict=True))
    return csr_matrix((data, indices, ends), shape=(len(rows), width))


def _head(table: csr_matrix, labels: Labels, *, kinds: int) -> Head:
    left_out = np.random.default_rng(1).permutation(len(labels))[::HELD_BACK]
    kept = np.setdiff1d(np.arange(len(labels)), left_out)
    weights, bias = _fit(table[kept], labels[kept], kinds=kinds)
    sharp = sharpness(np.asarray(table[left_out] @ weights + bias), labels[left_out])
    weights, bias = _fit(table, labels, kinds=kinds)
    return Head(weights=weights, bias=bias, sharpness=sharp)


def _fit(table: csr_matrix, labels: Labels, *, kinds: int) -> tuple[Array, Array]:
    """Every kind counts the same, however many examples it has."""
    from sklearn.linear_model import LogisticRegression

    counts = np.bincount(labels, minlength=kinds)
    weight = {kind: len(labels) / (kinds * max(1, int(count))) for kind, count in enumerate(counts)}
    model = LogisticRegression(C=BENDING, max_iter=200, class_weight=weight, tol=1e-3).fit(table, labels)
    coefficients, intercepts = model.coef_, model.intercept_
    if len(model.classes_) == 2:  # scikit-learn then keeps the one of the second class, which is both halves of it
        coefficients, intercepts = np.stack([-coefficients[0], coefficients[0]]) / 2, np.array([-1, 1]) * intercepts / 2
    weights, bias = np.zeros((table.shape[1], kinds), np.float32), np.full(kinds, -30.0, np.float32)
    weights[:, model.classes_], bias[model.classes_] = coefficients.T, intercepts
    return weights, bias


def _unit(dense: Array) -> Array:
    lengths = np.linalg.norm(dense, axis=-1, keepdims=True)
    return np.asarray(dense / np.where(lengths == 0, 1, lengths), np.float32)


def save(acts: Acts, folder: Path) -> None:
    """Two files without code: `acts.json` and `acts.npz`."""
    told = {
        "format": FORMAT,
        "names": acts.names,
        "shared": sorted(acts.shared),
        "terms": list(acts.places),
        "sharpness": [head.sharpness for head in acts.heads],
    }
    (folder / "acts.json").write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    arrays: dict[str, Array] = {}
    for number, (view, head) in enumerate(zip(acts.views, acts.heads, strict=True)):
        arrays |= {f"centre{number}": view.centre, f"turn{number}": view.turn, f"bias{number}": head.bias}
        arrays[f"weights{number}"] = head.weights.astype(np.float16)
    np.savez(folder / "acts.npz", **arrays)


def load(folder: Path) -> Acts:
    told = json.loads((folder / "acts.json").read_text(encoding="utf-8"))
    with np.load(folder / "acts.npz", allow_pickle=False) as arrays:
        found = {name: arrays[name] for name in arrays.files}
    numbers = range(len(told["sharpness"]))
    return Acts(
        names=tuple(told["names"]),
        shared=frozenset(told["shared"]),
        places={term: place for place, term in enumerate(told["terms"])},
        views=tuple(View(centre=found[f"centre{number}"], turn=found[f"turn{number}"]) for number in numbers),
        heads=tuple(
            Head(
                weights=found[f"weights{number}"].astype(np.float32),
                bias=found[f"bias{number}"],
                sharpness=told["sharpness"][number],
            )
            for number in numbers
        ),
    )
