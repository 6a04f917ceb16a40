"""Transfers: cancelled while processing, recalled for 30 days after they arrived."""

from __future__ import annotations

import sqlite3

from sandbox import asked, clock, models
from sandbox.areas import cases
from sandbox.areas.common import customer_of
from sandbox.days import DAY_S, day_of, working_days_after
from sandbox.deeds import Deed
from sandbox.service import Call, Missing, Refused, Route

RECALL_DAYS = 30

TRANSFER = (
    "SELECT t.*, c.number AS recall_number, k.timezone FROM transfers t JOIN customers k ON k.id = t.customer_id"
    " LEFT JOIN cases c ON c.kind = 'recall' AND c.about = t.id"
)


def transfer_model(row: sqlite3.Row) -> models.Transfer:
    processing = row["status"] == "processing"
    arrives = processing and row["arrives_at"] is not None
    kept = {name: row[name] for name in models.Transfer.model_fields if name in row.keys()}  # noqa: SIM118
    return models.Transfer(
        **kept,
        expected_on=day_of(row["arrives_at"], row["timezone"]) if arrives else None,
        cancellable=processing and row["direction"] == "out",
    )


def find(call: Call, transfer_id: str) -> sqlite3.Row:
    row = call.db.one(f"{TRANSFER} WHERE t.customer_id = ? AND t.id = ?", call.path["customer_id"], transfer_id)
    if row is None:
        raise Missing("transfer")
    return row


def list_transfers(call: Call) -> asked.Transfers:
    customer = customer_of(call)
    query: asked.TransfersQuery = call.query
    rows = call.db.all(
        f"{TRANSFER} WHERE t.customer_id = ? AND (? IS NULL OR t.status = ?) AND (? IS NULL OR t.direction = ?)"
        " ORDER BY t.at DESC, t.id DESC LIMIT ?",
        customer["id"],
        query.status,
        query.status,
        query.direction,
        query.direction,
        query.limit,
    )
    return asked.Transfers(transfers=[transfer_model(row) for row in rows])


def get_transfer(call: Call) -> models.Transfer:
    customer_of(call)
    return transfer_model(find(call, call.path["transfer_id"]))


def cancel_transfer(call: Call) -> models.Transfer:
    customer_of(call)
    transfer = find(call, call.path["transfer_id"])
    if transfer["status"] == "cancelled":
        raise Refused("already_cancelled", "the transfer is cancelled already")
    if transfer["status"] != "processing" or transfer["direction"] != "out":
        raise Refused("not_processing", f"the transfer is {transfer['status']}")
    stop(call, transfer["id"])
    return transfer_model(find(call, transfer["id"]))


def deed_of_taking_back(call: Call) -> Deed:
    """Whether it is cancelled or recalled is decided when it is done: what was on its way may have arrived."""
    customer_of(call)
    transfer = find(call, call.path["transfer_id"])
    return Deed(purpose="take_back_transfer", object=transfer["id"], amount_minor=transfer["amount_minor"])


def stop(call: Call, transfer_id: str) -> None:
    """Cancel a transfer that is processing: the amount and the fee are back in the balance."""
    call.db.run("UPDATE transfers SET status = 'cancelled', arrives_at = NULL WHERE id = ?", transfer_id)
    call.db.run(
        "UPDATE customers SET balance_minor = balance_minor + t.amount_minor + t.fee_minor FROM transfers t"
        " WHERE t.id = ? AND customers.id = t.customer_id",
        transfer_id,
    )
    clock.cancel(call.db, transfer_id)


def recall_transfer(call: Call) -> models.Case:
    customer = customer_of(call)
    body: asked.WithReason = call.body
    transfer = find(call, call.path["transfer_id"])
    if transfer["status"] != "completed" or transfer["direction"] != "out":
        raise Refused("not_completed", f"the transfer is {transfer['status']} ({transfer['direction']})")
    if transfer["recall_number"]:
        raise Refused("already_recalled", f"case {transfer['recall_number']} asks for it back")
    if call.now >= (transfer["arrives_at"] or transfer["at"]) + RECALL_DAYS * DAY_S:
        raise Refused("too_old", f"a transfer can be recalled for {RECALL_DAYS} days")
    return recall(call, customer, transfer["id"], body.reason)


def recall(call: Call, customer: sqlite3.Row, transfer_id: str, reason: str) -> models.Case:
    answer_by = day_of(working_days_after(call.now, 5, customer["timezone"], hour=18), customer["timezone"])
    return cases.open_case(call, customer, "recall", about=transfer_id, reason=reason, answer_by=answer_by)


def recalled(call: Call, transfer_id: str) -> bool:
    return call.db.one("SELECT 1 FROM cases WHERE kind = 'recall' AND about = ?", transfer_id) is not None


ROUTES = (
    Route(
        method="GET",
        path="/customers/{customer_id}/transfers",
        name="listTransfers",
        summary="Transfers, newest first.",
        handle=list_transfers,
        query=asked.TransfersQuery,
        answers=asked.Transfers,
    ),
    Route(
        method="GET",
        path="/customers/{customer_id}/transfers/{transfer_id}",
        name="getTransfer",
        summary="One transfer.",
        handle=get_transfer,
        answers=models.Transfer,
    ),
    Route(
        method="POST",
        path="/customers/{customer_id}/transfers/{transfer_id}/cancel",
        name="cancelTransfer",
        summary="While it is processing; amount and fee are back at once.",
        handle=cancel_transfer,
        deed=deed_of_taking_back,
        body=asked.Nothing,
        answers=models.Transfer,
        refusals=("not_processing", "already_cancelled"),
    ),
    Route(
        method="POST",
        path="/customers/{customer_id}/transfers/{transfer_id}/recall",
        name="recallTransfer",
        summary="Ask the recipient's bank for a completed transfer.",
        handle=recall_transfer,
        deed=deed_of_taking_back,
        body=asked.WithReason,
        answers=models.Case,
        refusals=("not_completed", "already_recalled", "too_old"),
        status=201,
    ),
)
