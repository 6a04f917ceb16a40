"""Connections: how many there may be, from all and from one address, and how long one may take to say what it wants.

A connection has `HEAD_WITHIN_S` for a request's line and headers, from its start or from their first byte, and
`BODY_WITHIN_S` for the body: in all, however often a byte comes. One that is between two requests may idle for
`KEEPALIVE_S`. When there are as many as there may be, the oldest that has said nothing yet makes room; if none is
silent, or one address has its share, the newest are let into the *lobby*: their one request is answered, with how the
process is if it asks that, else with `busy`.
"""

from __future__ import annotations

import asyncio
import resource
from collections import Counter, OrderedDict
from collections.abc import Callable
from typing import Any

import structlog
from aiohttp import StreamReader, web
from aiohttp.http_exceptions import HttpProcessingError
from aiohttp.typedefs import Handler

from bot.errors import Busy
from bot.gateway import metrics
from bot.gateway.errors import refusal
from bot.gateway.headers import Proxies
from bot.gateway.limits import network
from bot.settings import GatewaySettings

log = structlog.get_logger(__name__)

HEAD_WITHIN_S = 10.0
BODY_WITHIN_S = 20.0
"""For the 64 kB that a body may have: a slow phone needs less."""
LOBBY_WITHIN_S = 2.0
KEEPALIVE_S = 75.0
"""Longer than the proxies before us, which close first then."""
LINGERING_S = 2.0
"""What is still sent of a request that was answered without reading it is read for so long, and then cut off."""
LOBBY = 64
RESERVE = 256
"""Descriptors for Redis, account services, models and files: never used for clients."""
TOLD_EVERY_S = 10.0
_ALWAYS = ("/health", "/ready", "/metrics")
"""What the lobby may ask."""
_SAID = b'{"error": "too_slow", "message": "the request took too long to come"}'
_TOO_SLOW = (
    b"HTTP/1.1 408 Request Timeout\r\nConnection: close\r\nContent-Type: application/json; charset=utf-8\r\n"
    b"Content-Length: %d\r\n\r\n%b" % (len(_SAID), _SAID)
)


def raise_descriptors() -> int:
    """Let this process open as many files and sockets as the system allows it; returns how many that is."""
    before, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    try:
        resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    except (OSError, ValueError):  # "unlimited" is more than the kernel gives
        most = before
    log.info("gateway.descriptors", before=before, now=most)
    return most


def room(descriptors: int) -> int:
    """How many connections so many descriptors are good for."""
    return max(descriptors // 2, descriptors - RESERVE)


def connections(settings: GatewaySettings) -> Connections:
    """As many as the system lets this process have."""
    proxies = Proxies(settings.trusted_proxies)
    most = room(raise_descriptors())
    return Connections(most=most, per_address=settings.connections_per_address, is_shared=proxies.trusts)


class Connections:
    """Those of one process. Not from one address: those of trusted proxies and of siblings."""

    def __init__(self, *, most: int, per_address: int, is_shared: Callable[[str], bool]) -> None:
        """`is_shared`: whether many customers come from this address by right (a trusted proxy's)."""
        self._most = most
        self._per_address = min(per_address, max(LOBBY, most // 2))
        self._is_shared = is_shared
        self._open = 0
        self._by_network: Counter[str] = Counter()
        self._silent: OrderedDict[_Connection, None] = OrderedDict()
        self._lobby: OrderedDict[_Connection, None] = OrderedDict()
        self._told_at = -TOLD_EVERY_S

    def came(self, connection: _Connection, address: str) -> bool:
        """Whether it is let in; if not, it is in the lobby."""
        connection.network = "" if not address or self._is_shared(address) else network(address)
        crowded = bool(connection.network) and self._by_network[connection.network] >= self._per_address
        if not crowded and self._open >= self._most and self._silent:
            next(iter(self._silent)).cut("crowded")
        if crowded or self._open >= self._most:
            self._into_lobby(connection, "address" if crowded else "all")
            return False
        self._open += 1
        self._silent[connection] = None
        if connection.network:
            self._by_network[connection.network] += 1
        metrics.CONNECTIONS.inc()
        return True

    def _into_lobby(self, connection: _Connection, why: str) -> None:
        self._lobby[connection] = None
        if len(self._lobby) > LOBBY:
            next(iter(self._lobby)).cut("crowded")
        now = asyncio.get_running_loop().time()
        if now - self._told_at >= TOLD_EVERY_S:
            self._told_at = now
            log.warning("gateway.crowded", why=why, open=self._open, most=self._most, per_address=self._per_address)

    def spoke(self, connection: _Connection) -> None:
        """It has made a request."""
        self._silent.pop(connection, None)

    def went(self, connection: _Connection) -> None:
        self._silent.pop(connection, None)
        if not connection.admitted:
            self._lobby.pop(connection, None)
            return
        self._open -= 1
        metrics.CONNECTIONS.dec()
        if connection.network:
            self._by_network[connection.network] -= 1
            if not self._by_network[connection.network]:
                del self._by_network[connection.network]


class _Connection(web.RequestHandler):
    """aiohttp's, with deadlines. One timer runs at a time: for the head, then for the body."""

    __slots__ = ("_begun", "_body", "_connections", "_gone", "_timer", "admitted", "network")

    def __init__(self, manager: web.Server, connections: Connections, **options: Any) -> None:
        super().__init__(manager, **options)
        self._connections = connections
        self._timer: asyncio.TimerHandle | None = None
        self._body: StreamReader | None = None
        self._begun = False
        """Part of a head has come."""
        self._gone = False
        self.admitted = True
        self.network = ""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        peer = transport.get_extra_info("peername")
        self.admitted = self._connections.came(self, str(peer[0]) if isinstance(peer, tuple) else "")
        super().connection_made(transport)
        self._within(HEAD_WITHIN_S if self.admitted else LOBBY_WITHIN_S, "slow_head")

    def connection_lost(self, exc: BaseException | None) -> None:
        self._stop()
        if not self._gone:
            self._gone = True
            self._connections.went(self)
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        before, more_body = self._request_count, self._body is not None and not self._body.is_eof()
        super().data_received(data)
        if self._upgraded:  # a WebSocket has its own pings
            self._stop()
            self._connections.spoke(self)
        elif self._request_count > before:
            self._connections.spoke(self)
            self._heard_head()
        elif not more_body:
            self._begun = True
            if self._timer is None:
                self._within(HEAD_WITHIN_S, "slow_head")

    def _heard_head(self) -> None:
        self._stop()
        self._begun = False
        self._body = self._messages[-1][1] if self._messages else None
        if self._body is not None and not self._body.is_eof():
            self._within(BODY_WITHIN_S, "slow_body")

    def _within(self, seconds: float, why: str) -> None:
        self._timer = self._loop.call_later(seconds, self._late, why)

    def _stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None

    def _late(self, why: str) -> None:
        self._timer = None
        if why == "slow_body" and (self._body is None or self._body.is_eof()):
            return
        asking = self._current_request
        if self.transport is not None and (self._begun or (asking is not None and not asking.writer.output_size)):
            self.transport.write(_TOO_SLOW)
        self.cut(why)

    def log_exception(self, *args: Any, **options: Any) -> None:
        """Bytes that are no request are answered with 400, and a client may hang up: neither is an error of ours, and
        nobody fills the log with them."""
        if not isinstance(options.get("exc_info"), HttpProcessingError | ConnectionResetError):
            super().log_exception(*args, **options)

    def cut(self, why: str) -> None:
        """End it now."""
        metrics.CONNECTIONS_CUT.labels(why).inc()
        if not self._gone:
            self._gone = True
            self._connections.went(self)
        self.force_close()


class _Server(web.Server):
    def __init__(self, connections: Connections, handler: Any, **options: Any) -> None:
        super().__init__(handler, **options)
        self._watch = connections

    def __call__(self) -> web.RequestHandler:
        return _Connection(self, self._watch, loop=self._loop, **self._kwargs)


class Runner(web.AppRunner):
    """Serves an application with `Connections`."""

    def __init__(self, app: web.Application, connections: Connections, *, shutdown_timeout: float) -> None:
        super().__init__(app, access_log=None, shutdown_timeout=shutdown_timeout)
        self._watch = connections

    async def _make_server(self) -> web.Server:
        made = await super()._make_server()
        return _Server(
            self._watch,
            made.request_handler,
            request_factory=made.request_factory,
            access_log=None,
            keepalive_timeout=KEEPALIVE_S,
            lingering_time=LINGERING_S,
            auto_decompress=False,
        )


@web.middleware
async def plain(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Bodies come as they are: a compressed one is refused unread, so none can be a thousand times its size."""
    if any(coding.strip().lower() != "identity" for coding in request.headers.getall("Content-Encoding", ())):
        raise web.HTTPUnsupportedMediaType
    return await handler(request)


@web.middleware
async def lobby(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Who was not let in gets one answer, and the connection ends."""
    connection = request.protocol
    if not isinstance(connection, _Connection) or connection.admitted:
        return await handler(request)
    response: web.StreamResponse
    if request.path in _ALWAYS:
        response = await handler(request)
    else:
        response = refusal(Busy("no more connections can be taken here", retry_after_s=5)).response()
    response.force_close()
    return response
