"""How a Lua script is run: by its hash, and once in full where a server does not know it yet."""

from __future__ import annotations

from collections.abc import Sequence
from hashlib import sha1
from typing import Any

from redis.asyncio import RedisCluster
from redis.exceptions import NoScriptError

from bot.store.connect import Client

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

    async def after(self, redis: Client, first: Sequence[Arg], keys: Sequence[str], args: Sequence[Arg]) -> Any:
        """Run the command `first`, then the script. Standalone that is one round trip; on Cluster the two may live on
        different nodes, so they go one after the other."""
        if isinstance(redis, RedisCluster):
            await redis.execute_command(*first)
            return await self(redis, keys, args)
        pipe = redis.pipeline(transaction=False)
        pipe.execute_command(*first)
        pipe.evalsha(self.sha, len(keys), *keys, *args)
        one, two = await pipe.execute(raise_on_error=False)
        if isinstance(one, Exception):
            raise one
        if isinstance(two, NoScriptError):
            return await redis.eval(self.lua, len(keys), *keys, *args)
        if isinstance(two, Exception):
            raise two
        return two
