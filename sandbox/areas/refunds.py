"""Refunds: requested -> approved -> sent_to_bank -> completed, or cancelled before sent_to_bank."""

from __future__ import annotations

import sqlite3

from sandbox import asked, clock, models
from sandbox.areas import cases, payments
from sandbox.areas.common import customer_of, money, next_number, settled
from sandbox.days import DAY_S, day_of, working_days_after
from sandbox.deeds import Deed
from sandbox.service import Call, Missing, Refused, Route

APPROVED_AFTER_S = 2 * 3600.0
CARD_WORKING_DAYS = 5
"""From the request to the money on the card; a balance has it the next working day."""

REFUND = (
    "SELECT r.*, p.merchant, p.order_number, c.number AS trace_number, k.timezone FROM refunds r"
    " JOIN payments p ON p.id = r.payment_id JOIN customers k ON k.id = r.customer_id"
    " LEFT JOIN cases c ON c.kind = 'trace' AND c.about = r.id"
)


def refund_model(row: sqlite3.Row, now: float) -> models.Refund:
    today = day_of(now, row["timezone"])
    under_way = row["status"] in ("requested", "approved", "sent_to_bank")
    kept = {name: row[name] for name in models.Refund.model_fields if name in row.keys()}  # noqa: SIM118
    return models.Refund(
        **kept,
        overdue=under_way and row["expected_on"] is not None and row["expected_on"] < today,
        cancellable=row["status"] in ("requested", "approved"),
    )


def find(call: Call, refund_id: str) -> sqlite3.Row:
    """By refund, payment or order number, of this customer only; the newest if there are several."""
    row = call.db.one(
        f"{REFUND} WHERE r.customer_id = ? AND ? IN (r.id, r.payment_id, p.order_number)"
        " ORDER BY r.requested_at DESC, r.id DESC",
        call.path["customer_id"],
        refund_id,
    )
    if row is None:
        raise Missing("refund")
    return row


def list_refunds(call: Call) -> asked.Refunds:
    customer = customer_of(call)
    query: asked.RefundsQuery = call.query
    rows = call.db.all(
        f"{REFUND} WHERE r.customer_id = ? AND (? IS NULL OR r.status = ?)"
        " ORDER BY r.requested_at DESC, r.id DESC LIMIT ?",
        customer["id"],
        query.status,
        query.status,
        query.limit,
    )
    return asked.Refunds(refunds=[refund_model(row, call.now) for row in rows])


def get_refund(call: Call) -> models.Refund:
    customer_of(call)
    return refund_model(find(call, call.path["refund_id"]), call.now)


def request_refund(call: Call) -> models.Refund:
    customer = customer_of(call)
    settled(call, customer)
    body: asked.RefundRequest = call.body
    payment = payments.find(call, body.payment_id)
    if payment["status"] != "completed":
        raise Refused("not_completed", f"the payment is {payment['status']}")
    if payment["refund_id"]:
        raise Refused("already_refunded", f"refund {payment['refund_id']} gives it back")
    if call.now >= payment["at"] + payments.REFUND_DAYS * DAY_S:
        raise Refused("too_old", f"a payment can be refunded for {payments.REFUND_DAYS} days")
    amount_minor = payment["amount_minor"] if body.amount_minor is None else body.amount_minor
    if amount_minor > payment["amount_minor"]:
        raise Refused("amount_too_high", f"the payment was {money(payment['amount_minor'], payment['currency'])}")
    refund_id = create(call, customer, payment, amount_minor, body.reason)
    return refund_model(find(call, refund_id), call.now)


def deed_of_refund(call: Call) -> Deed:
    customer_of(call)
    body: asked.RefundRequest = call.body
    payment = payments.find(call, body.payment_id)
    amount_minor = payment["amount_minor"] if body.amount_minor is None else body.amount_minor
    return Deed(purpose="refund", object=payment["id"], amount_minor=amount_minor)


def create(call: Call, customer: sqlite3.Row, payment: sqlite3.Row, amount_minor: int, reason: str) -> str:
    """Start a refund and plan its way; returns its number."""
    zone = customer["timezone"]
    refund_id = next_number(call.db, "R", call.now, zone)
    approved_at = call.now + APPROVED_AFTER_S
    sent_at = working_days_after(call.now, 1, zone, hour=10)
    if payment["method"] == "card":
        completed_at = working_days_after(call.now, CARD_WORKING_DAYS, zone, hour=18)
    else:
        completed_at = sent_at + 3600
    call.db.insert(
        "refunds",
        id=refund_id,
        customer_id=customer["id"],
        payment_id=payment["id"],
        amount_minor=amount_minor,
        currency=payment["currency"],
        status="requested",
        reason=reason,
        destination=payment["method"],
        card_ending=payment["card_ending"],
        requested_at=call.now,
        expected_on=day_of(completed_at, zone),
    )
    clock.plan(call.db, approved_at, "refund.approve", refund_id)
    clock.plan(call.db, sent_at, "refund.send", refund_id)
    clock.plan(call.db, completed_at, "refund.complete", refund_id)
    return refund_id


def cancel_refund(call: Call) -> models.Refund:
    customer_of(call)
    refund = find(call, call.path["refund_id"])
    if refund["status"] == "cancelled":
        raise Refused("already_cancelled", "the refund is cancelled already")
    if refund["status"] not in ("requested", "approved"):
        raise Refused("too_late", f"the refund is {refund['status']}")
    call.db.run("UPDATE refunds SET status = 'cancelled', cancelled_at = ? WHERE id = ?", call.now, refund["id"])
    call.db.run("UPDATE refunds SET expected_on = NULL WHERE id = ?", refund["id"])
    clock.cancel(call.db, refund["id"])
    return refund_model(find(call, refund["id"]), call.now)


def trace_refund(call: Call) -> models.Case:
    customer = customer_of(call)
    refund = find(call, call.path["refund_id"])
    if refund["status"] != "completed":
        raise Refused("not_completed", f"the refund is {refund['status']}")
    if refund["trace_number"]:
        raise Refused("already_traced", f"case {refund['trace_number']} is looking for it")
    answer_by = day_of(working_days_after(call.now, 5, customer["timezone"], hour=18), customer["timezone"])
    return cases.open_case(call, customer, "trace", about=refund["id"], answer_by=answer_by, refund_id=refund["id"])


ROUTES = (
    Route(
        method="GET",
        path="/customers/{customer_id}/refunds",
        name="listRefunds",
        summary="Refunds, newest first.",
        handle=list_refunds,
        query=asked.RefundsQuery,
        answers=asked.Refunds,
    ),
    Route(
        method="GET",
        path="/customers/{customer_id}/refunds/{refund_id}",
        name="getRefund",
        summary="One refund, by its own, its payment's or its order's number.",
        handle=get_refund,
        answers=models.Refund,
    ),
    Route(
        method="POST",
        path="/customers/{customer_id}/refunds",
        name="requestRefund",
        summary="Ask for a payment's money back: once, up to its amount, within 90 days.",
        handle=request_refund,
        body=asked.RefundRequest,
        answers=models.Refund,
        refusals=("not_completed", "already_refunded", "too_old", "amount_too_high", "cooling_off"),
        deed=deed_of_refund,
        status=201,
    ),
    Route(
        method="POST",
        path="/customers/{customer_id}/refunds/{refund_id}/cancel",
        name="cancelRefund",
        summary="Before it is sent to the bank.",
        handle=cancel_refund,
        body=asked.Nothing,
        answers=models.Refund,
        refusals=("too_late", "already_cancelled"),
    ),
    Route(
        method="POST",
        path="/customers/{customer_id}/refunds/{refund_id}/trace",
        name="traceRefund",
        summary="Search for a completed refund that did not arrive.",
        handle=trace_refund,
        body=asked.Nothing,
        answers=models.Case,
        refusals=("not_completed", "already_traced"),
        status=201,
    ),
)
