"""Disputes: a detected double charge is refunded at once, everything else is looked into."""

from __future__ import annotations

import sqlite3

from sandbox import asked, models
from sandbox.areas import cases, payments, refunds
from sandbox.areas.common import customer_of, settled
from sandbox.days import day_of, working_days_after
from sandbox.deeds import Deed
from sandbox.service import Call, Refused, Route


def dispute(call: Call) -> models.Case:
    customer = customer_of(call)
    body: asked.DisputeRequest = call.body
    payment = payments.find(call, body.payment_id)
    if payment["status"] not in ("completed", "pending"):
        raise Refused("not_disputable", f"the payment is {payment['status']}: no money was taken")
    if payment["dispute_number"]:
        raise Refused("already_disputed", f"case {payment['dispute_number']} is about this payment")
    if payment["refund_id"]:
        raise Refused("already_refunded", f"refund {payment['refund_id']} gives it back")
    again = _charged_again(call)
    refund_id = None
    if again is not None:
        settled(call, customer)
        refund_id = refunds.create(call, customer, again, again["amount_minor"], "charged_twice")
    return cases.open_case(
        call,
        customer,
        "dispute",
        about=payment["id"],
        topic=body.kind,
        reason=body.reason,
        answer_by=day_of(working_days_after(call.now, 10, customer["timezone"], hour=18), customer["timezone"]),
        refund_id=refund_id,
        status="resolved" if refund_id else "open",
    )


def _charged_again(call: Call) -> sqlite3.Row | None:
    """The second of a detected double charge, if its money was taken."""
    body: asked.DisputeRequest = call.body
    payment = payments.find(call, body.payment_id)
    pairs = payments.twins(call, payment["id"]) if body.kind == "charged_twice" else []
    again = payments.find(call, pairs[0][1]) if pairs else None
    return again if again is not None and again["status"] == "completed" else None


def deed_of_dispute(call: Call) -> Deed | None:
    """Only what gives money back at once needs a code."""
    customer_of(call)
    again = _charged_again(call)
    if again is None:
        return None
    payment = payments.find(call, call.body.payment_id)
    return Deed(purpose="double_charge", object=payment["id"], amount_minor=again["amount_minor"])


ROUTES = (
    Route(
        method="POST",
        path="/customers/{customer_id}/disputes",
        name="disputePayment",
        summary="Contest a payment; a detected double charge is refunded at once.",
        handle=dispute,
        body=asked.DisputeRequest,
        answers=models.Case,
        refusals=("not_disputable", "already_disputed", "already_refunded", "cooling_off"),
        deed=deed_of_dispute,
        status=201,
    ),
)
