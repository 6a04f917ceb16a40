"""The one-time code: sent when an action needs a stronger proof, asked for by `code_form`, checked; then it goes on."""

from __future__ import annotations

import re

from rasa_sdk.events import ActionExecutionRejected, SlotSet

from actions import prove
from actions.base import Action
from actions.buttons import button, person, stop
from actions.call import Call
from actions.form import VAGUE
from bot.types import Identity, Level, to_wire

STEPPED_UP_S = 600
"""A returned code proves who is there for ten minutes."""
_CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")
_RESEND = re.compile(
    r"resend|re-send|send (it )?again|new (code|one)|another code|(did ?n.?t|not|never) (get|got|receiv|arriv|come)"
    r"|没收到|收不到|没有收到|重发|再发|重新发|没来",
    re.IGNORECASE,
)
_NO_CODE = frozenset(
    ["affirm", "nlu_fallback", "out_of_scope", "inform_amount", "inform_date", "inform_order", "inform_code"]
)
"""Answers to the question that do not answer it; other intents are other wishes."""


class AskForCode(Action):
    """`code_form`: one slot, `code`. Six digits are the code, "I didn't get it" sends another."""

    called = "validate_code_form"
    requires = Level.SIGNED_IN

    @property
    def target(self) -> str:
        return prove.CODE_FORM

    async def perform(self, call: Call) -> None:
        otp = call.slot("otp") or {}
        found = _CODE.search(call.text) if call.free_text else None
        code = call.entity("code") or (found[0] if found else None)
        if call.slot("requested_slot") != "code":
            self._ask(call, otp)
        elif code:
            call.set("code", str(code))
            call.set("requested_slot", None)
        elif call.intent == "repeat_that" or (call.free_text and _RESEND.search(call.text)):
            await prove.send_code(call, target=otp["purpose"])
            self._ask(call, call.slot("otp"))
        elif call.intent == "deny":
            self._give_up(call)
        elif call.intent in _NO_CODE or call.confidence < VAGUE:
            call.say("utter_code_has_six_digits")
            call.set("otp", otp)
            call.set("requested_slot", "code")
        else:
            call.reject(ActionExecutionRejected(prove.CODE_FORM), SlotSet("requested_slot", None))

    def _ask(self, call: Call, otp: dict[str, object]) -> None:
        response = "utter_code_wrong" if otp.get("tries") else "utter_code_sent"
        buttons = (button("resend", call.language, "repeat_that"), stop(call.language))
        call.say(response, buttons=buttons, phone=str(otp.get("to", "")))
        call.set("requested_slot", "code")

    def _give_up(self, call: Call) -> None:
        call.say("utter_nothing_done")
        call.set("otp", None)
        call.set("wanted", None)
        call.forget_form()
        call.leave_form()


class VerifyCode(Action):
    """Check the code with the bank; a right one raises the identity and the wanted action runs by itself."""

    called = "action_verify_code"
    requires = Level.SIGNED_IN

    async def perform(self, call: Call) -> None:
        otp, code = call.slot("otp"), call.slot("code")
        if not otp or not code:
            call.say("utter_no_code_needed")
            return
        await call.bank.verify_code(
            call.customer_id, otp_id=otp["id"], code=code, purpose=otp["purpose"], idempotency_key=call.key
        )
        identity = call.identity
        assert identity is not None  # noqa: S101
        raised = Identity(
            customer_id=identity.customer_id,
            level=Level.STEPPED_UP,
            method="otp",
            proven_at=call.now,
            expires_at=identity.expires_at,
            stepped_up_until=min(call.now + STEPPED_UP_S, identity.expires_at),
            name=identity.name,
        )
        call.set("identity", to_wire(raised))
        call.set("otp", None)
        call.set("code", None)
        call.record("done", otp["purpose"])
        call.follow(otp["purpose"])

    async def refused(self, call: Call, code: str) -> None:
        otp = call.slot("otp") or {}
        call.set("code", None)
        if code == "code_wrong":
            call.set("otp", {**otp, "tries": otp.get("tries", 0) + 1})
            call.follow(prove.CODE_FORM)
        elif code in ("code_expired", "code_used", "not_found", "wrong_purpose"):
            call.say("utter_code_expired")
            await prove.send_code(call, target=otp["purpose"])
            call.follow(prove.CODE_FORM)
        else:
            call.set("otp", None)
            buttons = (button("retry", call.language, "affirm"), person(call.language))
            call.ask_back("utter_code_locked", {"do": otp["purpose"]}, buttons=buttons)
