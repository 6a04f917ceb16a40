"""The shipped bot and a freshly seeded sandbox bank, served in this process."""

from __future__ import annotations

import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

from actions import services
from bot.desk.accounts import write_accounts
from bot.engine.engine import Engine
from bot.engine.training import train
from bot.settings import DeskSettings, GatewaySettings, ServiceSettings, Settings
from sandbox.database import Database
from sandbox.seed import seed
from tests import bank as banks
from tests import redis
from tests.bank import KEY, PROJECT, Clock, RunningBank
from tests.serving import CHEAP, PASSWORD, PEOPLE, Gateway, serving

WITH_A_CODE = {
    "customers": ("id", "phone", "daily_minor", "balance_minor", "closes_on"),
    "refunds": ("id", "status", "amount_minor"),
    "transfers": ("id", "status", "amount_minor"),
    "replacements": ("card_id", "status"),
    "phone_changes": ("id", "phone"),
}
"""What only a one-time code changes."""


def books(bank: RunningBank, *, besides: str) -> str:
    """All that the bank has of everybody; of the customer `besides`, who is signed in, what takes a code to change."""
    found: dict[str, Any] = {}
    for table in ("customers", "payments", "refunds", "transfers", "cards", "cases", "replacements", "phone_changes"):
        rows = [dict(row) for row in bank.db.all("SELECT * FROM " + table)]  # noqa: S608
        owner = "id" if table == "customers" else "customer_id"
        found[table] = [row for row in rows if row.get(owner) != besides]
        if table in WITH_A_CODE:
            found[f"{table} of all"] = [[row[name] for name in WITH_A_CODE[table]] for row in rows]
    return json.dumps(found, sort_keys=True, default=str)


@asynccontextmanager
async def house(folder: Path) -> AsyncIterator[tuple[Gateway, RunningBank]]:
    settings = Settings.load(PROJECT, {})
    engine = await Engine.load(project=PROJECT, model=train(settings), settings=settings)
    write_accounts(folder / "accounts.yml", PEOPLE, password=PASSWORD, hasher=CHEAP)
    now = time.time()
    with Database(folder / "bank.db") as db:
        seed(db, now)
    async with banks.serving(folder / "bank.db", Clock(now)) as bank:
        service = ServiceSettings(name="bank", module="actions.services.bank.Bank", url=bank.url, key=KEY)
        async with services.Services([service]) as installed:
            services.install(installed)
            with redis.server() as server:
                gateway_settings = GatewaySettings(messages_per_minute=10_000_000, answer_within_s=20)
                changes = {"desk": DeskSettings(accounts=str(folder / "accounts.yml")), "services": (service,)}
                async with serving(engine, server.url, PROJECT, settings=gateway_settings, **changes) as gateway:
                    yield gateway, bank
            services.install(None)
