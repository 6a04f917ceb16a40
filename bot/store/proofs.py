"""Identity proofs that were used: each counts in one conversation, and can be revoked."""

from __future__ import annotations

import math
import time

from bot.errors import BadIdentity
from bot.store import keys
from bot.store.codec import text
from bot.store.connect import Client
from bot.store.script import Script
from bot.types import Identity

GRACE_S = 60
"""So long after its first use a proof may still open another conversation: a hello whose answer was lost is said
again."""
LONGEST_S = 24 * 3600 + 60
"""No proof is good for longer, clocks that differ included."""

_CLAIM = Script(
    """
local conversation, ttl, grace = ARGV[1], ARGV[2], tonumber(ARGV[3])
local t = redis.call('TIME')
local now = t[1] + t[2] / 1000000
local was = redis.call('GET', KEYS[1])
if was == 'revoked' then return was end
if not was then
  redis.call('SET', KEYS[1], conversation .. ' ' .. string.format('%.3f', now), 'EX', ttl)
  return 'ok'
end
local first, at = string.match(was, '^(%S+) (%S+)$')
if first == conversation or now < tonumber(at) + grace then return 'ok' end
return 'used'
"""
)
_REVOKE = Script(
    """
local was = redis.call('GET', KEYS[1])
redis.call('SET', KEYS[1], 'revoked', 'EX', ARGV[1])
return was and was ~= 'revoked' and string.match(was, '^(%S+) ') or ''
"""
)


class Proofs:
    def __init__(self, redis: Client, *, site: str = "main", grace_s: float = GRACE_S) -> None:
        self._redis = redis
        self._site = site
        self._grace_s = grace_s

    async def claim(self, identity: Identity, conversation_id: str) -> None:
        """Use this proof in this conversation, again if need be. Raises BadIdentity: `revoked`, or `used` by another
        conversation."""
        ttl_s = min(LONGEST_S, max(1, math.ceil(identity.expires_at - time.time()) + 60))
        args = conversation_id, ttl_s, self._grace_s
        word = text(await _CLAIM(self._redis, [self._key(identity.customer_id, identity.proof_id)], args))
        if word == "revoked":
            raise BadIdentity("revoked", "the customer signed out: this identity token counts no more")
        if word == "used":
            raise BadIdentity("used", "this identity token was used in another conversation; fetch a new one")

    async def revoke(self, customer_id: str, proof_id: str) -> str:
        """It is never taken again. Returns the conversation it was used in, if any."""
        return text(await _REVOKE(self._redis, [self._key(customer_id, proof_id)], [LONGEST_S]))

    def _key(self, customer_id: str, proof_id: str) -> str:
        return keys.proof(self._site, customer_id, proof_id)
