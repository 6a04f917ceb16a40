"""Who is asking at the desk: the session cookie, the header that no other site can send, roles. Rights come from the
account file as it is now, at each request."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.desk.accounts import ROLES
from bot.desk.keys import DESK
from bot.errors import AccessDenied, OriginDenied, SignedOut
from bot.store.sessions import Session, digest_of
from bot.types import Agent

COOKIE = "xiaoer_desk"
HEADER = "X-Xiaoer-Desk"
"""Sent with every call that changes something; a form or a picture on another site cannot set it."""

Desked = Callable[[web.Request, Agent], Awaitable[web.StreamResponse]]


def signed_in(handle: Desked, *, changes: bool = False, roles: tuple[str, ...] = ROLES) -> Handler:
    """A handler that gets the agent who is asking. `changes`: it changes something, so somebody is at the desk."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        if changes:
            check_header(request)
        _, agent = await who(request, active=changes)
        if agent.role not in roles:
            raise AccessDenied(f"this is for {' and '.join(roles)}s only")
        return await handle(request, agent)

    return guarded


async def who(request: web.Request, *, active: bool = False) -> tuple[Session, Agent]:
    """Raises SignedOut: no session, one that has ended, or of an account that is not what it was."""
    desk = request.app[DESK]
    token = request.cookies.get(COOKIE)
    session = await desk.sessions.look(digest_of(token), active=active) if token else None
    account = desk.account_of(session)
    if session is None or account is None:
        raise SignedOut("signed_out", "sign in first")
    return session, await desk.agent(account)


def check_header(request: web.Request) -> None:
    """Raises AccessDenied for what another site could have made the browser send."""
    if request.headers.get(HEADER) != "1":
        raise AccessDenied(f"{HEADER} is missing")
    check_origin(request)


def check_origin(request: web.Request) -> None:
    """Raises OriginDenied for a page that is not ours."""
    origin = request.headers.get("Origin")
    if origin is not None and urlsplit(origin.lower()).netloc != request.host.lower():
        raise OriginDenied("the desk is used from its own page only")
