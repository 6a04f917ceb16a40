"""Backpressure: how many turns this process may have in flight and still answer each within the limit.

By Little's law, `turns in flight = rate * time each takes`: a turn that was the n-th in flight and took t seconds says
that n / t a second get done, so `n / t * limit` of them can be in flight and be answered within the limit. The estimate
follows every turn that ends, so it rises when the machine is quick and falls when it, or an account service, is slow.
"""

from __future__ import annotations

import math

from bot.errors import Busy

FEW = 16
"""So many are always let in: fewer tell nothing about what the process can do."""
_WEIGHT = 0.05
"""Of the newest turn in the moving estimate."""
_FORGOTTEN_S = 30.0


class Load:
    """Counts turns from their acceptance to their answer. Keyed by conversation and sequence number, so that a turn
    told of twice counts once."""

    def __init__(self, *, answer_within_s: float) -> None:
        self._within_s = answer_within_s * 0.75
        self._rate = FEW * 2 / self._within_s
        self._since: dict[tuple[str, int], tuple[float, int]] = {}

    @property
    def in_flight(self) -> int:
        return len(self._since)

    @property
    def limit(self) -> int:
        return max(FEW, int(self._rate * self._within_s))

    def admit(self, *, now: float) -> None:
        """Return if one more turn can be answered in time. Raises Busy."""
        if len(self._since) < self.limit:
            return
        self._forget(now)
        if len(self._since) < self.limit:
            return
        wait_s = min(10, math.ceil((len(self._since) - self.limit + 1) / self._rate))
        raise Busy("more customers are writing than can be answered in time", retry_after_s=max(1, wait_s))

    def began(self, conversation_id: str, seq: int, *, now: float) -> None:
        self._since.setdefault((conversation_id, seq), (now, len(self._since) + 1))

    def ended(self, conversation_id: str, seq: int, *, now: float) -> None:
        began = self._since.pop((conversation_id, seq), None)
        if began is None:
            return
        then, nth = began
        rate = nth / max(now - then, 0.001)
        self._rate += _WEIGHT * (rate - self._rate)

    def _forget(self, now: float) -> None:
        """Turns whose end nobody told us of: answered by another process after their socket had gone."""
        for key, (then, _) in list(self._since.items()):
            if then > now - _FORGOTTEN_S:
                break
            del self._since[key]
