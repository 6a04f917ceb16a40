"""Who is signed in at the desk: opaque tokens, each tied to the account as it was, listed and ended from outside."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bot.store import keys
from bot.store.codec import raw, text
from bot.store.connect import Client
from bot.store.script import Script

_OPEN = Script(
    """
local session, all = KEYS[1], KEYS[2]
local digest, ttl, idle = ARGV[1], tonumber(ARGV[2]), tonumber(ARGV[3])
local t = redis.call('TIME')
local now = tonumber(t[1])
redis.call('HSET', session, 'agent', ARGV[4], 'version', ARGV[5], 'address', ARGV[6],
  'opened', string.format('%d.%06d', t[1], t[2]), 'seen', now, 'until', now + ttl)
redis.call('EXPIRE', session, math.min(ttl, idle))
redis.call('ZREMRANGEBYSCORE', all, '-inf', now)
redis.call('ZADD', all, now + ttl, digest)
redis.call('EXPIRE', all, ttl)
return 1
"""
)

_LOOK = Script(
    """
local session, idle, active = KEYS[1], tonumber(ARGV[1]), ARGV[2] == '1'
local found = redis.call('HMGET', session, 'agent', 'version', 'address', 'opened', 'seen', 'until')
if not found[1] then return {} end
if active then
  local now = tonumber(redis.call('TIME')[1])
  redis.call('HSET', session, 'seen', now)
  redis.call('EXPIRE', session, math.max(1, math.min(idle, found[6] - now)))
end
return found
"""
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Session:
    digest: str
    """SHA-256 of the token."""
    agent_id: str
    version: str
    """The account's when it was opened: it ends when the account has another."""
    address: str
    opened_at: float
    seen_at: float
    """The last time its person did something."""

    @property
    def id(self) -> str:
        """What people call it by; opens nothing."""
        return self.digest[:16]


class Sessions:
    """A token is 256 random bits; only its SHA-256 is stored. It ends `ttl_s` after it was opened, `idle_s` after its
    person did something, when they sign out, and when somebody ends it."""

    def __init__(
        self, redis: Client, *, site: str = "main", ttl_s: int = keys.SESSION_TTL_S, idle_s: int = keys.SESSION_TTL_S
    ) -> None:
        self._redis = redis
        self._site = site
        self._ttl_s = ttl_s
        self._idle_s = min(idle_s, ttl_s)

    async def open(self, agent_id: str, *, version: str = "", address: str = "") -> str:
        token = secrets.token_urlsafe(32)
        digest = digest_of(token)
        names = [self._key(digest), keys.sessions(self._site)]
        await _OPEN(self._redis, names, [digest, self._ttl_s, self._idle_s, raw(agent_id), version, raw(address)])
        return token

    async def look(self, digest: str, *, active: bool = False) -> Session | None:
        """The session, if it has not ended. `active`: its person is doing something, so it is not idle."""
        found = await _LOOK(self._redis, [self._key(digest)], [self._idle_s, int(active)])
        return _session(digest, found)

    async def look_all(self, digests: Sequence[str]) -> dict[str, Session]:
        """Those of these that have not ended, in one round trip."""
        calls = [([self._key(digest)], [self._idle_s, 0]) for digest in digests]
        found = await _LOOK.many(self._redis, calls) if calls else []
        pairs = ((digest, _session(digest, each)) for digest, each in zip(digests, found, strict=True))
        return {digest: session for digest, session in pairs if session is not None}

    async def end(self, digest: str) -> None:
        await self._redis.delete(self._key(digest))
        await self._redis.zrem(keys.sessions(self._site), digest)

    async def all(self, agent_id: str | None = None) -> list[Session]:
        """Every session that has not ended, or one person's, oldest first."""
        found: Any = await self._redis.zrange(keys.sessions(self._site), 0, -1)
        sessions = (await self.look_all([text(each) for each in found])).values()
        mine = [each for each in sessions if agent_id in (None, each.agent_id)]
        return sorted(mine, key=lambda session: (session.opened_at, session.digest))

    def _key(self, digest: str) -> str:
        return keys.session(self._site, digest)


def digest_of(token: str) -> str:
    return hashlib.sha256(raw(token)).hexdigest()


def _session(digest: str, found: Sequence[Any]) -> Session | None:
    if not found:
        return None
    agent_id, version, address = (text(each) for each in found[:3])
    opened, seen = (float(each) for each in found[3:5])
    return Session(digest=digest, agent_id=agent_id, version=version, address=address, opened_at=opened, seen_at=seen)
