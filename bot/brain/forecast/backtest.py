"""What the forecast would have said on days kept back, one day ahead, with nothing of the day itself."""

from __future__ import annotations

from typing import Any

import numpy as np

from bot.brain.forecast.counts import Table
from bot.brain.forecast.ladder import rungs
from bot.errors import ConfigError

MEMORY = 28  # days whose errors weigh the rungs and measure the bands


def backtest(table: Table, *, last: int, noon: int | None = None) -> dict[str, Any]:
    """Figures over the last `last` days; `noon` is the slot at which the rest of the day is forecast again."""
    if not 0 < last < len(table):
        raise ConfigError(f"--last {last}: expected 1 to {len(table) - 1}, as the counts have {len(table)} days")
    said = rungs(table)
    said["chosen"] = _combined(table, said)
    days = range(len(table) - last, len(table))
    rows = ~np.isnan(table[days.start :]) & ~np.isnan(said["chosen"][days.start :])
    actual = table[days.start :][rows]
    if not actual.sum():
        raise ConfigError(f"--last {last}: nothing was counted on these days; expected some")
    bands = np.concatenate([_band(table, said["chosen"], day)[:, rows[day - days.start]] for day in days], axis=1)
    low, high = bands
    found: dict[str, Any] = {
        "wape": {name: round(_wape(actual, each[days.start :][rows]), 5) for name, each in said.items()},
        "poisson_floor": round(float(np.sqrt(2 * actual / np.pi).sum() / actual.sum()), 5),
        "coverage80": round(float(((low <= actual) & (actual <= high)).mean()), 4),
        "pinball": round(float(np.mean([_pinball(actual, low, 0.1), _pinball(actual, high, 0.9)])), 4),
        "rows": int(rows.sum()),
    }
    if noon is not None:
        again = np.stack([_again(table, said["chosen"], day, noon) for day in days])
        rest = rows.copy()
        rest[:, :noon] = False
        left, before = table[days.start :][rest], said["chosen"][days.start :][rest]
        if left.sum():
            found["intraday"] = {
                "wape_before": round(_wape(left, before), 5),
                "wape": round(_wape(left, again[rest]), 5),
            }
    return found


def _combined(table: Table, said: dict[str, Table]) -> Table:
    """The rungs, each weighed by one over the fourth power of its error on the last `MEMORY` days."""
    names = list(said)
    errors = np.stack([np.nansum(np.abs(table - said[name]), axis=1) for name in names])
    combined = said["mean8"].copy()
    for day in range(2, len(table)):
        weights = 1 / (errors[:, max(1, day - MEMORY) : day].sum(axis=1) + 1e-9) ** 4
        combined[day] = np.tensordot(weights / weights.sum(), np.stack([said[name][day] for name in names]), axes=1)
    return combined


def _band(table: Table, said: Table, day: int) -> Table:
    """The 10 and 90 % quantiles of a negative binomial whose dispersion the last `MEMORY` days had."""
    from scipy.stats import nbinom

    past, was = table[max(1, day - MEMORY) : day], said[max(1, day - MEMORY) : day]
    both = ~np.isnan(past) & ~np.isnan(was)
    square = (was[both] ** 2).sum()
    spread = ((past[both] - was[both]) ** 2 - was[both]).sum() / square if square > 0 else 0.25
    size = 1 / max(float(spread), 1e-6)
    mean = np.maximum(said[day], 1e-9)
    return np.stack([nbinom.ppf(share, size, size / (size + mean)) for share in (0.1, 0.9)])


def _again(table: Table, said: Table, day: int, noon: int) -> Table:
    """The day's level is gamma with the spread that mornings lately had; what has come is Poisson about it."""
    lately = [_morning(table[each], said[each], noon) for each in range(max(1, day - MEMORY), day)]
    off = [(came / due - 1) ** 2 - 1 / due for came, due in lately if due > 0]
    shape = 1 / max(float(np.mean(off)) if off else 0.01, 1e-4)
    came, due = _morning(table[day], said[day], noon)
    again: Table = said[day] * (shape + came) / (shape + due)
    return again


def _morning(day: Table, said: Table, noon: int) -> tuple[float, float]:
    both = ~np.isnan(day[:noon]) & ~np.isnan(said[:noon])
    return float(day[:noon][both].sum()), float(said[:noon][both].sum())


def _wape(actual: Table, said: Table) -> float:
    return float(np.abs(actual - said).sum() / actual.sum())


def _pinball(actual: Table, said: Table, share: float) -> float:
    return float(np.maximum(share * (actual - said), (share - 1) * (actual - said)).mean())
