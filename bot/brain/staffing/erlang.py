"""The line in its steady state: Poisson arrivals, exponential handling, `n` servers, customers who leave.

Mandelbaum and Zeltyn, "Call centers with impatient customers: many-server asymptotics of the M/M/n+G queue" (2009),
section 2. With exponential patience it is Erlang A (Palm 1957).
"""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np

from bot.brain.staffing.patience import Floats, Patience

_POINTS = 4001
_LONGEST_S = 1e6
_FOLDS = 40.0
"""The density of the wait is followed until it is e^-40 of its highest, or for `_LONGEST_S`."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Steady:
    """`answered` is within the target over those answered, `offered` over all who came."""

    abandoned: float
    wait_s: float
    """Mean over all, those who left too."""
    answered: float
    offered: float
    occupancy: float


def steady(*, per_s: float, handle_s: float, servers: int, patience: Patience, target_s: float) -> Steady:
    """Arrivals a second, mean handle time in seconds."""
    if per_s <= 0:
        return Steady(abandoned=0.0, wait_s=0.0, answered=1.0, offered=1.0, occupancy=0.0)
    if servers < 1:
        return Steady(abandoned=1.0, wait_s=patience.mean_s(), answered=0.0, offered=0.0, occupancy=0.0)
    out_s = servers / handle_s
    x, there, power = _reach(per_s, out_s, patience, target_s)
    step = float(x[1])
    highest = float(power.max())
    density = np.exp(power - highest)
    idle = _idle(per_s * handle_s, servers) * math.exp(-highest)
    area = _sum(density, step)
    whole = idle + per_s * float(area[-1])
    # All in (0, 1) but for rounding, which is held back.
    left = min(max((math.exp(-highest) + (per_s - out_s) * float(area[-1])) / whole, 0.0), 1.0)
    served = _sum(density * patience.stay(x), step)
    soon = min((idle + per_s * float(np.interp(target_s, x, served))) / whole, 1.0)
    return Steady(
        abandoned=left,
        wait_s=per_s * float(_sum(density * there, step)[-1]) / whole,
        answered=min(soon / max(1.0 - left, 1e-12), 1.0),
        offered=soon,
        occupancy=per_s * handle_s * (1.0 - left) / servers,
    )


def _reach(per_s: float, out_s: float, patience: Patience, target_s: float) -> tuple[Floats, Floats, Floats]:
    """Times from 0 on, the patience spent until each, and the exponent of the density of the wait there."""
    end = max(target_s, _FOLDS / out_s)
    while True:
        x = np.linspace(0.0, end, _POINTS)
        there = _sum(patience.stay(x), float(x[1]))
        power = per_s * there - out_s * x
        if power[-1] < power.max() - _FOLDS or end > _LONGEST_S:
            return x, there, power
        end *= 1.5


def _sum(values: Floats, step: float) -> Floats:
    """The integral from the first to each."""
    return np.concatenate(([0.0], np.cumsum((values[1:] + values[:-1]) * (step / 2))))


def _idle(load: float, servers: int) -> float:
    """The sum of load^j/j! for j < servers, over its last term."""
    total = term = 1.0
    for j in range(servers - 1, 0, -1):
        term *= j / load
        total += term
        if term < total * 1e-15:
            break
    return total
