"""Worker processes of one machine that share a port, where a client's next request may reach another of them.

Everything of ours lives in Redis, so any worker will do; only Engine.IO, below Socket.IO, keeps its polling sessions in
one process. Their ids begin with the worker's number, and a worker passes requests of a sibling's sessions on through
that sibling's Unix socket.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path

import aiohttp
from aiohttp import WSMessage, WSMsgType, web

from bot.errors import Busy

_OWNED = re.compile(r"w(\d+)-")
_OF_ONE_HOP = frozenset(
    {"connection", "keep-alive", "transfer-encoding", "te", "trailer", "upgrade", "host", "content-length"}
    | {"sec-websocket-key", "sec-websocket-version", "sec-websocket-extensions", "sec-websocket-accept"}
)
_LONGEST_POLL_S = 120.0


@dataclass(frozen=True)
class Siblings:
    folder: Path
    """Where each worker listens: `<number>.sock`. Only their user may enter it."""
    number: int

    @property
    def socket(self) -> Path:
        return self.folder / f"{self.number}.sock"

    def own(self, session_id: str) -> str:
        """A session id that says whose it is."""
        return f"w{self.number}-{session_id}"

    def stranger(self, session_id: str) -> int | None:
        """The sibling whose session it is; None if it is ours, or nobody's."""
        found = _OWNED.match(session_id)
        number = int(found[1]) if found else self.number
        return None if number == self.number else number

    async def forward(self, request: web.Request, number: int) -> web.StreamResponse:
        """Let the sibling answer. Raises Busy when it is gone."""
        path = self.folder / f"{number}.sock"
        headers = {name: value for name, value in request.headers.items() if name.lower() not in _OF_ONE_HOP}
        timeout = aiohttp.ClientTimeout(total=_LONGEST_POLL_S)
        connector = aiohttp.UnixConnector(str(path))
        try:
            async with aiohttp.ClientSession("http://sibling", connector=connector, timeout=timeout) as session:
                if request.headers.get("Upgrade", "").lower() == "websocket":
                    return await _join(request, session, headers)
                async with session.request(
                    request.method, request.path_qs, headers=headers, data=await request.read()
                ) as answer:
                    kept = {name: value for name, value in answer.headers.items() if name.lower() not in _OF_ONE_HOP}
                    return web.Response(status=answer.status, headers=kept, body=await answer.read())
        except aiohttp.ClientConnectionError as error:
            raise Busy("the worker of this session is gone", retry_after_s=1) from error


async def _join(request: web.Request, session: aiohttp.ClientSession, headers: dict[str, str]) -> web.StreamResponse:
    """Both ends of a WebSocket, until one closes."""
    async with session.ws_connect(request.path_qs, headers=headers) as far:
        near = web.WebSocketResponse(compress=False)
        await near.prepare(request)
        pumps = [asyncio.create_task(_pump(near, far)), asyncio.create_task(_pump(far, near))]
        await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)
        await near.close()
    return near


async def _pump(
    source: AsyncIterator[WSMessage], target: web.WebSocketResponse | aiohttp.ClientWebSocketResponse
) -> None:
    async for message in source:
        if message.type is WSMsgType.TEXT:
            await target.send_str(message.data)
        elif message.type is WSMsgType.BINARY:
            await target.send_bytes(message.data)
