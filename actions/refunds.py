"""Refunds: asking for one, where it is, one that has not arrived, taking a request back."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from actions import nouns
from actions.base import Action, Lookups
from actions.call import Call
from actions.refund_news import card_of, destination, facts, tell
from actions.services.bank_types import Payment, Refund
from bot.dialogue.buttons import Button
from bot.dialogue.candidates import Candidate, Reference, bare_amounts
from bot.errors import ServiceRefused
from bot.types import Deed, Level

SHORT = 24
"""Characters."""
LONG_BEFORE_S = 25 * 86_400


class RefundFlow(Lookups):
    """Which payment, how much of it (all, unless the customer says less), why, and a yes."""

    flow = "request_refund"

    async def candidates(self, call: Call) -> list[Candidate]:
        found = await call.bank.payments(call.customer_id, limit=30)
        return await nouns.payments(call, [each for each in found if each.refundable_minor > 0])

    async def all_of_them(self, call: Call) -> list[Candidate]:
        return await nouns.payments(call, await call.bank.payments(call.customer_id, limit=50))

    async def plausible(self, call: Call, candidates: Sequence[Candidate]) -> Candidate | None:
        """Of one shop's payments the newest, where the one before is long past; it is named before anything is done."""
        shops = {each.name for each in candidates}
        if len(candidates) > 1 and len(shops) == 1 and candidates[0].noun.at - candidates[1].noun.at > LONG_BEFORE_S:
            return candidates[0]
        return await super().plausible(call, candidates)

    async def unsuitable(self, call: Call, number: str) -> bool:
        try:
            payment = await call.bank.payment(call.customer_id, number)
        except ServiceRefused:
            return False
        await _why_not_refundable(call, payment)
        self.end(call)
        return True

    async def allows(self, call: Call, amount: dict[str, Any]) -> bool | None:
        """Less than the payment is a part of it; the payment's own amount only names it."""
        if call.slot("order_number") is None:
            call.note(part=amount)
            return None
        chosen = await self.chosen(call)
        payment: Payment = chosen.noun
        if amount.get("currency") not in (None, payment.currency):
            return None
        if chosen.amounts_to(amount, roughly=call.slot("amount") is None):
            if call.slot("amount") is None:
                return None
            amount["minor"] = payment.refundable_minor  # All of it after all.
        if 0 < amount["minor"] <= payment.refundable_minor:
            return True
        call.say("utter_refund_is_at_most", most=call.money(payment.refundable_minor, payment.currency))
        return False

    async def part_of(self, call: Call) -> dict[str, Any] | None:
        if call.slot("order_number") is None:
            return None
        payment: Payment = (await self.chosen(call)).noun
        return {"minor": payment.refundable_minor, "currency": payment.currency}

    async def instead(self, call: Call) -> bool:
        """ "Then can I have it back?" is about the payment that was just spoken of, if that cannot be refunded."""
        topic = call.topic
        if topic is None or topic.flow not in ("payment_pending", "payment_failed") or not call.free_text:
            return False
        number = next((each["value"] for each in topic.entities if each["entity"] == "order_number"), None)
        if not number:
            return False
        said = Reference(None, bare_amounts(call.text), (), call.text)
        if len(call.text) > SHORT or call.entities("order_number") or said.narrow(await self.all_of_them(call)):
            return False
        return await self.unsuitable(call, number)

    async def confirm(self, call: Call, buttons: Sequence[Button]) -> None:
        chosen = await self.chosen(call)
        payment: Payment = chosen.noun
        part = (call.top.part if call.top else None) or {}
        names_it = chosen.amounts_to(part, roughly=True)
        if call.slot("amount") is None and not names_it and 0 < part.get("minor", 0) < payment.refundable_minor:
            call.set("amount", part)
        minor = (call.slot("amount") or {}).get("minor") or payment.refundable_minor
        response = "utter_confirm_refund" if minor == payment.amount_minor else "utter_confirm_partial_refund"
        call.say(
            response,
            buttons=buttons,
            money=call.money(minor, payment.currency),
            whole=call.money(payment.amount_minor, payment.currency),
            merchant=payment.merchant,
            when=await call.day_of(payment.at),
            destination=destination(call, payment.card_ending),
        )


class RequestRefund(Action):
    called = "action_request_refund"
    requires = Level.STEPPED_UP

    async def deed(self, call: Call) -> Deed:
        payment = await call.bank.payment(call.customer_id, call.slot("order_number"))
        minor = (call.slot("amount") or {}).get("minor") or payment.amount_minor
        return Deed(action="refund", object=payment.id, amount_minor=minor, currency=payment.currency)

    async def perform(self, call: Call) -> None:
        amount, reason = call.slot("amount") or {}, call.slot("reason") or "other"
        refund = await call.bank.request_refund(
            call.customer_id,
            call.slot("order_number"),
            reason=call.words.word("refund_reasons", reason, "en")
            if reason in call.words.codes("refund_reasons")
            else reason,
            amount_minor=amount.get("minor"),
            proof=call.proof,
            idempotency_key=call.key,
        )
        said = await facts(call, refund)
        call.did(refund.id, title=call.form("refund_of", **said), reference=refund.id, order_number=refund.id)
        call.say("utter_refund_requested", card=card_of(call, refund), **said)
        call.answered("refund_status", order_number=refund.id)


class CancelRefundFlow(Lookups):
    flow = "cancel_refund"

    async def candidates(self, call: Call) -> list[Candidate]:
        found = await call.bank.refunds(call.customer_id, limit=10)
        return await nouns.refunds(call, [each for each in found if each.cancellable])

    async def all_of_them(self, call: Call) -> list[Candidate]:
        return await nouns.refunds(call, await call.bank.refunds(call.customer_id, limit=20))

    async def unsuitable(self, call: Call, number: str) -> bool:
        try:
            refund = await call.bank.refund(call.customer_id, number)
        except ServiceRefused:
            return False
        await tell(call, refund)
        if refund.status != "cancelled":
            call.say("utter_refused_too_late")
        self.end(call)
        return True

    async def confirm(self, call: Call, buttons: Sequence[Button]) -> None:
        refund: Refund = (await self.chosen(call)).noun
        call.say("utter_confirm_cancel_refund", buttons=buttons, **await facts(call, refund))


class CancelRefund(Action):
    called = "action_cancel_refund"
    requires = Level.SIGNED_IN

    async def perform(self, call: Call) -> None:
        refund = await call.bank.cancel_refund(call.customer_id, call.slot("order_number"), idempotency_key=call.key)
        said = await facts(call, refund)
        call.did(refund.id, title=call.form("cancelling_refund_of", **said), order_number=refund.payment_id)
        call.say("utter_refund_cancelled", card=card_of(call, refund), **said)


async def _why_not_refundable(call: Call, payment: Payment) -> None:
    if payment.refund_id:
        await tell(call, await call.bank.refund(call.customer_id, payment.refund_id))
        return
    response = {
        "pending": "utter_refund_of_pending",
        "failed": "utter_refund_of_failed",
        "reversed": "utter_refund_of_failed",
    }
    call.say(
        response.get(payment.status, "utter_refused_too_old"),
        merchant=payment.merchant,
        money=call.money(payment.amount_minor, payment.currency),
    )
