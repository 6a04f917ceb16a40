"""What each rung says of a day, from the days before it only."""

from __future__ import annotations

import numpy as np

from bot.brain.forecast.counts import Table
from bot.brain.forecast.shape import shape_level

RUNGS = ("week_ago", "mean8", "profile_level", "shape_level")


def rungs(table: Table) -> dict[str, Table]:
    """By rung, a forecast for each day of `table` (days by slots); not a number where no earlier day says anything."""
    found = {name: np.full_like(table, np.nan) for name in RUNGS}
    for day in range(1, len(table)):
        peers = table[day - 7 :: -7][:8] if day >= 7 else table[:0]
        mean = _mean(peers)
        mean = np.where(np.isnan(mean), _mean(table[max(0, day - 28) : day]), mean)
        found["mean8"][day] = mean
        found["week_ago"][day] = np.where(np.isnan(peers[0]), mean, peers[0]) if len(peers) else mean
        recent = slice(max(1, day - 10), day)
        past, said = table[recent], found["mean8"][recent]
        both = ~np.isnan(past) & ~np.isnan(said)
        level = past[both].sum() / said[both].sum() if said[both].sum() > 0 else 1.0
        found["profile_level"][day] = mean * np.clip(level, 0.5, 2.0)
    told = shape_level(table)
    found["shape_level"] = np.where(np.isnan(told), found["mean8"], told)
    return found


def _mean(days: Table) -> Table:
    known = ~np.isnan(days)
    number = known.sum(axis=0)
    return np.where(number > 0, np.where(known, days, 0.0).sum(axis=0) / np.maximum(number, 1), np.nan)
