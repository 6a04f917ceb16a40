"""The bank's books of one customer: what they show, and what differs from before."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from sandbox.database import Database
from tests.conversations.script import Row

_KEYS = {
    "customers": "id",
    "cards": "id",
    "refunds": "id",
    "transfers": "id",
    "cases": "number",
    "replacements": "card_id",
    "phone_changes": "id",
}
_OF_ITSELF = {
    "customers": {"balance_minor", "cools_until", "devices"},
    "cards": {"frozen_by"},
    "refunds": {"expected_on", "cancelled_at"},
    "transfers": {"arrives_at", "fee_minor", "returns_on"},
    "phone_changes": {"status", "counts_at"},
}
"""Columns that follow from others."""
Books = dict[tuple[str, Any], dict[str, Any]]


def read(db: Database, customer_id: str) -> Books:
    """{(table, key): row} of all that a conversation may change."""
    found: Books = {}
    for table, key in _KEYS.items():
        owner = "id" if table == "customers" else "customer_id"
        of = f"{owner} = ?"
        if table == "replacements":
            of = "card_id IN (SELECT id FROM cards WHERE customer_id = ?)"
        for row in db.all(f"SELECT * FROM {table} WHERE {of}", customer_id):  # noqa: S608
            found[table, row[key]] = dict(row)
    return found


def merchants(db: Database) -> dict[str, str]:
    """{payment: merchant}."""
    return {row["id"]: row["merchant"] for row in db.all("SELECT id, merchant FROM payments")}


def wrong(before: Books, after: Books, expected: Iterable[Row], shops: Mapping[str, str]) -> list[str]:
    """What is there and should not be, and the other way round; empty where the books are right."""
    expected, found = list(expected), []
    missing = list(expected)
    secured = any(each.values.get("outgoing_frozen") for each in missing)
    for key, row in after.items():
        table, was = key[0], before.get(key)
        changed = {
            name: value
            for name, value in row.items()
            if (was is None or was[name] != value) and name not in _OF_ITSELF.get(table, ())
        }
        if was is not None and not changed:
            continue
        if table == "cases" and row.get("refund_id") and any(each.table == "refunds" for each in expected):
            continue  # A double charge that is paid back is a case that is closed.
        if secured and (table, row.get("kind")) in (("cards", row.get("kind")), ("cases", "scam")):
            continue  # A secured account has no card that works, and is a case.
        now = {**row, "merchant": shops.get(row.get("payment_id") or row.get("about") or "", "")}
        of_table = (each for each in missing if each.table == table)
        match = next((each for each in of_table if _is(each, now, None if was is None else changed)), None)
        if match is None:
            found.append(f"{table} {'new' if was is None else key[1]}: {changed}")
        else:
            missing.remove(match)
    return [*(f"against their word: {each}" for each in found), *(f"not done: {each}" for each in missing)]


def _is(row: Row, now: Mapping[str, Any], changed: Mapping[str, Any] | None) -> bool:
    """`changed` is None for a new row."""
    if row.new != (changed is None):
        return False
    if not all(_same(now.get(name), value) for name, value in {**row.row, **row.values}.items()):
        return False
    return changed is None or set(changed) <= {*row.values, "status"}


def _same(found: Any, wanted: Any) -> bool:
    if isinstance(wanted, str) and isinstance(found, str):
        return re.sub(r"\s", "", wanted).casefold() in re.sub(r"\s", "", found).casefold()
    return bool(found == wanted)
