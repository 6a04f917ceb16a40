"""How fast one conversation and one address may write."""

from __future__ import annotations

import ipaddress

from bot.errors import RateLimited
from bot.settings import GatewaySettings
from bot.store.limits import Limiter

ADDRESS_FACTOR = 10
"""Many customers may share an address (a company, a mobile network)."""


NOTED_PER_MINUTE = 10
"""So many refusals of one address stand in the audit trail each minute: nobody fills it."""
_IPV6_PREFIX = 64
"""What one IPv6 subscriber has: they may write from any address in it."""


def network(address: str) -> str:
    """Who is counted as one: an IPv4 address, or an IPv6 network of 64 bits."""
    try:
        parsed = ipaddress.ip_address(address)
    except ValueError:
        return address
    if isinstance(parsed, ipaddress.IPv4Address):
        return str(parsed)
    if parsed.ipv4_mapped is not None:
        return str(parsed.ipv4_mapped)
    return str(ipaddress.ip_network((parsed, _IPV6_PREFIX), strict=False))


def is_local(address: str) -> bool:
    """Whether it is this machine's own."""
    try:
        return ipaddress.ip_address(address).is_loopback
    except ValueError:
        return False


class Limits:
    """Token buckets in Redis, shared by all processes. `local_is_free`: whoever writes from this machine itself is not
    limited (demo and benchmarks)."""

    def __init__(self, limiter: Limiter, settings: GatewaySettings, *, local_is_free: bool = False) -> None:
        self._limiter = limiter
        self._per_minute = settings.messages_per_minute
        self._local_is_free = local_is_free

    async def message(self, conversation_id: str, address: str) -> None:
        """Raises RateLimited. The address comes first: whoever makes up conversations makes no bucket for each."""
        if self._is_free(address):
            return
        await self._take(f"a:{network(address)}", self._per_minute * ADDRESS_FACTOR)
        await self._take(f"c:{conversation_id}", self._per_minute)

    async def opening(self, address: str) -> None:
        """A new conversation from this address. Raises RateLimited."""
        if not self._is_free(address):
            await self._take(f"o:{network(address)}", self._per_minute * ADDRESS_FACTOR)

    async def may_note(self, address: str) -> bool:
        """Whether one more thing that this address was refused goes into the audit trail."""
        return await self._limiter.take(f"n:{network(address)}", per_minute=NOTED_PER_MINUTE) == 0

    async def _take(self, name: str, per_minute: int) -> None:
        wait_s = await self._limiter.take(name, per_minute=per_minute)
        if wait_s > 0:
            raise RateLimited("too many messages in a short time", retry_after_s=wait_s)

    def _is_free(self, address: str) -> bool:
        return self._local_is_free and is_local(address)
