"""Payments: failed, charged twice, not recognised, still pending."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from actions import nouns
from actions.base import Action, Lookups
from actions.call import Call
from actions.services.bank_types import Case, Payment
from bot.dialogue import frames, repairs
from bot.dialogue.buttons import Button
from bot.dialogue.candidates import Candidate
from bot.dialogue.state import Said
from bot.errors import ServiceRefused
from bot.types import Deed, Level

_NOT_MINE = re.compile(
    r"\b(not|wasn'?t|isn'?t) (me|mine|my)\b|\b(never|didn'?t) (buy|bought|order|make|made|pay|paid|use|been|go|went|do)"
    r"|\b(don'?t|do not) (know|recogni[sz]e)"
    r"|不是我(本人)?(买|刷|付|的|弄|操作|支付|消费)|不是(我)?本人|(没|没有|从没|从来没)(买|刷|付|去|消费|用)过?|不认识|不知道这",
    re.IGNORECASE,
)
"""Answers to "if it really wasn't you"."""


RECENT_S = 14 * 86_400
"""A decline older than that is not what somebody is asking about."""


class PaymentFlow(Lookups):
    """Base: which payment. A number of another payment is told as what it is."""

    async def all_of_them(self, call: Call) -> list[Candidate]:
        return await nouns.payments(call, await call.bank.payments(call.customer_id, limit=50))

    async def unsuitable(self, call: Call, number: str) -> bool:
        try:
            payment = await call.bank.payment(call.customer_id, number)
        except ServiceRefused:
            return False
        call.say(f"utter_payment_is_{payment.status}", **await facts(call, payment))
        self.end(call)
        return True


class FailedPaymentFlow(PaymentFlow):
    flow = "payment_failed"

    async def candidates(self, call: Call) -> list[Candidate]:
        found = await call.bank.payments(call.customer_id, status="failed", limit=10)
        return await nouns.payments(call, found)

    async def nothing_to_pick(self, call: Call, response: str) -> None:
        """A card that was declined looks like a payment that failed."""
        declined = await call.bank.declines(call.customer_id, limit=1)
        self.end(call)
        if declined and call.now - declined[0].at < RECENT_S:
            frames.push(call, call.flows["card_declined"], said=call.said)
        else:
            call.propose(response, "card_declined")


class ExplainFailedPayment(Action):
    called = "action_failed_payment"
    requires = Level.SIGNED_IN

    async def perform(self, call: Call) -> None:
        await explain_failed(call, await call.bank.payment(call.customer_id, call.slot("order_number")))


async def explain_failed(call: Call, payment: Payment) -> None:
    """Why it failed, and when the money is back if any is held."""
    said = await facts(call, payment)
    reason = payment.failure_reason or "network_error"
    call.say(f"utter_payment_failed_{reason}", card=_card(call, payment, said), **said)
    if payment.reverses_on:
        call.say("utter_held_money_comes_back", back=await call.day(payment.reverses_on, weekday=True), **said)
    elif payment.status == "failed":
        call.say("utter_no_money_was_taken")


class PendingPaymentFlow(PaymentFlow):
    flow = "payment_pending"

    async def candidates(self, call: Call) -> list[Candidate]:
        found = await call.bank.payments(call.customer_id, status="pending", limit=10)
        return await nouns.payments(call, found)

    async def nothing_to_pick(self, call: Call, response: str) -> None:
        """What is under way may be a transfer."""
        sent = await call.bank.transfers(call.customer_id, status="processing", limit=2)
        if len(sent) == 1:
            frames.drop(call)
            number = {"entity": "order_number", "value": sent[0].id}
            status = call.flows["transfer_status"]
            frames.push(call, status, said=Said(intent=call.intent_of(status.id), entities=(number,), pressed=True))
        else:
            await super().nothing_to_pick(call, response)


class ExplainPendingPayment(Action):
    called = "action_pending_payment"
    requires = Level.SIGNED_IN

    async def perform(self, call: Call) -> None:
        payment = await call.bank.payment(call.customer_id, call.slot("order_number"))
        said = await facts(call, payment)
        settles = await call.day(payment.settles_on, weekday=True) if payment.settles_on else ""
        response = "utter_payment_pending_until" if settles else "utter_payment_is_pending"
        call.say(response, card=_card(call, payment, said), settles=settles, **said)


class DoubleChargeFlow(PaymentFlow):
    """The pair is found by the bank; without one, the customer shows which payment it is and a person checks it."""

    flow = "charged_twice"

    async def candidates(self, call: Call) -> list[Candidate]:
        pairs = await call.bank.duplicates(call.customer_id)
        if not pairs:
            found = await call.bank.payments(call.customer_id, limit=20)
            return await nouns.payments(call, [each for each in found if each.status in ("pending", "completed")])
        call.memo["pairs"] = {pair.second.id: pair for pair in pairs}
        seconds = await nouns.payments(call, [pair.second for pair in pairs])
        return [
            _known_also_as(each, pair.first.id, pair.first.order_number)
            for each, pair in zip(seconds, pairs, strict=True)
        ]

    async def confirm(self, call: Call, buttons: Sequence[Button]) -> None:
        chosen = await self.chosen(call)
        said = await facts(call, chosen.noun)
        pair = call.memo.get("pairs", {}).get(chosen.id)
        if pair is None:
            call.say("utter_confirm_double_charge_unseen", buttons=buttons, **said)
            return
        said |= {"first": await call.moment(pair.first.at), "second": await call.moment(pair.second.at)}
        if said["first"] == said["second"]:
            call.say("utter_confirm_double_charge_at_once", buttons=buttons, **said)
            return
        call.say("utter_confirm_double_charge", buttons=buttons, **said)


class DisputeDoubleCharge(Action):
    """Money that goes back at once takes a code, as any other refund does; a case that is only opened does not."""

    called = "action_double_charge"
    requires = Level.STEPPED_UP

    async def deed(self, call: Call) -> Deed | None:
        number = call.slot("order_number")
        pairs = await call.bank.duplicates(call.customer_id)
        seconds = (pair.second for pair in pairs if number in (pair.first.id, pair.second.id))
        second = next((each for each in seconds if each.status == "completed"), None)
        if second is None:
            return None
        return Deed(action="double_charge", object=number, amount_minor=second.amount_minor, currency=second.currency)

    async def perform(self, call: Call) -> None:
        payment = await call.bank.payment(call.customer_id, call.slot("order_number"))
        case = await call.bank.dispute(
            call.customer_id, payment.id, kind="charged_twice", proof=call.proof, idempotency_key=call.key
        )
        said = await facts(call, payment)
        call.did(
            payment.id,
            title=call.form("dispute_of", **said),
            reference=case.refund_id or case.number,
            order_number=payment.id,
        )
        if case.refund_id:
            refund = await call.bank.refund(call.customer_id, case.refund_id)
            expected = await call.day(refund.expected_on, weekday=True) if refund.expected_on else ""
            response = "utter_double_charge_refunded" if expected else "utter_double_charge_refunded_now"
            call.say(response, number=case.refund_id, expected=expected, **said)
            call.answered("refund_status", order_number=refund.id)
        else:
            call.say("utter_dispute_opened", number=case.number, answer_by=await _answer_by(call, case), **said)


class UnknownPaymentFlow(PaymentFlow):
    flow = "payment_not_recognised"

    def also_yes(self, text: str) -> bool:
        return _NOT_MINE.search(text) is not None

    async def instead(self, call: Call) -> bool:
        """ "It was me who paid": there is nothing to look into."""
        if not call.free_text or not call.words.says("was_me", call.text) or _NOT_MINE.search(call.text):
            return False
        repairs.not_wanted(call)
        return True

    async def candidates(self, call: Call) -> list[Candidate]:
        found = await call.bank.payments(call.customer_id, limit=20)
        usable = [each for each in found if each.status in ("pending", "completed") and not each.dispute_number]
        return await nouns.payments(call, usable)

    async def confirm(self, call: Call, buttons: Sequence[Button]) -> None:
        payment: Payment = (await self.chosen(call)).noun
        said = await facts(call, payment)
        said |= {
            "at": await call.moment(payment.at),
            "category": call.words.word("categories", payment.category, call.language),
        }
        response = "utter_confirm_unknown_card_payment" if payment.card_ending else "utter_confirm_unknown_payment"
        call.say(response, buttons=buttons, **said)


class DisputeUnknownPayment(Action):
    """The dispute is opened; if a card was used, stopping it is the next step."""

    called = "action_unknown_payment"
    requires = Level.SIGNED_IN

    async def perform(self, call: Call) -> None:
        payment = await call.bank.payment(call.customer_id, call.slot("order_number"))
        case = await call.bank.dispute(call.customer_id, payment.id, kind="not_recognised", idempotency_key=call.key)
        said = await facts(call, payment)
        call.did(
            payment.id,
            title=call.form("dispute_of", **said),
            reference=case.refund_id or case.number,
            order_number=payment.id,
        )
        call.say("utter_dispute_opened", number=case.number, answer_by=await _answer_by(call, case), **said)
        if payment.card_ending:
            freeze = call.button("wanted", "freeze_card", card_ending=payment.card_ending)
            options = (freeze, call.button("no", "deny"))
            call.propose(
                "utter_offer_freeze",
                "freeze_card",
                {"card_ending": payment.card_ending},
                buttons=options,
                ending=payment.card_ending,
            )
        else:
            call.say("utter_change_password_too", buttons=(call.person,))


async def facts(call: Call, payment: Payment) -> dict[str, Any]:
    """What the responses about a payment may mention."""
    return {
        "payment": payment.id,
        "money": call.money(payment.amount_minor, payment.currency),
        "merchant": payment.merchant,
        "when": await call.day_of(payment.at),
        "card_name": nouns.ending_name(call, payment.card_ending) if payment.card_ending else "",
        "paid_with": nouns.ending_name(call, payment.card_ending) if payment.card_ending else call.form("balance"),
    }


async def _answer_by(call: Call, case: Case) -> str:
    return await call.day(case.answer_by, weekday=True)


def _card(call: Call, payment: Payment, said: dict[str, Any]) -> dict[str, object]:
    item = {
        "id": payment.id,
        "title": payment.merchant,
        "amount": said["money"],
        "date": said["when"],
        "status": payment.status,
    }
    return {"card": "payments", "items": [item]}


def _known_also_as(candidate: Candidate, *numbers: str) -> Candidate:
    return replace(candidate, aliases=(*candidate.aliases, *numbers))
