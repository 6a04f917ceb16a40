"""What goes into a conversation and comes out of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bot.types import Entry, Holder, Identity, Level, Reply, Turn


@dataclass(frozen=True, slots=True)
class Opened:
    conversation_id: str
    token: str
    """`<id>.<secret>`, for the client alone: only the secret's SHA-256 is stored."""


@dataclass(frozen=True, slots=True)
class Accepted:
    seq: int
    """The turn's place in the log, also for a repeat."""
    repeated: bool


@dataclass(frozen=True, slots=True)
class Lease:
    """The right to answer a conversation's turns. Whoever takes it next gets a higher `fence`, and a commit with a
    lower one is refused: a worker that stalled past `until` cannot write over its successor."""

    conversation_id: str
    worker: str
    """The worker's name and a nonce of this lease."""
    fence: int
    until: float
    """Redis's clock."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Conversation:
    """Its state between turns."""

    id: str
    channel: str
    holder: Holder = Holder.BOT
    identity: Identity | None = None
    language: str = ""
    handoff_id: str | None = None
    agent_name: str = ""
    seq: int = 0
    """Of the log's last line."""
    done: int = 0
    """Of the last turn that was answered."""
    version: int = 0
    """How many tracker events were ever committed."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    reminders: tuple[Mapping[str, Any], ...] = ()
    """What is set (see `bot.engine.reminders`); the store looks at each one's `at` only."""
    damaged: str = ""
    """What of it could not be read and was dropped, since somebody spoke of it with the customer; empty: nothing."""
    failed: int = 0
    """How many turns in a row, the latest last, could not be answered."""
    private: int = 0
    """Lines up to this one were said under a sign-in: the token alone does not read them."""

    def reads_after(self, now: float) -> int:
        """Who has the token reads lines after this one."""
        return hidden(self.private, self.identity, now)


def hidden(private: int, identity: Identity | None, now: float) -> int:
    """Up to which line a reader is kept out who has nothing but the token: all is open while the customer is signed
    in."""
    signed_in = identity is not None and identity.level_at(now) > Level.NONE
    return 0 if signed_in else private


@dataclass(frozen=True, slots=True)
class SignedOut:
    """What a sign-out ended: proofs that may not be used again, of this customer."""

    customer_id: str
    proof_ids: tuple[str, ...]
    ended: bool
    """False: the sign-in that was named is not the one that holds."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Changes:
    """What to change about a conversation; None leaves a thing as it is, an empty string clears it.

    An identity is taken only while the same customer is signed in (or nobody ever was): a step-up that finishes after a
    sign-out does not sign in again.
    """

    holder: Holder | None = None
    identity: Identity | None = None
    language: str | None = None
    handoff_id: str | None = None
    agent_name: str | None = None
    damaged: str | None = None
    failed: int | None = None
    private: bool = False
    """What was said until now was said under a sign-in."""
    reminders: Sequence[Mapping[str, Any]] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnCommit:
    """All that answering one turn changes, written at once or not at all."""

    events: Sequence[Mapping[str, Any]] = ()
    """New tracker events, as Rasa's `Event.as_dict` makes them."""
    replies: Sequence[Reply] = ()
    changes: Changes = Changes()
    effects: Sequence[Mapping[str, Any]] = ()
    """What has to happen elsewhere afterwards, at least once; each has `id` and `kind`."""
    unless_taken: bool = False
    """The replies are not said where a person has taken the conversation meanwhile."""


@dataclass(frozen=True, slots=True)
class Work:
    """A lease and all a worker needs to answer: one round trip."""

    lease: Lease
    conversation: Conversation
    turns: list[Turn]
    """Unanswered, oldest first."""
    events: list[dict[str, Any]]
    """Tracker events after the version that was asked for."""
    tries: int = 1
    """How often the first of these turns was taken up, this time included."""


@dataclass(frozen=True, slots=True)
class Finished:
    entries: list[Entry]
    """The turn's replies as they stand in the log."""
    work: Work | None
    """Turns that came meanwhile: the lease is kept and extended. None: it is given back."""
