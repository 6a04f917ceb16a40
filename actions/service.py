"""Service around the business: complaints, a person, going on, stopping, saying it again, and plain courtesy."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import ConversationPaused

from actions.base import Action
from actions.buttons import Button, payload, person
from actions.call import Call
from actions.form import Form
from actions.intents import LABELS
from actions.looking_up import show_found
from actions.resume import offer_to_resume, resume
from actions.steps import Text
from actions.taking_up import take_up
from actions.words import word
from bot.types import Level

SHOWN_FIRST = ("request_refund", "refund_status", "charged_twice", "transfer_status", "card_lost", "check_balance")

REMEMBERED = 20
"""Events."""


class HandOver(Action):
    """A person takes over. The place in the queue is told by the system."""

    called = "action_handover"
    requires = Level.NONE

    async def perform(self, call: Call) -> None:
        reason = call.slot("handover_reason") or "asked"
        call.set("handover_reason", reason)
        call.leave_form()
        for slot in ("flow", "paused", "offer", "wanted", "said", "wishes", "topic"):
            call.set(slot, None)
        call.say(f"utter_handover_{reason}")
        call.add(ConversationPaused())


class Greet(Action):
    called = "action_greet"
    requires = Level.NONE

    async def perform(self, call: Call) -> None:
        if call.slot("requested_slot"):
            call.say("utter_hello")
            return
        name = call.identity.name if call.identity and call.level >= Level.SIGNED_IN else ""
        options = [Button(word(LABELS, each, call.language), payload(each)) for each in SHOWN_FIRST]
        if any(event.get("name") == self.called for event in call.tracker.events if event["event"] == "action"):
            call.say("utter_here")
        elif name:
            call.say("utter_greet_by_name", buttons=options, name=name)
        else:
            call.say("utter_greet", buttons=options)


class Help(Action):
    called = "action_help"
    requires = Level.NONE

    async def perform(self, call: Call) -> None:
        options = [Button(word(LABELS, each, call.language), payload(each)) for each in SHOWN_FIRST]
        call.say("utter_help", buttons=[*options, person(call.language)])


class Affirm(Action):
    """A yes that no form was waiting for: to what was offered, or "I have signed in"."""

    called = "action_affirm"
    requires = Level.NONE

    async def perform(self, call: Call) -> None:
        offer = _offered(call)
        if offer.get("do"):
            self._go_on(call, offer)
        elif offer.get("resume"):
            resume(call)
        elif offer.get("intent"):
            take_up(call, offer["intent"], offer.get("entities") or [])
        elif call.slot("wanted"):
            call.follow(call.slot("wanted"))
        elif offer.get("guesses"):
            call.say("utter_ask_rephrase", buttons=(person(call.language),))
        else:
            call.say("utter_what_else")

    def _go_on(self, call: Call, offer: dict[str, Any]) -> None:
        flow = call.slot("flow") or {}
        if flow.get("form") == offer["do"]:
            call.set("flow", {**flow, "resumed": True})
        if offer.get("said"):
            call.set("said", offer["said"])
        call.follow(offer["do"])


def _offered(call: Call) -> dict[str, Any]:
    """What a plain yes or no is about. Rasa's two-stage fallback rewinds the tracker when an answer is clear, and with
    it the guess that was offered: that is read from the events."""
    if call.slot("offer"):
        return dict(call.slot("offer"))
    rewound = False
    for event in reversed(call.tracker.events[-REMEMBERED:]):
        if event["event"] == "rewind":
            rewound = True
        elif event["event"] in ("bot", "session_started"):
            break
        elif rewound and event["event"] == "slot" and event["name"] == "offer":
            return dict(event["value"] or {})
    return {}


class Deny(Action):
    """A no that no form was waiting for."""

    called = "action_deny"
    requires = Level.NONE

    def ends_something(self, call: Call) -> bool:
        return True

    async def perform(self, call: Call) -> None:
        offer = _offered(call)
        if offer.get("guesses"):
            call.say("utter_ask_rephrase", buttons=(person(call.language),))
            return
        call.set("wanted", None)
        call.set("said", None)
        if offer.get("resume"):
            call.set("paused", None)
        elif offer.get("do"):
            call.forget_form()
        offer_to_resume(call)
        if not call.proposes and not call.slot("wishes"):
            call.say("utter_what_else")


class Stop(Action):
    """Never mind: nothing more is done of what was going on."""

    called = "action_stop"
    requires = Level.NONE

    async def perform(self, call: Call) -> None:
        busy = any(call.slot(name) for name in ("requested_slot", "wanted", "offer"))
        for slot in ("wanted", "otp", "offer", "wishes", "topic"):
            call.set(slot, None)
        call.forget_form()
        call.leave_form()
        call.say("utter_stopped" if busy else "utter_nothing_to_stop")
        offer_to_resume(call)


class Repeat(Action):
    called = "action_repeat"
    requires = Level.NONE

    async def perform(self, call: Call) -> None:
        signed_in_then = call.identity is not None and call.level < Level.SIGNED_IN
        said = None if signed_in_then else _last_said(call.tracker.events)
        if said is None:
            call.say("utter_nothing_to_repeat")
            return
        if call.slot("offer"):
            call.set("offer", call.slot("offer"))
        for each in said:
            data = each.get("data") or {}
            call.repeat(each.get("text") or "", data.get("buttons") or [], data.get("custom") or {})


def _last_said(events: list[dict[str, Any]]) -> list[dict[str, Any]] | None:
    """What the bot said after the message before this one."""
    said: list[dict[str, Any]] = []
    turns = 0
    for event in reversed(events):
        if event["event"] == "user":
            turns += 1
            if said:
                break
        elif event["event"] == "bot" and turns:
            said.insert(0, event)
        elif event["event"] == "session_started":
            break
    return said or None


class Calm(Action):
    """Anger without a request: take it seriously, once; the escalation policy brings a person when it goes on."""

    called = "action_calm"
    requires = Level.NONE

    async def perform(self, call: Call) -> None:
        if await show_found(call):
            return
        call.say(
            "utter_calm", buttons=(person(call.language), Button(word(LABELS, "help", call.language), payload("help")))
        )


class NotSolved(Action):
    called = "action_not_solved"
    requires = Level.NONE

    async def perform(self, call: Call) -> None:
        call.say("utter_not_solved", buttons=(person(call.language),))


class ComplaintForm(Form):
    called = "validate_complaint_form"
    requires = Level.SIGNED_IN
    signed_out = "utter_complaint_signed_out"
    starts = ("complaint",)
    steps = (Text("reason", "utter_ask_complaint", at_once_from=60),)


class FileComplaint(Action):
    called = "action_file_complaint"
    requires = Level.SIGNED_IN
    ends_flow = True
    solves = ("complaint",)

    async def perform(self, call: Call) -> None:
        about = next((str(each) for each in call.entities("order_number")), "")
        case = await call.bank.complain(
            call.customer_id, reason=call.slot("reason"), about=about, idempotency_key=call.key
        )
        call.record("done", case.number)
        call.say(
            "utter_complaint_filed", buttons=(person(call.language),), number=case.number,
            answer_by=await call.day(case.answer_by, weekday=True),
        )  # fmt: skip


class NoCodeNeeded(Action):
    called = "action_no_code_needed"
    requires = Level.NONE

    async def perform(self, call: Call) -> None:
        if call.slot("wanted"):
            call.follow(call.slot("wanted"))
        else:
            call.say("utter_no_code_needed")
