"""The one-time code: asked for when an action needs a stronger proof, checked, and then the action goes on."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

from bot import guard
from bot.dialogue import frames, prove
from bot.dialogue.action import Action
from bot.dialogue.call import Call
from bot.dialogue.collects import Kind
from bot.dialogue.flows import Collect
from bot.dialogue.lookups import Lookups
from bot.dialogue.state import Offer, Otp
from bot.errors import ServiceError, ServiceRefused
from bot.types import Identity, Level, to_wire

STEPPED_UP_S = 600
"""A code that came back opens its one deed for so long: where the bank did not answer, another try needs no other."""
_CODE = re.compile(r"(?<!\d)\d{6}(?!\d)")
_SPACED = re.compile(r"(?<!\d)\d(?:[\s-]?\d){5}(?!\d)")
_ASIDES = (
    ("hesitates", "utter_take_your_time", True),
    ("other_phone", "utter_code_other_phone", False),
    ("why", "utter_why_a_code", False),
    ("mistyped", "utter_code_has_six_digits", False),
)
"""Phrases about the code and what is answered, whatever the classifier takes them for; whether nothing else is said."""


class Code(Kind):
    """Six digits are the code, "I didn't get it" sends another."""

    async def hear(self, look: Lookups[Any], call: Call, collect: Collect, *, asked: bool) -> bool:
        if call.state.otp is None or not asked:
            return False
        text = call.text if call.free_text else ""
        found = _CODE.search(text) or _SPACED.search(text)
        typed = str(call.entity("code") or "")
        code = typed if _CODE.fullmatch(typed) else re.sub(r"\D", "", found[0]) if found else None
        if code:
            call.set(collect.slot, str(code))
            return True
        said = (answer for phrase, answer, whole in _ASIDES if _is(call, phrase, text, whole=whole))
        aside = next(said, None) if text else None
        if aside is None and (call.intent == "repeat_that" or call.words.says("resend", text)):
            await self._send_again(call)
            return True
        if aside is None and re.fullmatch(r"\W*\d[\d\s-]*\W*", text):
            aside = "utter_code_has_six_digits"
        if aside is None:
            return False
        self.wait(call, aside)
        return True

    def insists(self, look: Lookups[Any], call: Call, collect: Collect, *, asked: bool) -> bool:
        return asked

    async def _send_again(self, call: Call) -> None:
        try:
            await prove.send_again(call)
        except ServiceRefused as refusal:
            if refusal.code != "too_soon":
                raise
            self.wait(call, "utter_code_too_soon")
            return
        call.note(asked=False)

    def missed(self, call: Call, *, again: bool) -> None:
        self.wait(call, "utter_code_has_six_digits")

    def wait(self, call: Call, response: str) -> None:
        """Say that, and go on waiting for the code."""
        call.say(response, buttons=(call.button("resend", "repeat_that"), call.person, call.stop))
        call.memo["asked"] = True

    async def ask(self, look: Lookups[Any], call: Call, collect: Collect) -> None:
        otp = call.state.otp
        if otp is None:  # Nothing waits for a code any more.
            frames.drop(call)
            return
        response = "utter_code_wrong" if otp.tries else "utter_code_sent"
        call.say(response, buttons=(call.button("resend", "repeat_that"), call.stop), phone=otp.to)


def _is(call: Call, phrase: str, text: str, *, whole: bool) -> bool:
    return call.words.just(phrase, text) if whole else call.words.says(phrase, text)


class VerifyCode(Action[Call]):
    """Check the code with the bank; a right one raises the identity and the action that waited runs by itself."""

    called = "action_verify_code"
    requires = Level.SIGNED_IN

    async def perform(self, call: Call) -> None:
        otp, code = call.state.otp, call.slot("code")
        if otp is None or not code:
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
            stepped_up_for=otp.digest,
            code_proof=proof,
            name=identity.name,
            proof_id=identity.proof_id,
        )
        call.set("identity", to_wire(raised))
        call.record("done", otp.purpose)
        self._off(call)
        call.follow(otp.purpose)

    def _off(self, call: Call) -> None:
        """The question for the code leaves the stack; what waits for it stays."""
        call.set("code", None)
        call.keep(stack=tuple(each for each in call.state.stack if each.flow != prove.CODE_FLOW), otp=None)

    async def _checked(self, call: Call, otp: Otp, code: str) -> str:
        """The bank's proof that it is the code. A wrong one counts against the customer, in whatever conversation."""
        watch, who, deed = guard.current(), call.customer_id, str(otp.deed["action"])
        said = {"key": call.key, "conversation": call.tracker.sender_id}
        await watch.trying(who, deed, **said)
        try:
            verified = await call.codes.verify_code(who, otp_id=otp.id, code=code, idempotency_key=call.key)
        except ServiceError as error:
            if getattr(error, "code", "") in ("code_wrong", "code_locked"):
                await watch.wrong(who, deed, conversation=call.tracker.sender_id)
            else:
                await watch.forgive(who, deed, key=call.key)
            raise
        await watch.forgive(who, deed, key=call.key)
        return str(verified.proof)

    async def refused(self, call: Call, code: str) -> None:
        otp = call.state.otp
        assert otp is not None  # noqa: S101
        call.set("code", None)
        again = call.flows[prove.CODE_FLOW].first
        if code == "code_wrong":
            call.keep(otp=replace(otp, tries=otp.tries + 1))
            call.note(at=again, waiting="", asked=False)
        elif code in ("code_expired", "code_used", "not_found"):
            call.say("utter_code_expired")
            await prove.send_again(call)
            call.note(at=again, waiting="", asked=False)
        else:
            self._off(call)
            if call.top is not None:
                call.note(waiting="again")
            buttons = (call.button("retry", "affirm"), call.person)
            call.ask_back("utter_code_locked", Offer(action=otp.purpose, said=call.said), buttons=buttons)
