"""Intents by logistic regression on dense features: of few texts it sees what the kernel does not, and beside it the
kernel's score is worth more than alone."""

from __future__ import annotations

import warnings

import numpy as np
import numpy.typing as npt

from bot.nlu import wordings
from bot.nlu.table import Array, Labels

STRENGTH = 10.0
"""The inverse of the penalty on weights (scikit-learn's C)."""
FOLDS = 5


def learn(dense: Array, labels: Labels, *, intents: int) -> tuple[Array, npt.NDArray[np.float64]]:
    """Weights [d + 1, intents], the last row being added; and float64 [n, intents], the scores of each text by weights
    that did not learn from anything of its wording."""
    fold = _folds(dense, labels)
    unseen = np.zeros((len(labels), intents))
    for turn in range(FOLDS):
        asked = fold == turn
        if asked.any() and len(np.unique(labels[~asked])) > 1:
            unseen[asked] = scores(_fit(dense[~asked], labels[~asked], intents), dense[asked])
    return _fit(dense, labels, intents), unseen


def scores(weights: Array, dense: Array) -> npt.NDArray[np.float64]:
    return np.asarray(dense @ weights[:-1] + weights[-1], np.float64)


def _folds(dense: Array, labels: Labels) -> Labels:
    """Each label's wordings spread over the folds."""
    fold = np.zeros(len(labels), np.int64)
    wording = wordings.of(dense, labels)
    for label in np.unique(labels):
        own = labels == label
        order = np.unique(wording[own], return_inverse=True)[1]
        fold[own] = (order + label) % FOLDS
    return fold


def _fit(dense: Array, labels: Labels, intents: int) -> Array:
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression

    regression = LogisticRegression(C=STRENGTH, max_iter=60, tol=3e-3)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)
        regression.fit(dense, labels)
    weights, added = regression.coef_, regression.intercept_
    if len(regression.classes_) == 2:
        weights, added = np.vstack([-weights, weights]) / 2, np.concatenate([-added, added]) / 2
    made = np.full((dense.shape[1] + 1, intents), 0, np.float32)
    made[-1] = added.min() - 1
    made[:-1, regression.classes_] = weights.T
    made[-1, regression.classes_] = added
    return made
