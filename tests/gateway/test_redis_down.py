"""Redis is gone: customers hear so, with a code, and all is well when it is back."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest

from bot.engine.engine import Engine
from tests.redis import eventually, server
from tests.serving import serving


@pytest.mark.slow
async def test_without_redis_customers_are_told_to_come_again_and_later_all_is_well(
    engine: Engine, project: Path
) -> None:
    with server() as redis:
        async with serving(engine, redis.url, project) as gateway:
            assert (await gateway.rest("hello"))[0] == 200
            redis.kill()
            status, body = await gateway.rest("hello")
            assert (status, body["error"]) == (503, "busy")
            async with gateway.client.get("/ready") as answer:
                assert answer.status == 503
            async with gateway.client.get("/health") as answer:
                assert answer.status == 200
            await asyncio.to_thread(redis.start)

            async def answered() -> bool:
                return (await gateway.rest("hello"))[0] == 200

            await eventually(answered, "an answer", within_s=20)
