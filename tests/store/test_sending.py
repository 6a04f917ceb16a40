"""A task that is told to end while it talks to Redis ends."""

import asyncio

from bot.store.connect import Client


async def test_a_cancellation_is_never_lost(redis: Client) -> None:
    async def work(after: asyncio.Event) -> None:
        await redis.get("a")
        await after.wait()

    for _ in range(20):
        for steps in range(12):
            never = asyncio.Event()
            task = asyncio.create_task(work(never))
            for _ in range(steps):
                await asyncio.sleep(0)
            task.cancel()
            await asyncio.wait((task,), timeout=5)
            assert task.cancelled()
