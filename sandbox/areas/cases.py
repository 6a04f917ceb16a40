"""Cases: disputes, complaints, scam reports, traces and recalls, each with a number the customer can quote."""

from __future__ import annotations

import sqlite3

from sandbox import asked, models
from sandbox.areas.common import customer_of, next_number
from sandbox.days import day_of, working_days_after
from sandbox.refused import Refused
from sandbox.service import Call, Missing, Route


def open_case(
    call: Call,
    customer: sqlite3.Row,
    kind: models.CaseKind,
    *,
    answer_by: str,
    about: str = "",
    topic: str = "",
    reason: str = "",
    refund_id: str | None = None,
    status: str = "open",
) -> models.Case:
    number = next_number(call.db, "C", call.now, customer["timezone"])
    call.db.insert(
        "cases",
        number=number,
        customer_id=customer["id"],
        kind=kind,
        about=about,
        topic=topic,
        reason=reason,
        status=status,
        opened_at=call.now,
        answer_by=answer_by,
        refund_id=refund_id,
    )
    row = call.db.one("SELECT * FROM cases WHERE number = ?", number)
    if row is None:
        raise Missing("case")
    return case_model(row)


def case_model(row: sqlite3.Row) -> models.Case:
    return models.Case(**{name: row[name] for name in models.Case.model_fields})


def list_cases(call: Call) -> asked.Cases:
    customer = customer_of(call)
    query: asked.CasesQuery = call.query
    rows = call.db.all(
        "SELECT * FROM cases WHERE customer_id = ? AND (? IS NULL OR kind = ?)"
        " ORDER BY opened_at DESC, number DESC LIMIT ?",
        customer["id"],
        query.kind,
        query.kind,
        query.limit,
    )
    return asked.Cases(cases=[case_model(row) for row in rows])


def complain(call: Call) -> models.Case:
    customer = customer_of(call)
    body: asked.ComplaintRequest = call.body
    answer_by = day_of(working_days_after(call.now, 3, customer["timezone"], hour=18), customer["timezone"])
    return open_case(call, customer, "complaint", about=body.about, reason=body.reason, answer_by=answer_by)


def withdraw(call: Call) -> models.Case:
    customer = customer_of(call)
    number = call.path["number"]
    case = call.db.one("SELECT * FROM cases WHERE number = ? AND customer_id = ?", number, customer["id"])
    if case is None:
        raise Missing("case")
    if case["status"] == "withdrawn":
        raise Refused("already_withdrawn", "the case is withdrawn already")
    if case["kind"] != "complaint" or case["status"] != "open":
        raise Refused("not_withdrawable", f"a {case['kind']} that is {case['status']} cannot be withdrawn")
    call.db.run("UPDATE cases SET status = 'withdrawn' WHERE number = ?", number)
    return case_model(case).model_copy(update={"status": "withdrawn"})


ROUTES = (
    Route(
        method="GET",
        path="/customers/{customer_id}/cases",
        name="listCases",
        summary="Disputes, complaints, scam reports, traces and recalls.",
        handle=list_cases,
        query=asked.CasesQuery,
        answers=asked.Cases,
    ),
    Route(
        method="POST",
        path="/customers/{customer_id}/complaints",
        name="complain",
        summary="Open a complaint.",
        handle=complain,
        body=asked.ComplaintRequest,
        answers=models.Case,
        status=201,
    ),
    Route(
        method="POST",
        path="/customers/{customer_id}/cases/{number}/withdraw",
        name="withdrawCase",
        summary="Take an open complaint back.",
        handle=withdraw,
        body=asked.Nothing,
        answers=models.Case,
        refusals=("not_withdrawable", "already_withdrawn"),
    ),
)
