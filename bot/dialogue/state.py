"""What a conversation keeps of its dialogue, typed, in one slot of the tracker: `dialogue`.

The flows in progress are a stack, the last begun on top. What a flow has collected stands in the tracker's slots while
it is on top, and in its frame while another one is.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

SLOT = "dialogue"
MAX_STACK = 6
MAX_DEEDS = 12

Waiting = Literal["", "sign_in", "action", "code", "again", "resume"]
"""For a sign-in; for its step's action, which is to be run now, or once a code came back, or on another try; or to be
gone on with."""
ACTS = ("action", "code", "again")


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """A message as it was understood: what is heard again when what it waited for has come."""

    text: str = ""
    intent: str = ""
    confidence: float = 1.0
    act: str = ""
    entities: tuple[Mapping[str, Any], ...] = ()
    pressed: bool = False
    """A button's command: certain, and not in words."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """A flow in progress."""

    flow: str
    at: str
    """The id of the step it is at."""
    opening: Said | None = None
    """What it began with; its actions hear that."""
    opened: bool = False
    """What it began with was heard."""
    sure: bool = False
    """It was asked for so plainly that a harmless effect needs no yes."""
    waiting: Waiting = ""
    runs: str = ""
    """The action of the step it is at, where that is what it waits for."""
    asked: bool = False
    """The question of the step it is at was asked."""
    offered: tuple[str, ...] = ()
    """The ids of the candidates that were offered."""
    misses: int = 0
    """Answers in a row that answered nothing."""
    part: Mapping[str, Any] | None = None
    """An amount that was said before what it is a part of was known."""
    values: Mapping[str, Any] = field(default_factory=dict)
    """What it collected, while another flow is on top."""
    mentioned: bool = False
    """That it waits was said already."""
    called: bool = False
    """Begun by a step of the flow below it, which goes on afterwards by itself."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """What a plain yes would accept: a flow, with what is known for it, or an action run again."""

    flow: str = ""
    entities: tuple[Mapping[str, Any], ...] = ()
    action: str = ""
    said: Said | None = None
    """The words that come with it."""
    guesses: tuple[str, ...] = ()
    """What was perhaps meant."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """What was answered or done last: "and the other one?", "when?" are about it."""

    flow: str
    entities: tuple[Mapping[str, Any], ...] = ()
    article: str = ""
    """The help article that was quoted since."""
    at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Done:
    """One line of the journal: what was done for the customer, in this conversation."""

    flow: str
    object: str = ""
    """The id or number of what it was done to."""
    title: str = ""
    """What that is called, as it was said to the customer."""
    reference: str = ""
    """The number of what came of it, that the customer can quote."""
    due: str = ""
    """The day by which something comes of it."""
    at: float = 0.0
    entities: tuple[Mapping[str, Any], ...] = ()
    """With these, its undoing or its status is asked for."""
    undone: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Left:
    """A flow that was stopped before it did anything."""

    flow: str
    at: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Otp:
    """A one-time code that was sent."""

    id: str
    to: str
    purpose: str
    """The action that waits for it."""
    deed: Mapping[str, Any]
    digest: str
    tries: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """A try whose outcome is not known: another one uses its key."""

    action: str
    key: str


@dataclass(frozen=True, slots=True, kw_only=True)
class State:
    stack: tuple[Frame, ...] = ()
    offer: Offer | None = None
    wishes: tuple[Said, ...] = ()
    """Further wishes of the same message, in order."""
    topic: Topic | None = None
    deeds: tuple[Done, ...] = ()
    """The newest last."""
    left: Left | None = None
    """What was stopped last, so that it was not done."""
    otp: Otp | None = None
    retry: Retry | None = None
    misses: int = 0
    """Messages in a row that were not understood, outside any flow."""
    customer: str = ""
    """Whose deeds these are."""
    about: str = ""
    """The help article about what is going on, or was spoken of last: what a bare question is about."""

    @property
    def top(self) -> Frame | None:
        return self.stack[-1] if self.stack else None

    def with_top(self, **changes: Any) -> State:
        return replace(self, stack=(*self.stack[:-1], replace(self.stack[-1], **changes)))

    def to_wire(self) -> dict[str, Any] | None:
        """As plain JSON types, without what has its default; None for an empty state."""
        return _without_defaults(self) or None

    @classmethod
    def from_wire(cls, wire: Any) -> State:
        """Raises TypeError for what `to_wire` never wrote."""
        if not wire:
            return cls()
        made = dict(wire)
        one: dict[str, type] = {"offer": Offer, "topic": Topic, "left": Left, "otp": Otp, "retry": Retry}
        for name, kind in one.items():
            if made.get(name) is not None:
                made[name] = _made(kind, made[name])
        many: dict[str, type] = {"stack": Frame, "wishes": Said, "deeds": Done}
        for name, kind in many.items():
            made[name] = tuple(_made(kind, each) for each in made.get(name) or ())
        return cls(**made)


def _made(kind: type, wire: Mapping[str, Any]) -> Any:
    made: dict[str, Any] = {name: tuple(value) if isinstance(value, list) else value for name, value in wire.items()}
    for name in ("opening", "said"):
        if made.get(name) is not None:
            made[name] = _made(Said, made[name])
    return kind(**made)


def _without_defaults(noun: Any) -> dict[str, Any]:
    plain: dict[str, Any] = {}
    empty = type(noun).__dataclass_fields__
    for name, declared in empty.items():
        value = getattr(noun, name)
        if value == declared.default or value in ((), {}, None):
            continue
        plain[name] = _plain(value)
    return plain


def _plain(value: Any) -> Any:
    if hasattr(value, "__dataclass_fields__"):
        return _without_defaults(value)
    if isinstance(value, Mapping):
        return dict(value)
    if isinstance(value, tuple | list):
        return [_plain(each) for each in value]
    return value
