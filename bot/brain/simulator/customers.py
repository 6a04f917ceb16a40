"""Customers drawn from a call log, once for all policies: each policy meets the same people with the same luck."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from bot.brain.simulator.tables import Call
from bot.brain.staffing.patience import Patience

ATTEMPTS = 3
_ENOUGH = 50
"""A class with fewer calls, or fewer who left, has the patience and handle times of all."""
_RANKS: tuple[tuple[float, tuple[str, ...]], ...] = (
    (4.0, ("high", "vip", "gold", "platinum", "premium", "priority", "private", "urgent", "a", "高", "贵宾", "重要")),
    (2.0, ("medium", "mid", "middle", "silver", "b", "中")),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Habits:
    """What a log does not tell, so that it is assumed, and can be given."""

    accepts: float = 0.6
    """Take the offer of a call."""
    answers: float = 0.75
    """Answer one attempt."""
    known: float = 0.6
    """Left without an answer, have a number that may be called, and still want it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Customer:
    at: float
    queue: str
    kind: str
    value: float
    patience_s: float
    handle_s: float
    accepts: bool
    answers: tuple[bool, ...]
    known: bool


def curves(calls: Sequence[Call]) -> dict[str, Patience]:
    """Measured patience by class; "" is that of all."""
    kinds = {kind: [call for call in calls if call.kind == kind] for kind in sorted({call.kind for call in calls})}
    whole = _patience(calls)
    measured = {
        kind: _patience(some) if sum(not call.served for call in some) >= _ENOUGH else whole
        for kind, some in kinds.items()
    }
    return {"": whole, **measured}


def values(kinds: Sequence[str], given: Mapping[str, float]) -> dict[str, float]:
    """What each class is worth: as given, else by its name; numbers count up, the highest is worth most."""
    if kinds and all(kind.isdigit() for kind in kinds):
        order = sorted(kinds, key=int)
        ranked = {kind: 4.0 if kind == order[-1] and len(order) > 1 else 1.0 for kind in order}
    else:
        ranked = {kind: _rank(kind) for kind in kinds}
    return {kind: given.get(kind, ranked[kind]) for kind in kinds}


def draw(
    calls: Sequence[Call], *, patience: Mapping[str, Patience], worth: Mapping[str, float], habits: Habits, seed: int
) -> list[Customer]:
    """Who left keeps the patience they showed; who was answered is given the rest of theirs from the curve. A handle
    time that is not in the log is that of somebody of the same class."""
    random = np.random.default_rng(seed)
    chance = 1.0 - random.random(len(calls))
    luck = random.random((len(calls), 2 + ATTEMPTS))
    pick = random.random(len(calls))
    waits = np.array([call.wait_s for call in calls])
    rest = waits.copy()
    for kind in worth:
        those = np.array([call.kind == kind and call.served for call in calls])
        rest[those] = patience[kind].beyond(waits[those], chance[those])
    times = _handle_times(calls, tuple(worth))
    return [
        Customer(
            at=call.at,
            queue=call.queue,
            kind=call.kind,
            value=worth[call.kind],
            patience_s=float(rest[i]),
            handle_s=call.handle_s
            if call.handle_s is not None
            else times[call.kind][int(pick[i] * len(times[call.kind]))],
            accepts=bool(luck[i, 0] < habits.accepts),
            known=bool(luck[i, 1] < habits.known),
            answers=tuple(bool(each < habits.answers) for each in luck[i, 2:]),
        )
        for i, call in enumerate(calls)
    ]


def _handle_times(calls: Sequence[Call], kinds: Sequence[str]) -> dict[str, list[float]]:
    whole = [call.handle_s for call in calls if call.handle_s is not None]
    by_kind: dict[str, list[float]] = {kind: [] for kind in kinds}
    for call in calls:
        if call.handle_s is not None:
            by_kind[call.kind].append(call.handle_s)
    return {kind: times if len(times) >= _ENOUGH else whole for kind, times in by_kind.items()}


def _patience(calls: Sequence[Call]) -> Patience:
    return Patience.measured([call.wait_s for call in calls], [not call.served for call in calls])


def _rank(kind: str) -> float:
    words = kind.casefold().replace("-", " ").replace("_", " ").split() or [""]
    for worth, names in _RANKS:
        if any(word in names for word in words) or any(
            len(name) > 2 and kind.casefold().startswith(name) for name in names
        ):
            return worth
    return 1.0
