"""What kind of saying a message is: a request, a question, a denial ..., apart from what it is about.

Multinomial logistic regression on runs of the frame (`bot.nlu.frames`), on the words themselves, and on the sentence
vectors that stand before it; its probabilities are sharpened or softened by what a part left out of learning asks for
(Guo et al. 2017).
"""

from __future__ import annotations

import itertools
import json
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix, hstack

from bot.nlu import frames
from bot.nlu.calibration import log_softmax, sharpness
from bot.nlu.table import Array

FORMAT = 1
SHARE = 0.2
"""A word that is spread over so much of the topics belongs to the frame."""
AT_LEAST = 3
"""Texts a word of the frame, or a run, must occur in."""
WORD_WEIGHT = 0.5
DENSE_WEIGHT = 4.0
BENDING = 3.0
"""scikit-learn's C."""
HELD_BACK = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class Acts:
    names: tuple[str, ...]
    shared: frozenset[str]
    places: dict[str, int]
    """Of a run of the frame, or a word or pair marked with WORD, among the weights."""
    centre: Array
    weights: Array
    """float32 [runs and words + dense, names]"""
    bias: Array
    sharpness: float

    def judge(self, text: str, dense: Array) -> npt.NDArray[np.float64]:
        """The probability of each name."""
        places, values = _row(terms(frames.said(text), self.shared), self.places)
        scores = values @ self.weights[places] + _turned(dense, self.centre) @ self.weights[len(self.places) :]
        return np.asarray(np.exp(log_softmax((scores + self.bias)[None] * self.sharpness))[0])


def terms(words: Sequence[str], shared: frozenset[str]) -> list[str]:
    """Runs of the frame as they are; words and pairs of words, whatever they are about, marked with `=`."""
    pairs = (f"={first} {second}" for first, second in itertools.pairwise(words))
    return [*frames.runs(frames.frame(words, shared)), *(f"={word}" for word in words), *pairs]


def learn(texts: Sequence[str], dense: Array, names: Sequence[str], topics: Sequence[str]) -> Acts:
    """From texts, their sentence vectors [n, d], the kind of saying of each (two kinds at least) and its topic."""
    order = tuple(sorted(set(names)))
    labels = np.array([order.index(name) for name in names], np.int64)
    words = [frames.said(text) for text in texts]
    shared = frozenset(frames.shared_words(words, topics, share=SHARE, at_least=AT_LEAST))
    rows = [terms(each, shared) for each in words]
    places = _vocabulary(rows)
    centre = _unit(dense).mean(axis=0) if dense.shape[1] else np.zeros(0, np.float32)
    table = _table(rows, places, _turned(dense, centre))
    left_out = np.random.default_rng(1).permutation(len(labels))[::HELD_BACK]
    kept = np.setdiff1d(np.arange(len(labels)), left_out)
    weights, bias = _fit(table[kept], labels[kept], kinds=len(order))
    sharp = sharpness(np.asarray(table[left_out] @ weights + bias), labels[left_out])
    weights, bias = _fit(table, labels, kinds=len(order))
    return Acts(names=order, shared=shared, places=places, centre=centre, weights=weights, bias=bias, sharpness=sharp)


def _vocabulary(rows: Iterable[Sequence[str]]) -> dict[str, int]:
    counts = Counter(itertools.chain.from_iterable(set(row) for row in rows))
    return {term: place for place, term in enumerate(sorted(term for term, n in counts.items() if n >= AT_LEAST))}


def _row(found: Sequence[str], places: dict[str, int]) -> tuple[npt.NDArray[np.int64], Array]:
    """Where the terms are and what they weigh; frame and words have length 1 each, words times WORD_WEIGHT."""
    frame = sorted({places[term] for term in found if term[0] != "=" and term in places})
    words = sorted({places[term] for term in found if term[0] == "=" and term in places})
    values = np.empty(len(frame) + len(words), np.float32)
    values[: len(frame)] = 1 / np.sqrt(max(1, len(frame)))
    values[len(frame) :] = WORD_WEIGHT / np.sqrt(max(1, len(words)))
    return np.array([*frame, *words], np.int64), values


def _table(rows: Sequence[Sequence[str]], places: dict[str, int], dense: Array) -> csr_matrix:
    found = [_row(row, places) for row in rows]
    ends = np.cumsum([0, *(len(each) for each, _ in found)])
    indices, data = (np.concatenate(part) for part in zip(*found, strict=True))
    sparse = csr_matrix((data, indices, ends), shape=(len(rows), len(places)))
    return hstack([sparse, csr_matrix(dense)], format="csr", dtype=np.float32)


def _fit(table: csr_matrix, labels: npt.NDArray[np.int64], *, kinds: int) -> tuple[Array, Array]:
    """Rare kinds count more, by the root of how rare they are."""
    from sklearn.linear_model import LogisticRegression

    counts = np.bincount(labels, minlength=kinds)
    weight = {kind: float(np.sqrt(len(labels) / (kinds * max(1, count)))) for kind, count in enumerate(counts)}
    model = LogisticRegression(C=BENDING, max_iter=200, class_weight=weight, tol=1e-3).fit(table, labels)
    weights, bias = np.zeros((table.shape[1], kinds), np.float32), np.full(kinds, -30.0, np.float32)
    if len(model.classes_) == 2:
        weights[:, model.classes_] = np.stack([-model.coef_[0] / 2, model.coef_[0] / 2], axis=1)
        bias[model.classes_] = [-model.intercept_[0] / 2, model.intercept_[0] / 2]
    else:
        weights[:, model.classes_], bias[model.classes_] = model.coef_.T, model.intercept_
    return weights, bias


def _turned(dense: Array, centre: Array) -> Array:
    return np.asarray((_unit(dense) - centre) * np.float32(DENSE_WEIGHT), np.float32)


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
        "sharpness": acts.sharpness,
    }
    (folder / "acts.json").write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
    np.savez(folder / "acts.npz", centre=acts.centre, weights=acts.weights, bias=acts.bias)


def load(folder: Path) -> Acts:
    told = json.loads((folder / "acts.json").read_text(encoding="utf-8"))
    with np.load(folder / "acts.npz", allow_pickle=False) as arrays:
        centre, weights, bias = arrays["centre"], arrays["weights"], arrays["bias"]
    return Acts(
        names=tuple(told["names"]),
        shared=frozenset(told["shared"]),
        places={term: place for place, term in enumerate(told["terms"])},
        centre=centre,
        weights=weights,
        bias=bias,
        sharpness=told["sharpness"],
    )
