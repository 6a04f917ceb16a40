"""Asking for the proof of identity that an action needs: sign in, or send back a one-time code for this very deed."""

from __future__ import annotations

from bot import guard
from bot.dialogue import frames
from bot.dialogue.call import Call
from bot.dialogue.state import Offer, Otp
from bot.types import Deed, to_wire

CODE_FLOW = "pattern_code"
OUTDATED = frozenset(["code_required", "code_for_other", "code_spent", "code_outdated"])
"""The bank's words for a proof that does not open this (any more): another code may."""
STOPPED = {"codes_blocked": "utter_codes_blocked", "too_many_codes": "utter_too_many_codes"}
"""No code opens anything for now, and what is said about it: a person has to look at it."""
_ABOUT_SIGN_IN = 48
"""Characters; what is longer is about something else."""


def ask_sign_in(call: Call, *, target: str = "", first: str = "") -> None:
    """Ask the customer to sign in. The flow on top waits for it; without one, `target` is run again on a yes."""
    again = call.top is not None and call.top.waiting == "sign_in"
    if call.top is not None:
        call.note(waiting="sign_in")
    elif target:
        call.keep(offer=Offer(action=target, said=call.said))
    if first and not again:
        call.say(first)
    buttons = (call.button("signed_in", "affirm"), call.person)
    call.say("utter_still_signed_out" if again else "utter_sign_in", buttons=buttons)


async def ask_code(call: Call, deed: Deed, *, target: str) -> None:
    """Send a code for this deed, and ask for it. Raises what the bank and the guard raise."""
    await send_code(call, deed, target=target, digest=call.digest(deed))
    if call.top is not None:
        call.note(waiting="code")
    frames.push(call, call.flows[CODE_FLOW])


async def send_again(call: Call) -> None:
    """Another code for the same deed."""
    otp = call.state.otp
    assert otp is not None  # noqa: S101
    await send_code(call, Deed(**otp.deed), target=otp.purpose, digest=otp.digest)


async def send_code(call: Call, deed: Deed, *, target: str, digest: str) -> None:
    """The service writes the message, and names the deed in it; what is wanted next is `target`."""
    key = f"{call.tracker.sender_id}:{call.message_id}:send_code"
    await guard.current().sending(call.customer_id, deed.action, key=key, conversation=call.tracker.sender_id)
    sent = await call.codes.send_code(
        call.customer_id, purpose=deed.action, object=deed.object, amount_minor=deed.amount_minor, idempotency_key=key
    )
    call.keep(otp=Otp(id=sent.otp_id, to=sent.sent_to, purpose=target, deed=to_wire(deed), digest=digest))


async def refused(call: Call, code: str, *, target: str) -> bool:
    """A no that is about codes and not about what was wanted: say so, and how it goes on. False: it is not."""
    if code in OUTDATED:
        call.follow(target)
    elif code == "too_soon":
        if call.top is not None:
            call.note(waiting="again")
        buttons = (call.button("retry", "affirm"), call.person)
        call.ask_back("utter_code_too_soon", Offer(action=target, said=call.said), buttons=buttons)
    elif code in STOPPED:
        call.say(STOPPED[code])
        frames.drop_all(call)
        call.hand_over("security")
    else:
        return False
    return True


async def spent(call: Call, deed: Deed) -> None:
    """It was done: the code opens nothing more."""
    call.step_down()
    await guard.current().done(call.customer_id, deed.action, conversation=call.tracker.sender_id)


def about_sign_in(call: Call) -> str | None:
    """`done`, `asks`, or None: about signing in, in the customer's own words."""
    text, words = call.text, call.words
    if not call.free_text or len(text) > _ABOUT_SIGN_IN:
        return None
    if not words.says("sign_in", text) or words.says("somebody_else", text):
        return None
    return "done" if words.says("signed_in", text) and not words.says("not_so", text) else "asks"
