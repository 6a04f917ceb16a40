"""Scam reports and locked accounts: no money leaves, and what already left is stopped or asked back."""

from __future__ import annotations

import sqlite3

from sandbox import asked, models
from sandbox.areas import transfers
from sandbox.areas.cases import open_case
from sandbox.areas.common import customer_of, next_number, text_message
from sandbox.days import DAY_S, day_of
from sandbox.service import Call, Missing, Route


def report_scam(call: Call) -> models.ScamReport:
    """Stop what can be stopped: money going out, transfers under way to that recipient, transfers that have arrived."""
    customer = customer_of(call)
    body: asked.ScamRequest = call.body
    about = _named(call, customer, body)
    answer_by = day_of(call.now + DAY_S, customer["timezone"])
    case = open_case(call, customer, "scam", about=about, reason=body.reason, answer_by=answer_by)
    stopped, recalled = _stop(call, customer, body.transfer_id) if body.transfer_id else ([], [])
    call.db.run("UPDATE customers SET outgoing_frozen = 1 WHERE id = ?", customer["id"])
    text_message(
        call.db,
        customer,
        call.now,
        "notice",
        en=f"Xiaoer Pay: your report {case.number} is with our security team. No money can leave your account for now.",
        zh=f"【小二支付】您的举报{case.number}已由安全团队受理，您的账户暂停转出。",
    )
    return models.ScamReport(case=case, stopped=stopped, recalled=recalled, outgoing_frozen=True)


def _named(call: Call, customer: sqlite3.Row, body: asked.ScamRequest) -> str:
    """The id the report is about, known to be the customer's."""
    for table, wanted in (("transfers", body.transfer_id), ("payments", body.payment_id)):
        if wanted is None:
            continue
        if call.db.one(f"SELECT 1 FROM {table} WHERE id = ? AND customer_id = ?", wanted, customer["id"]) is None:  # noqa: S608
            raise Missing(table[:-1])
    return body.transfer_id or body.payment_id or ""


def _stop(call: Call, customer: sqlite3.Row, transfer_id: str) -> tuple[list[str], list[str]]:
    """Cancel or recall every transfer of the last 30 days to the recipient of this one."""
    rows = call.db.all(
        "SELECT t.id, t.status FROM transfers t JOIN transfers named ON named.id = ? WHERE t.customer_id = ?"
        " AND t.direction = 'out' AND t.account = named.account AND t.counterparty = named.counterparty AND t.at >= ?"
        " ORDER BY t.at",
        transfer_id,
        customer["id"],
        call.now - transfers.RECALL_DAYS * DAY_S,
    )
    stopped, recalled = [], []
    for row in rows:
        if row["status"] == "processing":
            transfers.stop(call, row["id"])
            stopped.append(row["id"])
        elif row["status"] == "completed":
            if not transfers.recalled(call, row["id"]):
                transfers.recall(call, customer, row["id"], "scam")
            recalled.append(row["id"])
    return stopped, recalled


def lock(call: Call) -> models.Lock:
    customer = customer_of(call)
    call.db.run("UPDATE customers SET outgoing_frozen = 1, devices = 0 WHERE id = ?", customer["id"])
    text_message(
        call.db,
        customer,
        call.now,
        "notice",
        en="Xiaoer Pay: your account is locked and every device is signed out. Set a new password to sign in again.",
        zh="【小二支付】您的账户已锁定，所有设备已退出登录。请重设密码后重新登录。",
    )
    return models.Lock(
        number=next_number(call.db, "L", call.now, customer["timezone"]),
        locked_at=call.now,
        outgoing_frozen=True,
        devices_signed_out=customer["devices"],
    )


ROUTES = (
    Route(
        method="POST",
        path="/customers/{customer_id}/scam-reports",
        name="reportScam",
        summary="Report a scam: freezes outgoing money, cancels and recalls transfers to that recipient.",
        handle=report_scam,
        body=asked.ScamRequest,
        answers=models.ScamReport,
        status=201,
    ),
    Route(
        method="POST",
        path="/customers/{customer_id}/lock",
        name="lockAccount",
        summary="Sign every device out and freeze outgoing money.",
        handle=lock,
        body=asked.WithReason,
        answers=models.Lock,
        status=201,
    ),
)
