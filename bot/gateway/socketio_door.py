"""`/socket.io`: Rasa's Socket.IO protocol for the front ends written for it (rasa-webchat, socket.io-client 3 and 4).

Events as in Rasa: `session_request` -> `session_confirm`, `user_uttered` -> `bot_uttered`. What cannot be taken is
answered by the event `message_error {code, message}`, as the acknowledgement where the client asked for one, and as a
`bot_uttered` that customers can read.
"""

from __future__ import annotations

import asyncio
import secrets
from collections import OrderedDict
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

import socketio
import structlog
from aiohttp import web

from bot.channels.native import MAX_FRAME_BYTES, Hello
from bot.channels.socketio import SocketIO, identity_in
from bot.errors import BadIdentity, BadMessage, Busy, NotFound, NotYours
from bot.gateway import metrics, phrases
from bot.gateway.errors import Refusal, refusal
from bot.gateway.feed import feed
from bot.gateway.frontdoor import FrontDoor
from bot.gateway.headers import Origins, Proxies
from bot.gateway.packets import DRIVER, REFUSED, Packet, check_payload
from bot.gateway.places import Places
from bot.gateway.siblings import Siblings
from bot.types import Entry

log = structlog.get_logger(__name__)

PATH = "/socket.io/"
_REMEMBERED = 10_000
MAX_POST_BYTES = 4 * MAX_FRAME_BYTES
"""As any request's: clients are told, and send more than one."""
CONNECT_WITHIN_S = 10.0
_EVENTS_AT_ONCE = 8
"""Of one client's, at most so many are worked on; more are refused."""

Answer = dict[str, Any]


@dataclass
class _Client:
    address: str
    identity_token: str | None
    conversation_id: str = ""
    token: str = ""
    language: str = ""
    busy: int = 0
    feed: asyncio.Task[None] | None = field(default=None, repr=False)


class SocketIODoor:
    """The server's side of all Socket.IO connections of this process."""

    def __init__(
        self,
        channel: SocketIO,
        door: FrontDoor,
        *,
        origins: Origins,
        proxies: Proxies,
        places: Places,
        siblings: Siblings | None = None,
    ) -> None:
        self._channel = channel
        self._door = door
        self._proxies = proxies
        self._places = places
        self._addresses: dict[str, str] = {}
        """Of each Engine.IO session, which may not have come to speak Socket.IO."""
        self._siblings = siblings
        self._clients: dict[str, _Client] = {}
        self._delivered: OrderedDict[str, int] = OrderedDict()
        """Up to which line a conversation's clients were told, for those that come back."""
        self._server = socketio.AsyncServer(
            async_mode="aiohttp",
            cors_allowed_origins=lambda origin, environ: origins.allows(origin, host=environ.get("HTTP_HOST", "")),
            cors_credentials=False,
            max_http_buffer_size=MAX_POST_BYTES,
            serializer=Packet,
            http_compression=False,
            logger=False,
            engineio_logger=False,
        )
        self._server.eio._async = {**self._server.eio._async, **DRIVER}
        self._server.on("connect", self._connect)
        self._server.on("disconnect", self._disconnect)
        self._server.on("session_request", self._answering(self._session_request))
        self._server.on(channel.user_message_evt, self._answering(self._user_uttered))
        self._server.on(REFUSED, self._answering(self._refused))
        self._came, self._went = (self._server.eio.handlers[name] for name in ("connect", "disconnect"))
        self._server.eio.on("connect", self._session_began)
        self._server.eio.on("disconnect", self._session_ended)

        self._server.eio.generate_id = self._new_id

    def attach(self, app: web.Application) -> None:
        for method in ("GET", "POST", "OPTIONS"):
            app.router.add_route(method, PATH, self._handle)
        app.on_shutdown.append(self._close)

    def _new_id(self) -> str:
        """Of a session: whoever knows it reads along and writes, so nobody guesses it. The library's has 96 bits."""
        made = secrets.token_urlsafe(24)
        return made if self._siblings is None else self._siblings.own(made)

    async def _handle(self, request: web.Request) -> web.StreamResponse:
        stranger = self._siblings.stranger(request.query.get("sid", "")) if self._siblings else None
        if self._siblings is not None and stranger is not None:
            return await self._siblings.forward(request, stranger)
        if "sid" not in request.query and request.method == "GET":
            if not self._door.open:
                raise Busy("this process is going away", retry_after_s=1)
            self._places.check(self._proxies.address(request))
        if request.method == "POST" and (request.content_length is None or request.content_length > MAX_POST_BYTES):
            raise BadMessage("too_long", f"a request may have {MAX_POST_BYTES} bytes, and says how many it has")
        if request.method == "POST":
            check_payload(await request.read())
        response: web.StreamResponse = await self._server.eio.handle_request(request)
        return response

    async def _session_began(self, eio_sid: str, environ: Mapping[str, Any]) -> Any:
        """An Engine.IO session takes a place, whatever its transport, until it ends."""
        address = self._addresses[eio_sid] = self._proxies.address(environ["aiohttp.request"])
        self._places.take(address)
        asyncio.get_running_loop().call_later(CONNECT_WITHIN_S, self._expect, eio_sid)
        return await self._came(eio_sid, environ)

    async def _session_ended(self, eio_sid: str, reason: Any) -> Any:
        address = self._addresses.pop(eio_sid, None)
        if address is not None:
            self._places.leave(address)
        return await self._went(eio_sid, reason)

    def _expect(self, eio_sid: str) -> None:
        """A session that does not connect to anything ends."""
        if eio_sid in self._addresses and self._server.manager.sid_from_eio_sid(eio_sid, "/") is None:
            session = self._server.eio.sockets.get(eio_sid)
            if session is not None:
                self._ending = asyncio.ensure_future(session.close(wait=False))

    async def _close(self, app: web.Application) -> None:
        """Every client connects again elsewhere."""
        for sid in list(self._clients):
            await self._server.disconnect(sid)

    async def _connect(self, sid: str, environ: Mapping[str, Any], auth: Any = None) -> bool:
        if not self._door.open:
            return False
        token, address = identity_in(auth), self._proxies.address(environ["aiohttp.request"])
        if token is not None:
            try:
                await self._door.sign_ins.verify(token, address=address)
            except BadIdentity as error:
                raise socketio.exceptions.ConnectionRefusedError(f"identity_{error.code}") from error
        self._clients[sid] = _Client(address, token)
        metrics.SOCKETS.labels(SocketIO.name).inc()
        return True

    async def _disconnect(self, sid: str, reason: Any = None) -> None:
        client = self._clients.pop(sid, None)
        if client is None:
            return
        metrics.SOCKETS.labels(SocketIO.name).dec()
        if client.feed is not None:
            client.feed.cancel()

    def _answering(self, handle: Callable[[str, _Client, Any], Awaitable[Answer]]) -> Callable[..., Awaitable[Answer]]:
        """An event handler that answers whatever goes wrong."""

        async def answer(sid: str, *args: Any) -> Answer:
            client = self._clients.get(sid)
            if client is None:
                return {}
            if client.busy >= _EVENTS_AT_ONCE:
                return {"error": "rate_limited"}
            client.busy += 1
            try:
                return await handle(sid, client, args[0] if args else None)
            except Exception as error:
                return await self._refuse(sid, client, refusal(error))
            finally:
                client.busy -= 1

        return answer

    async def _refused(self, sid: str, client: _Client, raw: Any) -> Answer:
        raise BadMessage("bad_message", "this is not a packet of Rasa's Socket.IO protocol")

    async def _session_request(self, sid: str, client: _Client, raw: Any) -> Answer:
        token = self._channel.decode_session(raw)
        try:
            await self._take_up(sid, client, token)
        except (NotYours, NotFound):
            await self._take_up(sid, client, None)
        await self._server.emit("session_confirm", client.token, to=sid)
        return {"session_id": client.token}

    async def _user_uttered(self, sid: str, client: _Client, raw: Any) -> Answer:
        received = self._channel.decode(raw)
        if received.identity_token is not None and received.identity_token != client.identity_token:
            await self._door.sign_ins.verify(received.identity_token, address=client.address)
            client.identity_token = received.identity_token
            if client.conversation_id:
                await self._door.identify(client.conversation_id, client.identity_token, address=client.address)
        if not client.conversation_id or received.sender not in ("", client.token):
            await self._take_up(sid, client, received.sender or None)
        accepted = await self._door.receive(
            client.conversation_id, received, channel=SocketIO.name, address=client.address
        )
        return {"accepted": accepted.seq, "repeated": accepted.repeated}

    async def _take_up(self, sid: str, client: _Client, token: str | None) -> None:
        """The conversation this client talks in from now on."""
        hello = Hello(token=token, after=0, identity_token=client.identity_token, language="")
        welcomed = await self._door.hello(hello, channel=SocketIO.name, address=client.address)
        conversation = welcomed.conversation
        if welcomed.bad_identity is not None:
            said = refusal(welcomed.bad_identity)
            await self._server.emit("message_error", {"code": said.code, "message": said.message}, to=sid)
        if client.feed is not None:
            client.feed.cancel()
        client.conversation_id, client.token = conversation.id, welcomed.token
        client.language = conversation.language
        after = self._delivered.get(conversation.id, conversation.seq)
        client.feed = asyncio.create_task(self._feed(sid, client, after), name="socketio-feed")

    async def _feed(self, sid: str, client: _Client, after: int) -> None:
        conversation_id = client.conversation_id
        try:
            async for news in feed(self._door, conversation_id, after=after):
                if isinstance(news, Entry):
                    await self._deliver(sid, conversation_id, news)
        except NotFound:
            await self._server.disconnect(sid)
        except Exception as error:
            refusal(error)
            await self._server.disconnect(sid)

    async def _deliver(self, sid: str, conversation_id: str, entry: Entry) -> None:
        for message in self._channel.encode(entry, to=conversation_id):
            await self._server.emit(self._channel.bot_message_evt, message, to=sid)
        self._delivered[conversation_id] = max(entry.seq, self._delivered.get(conversation_id, 0))
        self._delivered.move_to_end(conversation_id)
        if len(self._delivered) > _REMEMBERED:
            self._delivered.popitem(last=False)

    async def _refuse(self, sid: str, client: _Client, said: Refusal) -> Answer:
        body = {"code": said.code, "message": said.message}
        await self._server.emit("message_error", body, to=sid)
        words = phrases.apology(said.code, client.language)
        await self._server.emit(
            self._channel.bot_message_evt, {"text": words, "metadata": {"error": said.code}}, to=sid
        )
        return said.body()
