"""A day as its size times its shape: the size from the level that days lately had and its weekday's usual share of
it; the shape from that weekday, and a little from all days of a like size."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from bot.brain.forecast.counts import Table

WINDOW = 70
"""Days that are looked at."""
SAME = 8
"""Days of the same weekday that say the shape."""
FADES = 0.9
"""What a day of them counts beside the one a week later."""
OTHERS, NO_MORE = 0.3, 20
"""What other days of a like size count beside them, and how many are looked at."""
QUICK = 0.4
"""How quickly the level follows; a tenth of it for a day that was nothing like the others (a holiday)."""
Days = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Past:
    """The days before one, oldest first: which they are, their sizes and weekdays (0 to 6, of no matter which zero)."""

    days: Days
    sizes: Table
    weekdays: Days

    @property
    def factors(self) -> Table:
        """Each weekday's size beside the mean of all; 1 for one that was not seen."""
        mean, of = self.sizes.mean(), [self.sizes[self.weekdays == each] for each in range(7)]
        return np.array([np.median(each) / mean if len(each) else 1.0 for each in of])


def shape_level(table: Table) -> Table:
    """A forecast for each day of `table` (days by slots) from the days before it; not a number where none says any."""
    said = np.full_like(table, np.nan)
    totals = np.nansum(table, axis=1)
    known = (~np.isnan(table)).mean(axis=1) > 0.2
    for day in range(1, len(table)):
        days = np.flatnonzero(known[:day])
        days = days[days >= day - WINDOW]
        past = Past(days, totals[days], days % 7)
        if past.sizes.sum() > 0:
            shape = _shape(table, past, day % 7)
            if shape is not None:
                said[day] = _level(past) * past.factors[day % 7] * shape
    return said


def _level(past: Past) -> float:
    level, factors = 0.0, past.factors
    for weekday, size in zip(past.weekdays, past.sizes, strict=True):
        if factors[weekday] < 0.02:
            continue
        plain = size / factors[weekday]
        usual = level == 0 or 0.5 < plain / level < 2
        level = plain if level == 0 else level + (QUICK if usual else QUICK / 10) * (plain - level)
    return float(level)


def _shape(table: Table, past: Past, weekday: int) -> Table | None:
    factors, some = past.factors, past.sizes > 0
    same = np.flatnonzero((past.weekdays == weekday) & some)[-SAME:]
    like = np.abs(factors[past.weekdays] / max(factors[weekday], 1e-9) - 1) < 0.35
    others = np.flatnonzero((past.weekdays != weekday) & like & some)[-NO_MORE:]
    weights = np.concatenate([FADES ** np.arange(len(same))[::-1], OTHERS * 0.95 ** np.arange(len(others))[::-1]])
    if not len(weights):
        return None
    chosen = np.concatenate([same, others])
    shares = np.nan_to_num(table[past.days[chosen]]) / past.sizes[chosen][:, None]
    shape: Table = np.average(shares, axis=0, weights=weights)
    return shape / shape.sum() if shape.sum() > 0 else None
