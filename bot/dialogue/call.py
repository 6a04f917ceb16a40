"""One run of one action: what the customer said, who they are, what they are told, and the events that come of it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal, Protocol

from rasa_sdk import Tracker
from rasa_sdk.events import EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from bot.dialogue import project
from bot.dialogue.buttons import Button
from bot.dialogue.flows import CONFIRM, Flow
from bot.dialogue.state import MAX_DEEDS, SLOT, Done, Frame, Offer, State, Topic
from bot.dialogue.told import Told
from bot.types import Deed, Identity, Level, Tried, to_wire

_ALWAYS_TOLD = ("requested_slot", "solved")
"""Slots that are set again even to the value they have."""
TOPIC_S = 600
"""So long what was answered is still spoken of."""


class Codes(Protocol):
    """What this room needs of the service that sends one-time codes."""

    async def send_code(
        self, customer_id: str, *, purpose: str, object: str, amount_minor: int | None, idempotency_key: str
    ) -> Any: ...

    async def verify_code(self, customer_id: str, *, otp_id: str, code: str, idempotency_key: str) -> Any: ...


class Call(Told):
    """Handed to `Action.perform`. Events are made from what was set and said, in order, when the action is through. A
    project subclasses it to give its actions their services, and names the subclass with `Call.use()`."""

    _used: type[Call]

    def __init__(
        self, action: str, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any] | None = None
    ) -> None:
        super().__init__(dispatcher, tracker, domain or {}, project.current())
        self.action = action
        """What it is called in the record of what was tried."""
        self.now = time.time()
        self.key_used = False
        self.rejected = False
        self.memo: dict[str, Any] = {}
        self.state = State.from_wire(tracker.slots.get(SLOT))
        self._state_then = self.state
        self._slots: dict[str, Any] = {}
        self._events: list[EventType] = []
        self._followup: str | None = None

    @classmethod
    def use(cls) -> None:
        """The framework's own actions are called with this class, too."""
        Call._used = cls

    @classmethod
    def of(cls, action: str, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]) -> Call:
        return Call._used(action, dispatcher, tracker, domain)

    @property
    def key(self) -> str:
        """The idempotency key for the one change this action makes. After a failed try, the try's own key: what may
        have gone through the first time is then not done twice."""
        self.key_used = True
        retry = self.state.retry
        if retry is not None and retry.action == self.action:
            return retry.key
        return f"{self.tracker.sender_id}:{self.message_id}:{self.action}"

    # Who says it

    @property
    def identity(self) -> Identity | None:
        wire = self.slot("identity")
        return Identity(**{**wire, "level": Level(wire["level"])}) if wire else None

    @property
    def level(self) -> Level:
        return self.identity.level_at(self.now) if self.identity else Level.NONE

    @property
    def collected(self) -> dict[str, Any]:
        """What the flow on top has collected."""
        top = self.state.top
        names = self.flows[top.flow].slots if top is not None and top.flow in self.flows else ()
        return {name: self.slot(name) for name in names if name != CONFIRM}

    def proves(self, deed: Deed) -> bool:
        """Whether a code came back for this deed, with what is collected now."""
        return self.identity is not None and self.identity.proves(self.digest(deed), self.now)

    def digest(self, deed: Deed) -> str:
        return deed.digest(self.collected)

    @property
    def proof(self) -> str:
        """What the bank takes as proof of the code that came back."""
        return self.identity.code_proof if self.identity else ""

    def step_down(self) -> None:
        """The code has done what it was for, or may not any more."""
        if self.identity is not None and self.identity.level == Level.STEPPED_UP:
            self.set("identity", to_wire(self.identity.signed_in_only()))

    @property
    def customer_id(self) -> str:
        """Whose data this is about. Actions that require an identity have one; nobody else may ask."""
        if self.identity is None or self.level < Level.SIGNED_IN:
            raise PermissionError(f"{self.action} asked for a customer without requiring a sign-in")
        return self.identity.customer_id

    @property
    def codes(self) -> Codes:
        raise NotImplementedError("this project's Call gives no service that sends codes")

    # Slots and what happens next

    def slot(self, name: str) -> Any:
        return self._slots[name] if name in self._slots else self.tracker.slots.get(name)

    @property
    def slots(self) -> Mapping[str, Any]:
        return {**self.tracker.slots, **self._slots}

    def set(self, name: str, value: Any) -> None:
        self._slots[name] = value

    def keep(self, **changes: Any) -> None:
        """Change the dialogue's state."""
        self.state = replace(self.state, **changes)

    def start_over(self) -> None:
        """Forget what this run has changed."""
        self.state = self._state_then
        self._slots.clear()
        self._events.clear()
        self._followup = None

    def note(self, **changes: Any) -> None:
        """Change the flow on top."""
        self.state = self.state.with_top(**changes)

    @property
    def top(self) -> Frame | None:
        return self.state.top

    @property
    def flow(self) -> Flow | None:
        """The flow on top."""
        return self.flows.get(self.top.flow) if self.top is not None else None

    def follow(self, action: str) -> None:
        """Run that action next, in this turn."""
        self._followup = action

    @property
    def follows(self) -> str:
        return self._followup or ""

    def record(self, outcome: Literal["done", "failed", "refused"], detail: str = "") -> None:
        """Add to what was tried: the person who may take over reads it."""
        tried = Tried(action=self.action, outcome=outcome, at=self.now, detail=detail)
        self.set("tried", [*(self.slot("tried") or []), to_wire(tried)])

    def did(self, object: str = "", *, title: str = "", reference: str = "", due: str = "", **details: Any) -> None:
        """Write in the journal what this action has done, and to what: "did it go through?" and "undo that" read it.
        `due` is the day by which something comes of it; `details` are the entities that name it again."""
        flow = self.flow or self.flows.of_action(self.action)
        self.record("done", reference or object)
        done = Done(
            flow=flow.id if flow else self.action, object=object, title=title, reference=reference, due=due,
            at=self.now, entities=tuple(entities(**details)),
        )  # fmt: skip
        undone = flow.id if flow else ""
        earlier = tuple(
            replace(each, undone=True)
            if each.object == object and undone and each.flow in self.flows and self.flows[each.flow].undo == undone
            else each
            for each in self.state.deeds
        )
        self.keep(deeds=(*earlier, done)[-MAX_DEEDS:])

    @property
    def topic(self) -> Topic | None:
        """What was answered a short while ago."""
        topic = self.state.topic
        return topic if topic and self.now - topic.at < TOPIC_S else None

    def answered(self, flow: str, **details: str) -> None:
        """This is what was spoken of last: "and the other one?", "when?" are about it."""
        self.keep(topic=Topic(flow=flow, entities=tuple(entities(**details)), at=self.now))

    def solved(self, *intents: str) -> None:
        """The customer has what they asked for: asking the same once more is a new question."""
        self.set("solved", list(intents))

    @property
    def hands_over(self) -> bool:
        """A person was asked for in this run."""
        return bool(self._slots.get("handover_reason"))

    def hand_over(self, reason: str) -> None:
        """A person takes over next; reasons as in `bot.handoff.reasons`."""
        self.set("handover_reason", reason)
        self.follow("action_handover")

    def reject(self, *events: EventType) -> None:
        """The message is not for this action: nothing but these events comes of this run."""
        self.rejected = True
        self._events = list(events)

    def add(self, *events: EventType) -> None:
        self._events.extend(events)

    def outcome(self) -> list[EventType]:
        """The events of this run."""
        if self.rejected:
            return self._events
        if self.state != self._state_then:
            self.keep(about=self._article())
            self.set(SLOT, self.state.to_wire())
        changed = [
            SlotSet(name, value)
            for name, value in self._slots.items()
            if self.tracker.slots.get(name) != value or name in _ALWAYS_TOLD
        ]
        return [*changed, *self._events, *([FollowupAction(self._followup)] if self._followup else [])]

    def _article(self) -> str:
        topic = self.topic
        if self.flow is None and topic is not None and topic.article:
            return topic.article
        flow = self.flow or (self.flows.get(topic.flow) if topic is not None else None)
        return flow.article if flow is not None else ""

    # What is proposed

    def ask_back(self, response: str, offer: Offer, *, buttons: Sequence[Button] | None = None, **facts: Any) -> None:
        """Propose a next step that a plain "yes" accepts."""
        self.keep(offer=offer)
        self.say(response, buttons=self.wanted if buttons is None else buttons, **facts)

    def propose(
        self,
        response: str,
        flow: str,
        known: Mapping[str, str] | None = None,
        *,
        buttons: Sequence[Button] | None = None,
        **facts: Any,
    ) -> None:
        """Propose a flow, with what is known for it."""
        self.ask_back(response, Offer(flow=flow, entities=tuple(entities(**(known or {})))), buttons=buttons, **facts)


Call._used = Call


def entities(**values: Any) -> list[dict[str, Any]]:
    """Values as a message would carry them, for an offer."""
    return [{"entity": name, "value": value} for name, value in values.items()]
