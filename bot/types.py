"""The nouns that cross rooms: frozen, standard library only.

Every moment is a float of seconds since the Unix epoch (UTC), as in Rasa's events; every amount of money is an integer
of minor units (cents, fen) beside its ISO 4217 currency. *Agent* is a person; Rasa's class is "the Rasa agent".
"""

from __future__ import annotations

import enum
import json
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from hashlib import sha256
from typing import Any, Literal

Author = Literal["customer", "bot", "agent", "system"]
TurnKind = Literal["message", "resume", "reminder", "lost"]


ACCEPTED_OFFER = "accepted_offer"
"""In a message's parse data: it was put there for what the customer accepted, not said. Stands beside `metadata`, which
is the client's."""


class Level(enum.IntEnum):
    """How well we know who is asking. Ordered: a higher level includes the lower ones."""

    NONE = 0
    SIGNED_IN = 1
    STEPPED_UP = 2


class Holder(enum.StrEnum):
    """Who answers a conversation's next message."""

    BOT = "bot"
    QUEUE = "queued"
    AGENT = "human"


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    """What a one-time code is asked for: this, with its object and amount, once, and nothing else (dynamic linking,
    EU 2018/389 article 5)."""

    action: str
    """As the account service calls it."""
    object: str = ""
    """The id or number of what it is done to."""
    amount_minor: int | None = None
    currency: str = ""

    def digest(self, collected: Mapping[str, Any]) -> str:
        """Names the deed together with everything that was collected for it: any change gives another."""
        whole = [self.action, self.object, self.amount_minor, self.currency, dict(collected)]
        return sha256(json.dumps(whole, sort_keys=True, default=str).encode()).hexdigest()


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """Who a customer was shown to be, how, and until when. Only the gateway and the step-up action make one."""

    customer_id: str
    level: Level
    method: str
    """How it was proven: `jwt` (the host app signed it), `otp` (a one-time code was returned)."""
    proven_at: float
    expires_at: float
    """The sign-in as a whole ends here."""
    stepped_up_until: float = 0.0
    """A step-up is good for `now < stepped_up_until`; afterwards the level is SIGNED_IN again."""
    stepped_up_for: str = ""
    """The digest of the one deed that it is good for."""
    code_proof: str = ""
    """What the account service takes as the proof that the code came back."""
    name: str = ""
    proof_id: str = ""
    """The sign-in as the host app named it (`jti`), so that it can be revoked."""

    def level_at(self, now: float) -> Level:
        if now >= self.expires_at:
            return Level.NONE
        if self.level == Level.STEPPED_UP and now >= self.stepped_up_until:
            return Level.SIGNED_IN
        return self.level

    def proves(self, digest: str, now: float) -> bool:
        """Whether a code came back for the deed of this digest, and has not done it yet."""
        return self.level_at(now) == Level.STEPPED_UP and self.stepped_up_for == digest

    def signed_in_only(self) -> Identity:
        """The same without its step-up."""
        return replace(
            self, level=min(self.level, Level.SIGNED_IN), stepped_up_until=0.0, stepped_up_for="", code_proof=""
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """One thing a customer sent, as a channel decoded it.

    `payload` is a trusted command (`/affirm`, `/inform{"refund_id": "R1"}`): channels put there what claims to be one,
    and the store keeps it only if the conversation was offered a button that carries exactly that payload. `text` is
    always just text, also when it begins with a slash.
    """

    conversation_id: str
    message_id: str
    """Chosen by the client, unique in its conversation: a repeat is acknowledged, not processed."""
    channel: str
    text: str
    at: float
    payload: str | None = None
    kind: TurnKind = "message"
    """`resume` is the desk giving a conversation back to the bot; `metadata` then carries the agent's note. `reminder`
    is the moment that a reminder was set for. `lost` stands for what could not be read any more: nobody's words, and a
    person is asked."""
    metadata: Mapping[str, Any] = field(default_factory=dict)
    seq: int = 0
    """Its place in the conversation's log; 0 until accepted."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Button:
    title: str
    payload: str = ""
    url: str | None = None
    """A link's address, http, https, mailto or tel; the button then has no payload."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """One thing the customer is told. `seq` and `at` are given by the store when it is appended to the log."""

    text: str = ""
    author: Author = "bot"
    buttons: tuple[Button, ...] = ()
    attachment: str | None = None
    """The URL of a picture."""
    custom: Mapping[str, Any] = field(default_factory=dict)
    """What a channel may show better than text: a card, a list of payments, a status."""
    name: str = ""
    """The agent's display name, where an agent speaks."""
    seq: int = 0
    at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One line of a conversation's log, as clients and the desk read it. `message_id` only on the customer's own."""

    seq: int
    at: float
    author: Author
    text: str = ""
    buttons: tuple[Button, ...] = ()
    attachment: str | None = None
    custom: Mapping[str, Any] = field(default_factory=dict)
    name: str = ""
    message_id: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tried:
    """One thing the bot did or failed to do for the customer. `detail` is a code, never the customer's words."""

    action: str
    outcome: Literal["done", "failed", "refused"]
    at: float
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Guess:
    intent: str
    confidence: float
    """A calibrated probability, 0 to 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Handoff:
    """What a person gets from the bot: everything it knew."""

    id: str
    conversation_id: str
    channel: str
    language: str
    queue: str
    reason: str
    """One of `bot.handoff.reasons.REASONS`."""
    waiting_since: float
    due_at: float
    """When the queue's service level says it should have been answered."""
    priority: int = 0
    """Higher is first in line; equal priorities wait in order of arrival."""
    value: int = 0
    """What is at stake, in minor units of `value_currency`."""
    value_currency: str = ""
    skills: tuple[str, ...] = ()
    intents: tuple[Guess, ...] = ()
    slots: Mapping[str, Any] = field(default_factory=dict)
    identity: Identity | None = None
    tried: tuple[Tried, ...] = ()
    summary: str = ""
    transcript: tuple[Entry, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Agent:
    """A person at the desk."""

    id: str
    name: str
    role: Literal["agent", "supervisor"] = "agent"
    skills: Mapping[str, int] = field(default_factory=dict)
    """Skill to level, 1 to 5. Languages are skills: `lang:zh`."""
    state: Literal["available", "away", "break", "offline"] = "offline"
    since: float = 0.0
    load: int = 0
    capacity: int = 4


@dataclass(frozen=True, slots=True, kw_only=True)
class Queue:
    name: str
    skills: tuple[str, ...] = ()
    service_level_s: int = 120


@dataclass(frozen=True, slots=True, kw_only=True)
class WrapUp:
    """How a person finished a handoff. `corrected_intent` closes the loop from the desk to training."""

    handoff_id: str
    agent_id: str
    disposition: str
    resolved: bool
    at: float
    corrected_intent: str | None = None
    note: str = ""


def to_wire(noun: Any) -> dict[str, Any]:
    """A frozen noun as plain JSON types: enums by value, tuples as lists."""
    return {key: _plain(value) for key, value in asdict(noun).items()}


def _plain(value: Any) -> Any:
    if isinstance(value, enum.Enum):
        return value.value
    if isinstance(value, Mapping):
        return {key: _plain(each) for key, each in value.items()}
    if isinstance(value, Sequence) and not isinstance(value, str):
        return [_plain(each) for each in value]
    return value
