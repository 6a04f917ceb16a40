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
from bot.dialogue.buttons import Button, payload
from bot.dialogue.flows import CONFIRM, Flow, Flows
from bot.dialogue.state import MAX_DEEDS, SLOT, Done, Frame, Offer, Said, State, Topic
from bot.dialogue.words import Words
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


class Call:
    """Handed to `Action.perform`. Events are made from what was set and said, in order, when the action is through. A
    project subclasses it to give its actions their services, and names the subclass with `Call.use()`."""

    _used: type[Call]

    def __init__(
        self, action: str, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any] | None = None
    ) -> None:
        self.action = action
        """What it is called in the record of what was tried."""
        self.domain = domain or {}
        self.tracker = tracker
        self.now = time.time()
        self.key_used = False
        self.rejected = False
        self.memo: dict[str, Any] = {}
        dialogue = project.current()
        self.flows: Flows = dialogue.flows
        self.words: Words = dialogue.words
        self.state = State.from_wire(tracker.slots.get(SLOT))
        self._state_then = self.state
        self._heard: Said | None = None
        self._dispatcher = dispatcher
        self._slots: dict[str, Any] = {}
        self._events: list[EventType] = []
        self._followup: str | None = None
        self._said = 0

    @classmethod
    def use(cls) -> None:
        """The framework's own actions are called with this class, too."""
        Call._used = cls

    @classmethod
    def of(cls, action: str, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any]) -> Call:
        return Call._used(action, dispatcher, tracker, domain)

    # What was said

    @property
    def language(self) -> str:
        said = self.tracker.slots.get("language")
        spoken = self.words.languages
        return said if said in spoken else "en" if "en" in spoken or not spoken else spoken[0]

    @property
    def said(self) -> Said:
        """What is being heard: the latest message, or an earlier one that is heard again."""
        if self._heard is None:
            self._heard = self._latest()
        return self._heard

    def hear(self, said: Said) -> None:
        """From here on, this is what was said."""
        self._heard = said

    def _latest(self) -> Said:
        message = self.tracker.latest_message
        ranking = message.get("intent_ranking") or []
        commanded = len(ranking) == 1 and ranking[0].get("confidence") == 1.0
        text = str(message.get("text") or "")
        intent = message.get("intent") or {}
        return Said(
            text=text,
            intent=str(intent.get("name") or ""),
            confidence=float(intent.get("confidence") or 0.0),
            act=str((message.get("act") or {}).get("name") or ""),
            entities=tuple(message.get("entities") or ()),
            pressed=commanded or not text,
        )

    @property
    def message(self) -> Mapping[str, Any]:
        """The latest message, as it was parsed."""
        message: Mapping[str, Any] = self.tracker.latest_message
        return message

    @property
    def act(self) -> str:
        """The kind of saying: `request`, `question`, ...; "" where the bot does not tell them apart."""
        return self.said.act

    @property
    def free_text(self) -> bool:
        """The customer wrote this; it is not a button's command (which is certain, and the only possibility)."""
        return not self.said.pressed

    @property
    def text(self) -> str:
        return self.said.text

    @property
    def intent(self) -> str:
        return self.said.intent

    @property
    def confidence(self) -> float:
        return self.said.confidence

    def entities(self, name: str) -> list[Any]:
        """The values found in what was said, in order."""
        return [each.get("value") for each in self.said.entities if each.get("entity") == name]

    def entity(self, name: str) -> Any:
        return next(iter(self.entities(name)), None)

    @property
    def key(self) -> str:
        """The idempotency key for the one change this action makes. After a failed try, the try's own key: what may
        have gone through the first time is then not done twice."""
        self.key_used = True
        retry = self.state.retry
        if retry is not None and retry.action == self.action:
            return retry.key
        return f"{self.tracker.sender_id}:{self.message_id}:{self.action}"

    @property
    def message_id(self) -> str:
        if self.message.get("message_id"):
            return str(self.message["message_id"])
        said = (event for event in reversed(self.tracker.events) if event["event"] == "user")
        return str(next((event["message_id"] for event in said if event.get("message_id")), "0"))

    @property
    def heard_at(self) -> float:
        """When the latest message came."""
        said = (event for event in reversed(self.tracker.events) if event["event"] == "user")
        return float(next((event.get("timestamp") or 0.0 for event in said), 0.0))

    @property
    def begins_session(self) -> bool:
        """Whether the latest message is the first since a session began: what was in progress before is long over."""
        before = (each["event"] for each in reversed(self.tracker.events[:-1]))
        return next((each for each in before if each in ("user", "session_started")), "") == "session_started"

    @property
    def line(self) -> Mapping[str, Any] | None:
        """Their place, where the customer waits for a person: `position`, `on_duty`, `wait_s`; else None."""
        if not self.tracker.is_paused():
            return None
        line: Mapping[str, Any] = self.message.get("line") or {}
        return line

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

    # What is told

    @property
    def spoke(self) -> bool:
        """Something was said in this run."""
        return self._said > 0

    def say(
        self, response: str, *, buttons: Sequence[Button] = (), card: Mapping[str, Any] | None = None, **facts: str
    ) -> None:
        """One message by the name of its response; `facts` fill its places. The text alone says everything."""
        self._said += 1
        self._dispatcher.utter_message(
            response=response,
            buttons=[{"title": each.title, "payload": each.payload} for each in buttons],
            json_message=dict(card) if card else None,
            **facts,
        )

    def has_response(self, response: str) -> bool:
        return response in self.domain.get("responses", ())

    def repeat(self, text: str, buttons: Sequence[Mapping[str, str]], card: Mapping[str, Any]) -> None:
        """Say again what was said, word for word."""
        self._said += 1
        self._dispatcher.utter_message(text=text, buttons=[dict(each) for each in buttons], json_message=dict(card))

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

    def button(self, name: str, intent: str, **values: str) -> Button:
        """A button of the catalogue's table `buttons`."""
        return Button(self.words.word("buttons", name, self.language), payload(intent, **values))

    def chip(self, flow: str, **values: str) -> Button:
        """A button that starts a flow."""
        return Button(self.words.title(flow, self.language), payload(self.intent_of(flow), **values))

    def intent_of(self, flow: str) -> str:
        """The intent that starts a flow."""
        found = self.flows.get(flow)
        return next(iter(found.triggers), flow) if found is not None else flow

    @property
    def yes_no(self) -> tuple[Button, ...]:
        return self.button("yes", "affirm"), self.button("no", "deny")

    @property
    def wanted(self) -> tuple[Button, ...]:
        """The answers to an offer."""
        return self.button("wanted", "affirm"), self.button("no", "deny")

    @property
    def person(self) -> Button:
        return self.button("person", "request_human")

    @property
    def stop(self) -> Button:
        return self.button("stop", "stop")


Call._used = Call


def entities(**values: Any) -> list[dict[str, Any]]:
    """Values as a message would carry them, for an offer."""
    return [{"entity": name, "value": value} for name, value in values.items()]
