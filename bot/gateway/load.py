"""Backpressure: how many turns this process may have in flight and still answer each within the limit.

By Little's law, `turns in flight = rate * time each takes`: a turn that was the n-th in flight and took t seconds says
that at least n / t a second get done. So the estimate rises with every turn that shows more; it falls only with turns
that waited for others (the process was half full, or the turn was late), because one slow turn alone says nothing.
"""

from __future__ import annotations

import math
from collections import deque
from typing import NamedTuple

from bot.errors import Busy

FEW = 16
"""So many are always let in: fewer tell nothing about what the process can do."""
AT_FIRST_PER_S = 100.0
"""What is assumed before anything was answered."""
_WEIGHT = 0.1
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
        self._rate = AT_FIRST_PER_S
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
            self._learn(begun.nth, max(now - begun.at, 0.001))
        if not turns:
            self._open.pop(conversation_id, None)
        return took

    def _learn(self, nth: int, took_s: float) -> None:
        rate = nth / took_s
        waited = nth > FEW and (nth * 2 >= self.limit or took_s > self._within_s)
        if rate > self._rate or waited:
            self._rate += _WEIGHT * (rate - self._rate)

    def is_waiting(self, conversation_id: str) -> bool:
        return conversation_id in self._open

    def _forget(self, now: float) -> None:
        """Turns whose end nobody told us of: answered by another process after their socket had gone."""
        for conversation_id, turns in list(self._open.items()):
            if turns[-1].at < now - _FORGOTTEN_S:
                self._count -= len(turns)
                del self._open[conversation_id]
