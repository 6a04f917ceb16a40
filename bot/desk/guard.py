"""Who is asking at the desk: the session cookie, the header that no other site can send, roles. Rights come from the
account file as it is now, at each request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

import structlog
from aiohttp import web
from aiohttp.typedefs import Handler

from bot.desk.accounts import ROLES
from bot.desk.keys import DESK
from bot.errors import AccessDenied, CannotAccept, OriginDenied, SignedOut
from bot.store.sessions import Session, digest_of
from bot.types import Agent

log = structlog.get_logger(__name__)

_COOKIE = "xiaoer_desk"
HEADER = "X-Xiaoer-Desk"
"""Sent with every call that changes something; a form or a picture on another site cannot set it."""

Desked = Callable[[web.Request, Agent], Awaitable[web.StreamResponse]]


def signed_in(handle: Desked, *, changes: bool = False, roles: tuple[str, ...] = ROLES) -> Handler:
    """A handler that gets the agent who is asking. `changes`: it changes something, so somebody is at the desk. What
    they may not do is logged."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        if changes:
            check_header(request)
        _, agent = await who(request, active=changes)
        try:
            return await allowed(request, agent)
        except CannotAccept:
            raise
        except AccessDenied as error:
            _denied(request, error.code, agent=agent.id, about=request.match_info.get("id", "")[:64])
            raise

    async def allowed(request: web.Request, agent: Agent) -> web.StreamResponse:
        if agent.role not in roles:
            raise AccessDenied(f"this is for {' and '.join(roles)}s only")
        return await handle(request, agent)

    return guarded


def cookie_name(request: web.Request) -> str:
    """Over TLS one that no other host, and nothing without TLS, can set (RFC 6265bis, `__Host-`)."""
    return f"__Host-{_COOKIE}" if request.app[DESK].is_https(request) else _COOKIE


def token_of(request: web.Request) -> str | None:
    """The session's token that came along."""
    return request.cookies.get(cookie_name(request))


async def who(request: web.Request, *, active: bool = False) -> tuple[Session, Agent]:
    """Raises SignedOut: no session, one that has ended, or of an account that is not what it was."""
    desk = request.app[DESK]
    token = token_of(request)
    session = await desk.sessions.look(digest_of(token), active=active) if token else None
    account = desk.account_of(session)
    if session is None or account is None:
        raise SignedOut("signed_out", "sign in first")
    await desk.floor.seen(account.id)
    return session, await desk.agent(account)


def check_header(request: web.Request) -> None:
    """Raises AccessDenied for what another site could have made the browser send."""
    if request.headers.get(HEADER) != "1":
        _denied(request, "no_header")
        raise AccessDenied(f"{HEADER} is missing")
    check_origin(request)


def check_origin(request: web.Request) -> None:
    """Raises OriginDenied for a page that is not ours."""
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin.lower()).netloc != request.host.lower():
        _denied(request, "origin_denied")
        raise OriginDenied("the desk is used from its own page only")


def _denied(request: web.Request, why: str, *, agent: str = "", about: str = "") -> None:
    resource = request.match_info.route.resource
    at = resource.canonical if resource is not None else ""
    address = request.app[DESK].address_of(request)
    log.warning("desk.denied", agent=agent, why=why, at=f"{request.method} {at}", about=about, address=address)
