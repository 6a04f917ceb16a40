"""Whether Redis takes what we write: found out by writing."""

from __future__ import annotations

import asyncio

from redis.asyncio import RedisCluster

from bot.errors import StoreDown
from bot.store import keys
from bot.store.connect import Client, reaching
from bot.store.script import REPLICAS_WITHIN_MS


async def probe(redis: Client, *, site: str, wait_replicas: int = 0) -> None:
    """On Cluster a key of each shard is written, which reaches every node but by chance. `StoreDown` where one is not,
    or where fewer than `wait_replicas` have it in time."""
    if isinstance(redis, RedisCluster):
        shards = (keys.probe(site, shard) for shard in range(keys.SHARDS))
        await asyncio.gather(*(redis.set(each, b"1", ex=keys.PROBE_TTL_S) for each in shards))
        return
    pipe = redis.pipeline(transaction=False)
    pipe.set(keys.probe(site, 0), b"1", ex=keys.PROBE_TTL_S)
    if wait_replicas:
        pipe.execute_command("WAIT", wait_replicas, REPLICAS_WITHIN_MS)
    with reaching():
        _, *reached = await pipe.execute()
    if reached and reached[0] < wait_replicas:
        raise StoreDown(f"Redis: {reached[0]} of {wait_replicas} replicas have it", retry_after_s=1, refuses=True)
