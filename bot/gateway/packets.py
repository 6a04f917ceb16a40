"""What comes in as packets of Engine.IO and Socket.IO, and what is none: refused like any other message, never an error
of ours. The libraries end a connection with a traceback for some of it, wait without end for other, or agree to
compress.
"""

from __future__ import annotations

from typing import Any

import engineio
import socketio
from aiohttp import web
from engineio.async_drivers import aiohttp as driver
from socketio.packet import ACK, CONNECT, DISCONNECT, EVENT

from bot.errors import BadMessage

REFUSED = "packet_refused"
"""The event that a packet becomes which is none of the protocol: who sends it hears `bad_message`."""
_OURS = ("connect", "disconnect", "connect_error")
"""What happens to a connection: no client may say that it happened."""


class Packet(socketio.packet.Packet):  # type: ignore[misc]  # it has no types
    """Socket.IO's packet, of what Rasa's front ends send: no attachments, which a client could announce without end,
    and events that have a name."""

    def __init__(self, *args: Any, encoded_packet: Any = None, **options: Any) -> None:
        super().__init__(*args, encoded_packet=encoded_packet, **options)
        if encoded_packet is not None and not encoded_packet:
            self._refuse()

    def decode(self, encoded_packet: Any) -> int:
        try:
            attachments = super().decode(encoded_packet)
        except Exception:  # a client's bytes: whatever they do to the parser, they are no packet
            attachments = 1
        if attachments or self.packet_type not in (CONNECT, DISCONNECT, EVENT, ACK):
            self._refuse()
        if self.packet_type == EVENT and not _is_event(self.data):
            self._refuse()
        return 0

    def _refuse(self) -> None:
        self.packet_type, self.data, self.id, self.namespace = EVENT, [REFUSED], None, None


_decode = engineio.packet.Packet.decode


def _decode_or_refuse(self: Any, encoded_packet: Any) -> None:
    """As Engine.IO does it, which ends a connection with a traceback for what is no packet, and leaves its session
    behind: that becomes an empty message, which is refused like any other."""
    try:
        _decode(self, encoded_packet)
    except Exception:  # a client's bytes, as above
        self.packet_type = -1
    if not 0 <= self.packet_type < len(engineio.packet.packet_names):
        self.packet_type, self.data, self.binary = engineio.packet.MESSAGE, "", False


engineio.packet.Packet.decode = _decode_or_refuse


def _is_event(data: Any) -> bool:
    return isinstance(data, list) and bool(data) and isinstance(data[0], str) and data[0] not in _OURS


_POSTED = ("1", "3", "4", "b")
"""How packets begin that a client may post: close, pong, message, and a message of bytes."""


def check_payload(body: bytes) -> None:
    """Raises BadMessage for what Engine.IO would answer with a traceback, or not at all."""
    try:
        packets = body.decode().split("\x1e")
    except UnicodeDecodeError as error:
        raise BadMessage("bad_message", "the packets are not UTF-8") from error
    if len(packets) > engineio.payload.Payload.max_decode_packets:
        raise BadMessage("bad_message", "too many packets at once")
    if any(packet and not packet.startswith(_POSTED) for packet in packets):
        raise BadMessage("bad_message", "these are not packets that a client posts")


class _Body:
    """A request's body that has been read, as Engine.IO reads it."""

    def __init__(self, body: bytes) -> None:
        self._body = body

    async def read(self, length: int) -> bytes:
        return self._body


async def environ_of(request: web.Request) -> dict[str, Any]:
    environ: dict[str, Any] = driver.translate_request(request)
    return {**environ, "wsgi.input": _Body(await request.read())} if request.method == "POST" else environ


class WebSocket(driver.WebSocket):  # type: ignore[misc]  # it has no types
    """Engine.IO's. It does not agree to compress, which takes memory for each connection, and it ends with its session:
    a client that closes that, and stays, would hold a line that is counted nowhere."""

    def __init__(self, handler: Any, server: Any) -> None:
        super().__init__(handler, server)
        self._over = False

    async def wait(self) -> Any:
        if self._over:
            raise OSError("the client has closed its session")
        said = await super().wait()
        self._over = isinstance(said, str) and said.startswith(str(engineio.packet.CLOSE))
        return said

    async def __call__(self, environ: Any) -> Any:
        self.environ = environ
        self._sock = web.WebSocketResponse(max_msg_size=self.server.max_http_buffer_size, compress=False)
        await self._sock.prepare(environ["aiohttp.request"])
        await self.handler(self)
        return self._sock


DRIVER = {"translate_request": environ_of, "websocket": WebSocket}
"""In place of Engine.IO's own parts of these names."""
