"""News of refunds: where one is, and one that has not arrived."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from actions import nouns
from actions.base import Action, Lookups
from actions.call import Call
from actions.payments import explain_failed
from actions.services.bank_types import Refund
from actions.transfers import tell as tell_transfer
from bot.dialogue.candidates import Candidate
from bot.errors import ServiceRefused
from bot.types import Level

OPEN = ("requested", "approved", "sent_to_bank")


class RefundStatusFlow(Lookups):
    flow = "refund_status"

    async def candidates(self, call: Call) -> list[Candidate]:
        found = await call.bank.refunds(call.customer_id, limit=10)
        return await nouns.refunds(call, sorted(found, key=lambda each: each.status not in OPEN))

    async def plausible(self, call: Call, candidates: Sequence[Candidate]) -> Candidate | None:
        """The only one that is under way."""
        under_way = [each for each in candidates if each.noun.status in OPEN]
        return under_way[0] if len(under_way) == 1 else await super().plausible(call, candidates)

    async def all_of_them(self, call: Call) -> list[Candidate]:
        return await nouns.payments(call, await call.bank.payments(call.customer_id, limit=50))

    async def unsuitable(self, call: Call, number: str) -> bool:
        return await _no_refund_for(self, call, number)

    async def nothing_to_pick(self, call: Call, response: str) -> None:
        if await _tell_what_comes_back(call):
            self.end(call)
            return
        call.propose(response, "request_refund")
        self.end(call)


class TellRefundStatus(Action):
    called = "action_refund_status"
    requires = Level.SIGNED_IN

    async def perform(self, call: Call) -> None:
        refund = await call.bank.refund(call.customer_id, call.slot("order_number"))
        await tell(call, refund)
        offer_trace(call, refund)


class RefundMissingFlow(RefundStatusFlow):
    flow = "refund_not_arrived"

    async def candidates(self, call: Call) -> list[Candidate]:
        found = await call.bank.refunds(call.customer_id, limit=10)
        late = sorted(found, key=lambda each: (not each.overdue, each.status not in ("completed", *OPEN)))
        return await nouns.refunds(call, [each for each in late if each.status != "cancelled"])

    async def plausible(self, call: Call, candidates: Sequence[Candidate]) -> Candidate | None:
        """The only one that is late."""
        late = [each for each in candidates if each.noun.overdue]
        return late[0] if len(late) == 1 else await Lookups.plausible(self, call, candidates)


class ExplainMissingRefund(Action):
    called = "action_refund_missing"
    requires = Level.SIGNED_IN

    async def perform(self, call: Call) -> None:
        refund = await call.bank.refund(call.customer_id, call.slot("order_number"))
        await tell(call, refund)
        if refund.trace_number:
            call.say("utter_trace_running", number=refund.trace_number)
        else:
            offer_trace(call, refund)


def offer_trace(call: Call, refund: Refund) -> None:
    """Propose to have the receiving bank search for it."""
    if refund.trace_number or refund.status != "completed":
        return
    call.propose("utter_offer_trace", "trace_refund", {"order_number": refund.id})


class TraceRefundFlow(RefundMissingFlow):
    flow = "trace_refund"


class TraceRefund(Action):
    called = "action_trace_refund"
    requires = Level.SIGNED_IN

    async def perform(self, call: Call) -> None:
        refund = await call.bank.refund(call.customer_id, call.slot("order_number"))
        case = await call.bank.trace_refund(call.customer_id, refund.id, idempotency_key=call.key)
        title = call.form("tracing_refund_of", **await facts(call, refund))
        call.did(refund.id, title=title, reference=case.number, due=case.answer_by, order_number=refund.id)
        call.say("utter_trace_started", number=case.number, answer_by=await call.day(case.answer_by, weekday=True))
        call.answered("refund_not_arrived", order_number=refund.id)


async def tell(call: Call, refund: Refund) -> None:
    """Where it stands and when the money comes."""
    response = "utter_refund_is_late" if refund.overdue else f"utter_refund_is_{refund.status}"
    buttons = (call.person,) if refund.overdue else ()
    call.say(response, buttons=buttons, card=card_of(call, refund), **await facts(call, refund))


async def facts(call: Call, refund: Refund) -> dict[str, Any]:
    """What the responses about a refund may mention."""
    done = refund.completed_at or refund.sent_at or refund.requested_at
    return {
        "number": refund.id,
        "money": call.money(refund.amount_minor, refund.currency),
        "merchant": refund.merchant,
        "requested": await call.day_of(refund.requested_at),
        "done": await call.day_of(done),
        "expected": await call.day(refund.expected_on, weekday=True) if refund.expected_on else "",
        "destination": destination(call, refund.card_ending),
        "reference": refund.bank_reference or "",
    }


def destination(call: Call, card_ending: str | None) -> str:
    if card_ending:
        return call.form("to_card", ending=card_ending)
    return call.form("to_balance")


async def _tell_what_comes_back(call: Call) -> bool:
    """Who calls it a refund may wait for a transfer that was returned, or for money held for a failed payment."""
    sent = await call.bank.transfers(call.customer_id, direction="out", limit=20)
    back = [each for each in sent if each.status in ("failed", "returned") and each.returns_on]
    for transfer in back:
        await tell_transfer(call, transfer)
    failed = await call.bank.payments(call.customer_id, status="failed", limit=10)
    held = [each for each in failed if each.reverses_on]
    for payment in held:
        await explain_failed(call, payment)
    return bool(back or held)


async def _no_refund_for(look: Lookups, call: Call, number: str) -> bool:
    """A payment's number, but no refund of it: offer to ask for one."""
    try:
        refund = await call.bank.refund(call.customer_id, number)
        await tell(call, refund)
        offer_trace(call, refund)
    except ServiceRefused:
        try:
            payment = await call.bank.payment(call.customer_id, number)
        except ServiceRefused:
            return False
        call.propose(
            "utter_no_refund_for_payment", "request_refund", {"order_number": payment.id},
            merchant=payment.merchant, money=call.money(payment.amount_minor, payment.currency),
        )  # fmt: skip
    look.end(call)
    return True


def card_of(call: Call, refund: Refund) -> dict[str, Any]:
    item = {
        "id": refund.id,
        "title": refund.merchant,
        "amount": call.money(refund.amount_minor, refund.currency),
        "date": refund.expected_on or "",
        "status": call.words.word("refund_states", refund.status, call.language),
    }
    return {"card": "refund", "items": [item], "record": asdict(refund)}
