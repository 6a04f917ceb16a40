"""How fast one conversation and one address may write."""

from __future__ import annotations

import ipaddress

from bot.errors import RateLimited
from bot.settings import GatewaySettings
from bot.store.limits import Limiter

ADDRESS_FACTOR = 10
"""Many customers may share an address (a company, a mobile network)."""


class Limits:
    """Token buckets in Redis, shared by all processes. `local_is_free`: whoever writes from this machine itself is not
    limited (demo and benchmarks)."""

    def __init__(self, limiter: Limiter, settings: GatewaySettings, *, local_is_free: bool = False) -> None:
        self._limiter = limiter
        self._per_minute = settings.messages_per_minute
        self._local_is_free = local_is_free

    async def message(self, conversation_id: str, address: str) -> None:
        """Raises RateLimited."""
        if self._is_free(address):
            return
        await self._take(f"c:{conversation_id}", self._per_minute)
        await self._take(f"a:{address}", self._per_minute * ADDRESS_FACTOR)

    async def opening(self, address: str) -> None:
        """A new conversation from this address. Raises RateLimited."""
        if not self._is_free(address):
            await self._take(f"o:{address}", self._per_minute * ADDRESS_FACTOR)

    async def _take(self, name: str, per_minute: int) -> None:
        wait_s = await self._limiter.take(name, per_minute=per_minute)
        if wait_s > 0:
            raise RateLimited("too many messages in a short time", retry_after_s=wait_s)

    def _is_free(self, address: str) -> bool:
        if not self._local_is_free:
            return False
        try:
            return ipaddress.ip_address(address).is_loopback
        except ValueError:
            return False
