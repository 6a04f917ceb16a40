"""`/desk/ws`: what changes on the floor, and the live lines of the conversations an agent has.

Frames to the page: `{"type": "floor", "seq", "update"}`, numbered without gaps, the first of kind `hello` saying where
the numbers begin; `{"type": "entry", "handoff", "entry"}`; `{"type": "typing", "handoff", "on"}`. A page that finds a
gap fetches the floor afresh. When too much was missed the socket closes with 1012.
"""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import structlog
from aiohttp import WSCloseCode, WSMsgType, web

from bot.desk import views
from bot.desk.guard import agent_of, check_origin
from bot.desk.keys import DESK, SOCKETS, Desk
from bot.errors import AccessDenied, NotFound
from bot.store.floor import FloorView, Update
from bot.types import Agent, Handoff

log = structlog.get_logger(__name__)

HEARTBEAT_S = 25.0
MAX_FRAME_BYTES = 4096
LAST_LINES_S = 2.0
"""A conversation that was closed is followed so much longer: its last line tells the customer so."""


async def desk_socket(request: web.Request) -> web.WebSocketResponse:
    check_origin(request)
    agent = await agent_of(request)
    socket = web.WebSocketResponse(heartbeat=HEARTBEAT_S, max_msg_size=MAX_FRAME_BYTES, compress=False)
    if not socket.can_prepare(request).ok:
        raise web.HTTPUpgradeRequired
    await socket.prepare(request)
    request.app[SOCKETS].add(socket)
    try:
        await _Session(socket, request.app[DESK], agent).run()
    finally:
        request.app[SOCKETS].discard(socket)
    return socket


class _Session:
    """One open page."""

    def __init__(self, socket: web.WebSocketResponse, desk: Desk, agent: Agent) -> None:
        self._socket = socket
        self._desk = desk
        self._agent = agent
        self._view = FloorView()
        self._feeds: dict[str, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Until either side ends it."""
        parts = [asyncio.create_task(self._follow(), name="desk-floor"), asyncio.create_task(self._read())]
        try:
            await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
        finally:
            tasks = [*parts, *self._feeds.values()]
            for task in tasks:
                task.cancel()
            for ended in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(ended, Exception) and not isinstance(ended, ConnectionError):
                    log.error("desk.socket_failed", agent=self._agent.id, error=type(ended).__name__)
            await self._socket.close(code=WSCloseCode.SERVICE_RESTART)

    async def _read(self) -> None:
        async for message in self._socket:
            if message.type is WSMsgType.TEXT and '"ping"' in message.data:
                await self._send({"type": "pong"})

    # The floor

    async def _follow(self) -> None:
        floor = self._desk.floor
        async with floor.listen() as subscription:
            self._view = await floor.view()
            await self._send({"type": "floor", "seq": self._view.seq, "update": {"kind": "hello"}})
            for handoff in self._view.of(self._agent.id):
                self._watch(handoff)
            async for _ in subscription:
                updates = await floor.updates(self._view.seq)
                if updates is None:
                    return
                for update in updates:
                    await self._tell(update)

    async def _tell(self, update: Update) -> None:
        before, self._view = self._view, self._view.after(update)
        frame = self._frame(update)
        await self._send({"type": "floor", "seq": update.seq, "update": {"kind": update.kind, **frame}})
        if update.kind == "accepted" and update.data["agent_id"] == self._agent.id:
            self._watch(self._view.accepted[update.data["id"]].handoff)
        if update.kind == "closed" and update.data["id"] in before.accepted:
            asyncio.get_running_loop().call_later(LAST_LINES_S, self._unwatch, update.data["id"])

    def _frame(self, update: Update) -> dict[str, Any]:
        """An update as this agent may see it. What waits elsewhere looks as if it did not wait at all."""
        data = update.data
        match update.kind:
            case "waiting.added":
                handoff = self._view.waiting[data["handoff"]["id"]]
                if self._desk.serves(self._agent, handoff):
                    return {"handoff_id": handoff.id, "handoff": views.summary(handoff)}
                return {"kind": "waiting.removed", "handoff_id": handoff.id, "why": "elsewhere"}
            case "waiting.removed":
                return {"handoff_id": data["id"], "why": data["why"]}
            case "accepted" | "closed":
                more = {"to_bot": data["to_bot"]} if update.kind == "closed" else {"at": data["at"]}
                agent = self._view.agents.get(data["agent_id"])
                shown = {"agent": views.person(agent), "by": agent.name} if agent else {}
                return {"handoff_id": data["id"], "agent_id": data["agent_id"], **more, **shown}
            case "agent":
                return {"agent": views.person(self._view.agents[data["id"]])}

    # The conversations

    def _watch(self, handoff: Handoff) -> None:
        if handoff.id not in self._feeds:
            self._feeds[handoff.id] = asyncio.create_task(self._feed(handoff), name="desk-feed")

    def _unwatch(self, handoff_id: str) -> None:
        feed = self._feeds.pop(handoff_id, None)
        if feed is not None:
            feed.cancel()

    async def _feed(self, handoff: Handoff) -> None:
        """Every line since the handover, then each new one; the page knows by their numbers which it has."""
        with suppress(NotFound, AccessDenied, ConnectionError):
            full = await self._desk.floor.handoff(handoff.id)
            after = full.transcript[-1].seq if full.transcript else 0
            async with self._desk.conversations.listen(handoff.conversation_id) as subscription:
                async for news in subscription:
                    if news is not None:
                        await self._tell_ephemeral(handoff, news)
                        continue
                    for entry in await self._desk.conversations.entries(handoff.conversation_id, after=after):
                        after = entry.seq
                        await self._send({"type": "entry", "handoff": handoff.id, "entry": views.line(entry)})

    async def _tell_ephemeral(self, handoff: Handoff, news: Mapping[str, Any]) -> None:
        if news.get("type") == "typing" and news.get("author") == "customer":
            await self._send({"type": "typing", "handoff": handoff.id, "on": news.get("on") is True})

    async def _send(self, frame: Mapping[str, Any]) -> None:
        await self._socket.send_str(json.dumps(frame, ensure_ascii=False, separators=(",", ":")))
