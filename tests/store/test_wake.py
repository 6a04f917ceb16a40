"""Listening: told soon, told again after a break, and never the keeper of the news itself."""

from __future__ import annotations

import asyncio
import time
from typing import Any

import pytest

from bot.errors import StoreDown
from bot.store.connect import Client, connect
from bot.store.conversations import Conversations
from bot.store.wake import Subscription
from tests.redis import Server, server
from tests.store.makers import reply, turn


async def next_news(subscription: Subscription, within_s: float = 5) -> dict[str, Any] | None:
    return await asyncio.wait_for(anext(subscription), within_s)


async def opened(conversations: Conversations) -> str:
    return (await conversations.open(channel="web")).conversation_id


async def read_until(conversations: Conversations, id: str, subscription: Subscription, last: str) -> list[str]:
    """As every reader does: fetch what comes after the last line one has, whenever woken."""
    texts: list[str] = []
    after = 0
    while last not in texts:
        await next_news(subscription)
        for entry in await conversations.entries(id, after=after):
            after = entry.seq
            texts.append(entry.text)
    return texts


async def subscribed(conversations: Conversations, id: str, *subscriptions: Subscription) -> None:
    """Until Redis has confirmed: what is sent gets through, and nothing older is on its way."""
    for subscription in subscriptions:
        while True:
            await conversations.notify(id, {"probe": 1})
            if await next_news(subscription):
                break
    await conversations.notify(id, {"settled": True})
    for subscription in subscriptions:
        while await next_news(subscription) != {"settled": True}:
            pass


async def test_the_first_wake_up_comes_at_once(conversations: Conversations) -> None:
    async with conversations.listen(await opened(conversations)) as subscription:
        assert await next_news(subscription) is None


async def test_a_listener_in_another_process_hears_of_a_new_line(redis: Client, conversations: Conversations) -> None:
    elsewhere = Conversations(redis)
    id = await opened(conversations)
    async with elsewhere.listen(id) as subscription:
        await conversations.accept(turn(id, "hi"))
        await conversations.say(id, reply("hello"), reply_id="1")
        assert await read_until(elsewhere, id, subscription, "hello") == ["hi", "hello"]
    await elsewhere.aclose()


async def test_all_tabs_hear_and_a_line_wakes_each_once(conversations: Conversations) -> None:
    id = await opened(conversations)
    async with conversations.listen(id) as one, conversations.listen(id) as other:
        await subscribed(conversations, id, one, other)
        await conversations.accept(turn(id))
        await conversations.notify(id, {"after": "the line"})
        for tab in (one, other):
            news = [await next_news(tab)]
            while news[-1] != {"after": "the line"}:
                news.append(await next_news(tab))
            assert news.count(None) == 1


async def test_ephemerals_reach_who_listens_and_are_not_kept(conversations: Conversations) -> None:
    id = await opened(conversations)
    async with conversations.listen(id) as subscription:
        await subscribed(conversations, id, subscription)
        typing = {"type": "typing", "author": "agent", "name": "小林", "on": True}
        await conversations.notify(id, typing)
        assert await next_news(subscription) == typing
    assert await conversations.entries(id) == []


async def test_nothing_is_missed_over_a_restart_of_redis() -> None:
    with server("appendonly yes", "appendfsync always") as one:
        listener, speaker = Conversations(connect(one.url)), Conversations(connect(one.url))
        id = await opened(listener)
        async with listener.listen(id) as subscription:
            await speaker.say(id, reply("before"), reply_id="1")
            assert await read_until(listener, id, subscription, "before") == ["before"]
            one.kill()
            one.start()
            await speaker.say(id, reply("while you were away"), reply_id="2")
            texts = await read_until(listener, id, subscription, "while you were away")
            assert texts == ["before", "while you were away"]
        for each in (listener, speaker):
            await each.aclose()
            await each.redis.aclose()


async def test_leaving_ends_the_subscription(redis_server: Server, conversations: Conversations) -> None:
    id = await opened(conversations)
    async with conversations.listen(id) as subscription:
        await next_news(subscription)
    with redis_server.client() as client:
        end = time.monotonic() + 5
        while client.pubsub_channels("*"):
            assert time.monotonic() < end
            await asyncio.sleep(0.01)
    assert [news async for news in subscription] == []


async def test_ten_thousand_listeners_share_one_connection(redis_server: Server, conversations: Conversations) -> None:
    async with conversations.listen("last") as last:
        contexts = [conversations.listen(f"c{n}") for n in range(10_000)]
        subscriptions = [await each.__aenter__() for each in contexts]
        for subscription in subscriptions:
            await next_news(subscription)
        await subscribed(conversations, "last", last)
        with redis_server.client() as client:
            assert len(client.client_list(_type="pubsub")) == 1
        for each in contexts:
            await each.__aexit__(None, None, None)


async def test_who_writes_while_redis_is_away_is_told_to_come_back() -> None:
    with server() as one:
        conversations = Conversations(connect(one.url))
        id = await opened(conversations)
        one.kill()
        calls = [lambda: conversations.accept(turn(id)), lambda: conversations.get(id), lambda: opened(conversations)]
        for call in [*calls, lambda: conversations.entries(id), lambda: conversations.overdue(now=time.time())]:
            with pytest.raises(StoreDown) as refusal:
                await call()
            assert refusal.value.retry_after_s > 0
        one.start()
        await opened(conversations)
        await conversations.aclose()
        await conversations.redis.aclose()
