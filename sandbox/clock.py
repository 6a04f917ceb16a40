"""What time does by itself: refunds move on, payments settle, transfers arrive, cards are delivered.

A row of `schedule` says that `kind` happens to `subject` at `due_at`; it is applied once, when somebody next asks after
its moment. Cancelling something is deleting its rows.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable

from sandbox.database import Database

DUE = "SELECT due_at, kind, subject FROM schedule WHERE due_at <= ? ORDER BY due_at, kind LIMIT 500"


def plan(db: Database, due_at: float, kind: str, subject: str) -> None:
    if kind not in STEPS:
        raise ValueError(f"schedule: kind {kind!r} is unknown; known: {', '.join(STEPS)}")
    db.insert("schedule", due_at=due_at, kind=kind, subject=subject)


def cancel(db: Database, subject: str) -> None:
    db.run("DELETE FROM schedule WHERE subject = ?", subject)


def advance(db: Database, now: float) -> None:
    """Apply what has become due; one cheap look when nothing has."""
    if db.one(DUE, now) is None:
        return
    with db.transaction():
        advance_within(db, now)


def advance_within(db: Database, now: float) -> None:
    """The same inside a transaction of the caller's."""
    while due := db.all(DUE, now):
        for row in due:
            _apply(db, row)


def _apply(db: Database, row: sqlite3.Row) -> None:
    db.run(
        "DELETE FROM schedule WHERE due_at = ? AND kind = ? AND subject = ?", row["due_at"], row["kind"], row["subject"]
    )
    STEPS[row["kind"]](db, row["subject"], row["due_at"])


def _settle(db: Database, payment_id: str, at: float) -> None:
    changed = db.run("UPDATE payments SET status = 'completed' WHERE id = ? AND status = 'pending'", payment_id)
    if changed:
        db.run(
            "UPDATE customers SET balance_minor = max(0, balance_minor - p.amount_minor) FROM payments p"
            " WHERE p.id = ? AND customers.id = p.customer_id AND p.method = 'balance'",
            payment_id,
        )


def _reverse(db: Database, payment_id: str, at: float) -> None:
    db.run("UPDATE payments SET status = 'reversed' WHERE id = ?", payment_id)


def _approve(db: Database, refund_id: str, at: float) -> None:
    db.run("UPDATE refunds SET status = 'approved', approved_at = ? WHERE id = ?", at, refund_id)


def _send(db: Database, refund_id: str, at: float) -> None:
    db.run(
        "UPDATE refunds SET status = 'sent_to_bank', sent_at = ?, bank_reference = ? WHERE id = ?",
        at,
        bank_reference(refund_id),
        refund_id,
    )


def _complete(db: Database, refund_id: str, at: float) -> None:
    db.run("UPDATE refunds SET status = 'completed', completed_at = ? WHERE id = ?", at, refund_id)
    db.run(
        "UPDATE customers SET balance_minor = balance_minor + r.amount_minor FROM refunds r"
        " WHERE r.id = ? AND customers.id = r.customer_id AND r.destination = 'balance'",
        refund_id,
    )


def _arrive(db: Database, transfer_id: str, at: float) -> None:
    db.run(
        "UPDATE transfers SET status = 'completed', arrives_at = ? WHERE id = ? AND status = 'processing'",
        at,
        transfer_id,
    )


def _give_back(db: Database, transfer_id: str, at: float) -> None:
    """A failed or returned transfer's money is back in the balance."""
    db.run(
        "UPDATE customers SET balance_minor = balance_minor + t.amount_minor + t.fee_minor FROM transfers t"
        " WHERE t.id = ? AND customers.id = t.customer_id",
        transfer_id,
    )
    db.run("UPDATE transfers SET returns_on = NULL WHERE id = ?", transfer_id)


def _print(db: Database, card_id: str, at: float) -> None:
    db.run("UPDATE replacements SET status = 'printed' WHERE card_id = ?", card_id)


def _ship(db: Database, card_id: str, at: float) -> None:
    db.run(
        "UPDATE replacements SET status = 'shipped', tracking_number = ? WHERE card_id = ?",
        tracking_number(card_id, at),
        card_id,
    )


def _deliver(db: Database, card_id: str, at: float) -> None:
    """The new card works, the old one does not any more."""
    db.run("UPDATE replacements SET status = 'delivered' WHERE card_id = ?", card_id)
    year = 5
    db.run(
        "INSERT INTO cards (id, customer_id, ending, kind, network, status, expires, issued_at)"
        " SELECT c.id || 'R', c.customer_id, r.ending, c.kind, c.network, 'active',"
        "  strftime('%Y-%m', ?, 'unixepoch', '+' || ? || ' years'), ?"
        " FROM cards c JOIN replacements r ON r.card_id = c.id WHERE c.id = ?",
        int(at),
        year,
        at,
        card_id,
    )
    db.run("UPDATE cards SET status = 'replaced', frozen_by = NULL WHERE id = ?", card_id)


COOLING_OFF_S = {"CNY": 86_400.0, "USD": 86_400.0}
"""Region: so long after the phone number was changed no money is refunded, no limit raised, nothing closed."""


def _change_phone(db: Database, change_id: str, at: float) -> None:
    """Unless another account took the number meanwhile."""
    change = db.one(
        "SELECT p.phone, k.id, k.currency FROM phone_changes p"
        " JOIN customers k ON k.id = p.customer_id WHERE p.id = ? AND p.status = 'waiting'",
        change_id,
    )
    if change is None:
        return
    cools_until = at + COOLING_OFF_S[change["currency"]]
    changed = db.run(
        "UPDATE OR IGNORE customers SET phone = ?, cools_until = ? WHERE id = ?",
        change["phone"],
        cools_until,
        change["id"],
    )
    db.run("UPDATE phone_changes SET status = ? WHERE id = ?", "done" if changed else "stopped", change_id)


def bank_reference(refund_id: str) -> str:
    """What the receiving bank finds a refund by."""
    return f"ARN7{refund_id[1:].zfill(18)}"


def tracking_number(card_id: str, at: float) -> str:
    digits = "".join(each for each in card_id if each.isdigit())
    return f"XE{int(at) % 10**8:08d}{digits[-4:].zfill(4)}"


STEPS: dict[str, Callable[[Database, str, float], None]] = {
    "payment.settle": _settle,
    "payment.reverse": _reverse,
    "refund.approve": _approve,
    "refund.send": _send,
    "refund.complete": _complete,
    "transfer.arrive": _arrive,
    "transfer.give_back": _give_back,
    "card.print": _print,
    "card.ship": _ship,
    "card.deliver": _deliver,
    "phone.change": _change_phone,
}
