"""Call centres that never were: a month of calls from a seed, with two queues, three classes, customers who leave, a
staff with a lunch dip, and Mondays. Centres differ in size, hours, patience and how well their staff fits the day."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import numpy as np

from bot.brain.simulator.customers import Customer
from bot.brain.simulator.floor import Run, World
from bot.brain.simulator.study import POLICIES
from bot.brain.simulator.tables import Call
from bot.brain.staffing.patience import Patience

FIRST = datetime(2026, 11, 2, tzinfo=UTC)  # A Monday.
KINDS = ("regular", "prospect", "high")


@dataclass(frozen=True)
class Centre:
    name: str
    seed: int
    calls: int = 31_000
    opens: int = 7
    closes: int = 22
    saturday: float = 0.35
    handle_s: float = 190.0
    patience_s: float = 330.0
    lunch: float = 0.25
    """The share of people away at lunch."""
    unfit: float = 0.12
    """How far the staff of a day is off, by day, at random."""
    mix: tuple[float, float, float] = (0.55, 0.2, 0.25)


CENTRES = (
    Centre("bank", 1),
    Centre("shop", 2, opens=9, closes=21, handle_s=300, patience_s=200, lunch=0.4, mix=(0.7, 0.2, 0.1)),
    Centre("insurer", 3, opens=8, closes=18, handle_s=420, patience_s=280, saturday=0, unfit=0.2, mix=(0.4, 0.3, 0.3)),
)


@cache
def month(centre: Centre, *, unserved: float = 0.125) -> tuple[tuple[Call, ...], Mapping[int, int]]:
    """The log as first come, first served left it, with the people by whom about `unserved` of all were lost."""
    random = np.random.default_rng(centre.seed)
    rate, shape = _days(centre, random)
    customers = _customers(centre, rate, random)
    low, high = 0.6, 1.8
    for _ in range(6):
        middle = (low + high) / 2
        staff = {each: max(1, round(people * middle)) for each, people in shape.items()}
        run = _fcfs(customers, staff)
        lost = sum(not fate.served for fate in run.fates) / len(customers)
        low, high = (middle, high) if lost > unserved else (low, middle)
    calls = tuple(
        Call(
            at=c.at,
            queue=c.queue,
            kind=c.kind,
            served=f.served,
            wait_s=round(f.wait_s, 1),
            handle_s=c.handle_s if f.served else None,
        )
        for c, f in zip(customers, run.fates, strict=True)
    )
    return calls, staff


def write(folder: Path, calls: tuple[Call, ...], staff: Mapping[int, int]) -> tuple[Path, Path]:
    log, people = folder / "L.csv", folder / "S.csv"
    lines = [
        f"{_iso(c.at)},{c.queue},{c.kind},{int(c.served)},{c.wait_s},{'' if c.handle_s is None else c.handle_s}"
        for c in calls
    ]
    log.write_text("\n".join(["arrived,queue,class,served,wait_s,handle_s", *lines]) + "\n", "utf-8")
    rows = [f"{_iso(quarter * 900)},{agents}" for quarter, agents in sorted(staff.items())]
    people.write_text("\n".join(["start,agents", *rows]) + "\n", "utf-8")
    return log, people


def _iso(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).replace(tzinfo=None).isoformat()


def _days(centre: Centre, random: np.random.Generator) -> tuple[dict[int, float], dict[int, float]]:
    """Calls expected, and people in proportion, by quarter hour."""
    rate, shape = {}, {}
    for day in range(30):
        date = FIRST + timedelta(days=day)
        level = {0: 1.25, 5: centre.saturday, 6: 0.0}.get(date.weekday(), 1.0)
        off = 1 + centre.unfit * float(random.standard_normal())
        luck = float(random.gamma(60, 1 / 60))
        for quarter in range(centre.opens * 4, centre.closes * 4) if level else ():
            hour = quarter / 4
            curve = 0.35 + np.exp(-(((hour - 10.5) / 1.8) ** 2)) + 0.75 * np.exp(-(((hour - 15.5) / 2.2) ** 2))
            key = int(date.timestamp()) // 900 + quarter
            rate[key] = float(curve) * level * luck
            away = centre.lunch if 12 <= hour < 13.5 else 0.0
            shape[key] = (0.25 + float(curve)) * (0.3 + 0.7 * level) * max(off, 0.5) * (1 - away)
    scale = centre.calls / sum(rate.values())
    return {k: v * scale for k, v in rate.items()}, {k: v * scale * centre.handle_s / 900 for k, v in shape.items()}


def _customers(centre: Centre, rate: Mapping[int, float], random: np.random.Generator) -> list[Customer]:
    at = np.sort(
        np.concatenate(
            [quarter * 900 + np.floor(random.random(random.poisson(mean)) * 900) for quarter, mean in rate.items()]
        )
    )
    kinds = random.choice(3, len(at), p=centre.mix)
    # Some hang up at once, one in ten at the announcement after a minute; the rest by a hazard that falls.
    patience = centre.patience_s * random.weibull(0.85, len(at)) * np.array((1.0, 0.7, 1.2))[kinds]
    patience = np.where(random.random(len(at)) < 0.03, random.random(len(at)) * 8, patience)
    patience = np.where(random.random(len(at)) < 0.1, np.minimum(patience, 55 + 10 * random.random(len(at))), patience)
    handle = centre.handle_s * random.lognormal(-0.32, 0.8, len(at)) * np.array((0.95, 0.9, 1.2))[kinds]
    queue = np.where(random.random(len(at)) < 0.75, "service", "cards")
    return [
        Customer(
            at=float(at[i]), queue=str(queue[i]), kind=KINDS[kinds[i]], value=1.0, patience_s=float(patience[i]),
            handle_s=round(float(handle[i]), 0) + 1, accepts=False, answers=(), known=False,
        )
        for i in range(len(at))
    ]  # fmt: skip


def _fcfs(customers: list[Customer], staff: Mapping[int, int]) -> Run:
    patience = {kind: Patience.exponential(300) for kind in KINDS}
    world = World(customers=customers, staff=staff, patience=patience, load={}, handle_s=200, answers=1, within_s=3600)
    return Run(world, POLICIES["fcfs"]).play()
