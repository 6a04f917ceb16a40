"""Who is asking at the desk: the session cookie, the header that no other site can send, roles."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.desk.keys import DESK
from bot.errors import AccessDenied, OriginDenied, SignedOut
from bot.types import Agent

COOKIE = "xiaoer_desk"
HEADER = "X-Xiaoer-Desk"
"""Sent with every call that changes something; a form or a picture on another site cannot set it."""

Desked = Callable[[web.Request, Agent], Awaitable[web.StreamResponse]]


def signed_in(handle: Desked, *, changes: bool = False) -> Handler:
    """A handler that gets the agent who is asking. `changes`: it changes something."""

    async def guarded(request: web.Request) -> web.StreamResponse:
        if changes:
            check_header(request)
        return await handle(request, await agent_of(request))

    return guarded


async def agent_of(request: web.Request) -> Agent:
    """Raises SignedOut."""
    desk = request.app[DESK]
    token = request.cookies.get(COOKIE)
    agent_id = await desk.sessions.agent_of(token) if token else None
    account = desk.accounts.get(agent_id) if agent_id else None
    if account is None:
        raise SignedOut("signed_out", "sign in first")
    return await desk.agent(account)


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
