"""`/desk/ws`: what changes on the floor, and the live lines of the conversations an agent has.

Frames to the page: `{"type": "floor", "seq", "update"}`, numbered without gaps, the first of kind `hello` saying where
the numbers begin; `{"type": "entry", "handoff", "entry"}`; `{"type": "typing", "handoff", "on"}`. A page that finds a
gap fetches the floor afresh. From the page: `{"type": "active"}` while somebody is at it, `{"type": "ping"}`.

Rights are looked at for every frame, in both directions: the session must not have ended, the account must be what it
was, and a conversation must still be with this agent. The socket closes with 4401 when the session has ended, with 1012
when too much was missed.
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
from bot.desk.guard import check_origin, who
from bot.desk.keys import DESK, Desk
from bot.desk.reading import is_end
from bot.errors import AccessDenied, NotFound, SignedOut
from bot.store.floor import FloorView, Update
from bot.store.sessions import Session
from bot.types import Agent, Entry, Handoff

log = structlog.get_logger(__name__)

HEARTBEAT_S = 10.0
"""So often the browser is asked whether it is there; it has half of that to answer."""
SEEN_EVERY_S = 5.0
MAX_FRAME_BYTES = 4096
LAST_LINES_S = 2.0
"""A conversation that was closed is followed so much longer, for its last line; what comes after that line is not."""
SIGNED_OUT = 4401
"""The close code of a session that has ended."""


async def desk_socket(request: web.Request) -> web.WebSocketResponse:
    check_origin(request)
    session, _ = await who(request)
    socket = web.WebSocketResponse(heartbeat=HEARTBEAT_S, autoping=False, max_msg_size=MAX_FRAME_BYTES, compress=False)
    if not socket.can_prepare(request).ok:
        raise web.HTTPUpgradeRequired
    await socket.prepare(request)
    page = Page(socket, request.app[DESK], session)
    request.app[SOCKETS].add(page)
    try:
        await page.run()
    finally:
        request.app[SOCKETS].discard(page)
    return socket


class Page:
    """One open page."""

    def __init__(self, socket: web.WebSocketResponse, desk: Desk, session: Session) -> None:
        self.session = session
        self._socket = socket
        self._desk = desk
        self._view = FloorView()
        self._feeds: dict[str, asyncio.Task[None]] = {}
        self._seen_at = float("-inf")

    async def run(self) -> None:
        """Until either side ends it."""
        parts = [asyncio.create_task(self._follow(), name="desk-floor"), asyncio.create_task(self._read())]
        code: int = WSCloseCode.SERVICE_RESTART
        try:
            await asyncio.wait(parts, return_when=asyncio.FIRST_COMPLETED)
        finally:
            tasks = [*parts, *self._feeds.values()]
            for task in tasks:
                task.cancel()
            for ended in await asyncio.gather(*tasks, return_exceptions=True):
                if isinstance(ended, SignedOut):
                    code = SIGNED_OUT
                elif isinstance(ended, Exception) and not isinstance(ended, ConnectionError):
                    log.error("desk.socket_failed", agent=self.session.agent_id, error=type(ended).__name__)
            await self._socket.close(code=code)

    async def close(self, code: int) -> None:
        await self._socket.close(code=code)

    async def _rights(self, *, active: bool = False) -> Agent:
        """What the account may now. Raises SignedOut."""
        account = self._desk.account_of(await self._desk.sessions.look(self.session.digest, active=active))
        if account is None:
            raise SignedOut("signed_out", "this session has ended")
        return account.agent()

    async def _read(self) -> None:
        async for message in self._socket:
            await self._is_there()
            if message.type is WSMsgType.PING:
                await self._socket.pong(message.data)
            if message.type is not WSMsgType.TEXT:
                continue
            kind = _type_of(message.data)
            if kind in ("active", "ping"):
                await self._rights(active=kind == "active")
            if kind == "ping":
                await self._send({"type": "pong"})

    async def _is_there(self) -> None:
        """Whatever comes from the browser, also its answer to a ping, which no tab in the background delays."""
        now = asyncio.get_running_loop().time()
        if now - self._seen_at >= SEEN_EVERY_S:
            self._seen_at = now
            await self._desk.floor.seen(self.session.agent_id)

    # The floor

    async def _follow(self) -> None:
        floor = self._desk.floor
        async with floor.listen() as subscription:
            self._view = await floor.view()
            await self._rights()
            await self._send({"type": "floor", "seq": self._view.seq, "update": {"kind": "hello"}})
            for handoff in self._view.of(self.session.agent_id):
                self._watch(handoff)
            async for _ in subscription:
                updates = await floor.updates(self._view.seq)
                if updates is None:
                    return
                if updates:
                    agent = await self._rights()
                for update in updates:
                    await self._tell(update, agent)

    async def _tell(self, update: Update, agent: Agent) -> None:
        before, self._view = self._view, self._view.after(update)
        frame = self._frame(update, agent)
        await self._send({"type": "floor", "seq": update.seq, "update": {"kind": update.kind, **frame}})
        if update.kind in ("requeued", "moved"):
            self._unwatch(update.data["id"])
        if update.kind in ("accepted", "moved") and update.data["agent_id"] == agent.id:
            self._watch(self._view.accepted[update.data["id"]].handoff)
        if update.kind == "closed" and update.data["id"] in before.accepted:
            asyncio.get_running_loop().call_later(LAST_LINES_S, self._unwatch, update.data["id"])

    def _frame(self, update: Update, agent: Agent) -> dict[str, Any]:
        """An update as this agent may see it. What waits elsewhere looks as if it did not wait at all."""
        data = update.data
        match update.kind:
            case "waiting.added":
                handoff = self._view.waiting[data["handoff"]["id"]]
                if self._desk.serves(agent, handoff):
                    return {"handoff_id": handoff.id, "handoff": views.summary(handoff)}
                return {"kind": "waiting.removed", "handoff_id": handoff.id, "why": "elsewhere"}
            case "waiting.removed":
                return {"handoff_id": data["id"], "why": data["why"]}
            case "requeued":
                handoff = self._view.waiting[data["id"]]
                seen = {"handoff": views.summary(handoff)} if self._desk.serves(agent, handoff) else {}
                return {**data, "handoff_id": handoff.id, **seen}
            case "accepted" | "moved" | "closed":
                whose = self._view.agents.get(data["agent_id"])
                shown = {"agent": views.person(whose), "by": whose.name} if whose else {}
                return {**data, "handoff_id": data["id"], **shown}
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
        """Every line since the handover, then each new one until the last; the page knows by their numbers which it
        has."""
        with suppress(NotFound, AccessDenied, ConnectionError):
            full = await self._desk.floor.handoff(handoff.id)
            after = full.transcript[-1].seq if full.transcript else 0
            async with self._desk.conversations.listen(handoff.conversation_id) as subscription:
                async for news in subscription:
                    if news is not None:
                        await self._tell_ephemeral(handoff, news)
                        continue
                    for entry in await self._new_lines(handoff, after):
                        after = entry.seq
                        line = views.line(entry, names=views.names_of(full))
                        await self._send({"type": "entry", "handoff": handoff.id, "entry": line})
                        if is_end(entry):
                            return

    async def _new_lines(self, handoff: Handoff, after: int) -> list[Entry]:
        """What may be read now: all while this agent has it, its last lines when they have just ended it. Raises
        AccessDenied."""
        entries = await self._desk.conversations.entries(handoff.conversation_id, after=after)
        await self._rights()
        if await self._desk.floor.agent_of(handoff.id) != self.session.agent_id:
            raise AccessDenied("this conversation is not theirs")
        if await self._desk.floor.holder(handoff.id) is None and not any(is_end(entry) for entry in entries):
            raise AccessDenied("this conversation is theirs no more")
        return entries

    async def _tell_ephemeral(self, handoff: Handoff, news: Mapping[str, Any]) -> None:
        if news.get("type") != "typing" or news.get("author") != "customer":
            return
        await self._rights()
        if await self._desk.floor.holder(handoff.id) == self.session.agent_id:
            await self._send({"type": "typing", "handoff": handoff.id, "on": news.get("on") is True})

    async def _send(self, frame: Mapping[str, Any]) -> None:
        await self._socket.send_str(json.dumps(frame, ensure_ascii=False, separators=(",", ":")))


def _type_of(frame: str) -> str:
    try:
        parsed = json.loads(frame)
    except (ValueError, RecursionError):
        return ""
    return str(parsed.get("type", "")) if isinstance(parsed, dict) else ""


SOCKETS = web.AppKey("desk_sockets", set[Page])
