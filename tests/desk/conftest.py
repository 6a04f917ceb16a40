"""The desk's tests run against the whole service."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.engine.engine import Engine
from bot.settings import DeskSettings, GatewaySettings
from tests.serving import Gateway, engine, gateway, project, redis_server, redis_url, serving

__all__ = ["engine", "gateway", "project", "redis_server", "redis_url"]


class Staff:
    """An account file of this test's own."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def change(self, account_id: str, **changes: Any) -> None:
        """As an operator would: a new file in place of the old one. None takes a key away; `gone` the account."""
        rows = yaml.safe_load(self.path.read_text(encoding="utf-8"))["accounts"]
        for row in rows:
            if row["id"] == account_id:
                row.update(changes)
        rows = [{k: v for k, v in row.items() if v is not None} for row in rows if not row.get("gone")]
        self.write(yaml.safe_dump({"accounts": rows}, allow_unicode=True))

    def write(self, text: str) -> None:
        new = self.path.with_suffix(".new")
        new.write_text(text, encoding="utf-8")
        new.chmod(0o600)
        new.replace(self.path)

    def secret(self, account_id: str, name: str) -> Any:
        rows = yaml.safe_load(self.path.read_text(encoding="utf-8"))["accounts"]
        return next(row for row in rows if row["id"] == account_id)[name]


@pytest.fixture
def staff(project: Path, tmp_path: Path) -> Staff:
    mine = Staff(tmp_path / "accounts.yml")
    mine.write((project / "desk-accounts.yml").read_text(encoding="utf-8"))
    return mine


Worker = Callable[[], AbstractAsyncContextManager[Gateway]]


@pytest.fixture
def worker(engine: Engine, redis_url: str, project: Path, staff: Staff) -> Worker:
    """One of several serving processes with the same Redis and account file, behind a proxy on this machine."""

    @asynccontextmanager
    async def one(**desk: Any) -> AsyncIterator[Gateway]:
        settings = GatewaySettings(trusted_proxies=("127.0.0.1",))
        desk_settings = DeskSettings(accounts=str(staff.path), **desk)
        async with serving(engine, redis_url, project, settings=settings, desk=desk_settings) as gateway:
            yield gateway

    return one
