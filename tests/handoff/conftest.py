from __future__ import annotations

from collections.abc import AsyncIterator

import pytest_asyncio

from bot.store.connect import Client
from bot.store.conversations import Conversations
from bot.store.floor import Floor
from tests.redis import redis, redis_server, redis_url

__all__ = ["redis", "redis_server", "redis_url"]


@pytest_asyncio.fixture
async def conversations(redis: Client) -> AsyncIterator[Conversations]:
    conversations = Conversations(redis)
    yield conversations
    await conversations.aclose()


@pytest_asyncio.fixture
async def floor(redis: Client) -> AsyncIterator[Floor]:
    floor = Floor(redis)
    yield floor
    await floor.aclose()
