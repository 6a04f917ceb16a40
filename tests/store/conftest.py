"""The store's tests run on real Redis; each fails if it left a key that neither expires nor has a written reason."""

from __future__ import annotations

import re
from collections.abc import AsyncIterator, Iterator

import pytest
import pytest_asyncio

from bot.store import keys
from bot.store.connect import Client
from bot.store.conversations import Conversations
from tests.redis import Server, redis, redis_server, redis_url

__all__ = ["redis", "redis_server", "redis_url"]


@pytest.fixture(autouse=True)
def every_key_expires_or_has_a_reason(request: pytest.FixtureRequest) -> Iterator[None]:
    yield
    if "redis_url" not in request.fixturenames:
        return
    server: Server = request.getfixturevalue("redis_server")
    with server.client() as client:
        eternal = [key for key in client.scan_iter() if client.ttl(key) == -1]
    unexplained = [key for key in eternal if not any(re.fullmatch(each, key) for each in keys.WITHOUT_TTL)]
    assert not unexplained


@pytest_asyncio.fixture
async def conversations(redis: Client) -> AsyncIterator[Conversations]:
    conversations = Conversations(redis)
    yield conversations
    await conversations.aclose()
