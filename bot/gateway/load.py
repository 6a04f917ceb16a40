"""Backpressure: how many turns this process may have in flight and still answer each within the limit.

By Little's law, `turns in flight = rate * time each takes`: a turn that was the n-th in flight and took t seconds says
that n / t a second get done, so `n / t * limit` of them can be in flight and be answered within the limit. The estimate
follows every turn that ends, so it rises when the machine is quick and falls when it, or an account service, is slow.
"""

from __future__ import annotations

import math
from collections import deque
from typing import NamedTuple

from bot.errors import Busy

FEW = 16
"""So many are always let in: fewer tell nothing about what the process can do."""
_WEIGHT = 0.05
"""Of the newest turn in the moving estimate."""
_FORGOTTEN_S = 30.0


class _Begun(NamedTuple):
    seq: int
    at: float
    nth: int
    """How many were in flight with it."""


class Load:
    """Counts turns from acceptance to answer. A conversation's turns are answered in order, so being told of
    one ends the earlier ones too, and being told twice counts once."""

    def __init__(self, *, answer_within_s: float) -> None:
        self._within_s = answer_within_s * 0.75
        self._rate = FEW * 2 / self._within_s
        self._open: dict[str, deque[_Begun]] = {}
        self._count = 0

    @property
    def in_flight(self) -> int:
        return self._count

    @property
    def limit(self) -> int:
        return max(FEW, int(self._rate * self._within_s))

    def admit(self, *, now: float) -> None:
        """Return if one more turn can be answered in time. Raises Busy."""
        if self._count < self.limit:
            return
        self._forget(now)
        if self._count < self.limit:
            return
        wait_s = math.ceil((self._count - self.limit + 1) / self._rate)
        raise Busy("more customers are writing than can be answered in time", retry_after_s=max(1, min(10, wait_s)))

    def began(self, conversation_id: str, seq: int, *, now: float) -> None:
        """A turn was accepted, the latest of its conversation."""
        turns = self._open.setdefault(conversation_id, deque())
        if turns and turns[-1].seq >= seq:
            return
        self._count += 1
        turns.append(_Begun(seq, now, self._count))

    def ended(self, conversation_id: str, *, done: int, now: float) -> list[float]:
        """The conversation's turns up to `done` have been answered. How long each took, in seconds."""
        took: list[float] = []
        turns = self._open.get(conversation_id, ())
        while turns and turns[0].seq <= done:
            begun = turns.popleft()
            self._count -= 1
            took.append(now - begun.at)
            rate = begun.nth / max(now - begun.at, 0.001)
            self._rate += _WEIGHT * (rate - self._rate)
        if not turns:
            self._open.pop(conversation_id, None)
        return took

    def is_waiting(self, conversation_id: str) -> bool:
        return conversation_id in self._open

    def _forget(self, now: float) -> None:
        """Turns whose end nobody told us of: answered by another process after their socket had gone."""
        for conversation_id, turns in list(self._open.items()):
            if turns[-1].at < now - _FORGOTTEN_S:
                self._count -= len(turns)
                del self._open[conversation_id]
