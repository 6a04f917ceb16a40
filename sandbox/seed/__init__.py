"""The seeded customers, each a story, with dates relative to the moment of seeding."""

from __future__ import annotations

from datetime import UTC, datetime

from sandbox import clock, service
from sandbox.database import Database
from sandbox.days import DAY_S
from sandbox.seed import chinese, english

STALE_AFTER_S = 7 * DAY_S
TABLES = (
    "idempotency",
    "schedule",
    "counters",
    "outbox",
    "codes",
    "wrong_codes",
    "phone_changes",
    "receipts",
    "cases",
    "declines",
    "replacements",
    "cards",
    "transfers",
    "refunds",
    "payments",
    "customers",
    "about",
)
"""Children first."""


def prepare(db: Database, now: float, *, fresh: bool = False, keep: bool = False) -> str:
    """Make the database ready to serve; returns what it holds, for the ready line."""
    row = db.one("SELECT value FROM about WHERE name = 'seeded_at'")
    seeded_at = float(row["value"]) if row else None
    stale = seeded_at is not None and now - seeded_at >= STALE_AFTER_S
    if seeded_at is None or fresh or (stale and not keep):
        seed(db, now)
        return "customers seeded now"
    clock.advance(db, now)
    service.forget_old_keys(db, now)
    return f"customers seeded {datetime.fromtimestamp(seeded_at, UTC).date().isoformat()}"


def seed(db: Database, now: float) -> None:
    """Empty every table and tell every story anew, in one transaction."""
    with db.transaction():
        for table in TABLES:
            db.run(f"DELETE FROM {table}")  # noqa: S608
        for tell in (*chinese.STORIES, *english.STORIES):
            tell(db, now)
        db.insert("about", name="seeded_at", value=str(now))
