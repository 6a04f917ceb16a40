"""Attacks run against the whole service behind a real port, with a real Redis."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from tests.attacks.doors import DOORS, Door
from tests.serving import Gateway, engine, gateway, project, redis_server, redis_url

__all__ = ["engine", "gateway", "project", "redis_server", "redis_url"]


@pytest_asyncio.fixture(params=DOORS, ids=lambda kind: kind.name)
async def door(request: pytest.FixtureRequest, gateway: Gateway) -> AsyncIterator[Door]:
    """Every door that customers come through, one after the other."""
    one: Door = request.param(gateway)
    yield one
    await one.close()
