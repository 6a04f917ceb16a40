"""For how long customers wait before they leave. Who was answered would have waited longer: such a wait is censored."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
_ENDLESS_S = 3600.0
"""The mean patience assumed where nobody ever left."""


@dataclass(frozen=True, slots=True, eq=False)
class Patience:
    """A survival curve: `stays[i]` of all are there at `times_s[i]` and until the next; the tail is exponential."""

    times_s: Floats
    stays: Floats
    tail_s: float
    """Mean patience beyond the last time."""

    @classmethod
    def exponential(cls, mean_s: float) -> Patience:
        return cls(np.zeros(1), np.ones(1), mean_s)

    @classmethod
    def measured(cls, waits_s: Sequence[float] | Floats, left: Sequence[bool] | NDArray[np.bool_]) -> Patience:
        """Kaplan and Meier (1958): at each wait at which somebody left, the share of those still there who did."""
        waits, gone = np.asarray(waits_s, float), np.asarray(left, bool)
        if not gone.any():
            return cls.exponential(_ENDLESS_S)
        times, leaving = np.unique(waits[gone], return_counts=True)
        there = len(waits) - np.searchsorted(np.sort(waits), times, side="left")
        stays = np.cumprod(1.0 - leaving / there)
        total = float(waits.sum())
        keep = (there >= 30) & (stays > 0)  # Where fewer are left the curve is noise.
        if not keep.any():
            return cls.exponential(max(total / int(gone.sum()), 1.0))
        late = np.quantile(waits, 0.9)
        leavers = int((gone & (waits > late)).sum())
        tail = float(np.maximum(waits - late, 0).sum()) / leavers if leavers >= 10 else total / int(gone.sum())
        return cls(np.concatenate(([0.0], times[keep])), np.concatenate(([1.0], stays[keep])), max(tail, 1.0))

    def stay(self, wait_s: Floats | float) -> Floats:
        """The share that is still there after `wait_s`."""
        wait = np.asarray(wait_s, float)
        at = np.searchsorted(self.times_s, wait, side="right") - 1
        past = np.maximum(wait - self.times_s[-1], 0.0)
        return np.asarray(self.stays[np.maximum(at, 0)] * np.exp(-past / self.tail_s))

    def mean_s(self) -> float:
        return float(np.sum(np.diff(self.times_s) * self.stays[:-1]) + self.stays[-1] * self.tail_s)

    def beyond(self, wait_s: Floats, chance: Floats) -> Floats:
        """The patience of who has waited `wait_s` already, for uniform `chance` in (0, 1]."""
        level = self.stay(wait_s) * chance
        at = np.searchsorted(-self.stays, -level, side="left")
        inside = self.times_s[np.minimum(at, len(self.times_s) - 1)]
        tail = self.times_s[-1] + self.tail_s * np.log(self.stays[-1] / np.maximum(level, 1e-12))
        return np.asarray(np.maximum(np.where(at < len(self.stays), inside, tail), wait_s))
