"""Asking for the proof of identity that an action needs: sign in, or send back a one-time code."""

from __future__ import annotations

import re

from actions.buttons import button, person
from actions.call import Call
from bot.types import Level

CODE_FORM = "code_form"
_SIGNED_IN = re.compile(r"\b(signed|logged|sign|log) ?in\b|登录(了|好|成功|完)|已经?登录|登好了|登上了", re.IGNORECASE)
_NOT_SO = re.compile(r"some(one|body)|hack|n't|not\b|别人|有人|被|不|没|无法", re.IGNORECASE)
_SHORT = 40


async def ask(call: Call, level: Level, *, target: str, first: str = "") -> None:
    """Ask for what is missing and remember `target` as what is wanted. Raises what the bank raises."""
    call.leave_form()
    if call.level < Level.SIGNED_IN:
        _sign_in(call, target=target, first=first)
    else:
        await send_code(call, target=target)
        call.follow(CODE_FORM)


def _sign_in(call: Call, *, target: str, first: str) -> None:
    buttons = (button("signed_in", call.language, "affirm"), person(call.language))
    again = call.slot("wanted") == target and call.intent == "affirm"
    call.set("wanted", target)
    if not again:
        call.set(
            "said",
            {
                **{name: call.message.get(name) for name in ("intent", "intent_ranking", "entities", "text")},
                "for": target,
            },
        )
        if first:
            call.say(first)
    call.say("utter_still_signed_out" if again else "utter_sign_in", buttons=buttons)


async def send_code(call: Call, *, target: str) -> None:
    """Send a one-time code for `target` to the customer's phone, and remember it as what is wanted."""
    key = f"{call.tracker.sender_id}:{call.message_id}:send_code"
    sent = await call.bank.send_code(call.customer_id, purpose=target, idempotency_key=key)
    call.set("wanted", target)
    call.set("otp", {"id": sent.otp_id, "to": sent.sent_to, "purpose": target, "tries": 0})


def says_signed_in(call: Call) -> bool:
    """The customer answers the request to sign in with words ("ok, logged in now"), and so it is."""
    waits = bool(call.slot("wanted")) and not call.slot("otp") and call.level >= Level.SIGNED_IN
    text = call.text if call.free_text and len(call.text) <= _SHORT else ""
    return waits and bool(_SIGNED_IN.search(text)) and not _NOT_SO.search(text)
