"""The gateway's tests run against the whole service."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from bot.engine.engine import Engine
from bot.settings import GatewaySettings
from tests.serving import Gateway, engine, gateway, project, redis_server, redis_url, serving

__all__ = ["engine", "gateway", "project", "redis_server", "redis_url"]


@pytest_asyncio.fixture
async def gateway_for_shop(engine: Engine, redis_url: str, project: Path) -> AsyncIterator[Gateway]:
    settings = GatewaySettings(allowed_origins=("https://shop.example",))
    async with serving(engine, redis_url, project, settings=settings) as gateway:
        yield gateway
