"""Who is signed in at the desk: opaque tokens, and a brake on guessing passwords."""

from __future__ import annotations

import hashlib
import secrets

from bot.store import keys
from bot.store.codec import raw, text
from bot.store.connect import Client
from bot.store.limits import Limiter

TRIES = 5
"""Sign-ins a name or an address may try at once ..."""
TRY_EVERY_S = 30
"""... and then one each so many seconds."""


class Sessions:
    """A token is 256 random bits; only its SHA-256 is stored. It ends `ttl_s` after it was opened."""

    def __init__(self, redis: Client, *, site: str = "main", ttl_s: int = keys.SESSION_TTL_S) -> None:
        self._redis = redis
        self._site = site
        self._ttl_s = ttl_s
        self._limiter = Limiter(redis, site=site)

    async def open(self, agent_id: str) -> str:
        token = secrets.token_urlsafe(32)
        await self._redis.set(self._key(token), raw(agent_id), ex=self._ttl_s)
        return token

    async def agent_of(self, token: str) -> str | None:
        found: bytes | str | None = await self._redis.get(self._key(token))
        return None if found is None else text(found)

    async def close(self, token: str) -> None:
        await self._redis.delete(self._key(token))

    async def throttle(self, key: str) -> int | None:
        """Count a try to sign in, before the password is looked at. None: go ahead; else the seconds to wait."""
        return await self._limiter.allow(f"sign-in:{key}", 1 / TRY_EVERY_S, TRIES)

    async def forgive(self, key: str) -> None:
        """The password was right: earlier tries count no more."""
        await self._redis.delete(keys.limit(self._site, f"sign-in:{key}"))

    def _key(self, token: str) -> str:
        return keys.session(self._site, hashlib.sha256(raw(token)).hexdigest())
