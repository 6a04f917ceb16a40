"""Payments, and pairs of them that look like one purchase charged twice."""

from __future__ import annotations

import sqlite3

from sandbox import asked, models
from sandbox.areas.common import customer_of
from sandbox.days import DAY_S
from sandbox.service import Call, Missing, Route

REFUND_DAYS = 90
"""How long after a payment its refund may be asked for."""
APART_S = 600
"""Two payments of the same amount to the same merchant closer than this look like one purchase."""

PAYMENT = (
    "SELECT p.*, r.id AS refund_id, c.number AS dispute_number FROM payments p"
    " LEFT JOIN refunds r ON r.payment_id = p.id AND r.status != 'cancelled'"
    " LEFT JOIN cases c ON c.kind = 'dispute' AND c.about = p.id"
)


def payment_model(row: sqlite3.Row, now: float) -> models.Payment:
    until = row["at"] + REFUND_DAYS * DAY_S
    refundable = row["status"] == "completed" and row["refund_id"] is None and now < until
    kept = {name: row[name] for name in models.Payment.model_fields if name in row.keys()}  # noqa: SIM118
    return models.Payment(
        **kept,
        refundable_minor=row["amount_minor"] if refundable else 0,
        refundable_until=until if refundable else None,
    )


def find(call: Call, payment_id: str) -> sqlite3.Row:
    """By payment or order number, of this customer only."""
    row = call.db.one(
        f"{PAYMENT} WHERE p.customer_id = ? AND (p.id = ? OR p.order_number = ?)",
        call.path["customer_id"],
        payment_id,
        payment_id,
    )
    if row is None:
        raise Missing("payment")
    return row


def list_payments(call: Call) -> asked.Payments:
    customer = customer_of(call)
    query: asked.PaymentsQuery = call.query
    terms, values = ["p.customer_id = ?"], [customer["id"]]
    for term, value in (
        ("p.status = ?", query.status),
        ("p.amount_minor = ?", query.amount_minor),
        ("p.at >= ?", query.since),
        ("p.at < ?", query.until),
        ("instr(lower(p.merchant), lower(?)) > 0", query.merchant),
    ):
        if value is not None:
            terms.append(term)
            values.append(value)
    rows = call.db.all(
        f"{PAYMENT} WHERE {' AND '.join(terms)} ORDER BY p.at DESC, p.id DESC LIMIT ?", *values, query.limit
    )
    return asked.Payments(payments=[payment_model(row, call.now) for row in rows])


def get_payment(call: Call) -> models.Payment:
    customer_of(call)
    return payment_model(find(call, call.path["payment_id"]), call.now)


def twins(call: Call, payment_id: str | None = None) -> list[tuple[str, str]]:
    """(first, second) of each suspected double charge that nobody has settled, newest first."""
    rows = call.db.all(
        "SELECT a.id AS first, b.id AS second FROM payments a JOIN payments b ON b.customer_id = a.customer_id"
        " AND b.merchant = a.merchant AND b.amount_minor = a.amount_minor AND b.id != a.id"
        " AND b.at >= a.at AND b.at - a.at < ? AND (b.at > a.at OR b.id > a.id)"
        " WHERE a.customer_id = ? AND a.status IN ('completed', 'pending') AND b.status IN ('completed', 'pending')"
        " AND NOT EXISTS (SELECT 1 FROM refunds WHERE payment_id IN (a.id, b.id) AND status != 'cancelled')"
        " AND (? IS NULL OR ? IN (a.id, b.id)) ORDER BY b.at DESC LIMIT 20",
        APART_S,
        call.path["customer_id"],
        payment_id,
        payment_id,
    )
    return [(row["first"], row["second"]) for row in rows]


def list_duplicates(call: Call) -> asked.Duplicates:
    customer_of(call)
    pairs = []
    for ids in twins(call):
        first, second = (payment_model(find(call, each), call.now) for each in ids)
        pairs.append(models.Duplicate(first=first, second=second, apart_s=round(second.at - first.at)))
    return asked.Duplicates(duplicates=pairs)


ROUTES = (
    Route(
        method="GET",
        path="/customers/{customer_id}/payments",
        name="listPayments",
        summary="Payments, newest first; since <= at < until.",
        handle=list_payments,
        query=asked.PaymentsQuery,
        answers=asked.Payments,
    ),
    Route(
        method="GET",
        path="/customers/{customer_id}/payments/{payment_id}",
        name="getPayment",
        summary="One payment, by its own or its order's number.",
        handle=get_payment,
        answers=models.Payment,
    ),
    Route(
        method="GET",
        path="/customers/{customer_id}/duplicates",
        name="listDuplicates",
        summary="Pairs of payments that look like one purchase charged twice.",
        handle=list_duplicates,
        answers=asked.Duplicates,
    ),
)
