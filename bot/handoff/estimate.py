"""How long a customer will wait: from how fast the queue moved lately, or None where that says nothing."""

from __future__ import annotations

import math
from collections.abc import Sequence

WINDOW_S = 900
FEWEST = 3


def expected_wait_s(position: int, accepts: Sequence[float], now: float) -> int | None:
    """`position` times the mean time between accepts in the last quarter of an hour, the time since the latest one
    included, so that the estimate grows while nobody accepts. None below three accepts."""
    recent = [moment for moment in accepts if 0 <= now - moment < WINDOW_S]
    if len(recent) < FEWEST:
        return None
    return math.ceil(position * (now - min(recent)) / len(recent))
