"""How a Lua script is run: by its hash, and once in full where a server does not know it yet."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from hashlib import sha1
from typing import Any

from redis.asyncio import RedisCluster
from redis.exceptions import NoScriptError, ResponseError

from bot.errors import StoreDown
from bot.store.connect import Client, reaching, refuses

AT_ONCE = 32
REPLICAS_WITHIN_MS = 1000
Arg = str | bytes | int | float


class Script:
    """`await script(redis, keys, args)`. All keys must share one hash tag."""

    def __init__(self, lua: str) -> None:
        self.lua = lua
        self.sha = sha1(lua.encode(), usedforsecurity=False).hexdigest()

    async def __call__(self, redis: Client, keys: Sequence[str], args: Sequence[Arg]) -> Any:
        try:
            return await redis.evalsha(self.sha, len(keys), *keys, *args)
        except NoScriptError:
            return await redis.eval(self.lua, len(keys), *keys, *args)

    async def many(
        self, redis: Client, calls: Sequence[tuple[Sequence[str], Sequence[Arg]]], *, each_alone: bool = False
    ) -> list[Any]:
        """The results of many calls: standalone in one round trip, on Cluster a few at a time. With `each_alone` what
        one call's keys do to the script is that call's result."""
        if isinstance(redis, RedisCluster):
            results = []
            for start in range(0, len(calls), AT_ONCE):
                some = calls[start : start + AT_ONCE]
                run = (self._alone(redis, *call) if each_alone else self(redis, *call) for call in some)
                results += await asyncio.gather(*run)
            return results
        pipe = redis.pipeline(transaction=False)
        for keys, args in calls:
            pipe.evalsha(self.sha, len(keys), *keys, *args)
        with reaching():
            results = await pipe.execute(raise_on_error=False)
        for n, result in enumerate(results):
            if isinstance(result, NoScriptError):
                results[n] = await (self._alone(redis, *calls[n]) if each_alone else self(redis, *calls[n]))
            elif isinstance(result, Exception):
                results[n] = _raised(result, alone=each_alone)
        return list(results)

    async def _alone(self, redis: Client, keys: Sequence[str], args: Sequence[Arg]) -> Any:
        try:
            return await self(redis, keys, args)
        except ResponseError as error:
            return error

    async def after(
        self,
        redis: Client,
        first: Sequence[Arg],
        keys: Sequence[str],
        args: Sequence[Arg],
        *,
        wait_replicas: int = 0,
    ) -> Any:
        """Run the command `first`, then the script. Standalone that is one round trip; on Cluster the two may live on
        different nodes, so they go one after the other, and replicas cannot be waited for. `StoreDown` if fewer than
        `wait_replicas` have it in time; it is written then all the same."""
        if isinstance(redis, RedisCluster):
            await redis.execute_command(*first)
            return await self(redis, keys, args)
        pipe = redis.pipeline(transaction=False)
        pipe.execute_command(*first)
        pipe.evalsha(self.sha, len(keys), *keys, *args)
        if wait_replicas:
            pipe.execute_command("WAIT", wait_replicas, REPLICAS_WITHIN_MS)
        with reaching():
            one, two, *reached = await pipe.execute(raise_on_error=False)
            if isinstance(two, NoScriptError):
                await redis.script_load(self.lua)
                return await self.after(redis, first, keys, args, wait_replicas=wait_replicas)
            for each in (one, two, *reached):
                if isinstance(each, Exception):
                    raise each
        if reached and reached[0] < wait_replicas:
            raise StoreDown(f"Redis: {reached[0]} of {wait_replicas} replicas have it", retry_after_s=1)
        return two


def _raised(error: Exception, *, alone: bool) -> Exception:
    """Raise it, unless it is what a script says of its keys and each call stands `alone`."""
    with reaching():
        if alone and isinstance(error, ResponseError) and not refuses(error):
            return error
        raise error
