"""The gateway's aiohttp application, put together."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

import structlog
from aiohttp import WSCloseCode, web

from bot.channels import Channel
from bot.channels.native import Native
from bot.channels.socketio import SocketIO
from bot.gateway import chat_http, demo, health, metrics, webhooks
from bot.gateway.chat_socket import chat_socket
from bot.gateway.connections import lobby, plain
from bot.gateway.errors import errors, remember
from bot.gateway.frontdoor import FrontDoor
from bot.gateway.headers import Origins, Proxies, add_headers
from bot.gateway.help_pages import HelpPages
from bot.gateway.keys import CHANNELS, FRONT_DOOR, NATIVE, ORIGINS, PLACES, PROXIES, SETTINGS, SOCKETS, Sockets
from bot.gateway.pages import Pages
from bot.gateway.places import Places
from bot.gateway.siblings import Siblings
from bot.gateway.socketio_door import SocketIODoor
from bot.settings import Settings

log = structlog.get_logger(__name__)

MAX_BODY_BYTES = 64 * 1024

AddRoutes = Callable[[web.Application], None]


def make_app(
    settings: Settings,
    door: FrontDoor,
    channels: Mapping[str, Channel],
    *,
    others: Iterable[AddRoutes] = (),
    siblings: Siblings | None = None,
) -> web.Application:
    """`others` add the routes of rooms beside this one (the desk), before the pages take what is left."""
    origins, proxies = Origins(settings.gateway.allowed_origins), Proxies(settings.gateway.trusted_proxies)
    app = web.Application(middlewares=[errors, lobby, plain], client_max_size=MAX_BODY_BYTES)
    app[SETTINGS] = settings
    app[FRONT_DOOR] = door
    app[CHANNELS] = channels
    app[NATIVE] = _native(channels)
    app[ORIGINS] = origins
    app[PROXIES] = proxies
    app[SOCKETS] = Sockets()
    places = app[PLACES] = Places(
        most=settings.gateway.max_sockets,
        per_address=settings.gateway.sockets_per_address,
        local_is_free=settings.demo,
    )
    app[health.READINESS] = health.Readiness(door.conversations)
    add_headers(app, origins, proxies)
    app.on_response_prepare.append(remember)
    _add_routes(app)
    if settings.demo:
        demo.add_routes(app, settings)
    for add_routes in others:
        add_routes(app)
    for channel in channels.values():
        if isinstance(channel, SocketIO):
            socketio = SocketIODoor(channel, door, origins=origins, proxies=proxies, places=places, siblings=siblings)
            socketio.attach(app)
    app.router.add_get("/desk", _to_desk)
    HelpPages(Path(settings.project)).add_routes(app)
    Pages(Path(settings.project) / "web" / "dist", shop=settings.demo).add_routes(app)
    app.on_shutdown.append(_going_away)
    return app


def _add_routes(app: web.Application) -> None:
    app.router.add_get("/health", health.health)
    app.router.add_get("/ready", health.ready)
    app.router.add_get("/metrics", metrics.show)
    app.router.add_get("/ws/chat", chat_socket)
    app.router.add_post("/api/chat/hello", chat_http.hello)
    app.router.add_post("/api/chat/messages", chat_http.send)
    app.router.add_get("/api/chat/entries", chat_http.entries)
    app.router.add_post("/api/chat/notify", chat_http.notify)
    app.router.add_post("/api/chat/identity", chat_http.identity)
    app.router.add_post("/api/chat/reset", chat_http.reset)
    app.router.add_post("/api/identity/revoke", chat_http.revoke)
    app.router.add_get("/webhooks/{channel}/", webhooks.alive)
    app.router.add_post("/webhooks/{channel}/webhook", webhooks.webhook)


def _native(channels: Mapping[str, Channel]) -> Native:
    return next(channel for channel in channels.values() if isinstance(channel, Native))


async def _to_desk(request: web.Request) -> web.Response:
    raise web.HTTPPermanentRedirect("/desk/")


async def _going_away(app: web.Application) -> None:
    """Tell every client to come again elsewhere."""
    sockets: Sockets = app[SOCKETS]
    closing = [socket.close(code=WSCloseCode.GOING_AWAY, message=b"going away") for socket in sockets]
    await asyncio.gather(*closing, return_exceptions=True)
