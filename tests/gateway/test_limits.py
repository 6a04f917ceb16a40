"""Nobody may write faster than a person can, and a flood from one place does not keep others out."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Iterable
from pathlib import Path

import pytest_asyncio
import redis

from bot.engine.engine import Engine
from bot.settings import GatewaySettings
from bot.store import keys
from tests.serving import Gateway, serving
from tests.store.makers import turn


@pytest_asyncio.fixture
async def strict(engine: Engine, redis_url: str, project: Path) -> AsyncIterator[Gateway]:
    settings = GatewaySettings(messages_per_minute=3, trusted_proxies=("127.0.0.1",))
    async with serving(engine, redis_url, project, settings=settings) as gateway:
        yield gateway


async def statuses(gateway: Gateway, many: int, *, sender: str = "ann{}", address: str = "203.0.113.9") -> list[int]:
    headers = {"X-Forwarded-For": address}
    return [(await gateway.rest("hello", sender=sender.format(n), headers=headers))[0] for n in range(many)]


async def let_in(gateway: Gateway, senders: Iterable[tuple[str, str]]) -> tuple[int, float]:
    """How many of these (sender, address) were let in, and how many tokens an address got meanwhile: 30 a minute."""
    started = time.monotonic()
    answers = [(await statuses(gateway, 1, sender=sender, address=address))[0] for sender, address in senders]
    assert set(answers) <= {200, 429}
    return answers.count(200), (time.monotonic() - started) / 2


async def test_one_conversation_is_slowed_down_and_told_when_to_come_again(strict: Gateway) -> None:
    assert await statuses(strict, 5, sender="ann") == [200, 200, 200, 429, 429]
    async with strict.client.post("/webhooks/rest/webhook", json={"sender": "ann", "message": "hello"}) as answer:
        assert (answer.status, (await answer.json())["error"]) == (429, "rate_limited")
        assert 1 <= int(answer.headers["Retry-After"]) <= 20
    assert await statuses(strict, 1, sender="bob") == [200]


async def test_an_address_gets_ten_times_as_much_and_others_are_not_affected(strict: Gateway) -> None:
    many, meanwhile = await let_in(strict, [(f"ann{n}", "203.0.113.9") for n in range(60)])
    assert 30 <= many <= 30 + meanwhile
    assert await statuses(strict, 1, sender="carl", address="203.0.113.10") == [200]


async def test_an_address_a_client_makes_up_is_not_believed(strict: Gateway) -> None:
    """The proxy appends what it saw; what stands before that is the client's own invention."""
    many, meanwhile = await let_in(strict, [(f"ann{n}", f"198.51.100.{n}, 203.0.113.9") for n in range(60)])
    assert 30 <= many <= 30 + meanwhile


async def test_a_flood_of_made_up_senders_makes_nothing_once_it_is_refused(strict: Gateway, redis_url: str) -> None:
    """3 a minute, ten times as many from one address: those leave a conversation and a bucket, the others nothing."""
    many, meanwhile = await let_in(strict, [(f"ann{n}", "203.0.113.9") for n in range(100)])
    assert 30 <= many <= 30 + meanwhile
    with redis.Redis.from_url(redis_url) as client:
        conversations = list(client.scan_iter("main:{c:*:meta"))
        buckets = list(client.scan_iter("main:limit:*"))
    assert len(conversations) == many
    assert len(buckets) <= many + 1  # one of the first may be full again, and gone


async def test_all_addresses_of_one_ipv6_network_share_a_limit(strict: Gateway) -> None:
    many, meanwhile = await let_in(strict, [(f"eve{n}", f"2001:db8:1:2::{n:x}") for n in range(60)])
    assert 30 <= many <= 30 + meanwhile
    assert await statuses(strict, 1, sender="fay", address="2001:db8:1:3::1") == [200]


async def test_who_only_opens_the_chat_leaves_it_for_a_day_and_who_writes_for_a_week(gateway: Gateway) -> None:
    opened = await gateway.conversations.open(channel="native")
    key = keys.conversation("main", opened.conversation_id).meta
    assert await gateway.conversations.redis.ttl(key) <= keys.UNSPOKEN_TTL_S
    await gateway.conversations.accept(turn(opened.conversation_id))
    assert await gateway.conversations.redis.ttl(key) > keys.UNSPOKEN_TTL_S
