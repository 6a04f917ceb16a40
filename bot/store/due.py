"""Which conversations may have work left: hints that a sweep follows after a crash.

A hint is written before a turn is accepted and cleared after its work is done, by two servers where Redis is a cluster;
so a crash in between leaves a hint without work, which is harmless, never work without a hint. A hint is a score (the
moment to look) in a sorted set. To clear one, `REST` first marks it void inside the conversation, and an ACCEPT that
comes with a void hint is refused and writes a newer one: that way no clock has to be right.

A reminder has a member of its own in the same sets, `!<conversation>`, at the moment it was set for.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any

from bot.errors import Busy
from bot.store import keys
from bot.store.codec import text
from bot.store.connect import Client, reaching
from bot.store.script import Arg, Script

REMINDER = "!"
"""Cannot begin a conversation's id."""
FAR_S = 3600.0
"""No clock goes so much ahead of another."""
GRACE_S = 2.0
"""A sweep looks at a conversation this long after its last turn was accepted."""

_RESCORE = Script(
    """
for i = 1, #ARGV, 3 do
  local member, old, new = ARGV[i], ARGV[i + 1], ARGV[i + 2]
  if tonumber(redis.call('ZSCORE', KEYS[1], member) or 0) == tonumber(old) then
    if new == '' then redis.call('ZREM', KEYS[1], member) else redis.call('ZADD', KEYS[1], new, member) end
  end
end
return {'ok'}
"""
)

_SCORES = Script(
    """
local scores = {}
for n, member in ipairs(ARGV) do scores[n] = redis.call('ZSCORE', KEYS[1], member) end
return scores
"""
)

Hint = tuple[str, float]
"""A conversation and the score its hint had when it was read."""


class Due:
    def __init__(self, redis: Client, *, site: str, wait_replicas: int = 0) -> None:
        self._redis = redis
        self._site = site
        self._wait_replicas = wait_replicas

    async def hinted(
        self, script: Script, conversation: keys.ConversationKeys, args: Sequence[Arg], at: int
    ) -> list[Any]:
        """Write a hint, then run the script with the hint as argument number `at`; again if the hint was void."""
        hint = time.time() + GRACE_S
        for _ in range(10):
            first = ("ZADD", keys.due_of(self._site, conversation.id), "GT", hint, conversation.id)
            rest = [*args[:at], hint, *args[at:]]
            result = await script.after(self._redis, first, conversation.all, rest, wait_replicas=self._wait_replicas)
            if text(result[0]) != "stale":
                return list(result)
            hint = max(time.time() + GRACE_S, float(result[1]) + 0.001)
            if hint > time.time() + FAR_S:
                raise ValueError(f"{conversation.id}: hints are void until {result[1]!r}")
        raise Busy(f"{conversation.id}: hints are cleared as fast as they are written", retry_after_s=1)

    async def hint(self, conversation_id: str) -> None:
        """There is work, for the next sweep."""
        await self._redis.zadd(keys.due_of(self._site, conversation_id), {conversation_id: time.time()}, nx=True)

    async def read(self, *, until: float, limit: int) -> list[Hint]:
        """Hints with a moment before `until`, the oldest of each shard."""
        shards = [keys.due(self._site, shard) for shard in range(keys.SHARDS)]
        found = await asyncio.gather(*(self._read(shard, until, limit) for shard in shards))
        return sorted((hint for each in found for hint in each), key=lambda hint: hint[1])[:limit]

    async def _read(self, shard: str, until: float, limit: int) -> list[Hint]:
        pairs: Any = await self._redis.zrangebyscore(shard, "-inf", f"({until!r}", start=0, num=limit, withscores=True)
        return [(text(member), float(score)) for member, score in pairs]

    async def look(self, conversation_ids: Sequence[str]) -> list[Hint]:
        """The hints of these conversations as they are now; those without one are left out."""
        shards: dict[str, list[str]] = {}
        for each in conversation_ids:
            shards.setdefault(keys.due_of(self._site, each), []).append(each)
        found = await _SCORES.many(self._redis, [([shard], members) for shard, members in shards.items()])
        scores = zip((member for members in shards.values() for member in members), chain(*found), strict=True)
        return [(member, float(score)) for member, score in scores if score is not None]

    async def remind(self, moments: Sequence[tuple[str, float]]) -> None:
        """Look at these conversations' reminders at that moment."""
        pipe = self._redis.pipeline(transaction=False)
        for conversation_id, moment in moments:
            pipe.execute_command("ZADD", keys.due_of(self._site, conversation_id), moment, REMINDER + conversation_id)
        with reaching():
            await pipe.execute()

    async def move(self, moves: Iterable[tuple[Hint, float | None]]) -> None:
        """Give hints a new moment, or None to clear them; a hint that was renewed since it was read stays as it is."""
        shards: dict[str, list[Arg]] = {}
        for (conversation_id, score), new in moves:
            shard = shards.setdefault(keys.due_of(self._site, conversation_id.removeprefix(REMINDER)), [])
            shard += conversation_id, repr(score), "" if new is None else repr(new)
        await _RESCORE.many(self._redis, [([shard], args) for shard, args in shards.items()])
