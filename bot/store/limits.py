"""How often something may be done: token buckets shared by all processes."""

from __future__ import annotations

import math

from bot.store import keys
from bot.store.codec import text
from bot.store.connect import Client
from bot.store.script import Script

_ALLOW = Script(
    """
local rate, burst = tonumber(ARGV[1]), tonumber(ARGV[2])
local t = redis.call('TIME')
local now = t[1] + t[2] / 1000000
local was = redis.call('HMGET', KEYS[1], 'tokens', 'at')
local tokens = burst
if was[1] then tokens = math.min(burst, tonumber(was[1]) + math.max(0, now - tonumber(was[2])) * rate) end
local wait = 0
if tokens >= 1 then tokens = tokens - 1 else wait = (1 - tokens) / rate end
redis.call('HSET', KEYS[1], 'tokens', string.format('%.6f', tokens), 'at', string.format('%.6f', now))
redis.call('EXPIRE', KEYS[1], math.ceil((burst - tokens) / rate) + 1)
return string.format('%.6f', wait)
"""
)


class Limiter:
    """A bucket for each key: it holds `burst` tokens, gets `rate` a second, and each thing done takes one."""

    def __init__(self, redis: Client, *, site: str = "main") -> None:
        self._redis = redis
        self._site = site

    async def allow(self, key: str, rate: float, burst: float) -> int | None:
        """Take a token; None: go ahead. Otherwise nothing was taken, and in so many seconds there will be one."""
        wait_s = float(text(await _ALLOW(self._redis, [keys.limit(self._site, key)], [rate, burst])))
        return math.ceil(wait_s) if wait_s > 0 else None

    async def take(self, key: str, *, per_minute: float) -> int:
        """`allow` for so many a minute, all at once if need be; 0: go ahead, else the seconds to wait."""
        return await self.allow(key, per_minute / 60, per_minute) or 0
