"""Nobody may write faster than a person can, and a flood from one place does not keep others out."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest_asyncio

from bot.engine.engine import Engine
from bot.settings import GatewaySettings
from tests.serving import Gateway, serving


@pytest_asyncio.fixture
async def strict(engine: Engine, redis_url: str, project: Path) -> AsyncIterator[Gateway]:
    settings = GatewaySettings(messages_per_minute=3, trusted_proxies=("127.0.0.1",))
    async with serving(engine, redis_url, project, settings=settings) as gateway:
        yield gateway


async def statuses(gateway: Gateway, many: int, *, sender: str = "ann{}", address: str = "203.0.113.9") -> list[int]:
    headers = {"X-Forwarded-For": address}
    return [(await gateway.rest("hello", sender=sender.format(n), headers=headers))[0] for n in range(many)]


async def test_one_conversation_is_slowed_down_and_told_when_to_come_again(strict: Gateway) -> None:
    assert await statuses(strict, 5, sender="ann") == [200, 200, 200, 429, 429]
    async with strict.client.post("/webhooks/rest/webhook", json={"sender": "ann", "message": "hello"}) as answer:
        assert (answer.status, (await answer.json())["error"]) == (429, "rate_limited")
        assert 1 <= int(answer.headers["Retry-After"]) <= 20
    assert await statuses(strict, 1, sender="bob") == [200]


async def test_an_address_gets_ten_times_as_much_and_others_are_not_affected(strict: Gateway) -> None:
    assert await statuses(strict, 32) == [200] * 30 + [429] * 2
    assert await statuses(strict, 1, sender="carl", address="203.0.113.10") == [200]


async def test_an_address_a_client_makes_up_is_not_believed(strict: Gateway) -> None:
    """The proxy appends what it saw; what stands before that is the client's own invention."""
    for n in range(30):
        await statuses(strict, 1, sender=f"ann{n}", address=f"198.51.100.{n}, 203.0.113.9")
    assert await statuses(strict, 1, sender="dora", address="198.51.100.99, 203.0.113.9") == [429]
