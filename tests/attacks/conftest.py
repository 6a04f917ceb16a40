"""Attacks run against the whole service behind a real port, with a real Redis. The tests of one file share a service:
each comes as a new customer, and what one of them breaks the next would find."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.engine.engine import Engine
from bot.settings import GatewaySettings
from tests.attacks.doors import DOORS, Door
from tests.redis import Server
from tests.serving import Gateway, engine, project, redis_server, serving

__all__ = ["engine", "project", "redis_server"]


@pytest.fixture(scope="module")
def redis_url(redis_server: Server) -> str:
    with redis_server.client() as client:
        client.flushall()
    return redis_server.url


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def gateway(engine: Engine, redis_url: str, project: Path) -> AsyncIterator[Gateway]:
    settings = GatewaySettings(messages_per_minute=100_000)
    async with serving(engine, redis_url, project, settings=settings) as gateway:
        yield gateway


@pytest_asyncio.fixture(params=DOORS, ids=lambda kind: kind.name)
async def door(request: pytest.FixtureRequest, gateway: Gateway) -> AsyncIterator[Door]:
    """Every door that customers come through, one after the other."""
    one: Door = request.param(gateway)
    yield one
    await one.close()
