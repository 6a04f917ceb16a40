"""`/ws/chat`: the native protocol over a WebSocket. `docs/reference/native-protocol.md` is its reference."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from contextlib import suppress
from typing import Any

import structlog
from aiohttp import WSCloseCode, WSMessage, WSMsgType, web

from bot.channels import Received
from bot.channels.base import write
from bot.channels.native import (
    MAX_FRAME_BYTES,
    Hello,
    Identify,
    Native,
    Ping,
    Read,
    Reset,
    Typing,
    error_frame,
    frame_id,
    identity_body,
)
from bot.errors import AccessDenied, BadMessage, Busy, NotFound, NotYours
from bot.gateway import metrics
from bot.gateway.errors import refusal
from bot.gateway.feed import News, feed
from bot.gateway.frontdoor import FrontDoor, Welcomed
from bot.gateway.keys import FRONT_DOOR, NATIVE, ORIGINS, PLACES, PROXIES, SOCKETS
from bot.store.conversations import Conversation
from bot.types import Entry, Holder

log = structlog.get_logger(__name__)

HELLO_WITHIN_S = 10.0
HEARTBEAT_S = 30.0
FRAMES_PER_S = 10
FRAMES_AT_ONCE = 60
"""A client that sends faster is read no faster."""
_READ_AT_MOST = 16 * MAX_FRAME_BYTES
"""A frame above MAX_FRAME_BYTES is answered with `too_long`; one above this ends the connection (1009)."""


async def chat_socket(request: web.Request) -> web.WebSocketResponse:
    app = request.app
    app[ORIGINS].check(request)
    if not app[FRONT_DOOR].open:
        raise Busy("no more connections can be taken here", retry_after_s=5)
    address = app[PROXIES].address(request)
    with app[PLACES].held(address):
        return await _serve(request, address)


async def _serve(request: web.Request, address: str) -> web.WebSocketResponse:
    app = request.app
    socket = web.WebSocketResponse(max_msg_size=_READ_AT_MOST, heartbeat=HEARTBEAT_S, compress=False)
    if not socket.can_prepare(request).ok:
        raise web.HTTPUpgradeRequired
    await socket.prepare(request)
    app[SOCKETS].add(socket)
    metrics.SOCKETS.labels(Native.name).inc()
    try:
        with suppress(ConnectionError):  # the client has gone
            await _Session(socket, app[FRONT_DOOR], app[NATIVE], address).run()
    finally:
        metrics.SOCKETS.labels(Native.name).dec()
        app[SOCKETS].discard(socket)
    return socket


class _Session:
    """One connection: what it was told, so that it is told only what is new."""

    def __init__(self, socket: web.WebSocketResponse, door: FrontDoor, native: Native, address: str) -> None:
        self._socket = socket
        self._door = door
        self._native = native
        self._address = address
        self._allowance = float(FRAMES_AT_ONCE)
        self._allowed_at = time.monotonic()
        self._holder = Holder.BOT
        self._agent = ""
        self._identity: Mapping[str, Any] | None = None
        self._after = 0

    async def run(self) -> None:
        try:
            hello = await self._hello()
            if hello is None:
                return
            welcomed = await self._door.hello(hello, channel=Native.name, address=self._address)
        except ConnectionError:
            raise
        except Exception as error:  # whoever calls is told in frames, whatever happened
            await self._refuse(error)
            return
        self._after = hello.after
        await self._welcome(welcomed)
        await self._talk(welcomed.conversation.id, hello.after)

    async def _talk(self, conversation_id: str, after: int) -> None:
        """Until either side ends it."""
        writer = asyncio.create_task(self._write(conversation_id, after), name="chat-writer")
        reader = asyncio.create_task(self._read(conversation_id), name="chat-reader")
        try:
            await asyncio.wait((reader, writer), return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (reader, writer):
                task.cancel()
            ended = await asyncio.gather(reader, writer, return_exceptions=True)
            for error in ended:
                if isinstance(error, NotFound | NotYours):
                    await self._refuse(NotYours("this conversation has ended"))
                elif isinstance(error, Exception) and not isinstance(error, ConnectionError):
                    await self._refuse(error)

    async def _hello(self) -> Hello | None:
        try:
            async with asyncio.timeout(HELLO_WITHIN_S):
                message = await self._socket.receive()
        except TimeoutError as error:
            raise BadMessage("bad_message", "no hello came") from error
        return (
            None
            if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY)
            else self._native.decode_hello(_text(message))
        )

    async def _welcome(self, welcomed: Welcomed) -> None:
        conversation = welcomed.conversation
        self._holder, self._agent = conversation.holder, conversation.agent_name
        self._identity = identity_body(conversation.identity, now=time.time())
        if welcomed.bad_identity is not None:
            await self._send_error(welcomed.bad_identity)
        await self._send({"type": "welcome", **welcome_body(welcomed)})

    # From the log to the client

    async def _write(self, conversation_id: str, after: int) -> None:
        async for news in feed(self._door, conversation_id, after=after):
            await self._tell(news, conversation_id)

    async def _tell(self, news: News, conversation_id: str) -> None:
        if isinstance(news, Entry):
            for frame in self._native.encode(news):
                await self._send(frame)
        elif isinstance(news, Conversation):
            await self._tell_state(news)
        elif news.get("type") == "identity":
            await self._tell_state(await self._door.conversations.get(conversation_id))
        elif news.get("type") == "ended":
            raise NotYours("this conversation has ended")
        elif news.get("type") in ("typing", "status") and news.get("author") != "customer":
            await self._send(news)

    async def _tell_state(self, conversation: Conversation) -> None:
        if (conversation.holder, conversation.agent_name) != (self._holder, self._agent):
            self._holder, self._agent = conversation.holder, conversation.agent_name
            await self._send({"type": "status", "holder": self._holder.value, "name": self._agent})
        identity = identity_body(conversation.identity, now=time.time())
        if identity != self._identity:
            signs_in = self._identity is None
            self._identity = identity
            await self._send({"type": "identity", "identity": identity})
            if signs_in and conversation.private > self._after:
                await self._show(conversation.id, up_to=conversation.private)

    async def _show(self, conversation_id: str, *, up_to: int) -> None:
        """What was hidden until the customer signed in again. Clients know lines by their seq."""
        after = self._after
        while entries := await self._door.conversations.readable(conversation_id, now=time.time(), after=after):
            for entry in (each for each in entries if each.seq <= up_to):
                for frame in self._native.encode(entry):
                    await self._send(frame)
            after = entries[-1].seq
            if after >= up_to:
                return

    # From the client to the log

    async def _read(self, conversation_id: str) -> None:
        while True:
            message = await self._socket.receive()
            if message.type not in (WSMsgType.TEXT, WSMsgType.BINARY):
                return
            await self._slow_down()
            raw = message.data
            try:
                await self._take(_text(message), conversation_id)
            except (NotFound, NotYours, ConnectionError):
                raise
            except Exception as error:
                await self._send_error(error, message_id=frame_id(raw))

    async def _take(self, raw: str, conversation_id: str) -> None:
        match self._native.decode_frame(raw):
            case Received() as received:
                await self._take_message(received, conversation_id)
            case Typing(on=on):
                await self._notify(conversation_id, {"type": "typing", "author": "customer", "on": on})
            case Read(seq=seq):
                await self._notify(conversation_id, {"type": "read", "author": "customer", "seq": seq})
            case Identify(identity_token=token):
                await self._tell_state(await self._door.identify(conversation_id, token, address=self._address))
            case Reset():
                await self._door.sign_ins.end(conversation_id, forget=True)
            case Ping():
                await self._send({"type": "pong"})
            case Hello():
                raise BadMessage("bad_message", "hello was said already")

    async def _take_message(self, received: Received, conversation_id: str) -> None:
        accepted = await self._door.receive(
            conversation_id, received, channel=Native.name, address=self._address, holder=self._holder
        )
        frame = {"id": received.message_id, "seq": accepted.seq, "repeated": accepted.repeated}
        await self._send({"type": "accepted", **frame})

    async def _notify(self, conversation_id: str, ephemeral: Mapping[str, Any]) -> None:
        """The bot does not care; a person at the desk does."""
        if self._holder is Holder.AGENT:
            await self._door.conversations.notify(conversation_id, ephemeral)

    async def _slow_down(self) -> None:
        now = time.monotonic()
        self._allowance = min(FRAMES_AT_ONCE, self._allowance + (now - self._allowed_at) * FRAMES_PER_S) - 1
        self._allowed_at = now
        if self._allowance < 0:
            await asyncio.sleep(-self._allowance / FRAMES_PER_S)

    # Frames

    async def _send(self, frame: Mapping[str, Any]) -> None:
        await self._socket.send_str(write(frame))

    async def _send_error(self, error: Exception, *, message_id: str | None = None) -> None:
        said = refusal(error)
        await self._send(error_frame(said.code, said.message, message_id=message_id, retry_after_s=said.retry_after_s))

    async def _refuse(self, error: Exception) -> None:
        """Say why and close."""
        code = (
            WSCloseCode.POLICY_VIOLATION
            if isinstance(error, BadMessage | AccessDenied)
            else WSCloseCode.TRY_AGAIN_LATER
        )
        with suppress(ConnectionError):
            await self._send_error(error)
            await self._socket.close(code=code, message=refusal(error).code.encode())


def welcome_body(welcomed: Welcomed) -> dict[str, Any]:
    conversation = welcomed.conversation
    return {
        "token": welcomed.token,
        "resumed": welcomed.resumed,
        "seq": conversation.seq if conversation.seq > conversation.reads_after(time.time()) else 0,
        "holder": conversation.holder.value,
        "agent": conversation.agent_name,
        "language": conversation.language,
        "identity": identity_body(conversation.identity, now=time.time()),
    }


def _text(message: WSMessage) -> str:
    if message.type is not WSMsgType.TEXT:
        raise BadMessage("bad_message", "frames are text, not binary")
    return str(message.data)
