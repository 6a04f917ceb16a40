"""What came of a run, in all and by class, and how two runs over the same customers differ."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from statistics import median
from typing import Any

import numpy as np
from numpy.typing import NDArray

from bot.brain.simulator.floor import Fate, Run

_DRAWS = 2000
_DAY_S = 86400


def figures(run: Run, *, target_s: float) -> dict[str, Any]:
    """`offered` = `served` + `called_back` + `unserved`. Unserved are those who left (`abandoned`) or were promised a
    call, and whom nobody reached. `service_level_offered` is over all but
    those who were called when it was promised."""
    customers, fates = run.world.customers, run.fates
    kinds = sorted({each.kind for each in customers})
    there, busy = sum(run.there_s), sum(run.busy_s)
    shares = [b / t for b, t in zip(run.busy_s, run.there_s, strict=True) if t]
    return {
        **_counts(fates, target_s),
        "occupancy": round(busy / there, 4) if there else 0.0,
        "occupancy_highest": round(max(shares, default=0.0), 4),
        "callbacks": _callbacks(fates),
        "by_class": {
            kind: _counts([f for c, f in zip(customers, fates, strict=True) if c.kind == kind], target_s)
            for kind in kinds
        },
    }


def _counts(fates: Sequence[Fate], target_s: float) -> dict[str, Any]:
    served = [fate for fate in fates if fate.served]
    soon = sum(fate.wait_s <= target_s for fate in served)
    called = sum(fate.called_back for fate in fates)
    kept = sum(fate.kept_at is not None for fate in fates)
    unserved = len(fates) - len(served) - called
    return {
        "offered": len(fates),
        "served": len(served),
        "abandoned": sum(is_unserved(fate) and fate.promised_at is None for fate in fates),
        "called_back": called,
        "unserved": unserved,
        "unserved_share": round(unserved / len(fates), 5) if fates else 0.0,
        "asa_s": round(sum(fate.wait_s for fate in served) / len(served), 2) if served else None,
        "service_level_answered": round(soon / len(served), 4) if served else None,
        "service_level_offered": round(soon / (len(fates) - kept), 4) if len(fates) > kept else None,
    }


def is_unserved(fate: Fate) -> bool:
    return not (fate.served or fate.called_back)


def _callbacks(fates: Sequence[Fate]) -> dict[str, Any]:
    promised = [fate for fate in fates if fate.promised_at is not None]
    after = [f.tried_at - f.promised_at for f in promised if f.tried_at is not None and f.promised_at is not None]
    kept = sum(fate.kept_at is not None for fate in promised)
    return {
        "promised": len(promised),
        "kept": kept,
        "kept_share": round(kept / len(promised), 4) if promised else None,
        "median_s": round(median(after), 1) if after else None,
    }


def differences(runs: Mapping[str, Run], *, seed: int) -> list[dict[str, Any]]:
    """For each two policies and each figure: the second less the first as a share of all customers (or seconds), with a
    95 % interval from a bootstrap over days, since both met the same customers on each."""
    found: list[dict[str, Any]] = []
    for (first, a), (second, b) in combinations(runs.items(), 2):
        customers = a.world.customers
        day = np.array([int(each.at // _DAY_S) for each in customers])
        for kind in ("", *sorted({each.kind for each in customers})):
            those = np.array([not kind or each.kind == kind for each in customers])
            for figure in ("unserved", "wait_s"):
                x, y = (_each(run.fates, figure)[those] for run in (a, b))
                named = {"of": second, "against": first, "class": kind or "all", "figure": figure}
                found.append({**named, **_paired(x, y, day[those], seed)})
    return found


def _each(fates: Sequence[Fate], figure: str) -> NDArray[np.float64]:
    return np.array([float(is_unserved(each)) if figure == "unserved" else each.wait_s for each in fates])


def _paired(
    x: NDArray[np.float64], y: NDArray[np.float64], day: NDArray[np.int64], seed: int
) -> dict[str, float | None]:
    _, which = np.unique(day, return_inverse=True)
    change, before, count = (np.bincount(which, weights=each) for each in (y - x, x, np.ones_like(x)))
    drawn = np.random.default_rng(seed).integers(len(count), size=(_DRAWS, len(count)))
    low, high = np.quantile(change[drawn].sum(1) / count[drawn].sum(1), (0.025, 0.975))
    return {
        "difference": round(float(change.sum() / count.sum()), 6),
        "low": round(float(low), 6),
        "high": round(float(high), 6),
        "relative": round(float(change.sum() / before.sum()), 4) if before.sum() else None,
    }
