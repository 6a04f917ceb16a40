"""Several views of a message, each calibrated on texts it has not learned from, added up as log-probabilities."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from bot.nlu.calibration import log_softmax, sharpness
from bot.nlu.linear import Labels, Recipe, Table, View, learn

Array = npt.NDArray[np.float64]

RECIPES = (
    Recipe(kind="margin", c=0.5, sparse=True, dense=2.0),
    Recipe(kind="likelihood", c=20.0, sparse=False, dense=1.0),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Ensemble:
    """`log_probabilities(table)`: float64 [n, intents]. `sharpness`: one number a view, and a last one for the sum."""

    views: tuple[View, ...]
    sharpness: tuple[float, ...]

    def log_probabilities(self, table: Table) -> Array:
        return combine([view.scores(table) for view in self.views], self.sharpness)


def combine(scores: Sequence[npt.NDArray[np.floating[Any]]], sharp: Sequence[float]) -> Array:
    total = sum(log_softmax(each * factor) for each, factor in zip(scores, sharp, strict=False))
    return log_softmax(np.asarray(total) * sharp[-1])


def fit(table: Table, labels: Labels, *, intents: int, folds: int = 3) -> tuple[Ensemble, Array]:
    """The ensemble, and the log-probabilities of each text by views that did not learn from it (nan where no fold could
    leave it out: an intent of one text)."""
    recipes = _usable(table)
    unseen = [np.full((len(table), intents), np.nan, np.float32) for _ in recipes]
    for learned, left_out in split(labels, folds=folds):
        for recipe, scores in zip(recipes, unseen, strict=True):
            view = learn(recipe, table.rows(learned), labels[learned], intents=intents)
            scores[left_out] = view.scores(table.rows(left_out))
    sharp = _sharpen(unseen, labels)
    views = tuple(learn(recipe, table, labels, intents=intents) for recipe in recipes)
    return Ensemble(views=views, sharpness=sharp), combine(unseen, sharp)


def _usable(table: Table) -> list[Recipe]:
    sparse, dense = table.sparse.shape[1] > 0, table.dense.shape[1] > 0
    if sparse and dense:
        return list(RECIPES)
    if dense:
        return [Recipe(kind="margin", c=1.0, sparse=False, dense=1.0), RECIPES[1]]
    return [Recipe(kind="margin", c=0.5, sparse=True, dense=0.0)]


def _sharpen(unseen: Sequence[npt.NDArray[np.float32]], labels: Labels) -> tuple[float, ...]:
    known = ~np.isnan(unseen[0]).any(axis=1)
    if not known.any():
        return (1.0,) * (len(unseen) + 1)
    sharp = [sharpness(scores[known], labels[known]) for scores in unseen]
    total = combine([scores[known] for scores in unseen], [*sharp, 1.0])
    return (*sharp, sharpness(total, labels[known]))


def split(labels: Labels, *, folds: int) -> Iterator[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64]]]:
    """Places to learn from and places to leave out, intents spread evenly; an intent's text is only left out while
    another text of it is learned from."""
    order = np.random.default_rng(0).permutation(len(labels))
    turn = np.zeros(len(labels), np.int64)
    for label in np.unique(labels):
        places = order[labels[order] == label]
        turn[places] = np.arange(len(places)) % folds if len(places) > 1 else -1
    for fold in range(folds):
        left_out = np.flatnonzero(turn == fold)
        if len(left_out):
            yield np.flatnonzero(turn != fold), left_out
