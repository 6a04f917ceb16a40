"""Customers of the bank for a run: one for each conversation with the shipped bot, so that each has books of its own.

They are written into the bank's file before it starts; from then on it is only asked through its API.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from sandbox.database import Database
from sandbox.seed import prepare
from sandbox.seed.story import Story


@dataclass(frozen=True, slots=True)
class Account:
    customer_id: str
    payment_id: str
    """Can be refunded."""
    amount_minor: int
    card_ending: str
    """Of the one card, active."""


def write(db_path: Path, languages: Sequence[str]) -> list[Account]:
    """One account for each language given, in their order."""
    now = time.time()
    with Database(db_path) as db:
        prepare(db, now)
        with db.transaction():
            return [_account(db, now, number, language) for number, language in enumerate(languages)]


def _account(db: Database, now: float, number: int, language: str) -> Account:
    zh = language == "zh"
    customer_id, ending, amount_minor = f"C{50_000 + number}", f"{1000 + number % 9000}", 1_000 + number
    story = Story(
        db,
        now,
        id=customer_id,
        name=f"客户{number}" if zh else f"Customer {number}",
        language=language,
        currency="CNY" if zh else "USD",
        phone=f"+86139{number:08d}" if zh else f"+1917{number:07d}",
        email=f"customer{number}@mail.example",
        address="***",
        balance_minor=500_000,
        story="Made for a run of `make chaos`.",
    )
    story.card(ending, network="UnionPay" if zh else "Visa")
    shop = "书店" if zh else "Corner Books"
    payment_id = story.payment(shop, "shopping", amount_minor, story.ago(3), card=ending)
    story.payment("咖啡馆" if zh else "Coffee House", "food", 450, story.ago(5))
    return Account(customer_id, payment_id, amount_minor, ending)
