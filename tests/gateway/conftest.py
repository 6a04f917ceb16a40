"""The gateway as it serves: real Redis, a real engine with a tiny model, a real port, real clients."""

from __future__ import annotations

import shutil
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web

from bot.channels import load_channels
from bot.engine.engine import Engine
from bot.engine.worker import Worker
from bot.gateway.answers import Answers
from bot.gateway.app import make_app
from bot.gateway.frontdoor import FrontDoor
from bot.gateway.identity import IdentityCheck, sign
from bot.gateway.load import Load
from bot.settings import GatewaySettings, Settings
from bot.store.connect import connect
from bot.store.conversations import Conversations
from tests.redis import redis, redis_server, redis_url

__all__ = ["redis", "redis_server", "redis_url"]

SECRET = "s" * 32
PROJECT = Path(__file__).parent / "project"


def token(customer_id: str = "C1001", name: str = "Ann", expires_in_s: int = 600) -> str:
    return sign(SECRET, customer_id=customer_id, name=name, jti="j", expires_in_s=expires_in_s)


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A Rasa project that knows four sentences, trained once."""
    from bot.engine import training

    folder = tmp_path_factory.mktemp("gateway") / "project"
    shutil.copytree(PROJECT, folder)
    training.train(Settings.load(folder, {}))
    yield folder


@pytest_asyncio.fixture(scope="session")
async def engine(project: Path) -> Engine:
    from bot.engine import package

    return await Engine.load(
        project=project, model=package.latest(project / "models"), settings=Settings.load(project, {})
    )


class NoLimits:
    async def message(self, *a): ...
    async def opening(self, *a): ...


@dataclass
class Gateway:
    url: str
    door: FrontDoor
    conversations: Conversations
    client: aiohttp.ClientSession
    app: web.Application

    async def rest(
        self, message: str, *, sender: str = "ann", headers: dict[str, str] | None = None, **metadata: Any
    ) -> Any:
        body = {"sender": sender, "message": message, "metadata": metadata}
        async with self.client.post("/webhooks/rest/webhook", json=body, headers=headers) as answer:
            return answer.status, await answer.json()


@asynccontextmanager
async def serving(
    engine: Engine, redis_url: str, project: Path, *, settings: GatewaySettings | None = None
) -> AsyncIterator[Gateway]:
    base = Settings.load(project, {"XIAOER_IDENTITY_SECRET": SECRET, "REDIS_URL": redis_url})
    base = base.model_copy(update={"gateway": settings or GatewaySettings()})
    client = connect(redis_url)
    conversations = Conversations(client)
    worker = Worker(engine, conversations, None, name="w", on_answered=lambda *args: door.answered(*args))
    door = FrontDoor(
        conversations=conversations,
        worker=worker,
        identities=IdentityCheck(SECRET),
        limits=NoLimits(),
        load=Load(answer_within_s=2.0),
        answers=Answers(conversations),
    )
    channels = load_channels({"rest": None, "socketio": None}, max_text_chars=4000)
    app = make_app(base, door, channels)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=2)
    async with worker:
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        port = runner.addresses[0][1]
        async with aiohttp.ClientSession(f"http://127.0.0.1:{port}") as session:
            yield Gateway(f"http://127.0.0.1:{port}", door, conversations, session, app)
        await runner.cleanup()
    await conversations.aclose()
    await client.aclose()


@pytest_asyncio.fixture
async def gateway(engine: Engine, redis_url: str, project: Path) -> AsyncIterator[Gateway]:
    async with serving(engine, redis_url, project) as gateway:
        yield gateway


@pytest_asyncio.fixture
async def gateway_for_shop(engine: Engine, redis_url: str, project: Path) -> AsyncIterator[Gateway]:
    settings = GatewaySettings(allowed_origins=("https://shop.example",))
    async with serving(engine, redis_url, project, settings=settings) as gateway:
        yield gateway
