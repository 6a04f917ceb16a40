"""The desk's accounts as any process last saw them: whoever finds a change first is the one who tells of it."""

from __future__ import annotations

from bot.store import keys
from bot.store.codec import raw, text
from bot.store.connect import Client
from bot.store.script import Script

_SEE = Script(
    """
local was = redis.call('HGET', KEYS[1], ARGV[1])
if was == ARGV[2] then return {'same'} end
redis.call('HSET', KEYS[1], ARGV[1], ARGV[2])
return {'changed', was or ''}
"""
)


class SeenAccounts:
    def __init__(self, redis: Client, *, site: str = "main") -> None:
        self._redis = redis
        self._key = keys.accounts(site)

    async def see(self, account_id: str, looks: str) -> str | None:
        """What it looked like before, empty if it was not there; None if it looks as it did, or somebody else saw."""
        word, *was = await _SEE(self._redis, [self._key], [account_id, raw(looks)])
        return text(was[0]) if text(word) == "changed" else None

    async def ids(self) -> list[str]:
        return [text(each) for each in await self._redis.hkeys(self._key)]

    async def gone(self, account_id: str) -> bool:
        """True for the one who takes it out."""
        return bool(await self._redis.hdel(self._key, account_id))
