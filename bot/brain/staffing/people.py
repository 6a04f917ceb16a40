"""The fewest people that reach a target in a stretch of time."""

from __future__ import annotations

import math
from dataclasses import dataclass

from bot.brain.staffing.erlang import Steady, steady
from bot.brain.staffing.patience import Patience
from bot.errors import ConfigError

_MOST = 20_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """`share` of all who come are answered within `within_s`; who left counts as not answered."""

    share: float
    within_s: float
    occupancy: float = 0.88
    """Nobody is planned to be busier than this share of their time."""
    shrinkage: float = 0.0
    """The share of paid time that is breaks, training, illness."""
    chats: int = 1
    """Conversations that one person has at once."""
    slowdown: float = 0.0
    """How much longer each takes for every further one at once, as a share."""

    @classmethod
    def parse(cls, text: str) -> tuple[float, float]:
        """`0.8/20`: eight of ten within 20 seconds. Raises ConfigError."""
        share, _, seconds = text.partition("/")
        try:
            parsed = float(share), float(seconds)
        except ValueError:
            parsed = (0.0, 0.0)
        if not (0 < parsed[0] < 1 and 0 < parsed[1] < math.inf):
            raise ConfigError(f"--target '{text}': expected SHARE/SECONDS such as 0.8/20, the share between 0 and 1")
        return parsed


@dataclass(frozen=True, slots=True, kw_only=True)
class Needed:
    present: int
    """At work, free or busy."""
    planned: int
    """With those who are away by shrinkage."""
    load: float
    """Erlangs: contacts in hand at once if nobody waited."""
    line: Steady


def needed(*, contacts: float, interval_s: float, handle_s: float, patience: Patience, target: Target) -> Needed:
    """For `contacts` spread evenly at random over `interval_s`. Raises ConfigError where no staff would do."""
    each_s = handle_s * (1 + target.slowdown * (target.chats - 1))
    load = contacts / interval_s * each_s
    if contacts <= 0:
        return Needed(present=0, planned=0, load=0.0, line=_line(0, 0.0, each_s, patience, target))

    def enough(present: int) -> bool:
        line = _line(present, contacts / interval_s, each_s, patience, target)
        return line.offered >= target.share and line.occupancy <= target.occupancy

    most = max(1, math.ceil(load / target.chats))
    while not enough(most):
        if most > _MOST:
            raise ConfigError(f"{contacts:g} contacts in {interval_s:g} s need more than {_MOST} people")
        most *= 2
    least = 0
    while most - least > 1:
        middle = (most + least) // 2
        least, most = (least, middle) if enough(middle) else (middle, most)
    planned = math.ceil(most / (1 - target.shrinkage) - 1e-9)
    return Needed(
        present=most, planned=planned, load=load, line=_line(most, contacts / interval_s, each_s, patience, target)
    )


def _line(present: int, per_s: float, handle_s: float, patience: Patience, target: Target) -> Steady:
    return steady(
        per_s=per_s,
        handle_s=handle_s,
        servers=present * target.chats,
        patience=patience,
        target_s=target.within_s,
    )
