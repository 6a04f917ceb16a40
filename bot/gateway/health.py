"""`/health`: this process runs. `/ready`: it can answer customers."""

from __future__ import annotations

import asyncio

import structlog
from aiohttp import web

from bot.gateway.keys import FRONT_DOOR

log = structlog.get_logger(__name__)

_REDIS_WITHIN_S = 2.0


async def health(request: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


async def ready(request: web.Request) -> web.Response:
    """503 while it drains, and when Redis does not answer."""
    door = request.app[FRONT_DOOR]
    if not door.open:
        return web.json_response({"status": "draining"}, status=503)
    try:
        async with asyncio.timeout(_REDIS_WITHIN_S):
            await door.conversations.entries("readiness", limit=1)
    except Exception as error:
        log.warning("gateway.not_ready", error=type(error).__name__)
        return web.json_response({"status": "no redis"}, status=503)
    return web.json_response({"status": "ok"})
