"""Asking for the proof of identity that an action needs: sign in, or send back a one-time code."""

from __future__ import annotations

from actions.buttons import button, person
from actions.call import Call
from bot.types import Level

CODE_FORM = "code_form"


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
