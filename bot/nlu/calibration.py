"""Making a confidence mean what it says."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

Array = npt.NDArray[np.float64]


def log_softmax(scores: npt.NDArray[np.floating[Any]]) -> Array:
    """Of each row; exponentials of a row sum to 1."""
    shifted = scores.astype(np.float64) - scores.max(axis=1, keepdims=True)
    return np.asarray(shifted - np.log(np.exp(shifted).sum(axis=1, keepdims=True)))


def log_loss(
    scores: npt.NDArray[np.floating[Any]], labels: npt.NDArray[np.int64], weights: Array | None = None
) -> float:
    """Mean negative log-likelihood of `labels`, each text counting by its weight, if there are any."""
    return -float(np.average(log_softmax(scores)[np.arange(len(labels)), labels], weights=weights))


def sharpness(
    scores: npt.NDArray[np.floating[Any]], labels: npt.NDArray[np.int64], weights: Array | None = None
) -> float:
    """What to multiply `scores` with so that their softmax is most likely to have given `labels`, the inverse of the
    temperature of Guo et al. (2017). `scores` must be of texts that were not learned from. 0.02 to 50."""
    from scipy.optimize import minimize_scalar

    def loss(power: float) -> float:
        return log_loss(scores * np.exp(power), labels, weights)

    return float(np.exp(minimize_scalar(loss, bounds=(-4, 4), method="bounded").x))


def alike(labels: npt.NDArray[np.int64]) -> Array:
    """Weights by which each label counts the same, however many texts it has."""
    return np.asarray(1 / np.bincount(labels)[labels], np.float64)


def powers(parts: Sequence[npt.NDArray[np.floating[Any]]], labels: npt.NDArray[np.int64]) -> tuple[float, ...]:
    """What to multiply each of several scores with so that the softmax of their sum is most likely to have given
    `labels`. They must be of texts that were not learned from."""
    from scipy.optimize import minimize

    if len(parts) == 1:
        return (sharpness(parts[0], labels),)
    alone = [sharpness(part, labels) for part in parts]
    rows = np.arange(len(labels))
    scaled = [part.astype(np.float64) * power for part, power in zip(parts, alone, strict=True)]

    def loss(shares: Array) -> tuple[float, Array]:
        logs = log_softmax(sum(part * share for part, share in zip(scaled, shares, strict=True)))
        off = np.exp(logs)
        off[rows, labels] -= 1
        return -float(logs[rows, labels].mean()), np.array([float((off * part).sum()) / len(rows) for part in scaled])

    found = minimize(loss, np.full(len(parts), 0.5), jac=True, bounds=[(0.01, 2)] * len(parts), method="L-BFGS-B")
    return tuple(float(share * power) for share, power in zip(found.x, alone, strict=True))


def calibration_error(confidence: Array, correct: npt.NDArray[np.bool_], *, bins: int = 15) -> float:
    """Expected calibration error with bins of equal numbers of texts: how far, on average, the mean confidence of a bin
    is from the share it got right (Nixon et al. 2019, adaptive bins)."""
    order = np.argsort(confidence, kind="stable")
    parts = [part for part in np.array_split(order, bins) if len(part)]
    gaps = [len(part) * abs(confidence[part].mean() - correct[part].mean()) for part in parts]
    return float(sum(gaps) / max(len(confidence), 1))
