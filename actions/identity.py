"""The one-time code: sent when an action needs a stronger proof, asked for by `code_form`, checked; then it goes on."""

from __future__ import annotations

import re
from typing import Any

from rasa_sdk.events import ActionExecutionRejected, SlotSet

from actions import prove
from actions.base import Action
from actions.buttons import button, person, stop
from actions.call import Call
from actions.form import VAGUE
from actions.steps import HESITATES
from bot import guard
from bot.errors import ServiceError, ServiceRefused
from bot.types import Identity, Level, to_wire

STEPPED_UP_S = 600
"""A code that came back opens its one deed for so long: where the bank did not answer, another try needs no other."""
_CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")
_RESEND = re.compile(
    r"resend|re-send|send (it |me )*(again|one)|(new|another) (code|one)|\bno (code|text|sms|message)\b"
    r"|(n.?t|not|never) (get|got|getting|receiv|arriv|come|coming|came|here|see|have (it|any|a code|the code))"
    r"|nothing (yet|came|arrived|so far)|still (nothing|waiting)|where.?s (the|my) (code|text)"
    r"|没有?(收到|来|到|短信|验证码)|收不到|重发|再发|重新发|还没|验证码呢|多发一次",
    re.IGNORECASE,
)
_OTHER_PHONE = re.compile(
    r"wrong (number|phone)|(old|another|different|new) (number|phone)"
    r"|(not|n.?t) (my|have my|have the|have that|have access)"
    r"|lost my phone|phone (is )?(lost|stolen|broken|off|dead)|changed my (number|phone)"
    r"|号码?(不对|错了|不用了|停机|注销)|(换|旧|老|以前的?|之前的?)(了)?(手机)?号|手机(不在|丢|坏|没电|没带|停机)|没带手机|不是我的(手机|号)",
    re.IGNORECASE,
)
_WHY = re.compile(r"\bwhy\b|what.?s (this|it|that) for|为什么|为啥|干嘛|干什么用", re.IGNORECASE)
_MISTYPED = re.compile(r"typo|mis-?typed|wrong (code|one|digit)|(输|打|填|看|按)错", re.IGNORECASE)
_NO_CODE = frozenset(
    ["affirm", "nlu_fallback", "out_of_scope", "inform_amount", "inform_date", "inform_order", "inform_code"]
)
"""Answers to the question that do not answer it; other intents are other wishes."""


def _aside(said: str) -> str | None:
    """What is answered to words about the code, whatever the classifier takes them for."""
    answers = (
        ("utter_take_your_time", HESITATES.fullmatch(said)),
        ("utter_code_other_phone", _OTHER_PHONE.search(said)),
        ("utter_why_a_code", _WHY.search(said)),
        ("utter_code_has_six_digits", _MISTYPED.search(said)),
    )
    return next((response for response, found in answers if found), None) if said else None


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
        said = call.text if call.free_text else ""
        if call.slot("requested_slot") != "code":
            self._ask(call, otp)
        elif code:
            call.set("code", str(code))
            call.set("requested_slot", None)
        elif aside := _aside(said):
            self._wait(call, otp, aside)
        elif call.intent == "repeat_that" or _RESEND.search(said):
            await self._send_again(call, otp)
        elif call.intent == "deny":
            self._give_up(call)
        elif call.intent in _NO_CODE or call.confidence < VAGUE:
            self._wait(call, otp, "utter_code_has_six_digits")
        else:
            call.reject(ActionExecutionRejected(prove.CODE_FORM), SlotSet("requested_slot", None))

    async def _send_again(self, call: Call, otp: dict[str, object]) -> None:
        try:
            await prove.send_again(call)
        except ServiceRefused as refusal:
            if refusal.code != "too_soon":
                raise
            self._wait(call, otp, "utter_code_too_soon")
            return
        self._ask(call, call.slot("otp"))

    def _wait(self, call: Call, otp: dict[str, object], response: str) -> None:
        buttons = (button("resend", call.language, "repeat_that"), person(call.language), stop(call.language))
        call.say(response, buttons=buttons, phone=str(otp.get("to", "")))
        call.set("otp", otp)
        call.set("requested_slot", "code")

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
        proof = await self._checked(call, otp, str(code))
        identity = call.identity
        assert identity is not None  # noqa: S101
        raised = Identity(
            customer_id=identity.customer_id,
            level=Level.STEPPED_UP,
            method="otp",
            proven_at=call.now,
            expires_at=identity.expires_at,
            stepped_up_until=min(call.now + STEPPED_UP_S, identity.expires_at),
            stepped_up_for=otp["digest"],
            code_proof=proof,
            name=identity.name,
            proof_id=identity.proof_id,
        )
        call.set("identity", to_wire(raised))
        call.set("otp", None)
        call.set("code", None)
        call.record("done", otp["purpose"])
        call.follow(otp["purpose"])

    async def _checked(self, call: Call, otp: dict[str, Any], code: str) -> str:
        """The bank's proof that it is the code. A wrong one counts against the customer, in whatever conversation."""
        watch, who, deed = guard.current(), call.customer_id, otp["deed"]["action"]
        said = {"key": call.key, "conversation": call.tracker.sender_id}
        await watch.trying(who, deed, **said)
        try:
            verified = await call.bank.verify_code(who, otp_id=otp["id"], code=code, idempotency_key=call.key)
        except ServiceError as error:
            if getattr(error, "code", "") in ("code_wrong", "code_locked"):
                await watch.wrong(who, deed, conversation=call.tracker.sender_id)
            else:
                await watch.forgive(who, deed, key=call.key)
            raise
        await watch.forgive(who, deed, key=call.key)
        return verified.proof

    async def refused(self, call: Call, code: str) -> None:
        otp = call.slot("otp") or {}
        call.set("code", None)
        if code == "code_wrong":
            call.set("otp", {**otp, "tries": otp.get("tries", 0) + 1})
            call.follow(prove.CODE_FORM)
        elif code in ("code_expired", "code_used", "not_found"):
            call.say("utter_code_expired")
            await prove.send_again(call)
            call.follow(prove.CODE_FORM)
        else:
            call.set("otp", None)
            buttons = (button("retry", call.language, "affirm"), person(call.language))
            call.ask_back("utter_code_locked", {"do": otp["purpose"]}, buttons=buttons)
