"""Wake-ups: who waits for news of a conversation or of the floor is told that there are some.

One subscribed connection carries all of a process. A wake-up holds no news: readers fetch what comes after the last
they have, so one that is lost costs time, not lines. Every confirmed subscription wakes its listeners, which covers the
first look and everything missed while a connection was down.
"""

from __future__ import annotations

import asyncio
import contextlib
import json
import logging
from collections import deque
from collections.abc import AsyncIterator
from typing import Any
from zlib import crc32

from redis.asyncio import RedisCluster
from redis.asyncio.connection import AbstractConnection
from redis.exceptions import RedisError

from bot.errors import StoreDown
from bot.store.codec import text
from bot.store.connect import Client, reaching

log = logging.getLogger(__name__)

PING_S = 5.0
SILENCE_S = 12.0
"""A connection that does not even answer pings for so long is given up."""
SLICES = 12
"""Everyone is woken once in SLICES * PING_S without news, a slice at a time, for what a cluster's bus may have lost."""
BATCH = 500
EPHEMERALS_KEPT = 32


class Subscription:
    """`async for news in subscription`: None means that there may be new lines, a dict is an ephemeral message."""

    __slots__ = ("_closed", "_ephemerals", "_fresh", "_waiter", "seq")

    def __init__(self) -> None:
        self.seq = 0
        """The highest seq a wake-up spoke of."""
        self._fresh = True
        self._ephemerals: deque[dict[str, Any]] = deque(maxlen=EPHEMERALS_KEPT)
        self._waiter: asyncio.Future[None] | None = None
        self._closed = False

    def __aiter__(self) -> Subscription:
        return self

    async def __anext__(self) -> dict[str, Any] | None:
        while True:
            if self._closed:
                raise StopAsyncIteration
            if self._fresh:
                self._fresh = False
                return None
            if self._ephemerals:
                return self._ephemerals.popleft()
            self._waiter = asyncio.get_running_loop().create_future()
            await self._waiter

    def wake(self, seq: int | None) -> None:
        """`seq` None: perhaps news. A seq that was heard of already is none."""
        if seq is not None:
            if seq <= self.seq:
                return
            self.seq = seq
        self._fresh = True
        self._stir()

    def tell(self, ephemeral: dict[str, Any]) -> None:
        self._ephemerals.append(ephemeral)
        self._stir()

    def close(self) -> None:
        self._closed = True
        self._stir()

    def _stir(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)


async def cancel(*tasks: asyncio.Task[Any]) -> list[str]:
    """Until they have ended; returns the names of the errors that ended some. Asked more than once, because
    `asyncio.wait_for`, which redis-py uses, can swallow a cancellation on Python 3.11."""
    while running := [task for task in tasks if not task.done()]:
        for task in running:
            task.cancel()
        await asyncio.wait(running, timeout=0.1)
    errors = [task.exception() for task in tasks if not task.cancelled()]
    return [type(error).__name__ for error in errors if error is not None]


class Wakes:
    """All subscriptions of a process. The connection is opened for the first listener; `aclose` ends it."""

    def __init__(self, redis: Client) -> None:
        self._redis = redis
        self._listeners: dict[str, set[Subscription]] = {}
        self._sent: set[str] = set()
        self._changed: dict[str, None] = {}
        self._news = asyncio.Event()
        self._task: asyncio.Task[None] | None = None

    @contextlib.asynccontextmanager
    async def listen(self, channel: str) -> AsyncIterator[Subscription]:
        subscription = Subscription()
        self._listeners.setdefault(channel, set()).add(subscription)
        self._mark(channel)
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="wakes")
        try:
            yield subscription
        finally:
            subscription.close()
            others = self._listeners[channel]
            others.discard(subscription)
            if not others:
                del self._listeners[channel]
                self._mark(channel)

    def wake(self, channel: str, seq: int) -> None:
        """The fast path: what this process wrote, its own listeners hear at once."""
        for subscription in self._listeners.get(channel, ()):
            subscription.wake(seq)

    async def aclose(self) -> None:
        if self._task is not None:
            await cancel(self._task)
        for subscriptions in list(self._listeners.values()):
            for subscription in subscriptions:
                subscription.close()

    def _mark(self, channel: str) -> None:
        self._changed[channel] = None
        self._news.set()

    async def _run(self) -> None:
        pause_s = 0.05
        while True:
            try:
                with reaching():
                    connection = await self._connect()
            except (StoreDown, RedisError) as error:
                log.warning("wakes.unreachable", extra={"error": str(error)})
                await asyncio.sleep(pause_s)
                pause_s = min(1.0, pause_s * 2)
                continue
            pause_s = 0.05
            await self._serve(connection)
            await asyncio.sleep(pause_s)

    async def _serve(self, connection: AbstractConnection) -> None:
        """Until the connection breaks."""
        self._sent.clear()
        self._changed = dict.fromkeys(self._listeners)
        self._news.set()
        parts = [asyncio.create_task(self._read(connection)), asyncio.create_task(self._write(connection))]
        try:
            await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
        finally:
            errors = await cancel(*parts)
            await connection.disconnect(nowait=True)
        log.warning("wakes.lost", extra={"error": " ".join(errors)})

    async def _connect(self) -> AbstractConnection:
        """A connection of our own, to the master or to any node of a cluster (each hears what all publish)."""
        if isinstance(self._redis, RedisCluster):
            await self._redis.initialize()
            node = self._redis.get_random_node()
            connection: AbstractConnection = node.connection_class(**node.connection_kwargs)
        else:
            pool = self._redis.connection_pool
            connection = pool.connection_class(**pool.connection_kwargs)
        await connection.connect()  # type: ignore[no-untyped-call]
        return connection

    async def _write(self, connection: AbstractConnection) -> None:
        loop = asyncio.get_running_loop()
        tick, due = 0, loop.time() + PING_S
        while True:
            changed, self._changed = list(self._changed), {}
            self._news.clear()
            wanted = [each for each in changed if each in self._listeners and each not in self._sent]
            unwanted = [each for each in changed if each not in self._listeners and each in self._sent]
            for command, channels in (("SUBSCRIBE", wanted), ("UNSUBSCRIBE", unwanted)):
                for start in range(0, len(channels), BATCH):
                    await connection.send_command(command, *channels[start : start + BATCH], check_health=False)
            self._sent.update(wanted)
            self._sent.difference_update(unwanted)
            try:
                async with asyncio.timeout(PING_S):
                    await self._news.wait()
            except TimeoutError:
                await connection.send_command("PING", check_health=False)
            if loop.time() >= due:
                tick, due = tick + 1, loop.time() + PING_S
                for channel in self._listeners:
                    if crc32(channel.encode()) % SLICES == tick % SLICES:
                        self._hear(channel, None)

    async def _read(self, connection: AbstractConnection) -> None:
        while True:
            message = await connection.read_response(timeout=SILENCE_S, push_request=True)
            if message is None:
                raise TimeoutError("no answer to pings")
            if not isinstance(message, list):
                continue
            kind, channel = text(message[0]), text(message[1])
            if kind == "subscribe":
                self._hear(channel, None)
            elif kind == "message":
                self._hear(channel, text(message[2]))

    def _hear(self, channel: str, message: str | None) -> None:
        if message is not None and message.startswith("{"):
            ephemeral = json.loads(message)
            for subscription in self._listeners.get(channel, ()):
                subscription.tell(ephemeral)
            return
        seq = None if message is None else int(message)
        for subscription in self._listeners.get(channel, ()):
            subscription.wake(seq)
