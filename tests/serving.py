"""The service as it serves, for tests of its doors: real Redis, a real engine with a tiny model, a real port. A
conftest.py takes the fixtures with

    from tests.serving import engine, gateway, project, redis_server, redis_url
"""

from __future__ import annotations

import shutil
import uuid
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import argon2
import pytest
import pytest_asyncio
from aiohttp import web

from bot.cli.service import Service, service
from bot.desk.accounts import write_accounts
from bot.engine.engine import Engine
from bot.gateway.connections import Runner, connections
from bot.gateway.frontdoor import FrontDoor
from bot.gateway.identity import sign
from bot.settings import GatewaySettings, Settings
from bot.store.conversations import Conversations
from tests.redis import redis_server, redis_url

__all__ = ["redis_server", "redis_url"]

SECRET = "c9d1f0a47be26358c9d0e1f2a3b45867"
CHEAP = argon2.PasswordHasher(time_cost=1, memory_cost=64)
PASSWORD = "correct horse battery"
PEOPLE = (
    ("lin", "Lin", "agent", {"lang:zh": 5}),
    ("sam", "Sam", "agent", {"lang:en": 5, "cards": 3}),
    ("mei", "Mei", "supervisor", {}),
)
PROJECT = Path(__file__).parent / "project" / "tiny"


def token(customer_id: str = "C1001", name: str = "Ann", expires_in_s: int = 600) -> str:
    return sign(SECRET, customer_id=customer_id, name=name, jti=uuid.uuid4().hex, expires_in_s=expires_in_s)


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A Rasa project that knows four sentences, trained once."""
    from bot.engine import signing, training

    folder = tmp_path_factory.mktemp("gateway") / "project"
    shutil.copytree(PROJECT, folder)
    write_accounts(folder / "desk-accounts.yml", PEOPLE, password=PASSWORD, hasher=CHEAP)
    signing, _ = signing.make_keys(folder)
    training.train(Settings.load(folder, {"XIAOER_SIGNING_KEY_FILE": str(signing)}))
    yield folder


@pytest_asyncio.fixture(scope="session")
async def engine(project: Path) -> Engine:
    from bot.engine.shelf import Shelf

    settings = Settings.load(project, {"XIAOER_VERIFY_KEY_FILE": str(project / "verify.pem")})
    return await Engine.load(project=project, model=Shelf(settings).newest(), settings=settings)


@dataclass
class Gateway:
    url: str
    client: aiohttp.ClientSession
    service: Service

    @property
    def door(self) -> FrontDoor:
        return self.service.door

    @property
    def conversations(self) -> Conversations:
        return self.service.conversations

    async def rest(
        self, message: str, *, sender: str = "ann", headers: dict[str, str] | None = None, **metadata: Any
    ) -> Any:
        body = {"sender": sender, "message": message, "metadata": metadata}
        async with self.client.post("/webhooks/rest/webhook", json=body, headers=headers) as answer:
            return answer.status, await answer.json()


@asynccontextmanager
async def serving(
    engine: Engine, redis_url: str, project: Path, *, settings: GatewaySettings | None = None, **changes: Any
) -> AsyncIterator[Gateway]:
    """A whole process but for the process: all rooms, listening on a free port."""
    base = Settings.load(project, {"XIAOER_IDENTITY_SECRET": SECRET, "REDIS_URL": redis_url})
    base = base.model_copy(update={"gateway": settings or GatewaySettings(), **changes})
    async with service(base, engine, name="w") as running:
        runner = Runner(running.app, connections(base.gateway), shutdown_timeout=2)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        async with aiohttp.ClientSession(url) as client:
            yield Gateway(url, client, running)
        await runner.cleanup()


@pytest_asyncio.fixture
async def gateway(engine: Engine, redis_url: str, project: Path) -> AsyncIterator[Gateway]:
    async with serving(engine, redis_url, project) as gateway:
        yield gateway
