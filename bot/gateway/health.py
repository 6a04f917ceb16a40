"""`/health`: this process runs. `/ready`: it can answer customers."""

from __future__ import annotations

import asyncio
import time

import structlog
from aiohttp import web

from bot.errors import StoreDown
from bot.gateway.keys import FRONT_DOOR
from bot.store.conversations import Conversations

log = structlog.get_logger(__name__)

_REDIS_WITHIN_S = 2.0
_FRESH_S = 0.5
"""However often somebody asks, Redis is asked no more often than this."""


class Readiness:
    """Whether Redis takes what we write: asked for by writing, by one caller for all who ask at that moment."""

    def __init__(self, conversations: Conversations) -> None:
        self._conversations = conversations
        self._lock = asyncio.Lock()
        self._status = ""
        self._until = 0.0

    async def status(self) -> str:
        """`ok`, `no redis` (it does not answer) or `redis refuses writes`."""
        async with self._lock:
            if time.monotonic() >= self._until:
                self._status = await self._look()
                self._until = time.monotonic() + _FRESH_S
        return self._status

    async def _look(self) -> str:
        try:
            async with asyncio.timeout(_REDIS_WITHIN_S):
                await self._conversations.probe()
        except StoreDown as error:
            log.warning("gateway.not_ready", error=str(error))
            return "redis refuses writes" if error.refuses else "no redis"
        except Exception as error:
            log.warning("gateway.not_ready", error=type(error).__name__)
            return "no redis"
        return "ok"


READINESS = web.AppKey("readiness", Readiness)


async def health(request: web.Request) -> web.Response:
    return web.json_response({"status": "ok"})


async def ready(request: web.Request) -> web.Response:
    """503 while it drains, and when Redis does not take writes."""
    status = await request.app[READINESS].status() if request.app[FRONT_DOOR].open else "draining"
    return web.json_response({"status": status}, status=200 if status == "ok" else 503)
