"""What the areas share: finding a customer, numbering, masking, telling the customer by SMS."""

from __future__ import annotations

import sqlite3

from sandbox.database import Database
from sandbox.days import day_of
from sandbox.service import Call, Missing, Refused


def customer_of(call: Call) -> sqlite3.Row:
    customer = call.db.one("SELECT * FROM customers WHERE id = ?", call.path["customer_id"])
    if customer is None:
        raise Missing("customer")
    return customer


def unrestricted(customer: sqlite3.Row) -> None:
    """Refuse what an account that is frozen for its owner's safety may not do."""
    if customer["outgoing_frozen"]:
        raise Refused("account_restricted", "the account is restricted for safety; a person has to lift that")


def settled(call: Call, customer: sqlite3.Row) -> None:
    """Refuse what may not be done so soon after the way to reach the customer was changed."""
    if call.now < customer["cools_until"]:
        raise Refused("cooling_off", f"the phone number was changed lately; from {customer['cools_until']:.0f} on")


def next_number(db: Database, letter: str, at: float, timezone: str) -> str:
    """P20261103001: letter, day, and a count within that day."""
    name = letter + day_of(at, timezone).replace("-", "")
    row = db.one("INSERT INTO counters VALUES (?, 1) ON CONFLICT (name) DO UPDATE SET n = n + 1 RETURNING n", name)
    return f"{name}{row['n'] if row else 1:03d}"


def mask_phone(phone: str) -> str:
    """138****5678 for Chinese mobile numbers, +1 ***-***-0142 for American ones, else all but the ends."""
    if phone.startswith("+86"):
        return f"{phone[3:6]}****{phone[-4:]}"
    if phone.startswith("+1"):
        return f"+1 ***-***-{phone[-4:]}"
    return f"{phone[:3]}****{phone[-4:]}"


def mask_email(email: str) -> str:
    name, _, host = email.partition("@")
    return f"{name[:1]}***@{host}"


def text_message(
    db: Database,
    customer: sqlite3.Row,
    at: float,
    kind: str,
    *,
    en: str,
    zh: str,
    code: str | None = None,
    to: str = "",
) -> None:
    """An SMS in the customer's language, into the demo phone's outbox."""
    db.insert(
        "outbox",
        customer_id=customer["id"],
        at=at,
        to_number=to or customer["phone"],
        kind=kind,
        text=zh if customer["language"] == "zh" else en,
        code=code,
    )


def money(amount_minor: int, currency: str) -> str:
    """For messages to operators and phones: USD 12.50."""
    return f"{currency} {amount_minor // 100}.{amount_minor % 100:02d}"


def flag(row: sqlite3.Row, column: str) -> bool:
    return bool(row[column])
