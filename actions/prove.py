"""Asking for the proof of identity that an action needs: sign in, or send back a one-time code for this very deed."""

from __future__ import annotations

from actions.buttons import button, person
from actions.call import Call
from bot import guard
from bot.types import Deed, to_wire

CODE_FORM = "code_form"
OUTDATED = frozenset(["code_required", "code_for_other", "code_spent", "code_outdated"])
"""The bank's words for a proof that does not open this (any more): another code may."""
STOPPED = {"codes_blocked": "utter_codes_blocked", "too_many_codes": "utter_too_many_codes"}
"""No code opens anything for now, and what is said about it: a person has to look at it."""


def ask_sign_in(call: Call, *, target: str, first: str = "") -> None:
    """Ask the customer to sign in, and remember `target` as what is wanted."""
    call.leave_form()
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


async def ask_code(call: Call, deed: Deed, *, target: str) -> None:
    """Send a code for this deed, and ask for it. Raises what the bank and the guard raise."""
    call.leave_form()
    await send_code(call, deed, target=target, digest=call.digest(deed))
    call.follow(CODE_FORM)


async def send_again(call: Call) -> None:
    """Another code for the same deed."""
    otp = call.slot("otp")
    await send_code(call, Deed(**otp["deed"]), target=otp["purpose"], digest=otp["digest"])


async def send_code(call: Call, deed: Deed, *, target: str, digest: str) -> None:
    """The bank writes the message, and names the deed in it; what is wanted next is `target`."""
    key = f"{call.tracker.sender_id}:{call.message_id}:send_code"
    await guard.current().sending(call.customer_id, deed.action, key=key, conversation=call.tracker.sender_id)
    sent = await call.bank.send_code(
        call.customer_id, purpose=deed.action, object=deed.object, amount_minor=deed.amount_minor, idempotency_key=key
    )
    call.set("wanted", target)
    otp = {"id": sent.otp_id, "to": sent.sent_to, "purpose": target, "tries": 0}
    call.set("otp", {**otp, "deed": to_wire(deed), "digest": digest})


async def refused(call: Call, code: str, *, target: str) -> bool:
    """A no that is about codes and not about what was wanted: say so, and how it goes on. False: it is not."""
    buttons = (button("retry", call.language, "affirm"), person(call.language))
    if code in OUTDATED:
        call.follow(target)
    elif code == "too_soon":
        call.leave_form()
        call.ask_back("utter_code_too_soon", {"do": target}, buttons=buttons)
    elif code in STOPPED:
        call.say(STOPPED[code])
        call.set("otp", None)
        call.set("wanted", None)
        call.forget_form()
        call.leave_form()
        call.hand_over("security")
    else:
        return False
    return True


async def spent(call: Call, deed: Deed) -> None:
    """It was done: the code opens nothing more."""
    call.step_down()
    await guard.current().done(call.customer_id, deed.action, conversation=call.tracker.sender_id)
