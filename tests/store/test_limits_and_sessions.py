"""Token buckets, and who is signed in at the desk."""

from __future__ import annotations

import asyncio
import time

from bot.store import keys
from bot.store.connect import Client
from bot.store.limits import Limiter
from bot.store.sessions import Sessions, digest_of


async def test_a_bucket_gives_its_burst_and_then_says_how_long_to_wait(redis: Client) -> None:
    limiter = Limiter(redis)
    assert [await limiter.allow("a", 0.5, 3) for _ in range(3)] == [None, None, None]
    assert await limiter.allow("a", 0.5, 3) == 2
    assert await limiter.allow("b", 0.5, 3) is None


async def test_a_bucket_fills_again(redis: Client) -> None:
    limiter = Limiter(redis)
    assert await limiter.allow("a", 50, 1) is None
    assert await limiter.allow("a", 50, 1) == 1
    await asyncio.sleep(0.03)
    assert await limiter.allow("a", 50, 1) is None


async def test_of_many_at_once_no_more_than_the_burst_get_through(redis: Client) -> None:
    limiter = Limiter(redis)
    results = await asyncio.gather(*(limiter.take("a", per_minute=10) for _ in range(40)))
    assert results.count(0) == 10


async def test_a_session_is_opened_seen_and_ended(redis: Client) -> None:
    sessions = Sessions(redis)
    token = await sessions.open("小林", version="v1", address="192.0.2.1")
    found = await sessions.look(digest_of(token))
    assert found is not None
    assert (found.agent_id, found.version, found.address) == ("小林", "v1", "192.0.2.1")
    assert await sessions.look(digest_of(token + "x")) is None
    assert token not in str(await redis.keys("*"))
    assert [each.id for each in await sessions.all("小林")] == [found.id]
    assert await sessions.all("sam") == []
    await sessions.end(found.digest)
    assert await sessions.look(found.digest) is None
    assert await sessions.all() == []


async def test_a_session_lives_while_somebody_does_something_but_not_for_ever(redis: Client) -> None:
    sessions = Sessions(redis, ttl_s=1000, idle_s=100)
    digest = digest_of(await sessions.open("lin"))
    key = keys.session("main", digest)
    assert 99 <= await redis.ttl(key) <= 100
    await redis.expire(key, 40)
    await sessions.look(digest)
    assert await redis.ttl(key) <= 40, "looking is not doing"
    await sessions.look(digest, active=True)
    assert await redis.ttl(key) > 90
    await redis.hset(key, "until", int(time.time()) + 20)
    await sessions.look(digest, active=True)
    assert await redis.ttl(key) <= 20, "the end of the day comes all the same"
