"""What the customers saw, and where it is not what was promised."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

ANSWERED = "every acknowledged message is answered"
ONCE = "no message is taken or answered twice"
ORDER = "messages are answered in order"
LOG = "a log has no gaps and is the same for every reader"
MONEY = "money moves exactly once"
STUCK = "no conversation is stuck at the end"
PROMISES = (ANSWERED, ONCE, ORDER, LOG, MONEY, STUCK)

Entry = Mapping[str, Any]
"""A line of the log as the native protocol writes it, without its `type`."""


@dataclass
class Message:
    """One message of a customer; times are `time.monotonic`."""

    id: str
    text: str
    sent_at: float
    tries: int = 0
    acked_at: float | None = None
    answered_at: float | None = None
    seq: int | None = None
    """Its place in the log; None over REST, which tells none."""


@dataclass(frozen=True)
class Violation:
    promise: str
    conversation: str
    detail: str


@dataclass
class Book:
    """Counts of one run. `violate` is how every check reports."""

    violations: list[Violation] = field(default_factory=list)
    counts: Counter[str] = field(default_factory=Counter)
    answer_s: list[float] = field(default_factory=list)
    ack_s: list[float] = field(default_factory=list)

    def violate(self, promise: str, conversation: str, detail: str) -> None:
        found = Violation(promise, conversation, detail)
        if found not in self.violations:
            self.violations.append(found)

    def acked(self, message: Message, now: float) -> None:
        if message.acked_at is None:
            message.acked_at = now
            self.counts["acknowledged"] += 1
            self.ack_s.append(now - message.sent_at)

    def answered(self, message: Message, now: float) -> None:
        if message.answered_at is None:
            message.answered_at = now
            self.counts["answered"] += 1
            self.answer_s.append(now - message.sent_at)
