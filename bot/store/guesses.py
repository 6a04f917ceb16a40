"""How often one-time codes are sent to one customer, and how often they are wrong: counted over all conversations."""

from __future__ import annotations

import math
from dataclasses import dataclass

from bot.errors import ServiceRefused
from bot.store import keys
from bot.store.audit import Audit
from bot.store.codec import raw, text
from bot.store.connect import Client
from bot.store.script import Script

_COUNT = Script(
    """
local deed, key, an_hour, for_deed, a_day, free, first = unpack(ARGV)
local t = redis.call('TIME')
local now = t[1] + t[2] / 1000000
redis.call('ZREMRANGEBYSCORE', KEYS[1], '-inf', now - 86400)
local member = deed .. ' ' .. key
if redis.call('ZSCORE', KEYS[1], member) then return {'ok', '0'} end
local hour, same, last, name = 0, 0, 0, nil
for n, each in ipairs(redis.call('ZRANGE', KEYS[1], 0, -1, 'WITHSCORES')) do
  if n % 2 == 1 then name = each else
    local at = tonumber(each)
    if at > now - 3600 then
      hour = hour + 1
      if string.sub(name, 1, #deed + 1) == deed .. ' ' then same, last = same + 1, math.max(last, at) end
    end
  end
end
local day = redis.call('ZCARD', KEYS[1])
if day >= tonumber(a_day) or hour >= tonumber(an_hour) or same >= tonumber(for_deed) then return {'full', '0'} end
local wait = same > tonumber(free) and last + first * 2 ^ (same - free - 1) - now or 0
if wait > 0 then return {'soon', string.format('%.3f', wait)} end
redis.call('ZADD', KEYS[1], string.format('%.6f', now), member)
redis.call('EXPIRE', KEYS[1], 86400)
return {'new', '0'}
"""
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Caps:
    """For one customer. After `free` for one deed within an hour, each waits twice as long as the one before."""

    an_hour: int
    for_deed: int
    """In an hour."""
    a_day: int
    free: int = 3
    first_wait_s: int = 30


SENT = Caps(an_hour=10, for_deed=6, a_day=20)
WRONG = Caps(an_hour=10, for_deed=6, a_day=10)
"""Ten guesses a day at a million codes."""


class Guesses:
    """`bot.guard.Guard` of a serving process. What was refused or wrong goes into the audit trail, once."""

    def __init__(
        self, redis: Client, audit: Audit, *, site: str = "main", sent: Caps = SENT, wrong: Caps = WRONG
    ) -> None:
        self._redis = redis
        self._audit = audit
        self._site = site
        self._sent = sent
        self._wrong = wrong

    async def sending(self, customer_id: str, deed: str, *, key: str, conversation: str) -> None:
        word, wait_s = await self._count("sent", self._sent, customer_id, deed, key)
        if word == "full":
            await self._audit.record(
                "code.too_many", actor="", subject=_of(customer_id), conversation=conversation, deed=deed
            )
            raise ServiceRefused("too_many_codes", "no more codes are sent for now")
        _in_time(word, wait_s)

    async def trying(self, customer_id: str, deed: str, *, key: str, conversation: str) -> None:
        word, wait_s = await self._count("wrong", self._wrong, customer_id, deed, key)
        if word == "full":
            await self._audit.record(
                "code.blocked", actor="", subject=_of(customer_id), conversation=conversation, deed=deed
            )
            raise ServiceRefused("codes_blocked", "too many wrong codes")
        _in_time(word, wait_s)

    async def wrong(self, customer_id: str, deed: str, *, conversation: str) -> None:
        await self._audit.record("code.wrong", actor="", subject=_of(customer_id), conversation=conversation, deed=deed)

    async def forgive(self, customer_id: str, deed: str, *, key: str) -> None:
        await self._redis.zrem(keys.codes(self._site, customer_id, "wrong"), raw(f"{deed} {key}"))

    async def done(self, customer_id: str, deed: str, *, conversation: str) -> None:
        await self._audit.record("deed.done", actor="", subject=_of(customer_id), conversation=conversation, deed=deed)

    async def _count(self, kind: str, caps: Caps, customer_id: str, deed: str, key: str) -> tuple[str, float]:
        args = raw(deed), raw(key), caps.an_hour, caps.for_deed, caps.a_day, caps.free, caps.first_wait_s
        word, wait_s = await _COUNT(self._redis, [keys.codes(self._site, customer_id, kind)], args)
        return text(word), float(text(wait_s))


def _in_time(word: str, wait_s: float) -> None:
    if word == "soon":
        raise ServiceRefused("too_soon", f"again in {math.ceil(wait_s)} seconds")


def _of(customer_id: str) -> str:
    return f"customer:{customer_id}"
