"""Places for what stays open: chat sockets, Socket.IO sessions over any transport, long polls. So many in a process,
and so many for one address behind whatever proxies."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from bot.errors import Busy, RateLimited
from bot.gateway.limits import is_local, network


class Places:
    def __init__(self, *, most: int, per_address: int, local_is_free: bool = False) -> None:
        self._most = most
        self._per_address = per_address
        self._local_is_free = local_is_free
        self._taken = 0
        self._by_network: Counter[str] = Counter()

    def check(self, address: str) -> None:
        """Return if there is a place. Raises Busy, or RateLimited where this address has its share."""
        if self._taken >= self._most:
            raise Busy("no more connections can be taken here", retry_after_s=5)
        if self._by_network[network(address)] >= self._per_address and not (self._local_is_free and is_local(address)):
            raise RateLimited("this address has as many connections as it may have", retry_after_s=5)

    def take(self, address: str) -> None:
        """A place, whether there is one or not: `check` before."""
        self._taken += 1
        self._by_network[network(address)] += 1

    def leave(self, address: str) -> None:
        self._taken -= 1
        name = network(address)
        self._by_network[name] -= 1
        if self._by_network[name] <= 0:
            del self._by_network[name]

    @contextmanager
    def held(self, address: str) -> Iterator[None]:
        """Raises as `check`."""
        self.check(address)
        self.take(address)
        try:
            yield
        finally:
            self.leave(address)
