"""What a name or an amount out of the blue may be: looked up in the account and offered with what can be done."""

from __future__ import annotations

from collections.abc import Sequence

from actions import nouns
from actions.base import Lookups
from actions.call import Call
from actions.payments import facts
from bot.dialogue import frames
from bot.dialogue.candidates import Candidate, Reference, bare_amounts
from bot.dialogue.state import Said
from bot.types import Level

_LONGEST = 90
"""Characters; what is longer tells a story instead of naming something."""
BY_STATUS = {
    "pending": ("payment_pending", "payment_not_recognised"),
    "failed": ("payment_failed",),
    "reversed": ("payment_failed",),
}
TRANSFER_BY_STATUS = {
    "failed": ("transfer_failed",),
    "returned": ("transfer_failed",),
    "completed": ("transfer_status", "transfer_wrong_recipient"),
    "cancelled": ("transfer_status",),
}
FOR_PAYMENT = ("request_refund", "refund_status", "charged_twice", "payment_not_recognised", "payment_failed")
FOR_REFUND = ("refund_status", "refund_not_arrived", "cancel_refund")
FOR_TRANSFER = ("transfer_status", "transfer_failed", "cancel_transfer", "transfer_wrong_recipient")


class NotUnderstood(Lookups):
    """What is not understood may name something that is in the account."""

    flow = "pattern_cannot_handle"

    async def instead(self, call: Call) -> bool:
        return await show_found(call)


async def show_found(call: Call, *, always: bool = False) -> bool:
    """If just one payment or transfer goes by what was said, say what it is and offer what can be done with it."""
    found = await _found(call) if call.level >= Level.SIGNED_IN else []
    if len(found) > 1 and always:
        if not call.words.says("newest", call.text):
            frames.push(call, call.flows["list_transactions"], said=call.said)
            return True
        found = found[:1]
    if len(found) != 1:
        return False
    (one,) = found
    status = one.noun.status
    sent = one.id.startswith("T")
    intents = TRANSFER_BY_STATUS.get(status, FOR_TRANSFER) if sent else BY_STATUS.get(status, FOR_PAYMENT)
    if always or call.act in ("status", "question") or call.words.says("ends_asking", call.text):
        return await _tell(call, one, intents)
    call.answered("list_transactions", order_number=one.id)
    options = [call.chip(each, order_number=one.id) for each in intents]
    call.say("utter_is_it_about", buttons=options, line=one.line)
    return True


async def _tell(call: Call, one: Candidate, intents: Sequence[str]) -> bool:
    """Where it stands: that is what was asked."""
    if one.noun.status == "completed" and call.words.says("went_wrong", call.text):
        return False
    if call.flow is not None and not call.flow.collects:
        frames.drop(call)
    tells = call.flows[intents[0]]
    if tells.changes:
        call.say(f"utter_payment_is_{one.noun.status}", **await facts(call, one.noun))
        call.answered("list_transactions", order_number=one.id)
        return True
    number = {"entity": "order_number", "value": one.id}
    frames.push(call, tells, said=Said(intent=call.intent_of(tells.id), entities=(number,), pressed=True))
    return True


async def _found(call: Call) -> list[Candidate]:
    if not call.free_text or len(call.text) > _LONGEST or call.entity("order_number") or call.entity("card_ending"):
        return []
    amounts = tuple(each for each in call.entities("amount") if isinstance(each, dict)) or bare_amounts(call.text)
    paid = await nouns.payments(call, await call.bank.payments(call.customer_id, limit=50))
    sent = await nouns.transfers(call, await call.bank.transfers(call.customer_id, direction="out", limit=20))
    return Reference(None, amounts, (), call.text).narrow([*sent, *paid]) or []
