"""Receipts for payments and statements for months, behind a link that is its own key."""

from __future__ import annotations

import json
import secrets
from typing import Any

from sandbox import asked, models
from sandbox.areas import payments
from sandbox.areas.bills import bill_of
from sandbox.areas.common import customer_of, mask_email, money, next_number
from sandbox.days import day_of
from sandbox.service import Call, Missing, Refused, Route


def make_receipt(call: Call) -> models.Receipt:
    customer = customer_of(call)
    body: asked.ReceiptRequest = call.body
    content: dict[str, Any]
    if body.payment_id:
        payment = payments.find(call, body.payment_id)
        if payment["status"] != "completed":
            raise Refused("not_completed", f"the payment is {payment['status']}")
        content = payments.payment_model(payment, call.now).model_dump(
            include={"id", "order_number", "merchant", "currency"}
        )
        content |= {"amount": money(payment["amount_minor"], payment["currency"])}
        content |= {"paid_on": day_of(payment["at"], customer["timezone"])}
    else:
        content = bill_of(call, customer, body.month or "").model_dump(exclude={"categories", "open"})
    number, token = next_number(call.db, "N", call.now, customer["timezone"]), secrets.token_urlsafe(18)
    call.db.insert(
        "receipts",
        token=token,
        number=number,
        customer_id=customer["id"],
        at=call.now,
        content=json.dumps(content, ensure_ascii=False),
    )
    return models.Receipt(
        number=number, url=f"{call.origin}/receipts/{token}", sent_to=mask_email(customer["email"]), at=call.now
    )


def show_receipt(call: Call) -> str:
    row = call.db.one("SELECT number, content FROM receipts WHERE token = ?", call.path["token"])
    if row is None:
        raise Missing("receipt")
    lines = [f"{name}: {value}" for name, value in json.loads(row["content"]).items()]
    return "\n".join([f"receipt: {row['number']}", *lines, ""])


ROUTES = (
    Route(
        method="POST",
        path="/customers/{customer_id}/receipts",
        name="makeReceipt",
        summary="A receipt for a payment, or a statement for a month, sent by e-mail.",
        handle=make_receipt,
        body=asked.ReceiptRequest,
        answers=models.Receipt,
        refusals=("not_completed",),
        status=201,
    ),
    Route(
        method="GET",
        path="/receipts/{token}",
        name="showReceipt",
        summary="The receipt itself; its link is its key.",
        handle=show_receipt,
        answers=None,
        keyless=True,
    ),
)
