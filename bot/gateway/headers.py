"""Security headers of every answer, and who may call from another page."""

from __future__ import annotations

import ipaddress
from collections.abc import Sequence
from urllib.parse import urlsplit

from aiohttp import web

from bot.errors import OriginDenied

CONTENT_SECURITY_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "img-src 'self' https:",
        "font-src 'self'",
        "connect-src 'self'",
        "manifest-src 'self'",
        "object-src 'none'",
        "base-uri 'none'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)

NO_PAGE_POLICY = f"{CONTENT_SECURITY_POLICY}; sandbox"
"""Of what is no page: opened by itself in a browser, it may do nothing at all."""
STRICT_TRANSPORT_SECURITY = "max-age=31536000; includeSubDomains"

_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Permissions-Policy": "camera=(), microphone=(), geolocation=()",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
}
"""What is not said otherwise: pages and assets say how long they may be kept, everything else may be somebody's own."""
_OPEN_TO_PAGES = ("/widget.js", "/assets/")
"""What other sites' pages load from us."""
_CROSS_ORIGIN_API = "/api/chat/"

_prepare_headers = web.StreamResponse._prepare_headers


async def _prepare_nameless(self: web.StreamResponse) -> None:
    """As aiohttp does it, which then adds its own name and version: nobody needs them but who looks for a hole."""
    await _prepare_headers(self)
    self.headers.popall("Server", None)


# Also for what aiohttp answers by itself, before any application: a request that cannot be parsed.
web.StreamResponse._prepare_headers = _prepare_nameless  # type: ignore[method-assign]

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


class Origins:
    """Which pages may talk to us: our own, and those the settings name."""

    def __init__(self, allowed: Sequence[str]) -> None:
        self._allowed = frozenset(origin.rstrip("/").lower() for origin in allowed)

    def allows(self, origin: str | None, *, host: str) -> bool:
        """True without an Origin too: that is no browser, and carries nobody's cookies."""
        return origin is None or self.is_own(origin, host=host) or origin.lower() in self._allowed

    def is_own(self, origin: str | None, *, host: str) -> bool:
        return origin is not None and urlsplit(origin.lower()).netloc == host.lower()

    def check(self, request: web.Request) -> None:
        """Raises OriginDenied for a page that may not."""
        if not self.allows(request.headers.get("Origin"), host=request.host):
            raise OriginDenied("this page may not use the chat: its origin is not in gateway.allowed_origins")


class Proxies:
    """Whose X-Forwarded-For is believed, and so who is really asking."""

    def __init__(self, trusted: Sequence[str]) -> None:
        self._trusted: tuple[Network, ...] = tuple(ipaddress.ip_network(each, strict=False) for each in trusted)

    def address(self, request: web.Request) -> str:
        """The nearest address that is not a trusted proxy's."""
        address = request.remote or ""
        hops = [hop.strip() for value in request.headers.getall("X-Forwarded-For", ()) for hop in value.split(",")]
        while hops and self.trusts(address):
            address = hops.pop()
        return address

    def is_https(self, request: web.Request) -> bool:
        if self.trusts(request.remote or ""):
            return request.headers.get("X-Forwarded-Proto", request.scheme) == "https"
        return request.scheme == "https"

    def trusts(self, address: str) -> bool:
        try:
            parsed = ipaddress.ip_address(address)
        except ValueError:
            return False
        return any(parsed in network for network in self._trusted)


def bearer(request: web.Request) -> str | None:
    """The token of `Authorization: Bearer ...` (RFC 6750); None without that header, empty if it says other things."""
    header = request.headers.get("Authorization")
    if header is None:
        return None
    kind, _, token = header.partition(" ")
    return token.strip() if kind.lower() == "bearer" else ""


def add_headers(app: web.Application, origins: Origins, proxies: Proxies) -> None:
    """They go on every answer, refusals, files and WebSocket upgrades among them."""

    async def headers(request: web.Request, response: web.StreamResponse) -> None:
        for name, value in _HEADERS.items():
            response.headers.setdefault(name, value)
        response.headers.setdefault("Content-Security-Policy", _policy(response))
        if request.path.startswith(_OPEN_TO_PAGES):
            response.headers["Cross-Origin-Resource-Policy"] = "cross-origin"
        if proxies.is_https(request):
            response.headers["Strict-Transport-Security"] = STRICT_TRANSPORT_SECURITY
        if request.path.startswith(_CROSS_ORIGIN_API):
            _allow_pages(request, response, origins)

    async def preflight(request: web.Request) -> web.Response:
        return web.Response(status=204)

    app.on_response_prepare.append(headers)
    app.router.add_route("OPTIONS", _CROSS_ORIGIN_API + "{path}", preflight)


def _policy(response: web.StreamResponse) -> str:
    """A 304 renews the headers of the page that a browser has kept, and does not say what it was."""
    is_page = response.status == 304 or response.content_type == "text/html"
    return CONTENT_SECURITY_POLICY if is_page else NO_PAGE_POLICY


def _allow_pages(request: web.Request, response: web.StreamResponse, origins: Origins) -> None:
    """CORS for the HTTP fallback of an embedded widget. It carries a token in a header, never a cookie."""
    response.headers["Vary"] = "Origin"
    origin = request.headers.get("Origin")
    if origin is None or not origins.allows(origin, host=request.host):
        return
    response.headers["Access-Control-Allow-Origin"] = origin
    response.headers["Access-Control-Expose-Headers"] = "Retry-After"
    if request.method == "OPTIONS":
        response.headers["Access-Control-Allow-Methods"] = "GET, POST"
        response.headers["Access-Control-Allow-Headers"] = "Authorization, Content-Type"
        response.headers["Access-Control-Max-Age"] = "7200"
