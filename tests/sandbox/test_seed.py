"""Whenever it is seeded, every customer's story is true."""

from __future__ import annotations

import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from sandbox import clock
from sandbox.database import Database
from sandbox.days import DAY_S
from sandbox.seed import STALE_AFTER_S, prepare, seed
from sandbox.service import Call, answer
from sandbox.table import TABLE

ROUTES = {route.name: route for route in TABLE}
MOMENTS = [
    datetime(2026, 11, 22, 19, 30, tzinfo=UTC),
    datetime(2027, 1, 1, 0, 0, 5, tzinfo=UTC),
    datetime(2028, 2, 29, 16, 0, 1, tzinfo=UTC),
    datetime(2026, 11, 2, 5, 59, 59, tzinfo=UTC),
    datetime(2027, 3, 14, 7, 1, tzinfo=UTC),
    *(datetime(2026, 12, day, hour, 17, tzinfo=UTC) for day, hour in ((7, 3), (8, 9), (9, 15), (10, 21), (11, 23))),
    datetime(2026, 12, 12, 12, 0, tzinfo=UTC),
    datetime(2026, 12, 13, 4, 30, tzinfo=UTC),
]

# (customer, query that must find exactly so many)
STORIES = [
    ("C1001", 1, "SELECT count(*) FROM refunds WHERE status = 'sent_to_bank' AND expected_on >= :today"),
    ("C1001", 2, "SELECT count(*) FROM payments WHERE at > :now - 4 * 86400 AND status = 'completed'"),
    ("C1002", 1, "SELECT count(*) FROM refunds WHERE status = 'completed' AND completed_at < :now - 8 * 86400"),
    ("C1003", 2, "SELECT count(*) FROM payments WHERE merchant = '老北京涮肉馆'"),
    ("C1004", 1, "SELECT count(*) FROM payments WHERE merchant LIKE 'NOVAPLAY%'"),
    ("C1005", 1, "SELECT count(*) FROM payments WHERE status = 'pending' AND settles_on > :today"),
    ("C1006", 1, "SELECT count(*) FROM payments WHERE status = 'failed' AND reverses_on > :today"),
    ("C1007", 1, "SELECT count(*) FROM transfers WHERE status = 'processing' AND arrives_at > :now"),
    ("C1008", 2, "SELECT count(*) FROM transfers WHERE status IN ('failed', 'returned')"),
    ("C1009", 1, "SELECT count(*) FROM cards WHERE status = 'frozen' AND frozen_by = 'customer'"),
    ("C1010", 1, "SELECT count(*) FROM cards c JOIN replacements r ON r.card_id = c.id WHERE r.status = 'shipped'"),
    ("C1011", 3, "SELECT count(DISTINCT reason) FROM declines"),
    ("C1012", 2, "SELECT count(*) FROM transfers WHERE counterparty LIKE 'Safe Harbor%'"),
    ("C1013", 0, "SELECT count(*) FROM payments"),
    ("C1014", 6, "SELECT count(*) FROM refunds"),
    ("C1014", 5, "SELECT count(DISTINCT status) FROM transfers"),
]


@pytest.mark.parametrize("moment", MOMENTS, ids=lambda moment: moment.isoformat())
def test_the_stories_are_true_at_any_moment(moment: datetime, tmp_path: Path) -> None:
    now = moment.timestamp()
    with Database(tmp_path / "bank.db") as db:
        seed(db, now)
        clock.advance(db, now)
        for customer, expected, query in STORIES:
            joined = " AND " if "WHERE" in query else " WHERE "
            scoped = f"{query}{joined}customer_id = :who"
            values = {"who": customer, "now": now, "today": moment.date().isoformat()}
            (found,) = db.connection.execute(scoped, values).fetchone()
            assert found == expected, (customer, query)
        assert db.number("SELECT count(*) FROM payments WHERE at >= ?", now) == 0
        assert db.number("SELECT count(*) FROM schedule WHERE due_at <= ?", now) == 0


def test_everybody_can_be_read_in_full_and_nothing_breaks_as_time_passes(tmp_path: Path) -> None:
    now = time.time()
    with Database(tmp_path / "bank.db") as db:
        seed(db, now)
        for at in (now, now + DAY_S, now + 30 * DAY_S, now + 400 * DAY_S):
            for customer in db.all("SELECT id FROM customers"):
                for route in ROUTES.values():
                    if route.method == "GET" and route.path.count("{") == 1 and "{customer_id}" in route.path:
                        call = Call(db=db, now=at, path={"customer_id": customer["id"]}, query=route.query())
                        assert answer(route, call).status == 200
        assert db.number("SELECT count(*) FROM schedule") == 0


def test_a_stale_file_starts_over_unless_it_is_to_be_kept(tmp_path: Path) -> None:
    now = time.time()
    with Database(tmp_path / "bank.db") as db:
        prepare(db, now)
        db.run("UPDATE customers SET devices = 9")
        prepare(db, now + STALE_AFTER_S - 1)
        prepare(db, now + STALE_AFTER_S, keep=True)
        assert db.number("SELECT min(devices) FROM customers") == 9
        prepare(db, now + STALE_AFTER_S)
        assert db.number("SELECT max(devices) FROM customers") == 1
        db.run("UPDATE customers SET devices = 9")
        prepare(db, now + STALE_AFTER_S, fresh=True)
        assert db.number("SELECT max(devices) FROM customers") == 1
