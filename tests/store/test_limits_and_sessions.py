"""Token buckets, and who is signed in at the desk."""

from __future__ import annotations

import asyncio

from bot.store.connect import Client
from bot.store.limits import Limiter
from bot.store.sessions import TRIES, Sessions


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


async def test_a_session_is_opened_followed_and_closed(redis: Client) -> None:
    sessions = Sessions(redis)
    token = await sessions.open("小林")
    assert await sessions.agent_of(token) == "小林"
    assert await sessions.agent_of(token + "x") is None
    assert token not in [key.decode() for key in await redis.keys("*")]
    await sessions.close(token)
    assert await sessions.agent_of(token) is None


async def test_guessing_passwords_is_slowed_down_until_one_was_right(redis: Client) -> None:
    sessions = Sessions(redis)
    assert [await sessions.throttle("lin") for _ in range(TRIES)] == [None] * TRIES
    wait_s = await sessions.throttle("lin")
    assert wait_s is not None and wait_s > 0
    await sessions.forgive("lin")
    assert await sessions.throttle("lin") is None
