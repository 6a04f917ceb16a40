"""Balance, transactions, monthly bills and receipts."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from datetime import UTC, date, datetime, timedelta
from typing import Any

from actions import nouns
from actions.base import Action, Lookups
from actions.call import Call
from actions.looking_up import show_found
from actions.payments import facts
from actions.services.bank_types import Bill
from bot.dialogue import wording
from bot.dialogue.buttons import Button, payload
from bot.dialogue.candidates import Candidate, Reference
from bot.dialogue.choosing import card_of
from bot.dialogue.flows import Collect
from bot.errors import ServiceRefused
from bot.types import Level

SHOWN = 8
TOP_CATEGORIES = 3
_THIS_MONTH = re.compile(r"\bthis month\b|本月|这个月|当月", re.IGNORECASE)


class TellBalance(Action):
    called = "action_check_balance"
    requires = Level.SIGNED_IN

    async def perform(self, call: Call) -> None:
        balance = await call.bank.balance(call.customer_id)
        response = "utter_balance_with_pending" if balance.pending_minor else "utter_balance"
        call.say(
            response,
            available=call.money(balance.available_minor, balance.currency),
            whole=call.money(balance.balance_minor, balance.currency),
            pending=call.money(balance.pending_minor, balance.currency),
        )


class ListTransactions(Action):
    """Payments, newest first; those of the days, amounts or merchants that were named, if any were."""

    called = "action_list_transactions"
    requires = Level.SIGNED_IN

    async def perform(self, call: Call) -> None:
        since, until = await _span(call)
        found = await call.bank.payments(
            call.customer_id, since=since, until=until, limit=SHOWN if since is None else 50
        )
        candidates = await nouns.payments(call, found)
        amounts = tuple(each for each in call.entities("amount") if isinstance(each, dict))
        narrowed = Reference(None, amounts, (), call.text if call.free_text else "").narrow(candidates)
        if amounts and narrowed is None and await show_found(call):
            return
        one = self._of_the_list(call, candidates) if narrowed is None else None
        if one is not None:
            call.say(f"utter_payment_is_{one.noun.status}", **await facts(call, one.noun))
            call.answered("list_transactions", order_number=one.id)
            return
        shown = (candidates if narrowed is None else narrowed)[:SHOWN]
        if not shown:
            call.say("utter_no_transactions_then" if since is not None else "utter_no_payments")
            return
        lines = wording.numbered([each.line for each in shown])
        more = len(narrowed or candidates) - len(shown)
        response = "utter_transactions_and_more" if more > 0 else "utter_transactions"
        options = (
            call.button("bill", "monthly_bill"),
            call.button("unknown", "payment_not_recognised"),
        )
        call.say(response, buttons=options, card=card_of("payments", shown), lines=lines, more=str(more))

    def _of_the_list(self, call: Call, candidates: Sequence[Candidate]) -> Candidate | None:
        """ "What's the second one?", of the list that was just shown."""
        listed = call.topic is not None and call.topic.flow == "list_transactions" and call.free_text
        return Reference(None, (), (), call.text).place(candidates[:SHOWN], call.words) if listed else None


class TellBill(Action):
    """A month: the one that was named, this one, or else the last one that is over."""

    called = "action_monthly_bill"
    requires = Level.SIGNED_IN

    async def perform(self, call: Call) -> None:
        month = await _month(call)
        try:
            bill = await self._bill(call, month)
        except ServiceRefused as refusal:
            if refusal.code != "not_found":
                raise
            bill = None
        if bill is None:
            call.say("utter_no_bill" if month else "utter_no_bills", month=_named(call, month) if month else "")
            return
        call.say(
            "utter_bill_so_far" if bill.open else "utter_bill",
            buttons=self._options(call, bill),
            card=_card(call, bill),
            **_facts(call, bill),
        )

    async def _bill(self, call: Call, month: str | None) -> Bill | None:
        if month:
            return await call.bank.bill(call.customer_id, month)
        bills = await call.bank.bills(call.customer_id, limit=3)
        return next((each for each in bills if not each.open), bills[0] if bills else None)

    def _options(self, call: Call, bill: Bill) -> tuple[Button, ...]:
        receipt = call.button("statement", "request_receipt", date=f"{bill.month}-01")
        return (receipt, call.button("transactions", "list_transactions"))


class ReceiptFlow(Lookups):
    flow = "request_receipt"

    async def value(self, call: Call, collect: Collect) -> str | None:
        """A month whose statement is wanted instead of one payment's receipt; never asked for."""
        when = call.entity("date")
        named = call.words.says("month", call.text)
        month = _month_of(when) if isinstance(when, Mapping) or named or not call.free_text else None
        return None if call.entity("order_number") else month

    async def candidates(self, call: Call) -> list[Candidate]:
        return await nouns.payments(call, await call.bank.payments(call.customer_id, status="completed", limit=30))

    async def unsuitable(self, call: Call, number: str) -> bool:
        try:
            payment = await call.bank.payment(call.customer_id, number)
        except ServiceRefused:
            return False
        call.say("utter_refused_not_completed", merchant=payment.merchant)
        self.end(call)
        return True

    def more_options(self, call: Call) -> list[Button]:
        last = datetime.fromtimestamp(call.now, UTC).date().replace(day=1) - timedelta(days=1)
        month = f"{last:%Y-%m}"
        title = call.form("statement", month=wording.month(month, call.language))
        return [Button(title, payload("inform_date", date=f"{month}-01"))]


class SendReceipt(Action):
    called = "action_send_receipt"
    requires = Level.SIGNED_IN

    async def perform(self, call: Call) -> None:
        month = call.slot("date")
        if month:
            receipt = await call.bank.receipt(call.customer_id, month=month, idempotency_key=call.key)
            what = call.form("statement", month=wording.month(month, call.language))
        else:
            payment = await call.bank.payment(call.customer_id, call.slot("order_number"))
            receipt = await call.bank.receipt(call.customer_id, payment_id=payment.id, idempotency_key=call.key)
            money = call.money(payment.amount_minor, payment.currency)
            what = call.form("receipt", merchant=payment.merchant, money=money)
        call.did(receipt.number, title=what, reference=receipt.number)
        call.say("utter_receipt_sent", what=what, email=receipt.sent_to, url=receipt.url, number=receipt.number)


async def _span(call: Call) -> tuple[float | None, float | None]:
    """The moments between which the named days lie, in the customer's zone; half-open."""
    when = call.entity("date")
    if not when:
        return None, None
    first = date.fromisoformat(when["from"] if isinstance(when, Mapping) else when)
    last = date.fromisoformat(when["to"]) if isinstance(when, Mapping) else first + timedelta(days=1)
    zone = await call.zone()
    start, end = (datetime(each.year, each.month, each.day, tzinfo=zone).timestamp() for each in (first, last))
    return start, end


async def _month(call: Call) -> str | None:
    month = _month_of(call.entity("date"))
    if month is None and call.free_text and _THIS_MONTH.search(call.text):
        return f"{await call.today():%Y-%m}"
    return month


def _month_of(when: Any) -> str | None:
    """The month of a day, or in which a range begins."""
    first = when.get("from") if isinstance(when, Mapping) else when
    return first[:7] if isinstance(first, str) and len(first) >= 7 else None


def _named(call: Call, month: str) -> str:
    return wording.month(month, call.language)


def _facts(call: Call, bill: Bill) -> dict[str, Any]:
    def money(minor: int) -> str:
        return call.money(minor, bill.currency)

    spent_on = [
        call.form(
            "spent_on", what=call.words.word("categories", each.category, call.language), money=money(each.amount_minor)
        )
        for each in _top(bill)
    ]
    return {
        "month": _named(call, bill.month),
        "spent": money(bill.spent_minor),
        "count": call.form("one_payment" if bill.payments == 1 else "payments", count=bill.payments),
        "refunded": money(bill.refunded_minor),
        "sent": money(bill.sent_minor),
        "received": money(bill.received_minor),
        "fees": money(bill.fees_minor),
        "most": wording.listed(spent_on, call.language) or call.form("nothing_yet"),
    }


def _top(bill: Bill) -> Sequence[Any]:
    return bill.categories[:TOP_CATEGORIES]


def _card(call: Call, bill: Bill) -> dict[str, Any]:
    items = [
        {
            "id": each.category,
            "title": call.words.word("categories", each.category, call.language),
            "amount": call.money(each.amount_minor, bill.currency),
            "date": bill.month,
            "status": "",
        }
        for each in bill.categories
    ]
    return {"card": "bill", "items": items, "record": asdict(bill)}
