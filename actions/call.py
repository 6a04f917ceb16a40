"""One run of one action: what the customer said, who they are, what they are told, and the events that come of it."""

from __future__ import annotations

import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from typing import Any, Literal

from rasa_sdk import Tracker
from rasa_sdk.events import ActiveLoop, EventType, FollowupAction, SlotSet
from rasa_sdk.executor import CollectingDispatcher

from actions import services, wording
from actions.buttons import Button
from actions.services.bank import Bank
from bot.types import Deed, Identity, Level, Tried, to_wire

_LISTEN = "action_listen"
_ALWAYS_TOLD = ("requested_slot", "solved", "flow", "otp")
"""Slots that are set again even to the value they have: `solved` is an event, and a form that sets nothing but
`requested_slot` is taken by Rasa not to have understood the message."""
FORM_SLOTS = ("order_number", "amount", "card_ending", "phone_number", "reason")
"""What forms collect; forgotten when a flow ends."""
TOPIC_S = 600
"""So long what was answered is still spoken of."""


@dataclass(frozen=True, slots=True)
class Customer:
    """What is needed of a profile to speak of money and days."""

    id: str
    timezone: str
    currency: str


class Call:
    """Handed to `Action.perform`. Events are made from what was set and said, in order, when the action is through."""

    def __init__(self, action: str, dispatcher: CollectingDispatcher, tracker: Tracker) -> None:
        self.action = action
        self.tracker = tracker
        self.now = time.time()
        self.key_used = False
        self.rejected = False
        self.left = False
        """The form was ended in this run."""
        self.memo: dict[str, Any] = {}
        self._recalled: Mapping[str, Any] | None = None
        self._dispatcher = dispatcher
        self._slots: dict[str, Any] = {}
        self._events: list[EventType] = []
        self._followup: str | None = None

    # What was said

    @property
    def language(self) -> str:
        said = self.tracker.slots.get("language")
        return said if said in wording.LANGUAGES else "en"

    @property
    def zh(self) -> bool:
        return self.language == "zh"

    @property
    def message(self) -> Mapping[str, Any]:
        return self._recalled or self.tracker.latest_message

    def recall(self, target: str) -> None:
        """Hear again what was said before the sign-in, if this is what it was said for."""
        said = self.slot("said")
        if said and said.get("for") == target:
            self._recalled = {**said, "message_id": self.message_id}
            self.set("said", None)

    def keep_said(self, target: str) -> None:
        """What was heard again will have to be heard once more."""
        if self._recalled:
            self.set("said", {**self._recalled, "for": target})

    @property
    def act(self) -> str:
        """The kind of saying: `request`, `question`, ...; "" where the bot does not tell them apart."""
        return str((self.message.get("act") or {}).get("name") or "")

    @property
    def free_text(self) -> bool:
        """The customer wrote this; it is not a button's command (which is certain, and the only possibility)."""
        ranking = self.message.get("intent_ranking") or []
        commanded = len(ranking) == 1 and ranking[0].get("confidence") == 1.0
        return bool(self.text) and not commanded

    @property
    def text(self) -> str:
        return self.message.get("text") or ""

    @property
    def intent(self) -> str:
        return (self.message.get("intent") or {}).get("name") or ""

    @property
    def confidence(self) -> float:
        return float((self.message.get("intent") or {}).get("confidence") or 0.0)

    def entities(self, name: str) -> list[Any]:
        """The values found in the latest message, in the order they were said."""
        return [each.get("value") for each in self.message.get("entities") or [] if each.get("entity") == name]

    def entity(self, name: str) -> Any:
        return next(iter(self.entities(name)), None)

    @property
    def key(self) -> str:
        """The idempotency key for the one change this action makes. After a failed try, the try's own key: what may
        have gone through the first time is then not done twice."""
        self.key_used = True
        retry = self.slot("retry") or {}
        if retry.get("action") == self.action:
            return str(retry["key"])
        return f"{self.tracker.sender_id}:{self.message_id}:{self.action}"

    @property
    def message_id(self) -> str:
        if self.message.get("message_id"):
            return str(self.message["message_id"])
        said = (event for event in reversed(self.tracker.events) if event["event"] == "user")
        return str(next((event["message_id"] for event in said if event.get("message_id")), "0"))

    # Who says it

    @property
    def identity(self) -> Identity | None:
        wire = self.slot("identity")
        return Identity(**{**wire, "level": Level(wire["level"])}) if wire else None

    @property
    def level(self) -> Level:
        return self.identity.level_at(self.now) if self.identity else Level.NONE

    def proves(self, deed: Deed) -> bool:
        """Whether a code came back for this deed, with what is collected now."""
        return self.identity is not None and self.identity.proves(self.digest(deed), self.now)

    def digest(self, deed: Deed) -> str:
        return deed.digest({name: self.slot(name) for name in FORM_SLOTS})

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
    def bank(self) -> Bank:
        return services.service(Bank)

    async def customer(self) -> Customer:
        """Time zone and currency, asked once a conversation."""
        known = self.slot("customer")
        if known and known["id"] == self.customer_id:
            return Customer(**known)
        profile = await self.bank.profile(self.customer_id)
        customer = Customer(profile.id, profile.timezone, profile.currency)
        self.set("customer", {"id": customer.id, "timezone": customer.timezone, "currency": customer.currency})
        return customer

    # Slots and what happens next

    def slot(self, name: str) -> Any:
        return self._slots[name] if name in self._slots else self.tracker.slots.get(name)

    def set(self, name: str, value: Any) -> None:
        self._slots[name] = value

    def follow(self, action: str) -> None:
        """Run that action (or form) next, in this turn."""
        self._followup = action

    def leave_form(self) -> None:
        """End whatever form is active without submitting it."""
        if self.left:
            return
        self.left = True
        self._events.append(ActiveLoop(None))
        self.set("requested_slot", None)
        self._followup = self._followup or _LISTEN

    def forget_form(self) -> None:
        """What was collected has served its purpose."""
        for slot in (*FORM_SLOTS, "confirm", "code", "flow", "said", "retry"):
            self.set(slot, None)

    def record(self, outcome: Literal["done", "failed", "refused"], detail: str = "") -> None:
        """Add to what was tried: the person who may take over reads it."""
        tried = Tried(action=self.action, outcome=outcome, at=self.now, detail=detail)
        self.set("tried", [*(self.slot("tried") or []), to_wire(tried)])

    @property
    def topic(self) -> dict[str, Any] | None:
        """What was answered a short while ago."""
        topic = self.slot("topic")
        return topic if topic and self.now - topic["at"] < TOPIC_S else None

    def answered(self, intent: str, **details: str) -> None:
        """This is what was spoken of last: "and the other one?", "when?" are about it."""
        self.set("topic", {"intent": intent, "entities": entities(**details), "at": self.now})

    def solved(self, *intents: str) -> None:
        """The customer has what they asked for: asking the same once more is a new question."""
        self.set("solved", list(intents))

    def hand_over(self, reason: str) -> None:
        """A person takes over next; reasons as in `bot.handoff.reasons`."""
        self.set("handover_reason", reason)
        self.follow("action_handover")

    def reject(self, *events: EventType) -> None:
        """The message is not for this form: nothing but these events comes of this run."""
        self.rejected = True
        self._events = list(events)

    def add(self, *events: EventType) -> None:
        self._events.extend(events)

    @property
    def proposes(self) -> bool:
        """Something was proposed in this very run."""
        return bool(self._slots.get("offer"))

    @property
    def through(self) -> bool:
        """Nothing of what was wanted is left to do or to ask."""
        asks = self.proposes or self.slot("wanted") or self.slot("handover_reason") or self.rejected
        in_form = self.tracker.active_loop.get("name") and not self.left
        return not asks and not in_form and self._followup in (None, _LISTEN)

    def outcome(self) -> list[EventType]:
        """The events of this run. An offer stands until the next action has run."""
        if self.rejected:
            return self._events
        if self.tracker.slots.get("offer") and "offer" not in self._slots:
            self.set("offer", None)
        changed = [
            SlotSet(name, value)
            for name, value in self._slots.items()
            if self.tracker.slots.get(name) != value or name in _ALWAYS_TOLD
        ]
        return [*changed, *self._events, *([FollowupAction(self._followup)] if self._followup else [])]

    # What is told

    def say(
        self, response: str, *, buttons: Sequence[Button] = (), card: Mapping[str, Any] | None = None, **facts: str
    ) -> None:
        """One message by the name of its response; `facts` fill its places. The text alone says everything."""
        self._dispatcher.utter_message(
            response=response,
            buttons=[{"title": each.title, "payload": each.payload} for each in buttons],
            json_message=dict(card) if card else None,
            **facts,
        )

    def repeat(self, text: str, buttons: Sequence[Mapping[str, str]], card: Mapping[str, Any]) -> None:
        """Say again what was said, word for word."""
        self._dispatcher.utter_message(text=text, buttons=[dict(each) for each in buttons], json_message=dict(card))

    def ask_back(
        self, response: str, offer: Mapping[str, Any], *, buttons: Sequence[Button] = (), **facts: Any
    ) -> None:
        """Propose a next step that a plain "yes" accepts: `{"do": action}` or `{"intent": ..., "entities": {...}}`."""
        self.set("offer", dict(offer))
        self.say(response, buttons=buttons, **facts)

    def money(self, minor: int, currency: str) -> str:
        return wording.money(minor, currency, self.language)

    async def zone(self) -> tzinfo:
        return wording.zone((await self.customer()).timezone)

    async def today(self) -> date:
        return datetime.fromtimestamp(self.now, await self.zone()).date()

    async def day(self, iso: str, *, weekday: bool = False) -> str:
        return wording.day(iso, self.language, today=await self.today(), weekday=weekday)

    async def day_of(self, at: float) -> str:
        """The day of a moment, as the customer would call it."""
        return await self.day(wording.day_of(at, await self.zone()))

    async def moment(self, at: float) -> str:
        return wording.moment(at, self.language, now=self.now, zone=await self.zone())


def entities(**values: str) -> list[dict[str, Any]]:
    """Values as a message would carry them, for an offer."""
    return [{"entity": name, "value": value} for name, value in values.items()]
