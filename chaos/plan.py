"""What a run will do, made from its seed alone: who writes what over which way in, and what breaks when.

The same seed gives the same plan. What the machine makes of it (who is hit in the middle of what) differs a little from
run to run: processes are not deterministic.
"""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

WAYS: Mapping[str, int] = {"socket": 5, "poll": 2, "rest": 3}
SCRIPTS: Mapping[str, int] = {"questions": 5, "refund": 3, "refund_again": 2, "freeze": 2, "complaint": 2, "person": 1}
"""Of the conversations with the shipped bot."""
LENGTHS: Mapping[str, int] = {
    "questions": 6,
    "refund": 5,
    "refund_again": 10,
    "freeze": 5,
    "complaint": 3,
    "person": 2,
}
"""Messages each takes when nothing goes wrong."""
COUNTED_AT_MOST = 24
"""Messages of a conversation with the counting bot."""

FAULTS: Mapping[str, int] = {
    "worker.kill": 28,
    "worker.pause": 16,
    "worker.stop": 4,
    "service.kill": 3,
    "redis.kill": 10,
    "redis.pause": 7,
    "redis.cut": 6,
    "bank.kill": 8,
    "bank.pause": 4,
    "bank.drop": 5,
    "sockets.cut": 9,
    "money.kill": 8,
}
"""Each kind and its share. `kill` is SIGKILL, `stop` SIGTERM, `pause` SIGSTOP and SIGCONT, `cut` tears connections,
`drop` lets the bank do what it is asked and then tear the connection instead of answering. `money.kill` kills the bot's
workers when the bank has done what one of them asked for and has not answered yet."""

FIRST, LAST = 0.02, 0.92
"""Faults begin and end at these parts of the messages."""
SPARE = 1.06
"""So much more is planned than asked for: who is handed over to a person ends early."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Scripted:
    """One conversation to be held."""

    name: str
    script: str
    """`count`, or one of SCRIPTS."""
    way: str
    language: str
    groups: tuple[int, ...] = ()
    """Of `count`: so many messages are sent without waiting for an answer, then so many, ..."""
    seed: int = 0

    @property
    def messages(self) -> int:
        return sum(self.groups) or LENGTHS[self.script]


@dataclass(frozen=True, slots=True, kw_only=True)
class Fault:
    kind: str
    at: float
    """The part of all messages (0 to 1) that has been answered when it happens."""
    lasts_s: float
    """How long a pause is, or what was killed stays down."""
    seed: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    conversations: tuple[Scripted, ...]
    faults: tuple[Fault, ...]

    @property
    def messages(self) -> int:
        return sum(each.messages for each in self.conversations)


def make(*, seed: int, messages: int, kills: int, shipped: float, only: Sequence[str] = ()) -> Plan:
    """`shipped` is the part of the messages that goes to the shipped bot; the rest goes to the counting one. `only`:
    kinds of faults, all if none is named."""
    rng = random.Random(seed)
    shares = {kind: share for kind, share in FAULTS.items() if kind in only or not only}
    return Plan(conversations=_conversations(rng, messages, shipped), faults=_faults(rng, kills, shares))


def _conversations(rng: random.Random, messages: int, shipped: float) -> tuple[Scripted, ...]:
    scripts = _Deck(rng, SCRIPTS)
    found: list[Scripted] = []
    left = {True: SPARE * messages * shipped, False: SPARE * messages * (1 - shipped)}
    while any(each > 0 for each in left.values()):
        is_shipped = left[True] > 0 and (left[False] <= 0 or rng.random() < shipped * 2)
        script = next(scripts) if is_shipped else "count"
        one = Scripted(
            name=f"{script}-{len(found)}",
            script=script,
            way=_weighted(rng, WAYS),
            language=rng.choice(("en", "zh")),
            groups=() if is_shipped else _groups(rng, int(left[False])),
            seed=rng.getrandbits(32),
        )
        left[is_shipped] -= one.messages
        found.append(one)
    return tuple(found)


def _groups(rng: random.Random, left: int) -> tuple[int, ...]:
    """Mostly one message and its answer; sometimes three in one breath."""
    groups: list[int] = []
    most = max(1, min(left, rng.randint(4, COUNTED_AT_MOST)))
    while sum(groups) < most:
        groups.append(min(rng.choice((1, 1, 1, 3)), most - sum(groups)))
    return tuple(groups)


def _faults(rng: random.Random, kills: int, shares: Mapping[str, int]) -> tuple[Fault, ...]:
    deck = _Deck(rng, shares)
    kinds = [next(deck) for _ in range(kills)]
    rng.shuffle(kinds)
    moments = sorted(rng.uniform(FIRST, LAST) for _ in range(kills))
    return tuple(
        Fault(kind=kind, at=at, lasts_s=_lasts(rng, kind), seed=rng.getrandbits(32))
        for at, kind in zip(moments, kinds, strict=True)
    )


def _lasts(rng: random.Random, kind: str) -> float:
    """Half the worker's pauses outlive its leases."""
    if kind == "worker.pause":
        return rng.uniform(7, 9) if rng.random() < 0.5 else rng.uniform(0.1, 2)
    return rng.uniform(0.1, 4.5) if kind.endswith(".pause") else rng.uniform(0.05, 2.5)


class _Deck:
    """Draws kinds so that any number of draws comes as near to the shares as can be."""

    def __init__(self, rng: random.Random, shares: Mapping[str, int]) -> None:
        self._rng = rng
        self._shares = shares
        self._owed = {kind: rng.random() * share / sum(shares.values()) for kind, share in shares.items()}

    def __iter__(self) -> _Deck:
        return self

    def __next__(self) -> str:
        total = sum(self._shares.values())
        for kind, share in self._shares.items():
            self._owed[kind] += share / total
        kind = max(self._owed, key=lambda each: self._owed[each])
        self._owed[kind] -= 1
        return kind


def _weighted(rng: random.Random, shares: Mapping[str, int]) -> str:
    return rng.choices(list(shares), weights=list(shares.values()))[0]
