"""From a call log and staff to the figures of each policy."""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from statistics import fmean
from typing import Any

import numpy as np

from bot.brain import assignment, intake
from bot.brain.simulator.customers import Habits, curves, draw, values
from bot.brain.simulator.figures import differences, figures
from bot.brain.simulator.floor import Rules, Run, World
from bot.brain.simulator.tables import QUARTER_S, Call
from bot.errors import ConfigError

_LINES, _CHOICES = assignment.POLICIES, intake.POLICIES
POLICIES: dict[str, Rules] = {
    "fcfs": Rules(assign=_LINES["fcfs"], decide=_CHOICES["line"]),
    "priority_aging": Rules(assign=_LINES["priority_aging"], decide=_CHOICES["line"]),
    "callbacks": Rules(assign=_LINES["fcfs"], decide=_CHOICES["expected_cost"], callbacks=True),
    "brain": Rules(assign=_LINES["priority_aging"], decide=_CHOICES["expected_cost"], callbacks=True),
}
_PER_DAY = 86400 // QUARTER_S


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    seed: int = 0
    target_s: float = 20.0
    within_s: float = 4 * 3600.0
    forecast_error: float = 0.0
    """Each day's forecast is wrong by this share, up or down by a coin."""
    habits: Habits = field(default_factory=Habits)
    worth: Mapping[str, float] = field(default_factory=dict)


def simulate(
    calls: Sequence[Call], staff: Mapping[int, int], policies: Sequence[str], options: Options
) -> dict[str, Any]:
    """Figures by policy, and paired differences. Raises ConfigError."""
    for name in policies:
        if name not in POLICIES:
            raise ConfigError(f"--policy '{name}' is unknown; known: {', '.join(POLICIES)}")
    if not any(int(call.at) // QUARTER_S in staff for call in calls):
        raise ConfigError("no call arrives in a quarter hour that has staff; do log and staff tell of the same days?")
    world = _world(calls, staff, options)
    runs: dict[str, Run] = {}
    found: dict[str, Any] = {}
    for name in dict.fromkeys(policies):
        began = time.perf_counter()
        runs[name] = Run(world, POLICIES[name]).play()
        found[name] = figures(runs[name], target_s=options.target_s)
        found[name]["seconds"] = round(time.perf_counter() - began, 3)
    return {
        "policies": found,
        "differences": differences(runs, seed=options.seed),
        "worth": {each.kind: each.value for each in world.customers},
    }


def _world(calls: Sequence[Call], staff: Mapping[int, int], options: Options) -> World:
    patience = curves(calls)
    worth = values(sorted({call.kind for call in calls}), options.worth)
    customers = draw(calls, patience=patience, worth=worth, habits=options.habits, seed=options.seed)
    handle_s = max(fmean(each.handle_s for each in customers), 1.0)
    return World(
        customers=customers,
        staff=staff,
        patience=patience,
        load=expected_load(calls, staff, handle_s=handle_s, error=options.forecast_error, seed=options.seed),
        handle_s=handle_s,
        answers=options.habits.answers,
        within_s=options.within_s,
    )


def expected_load(
    calls: Sequence[Call], staff: Mapping[int, int], *, handle_s: float, error: float, seed: int
) -> dict[int, float]:
    """Erlangs by quarter hour, from earlier days only: the mean of the same weekday before; else of the days before;
    before the first day ended, as many as there are people for."""
    came: dict[int, int] = defaultdict(int)
    for call in calls:
        came[int(call.at) // QUARTER_S] += 1
    first = min(came) // _PER_DAY
    coin = np.random.default_rng(seed + 1)
    wrong = {day: 1 + error * float(coin.choice((-1, 1))) for day in sorted({each // _PER_DAY for each in staff})}
    load = {}
    for quarter, people in staff.items():
        weeks = [came[each] for each in range(quarter - 7 * _PER_DAY, first * _PER_DAY - 1, -7 * _PER_DAY)]
        days = [came[each] for each in range(quarter - _PER_DAY, first * _PER_DAY - 1, -_PER_DAY) if staff.get(each)]
        some = weeks or days[:7]
        mean = fmean(some) * handle_s / QUARTER_S if some else 0.85 * people
        load[quarter] = mean * wrong[quarter // _PER_DAY]
    return load
