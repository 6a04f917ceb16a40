"""Idle chat sockets, a process of its own: opens as many as asked over several loopback addresses, says hello,
waits for the welcome, prints `{"open": n}` on stdout, and holds them (answering pings) until stdin is closed."""

from __future__ import annotations

import asyncio
import base64
import json
import os
import struct
import sys
from dataclasses import dataclass

PER_ADDRESS = 4000
"""Below the kernel's number of free ports to one destination."""
AT_ONCE = 50
WITHIN_S = 20.0
_TEXT, _CLOSE, _PING, _PONG = 1, 8, 9, 10
_MASK = b"\0\0\0\0"
"""RFC 6455 wants a client's frames masked; this mask leaves them as they are."""


@dataclass(frozen=True)
class Plan:
    port: int
    sockets: int
    host: str = "127.0.0.1"


class Socket(asyncio.Protocol):
    """One WebSocket, from the handshake on. `welcomed` is set by the first text frame."""

    __slots__ = ("_buffer", "_plan", "_shaken", "_transport", "welcomed")

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._buffer = b""
        self._shaken = False
        self.welcomed: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        key = base64.b64encode(os.urandom(16)).decode()
        transport.write(
            f"GET /ws/chat HTTP/1.1\r\nHost: {self._plan.host}:{self._plan.port}\r\nUpgrade: websocket\r\n"
            f"Connection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: {key}\r\n\r\n".encode()
        )

    def data_received(self, data: bytes) -> None:
        self._buffer += data
        if not self._shaken:
            head, end, rest = self._buffer.partition(b"\r\n\r\n")
            if not end:
                return
            if not head.startswith(b"HTTP/1.1 101"):
                self._fail(head.partition(b"\r\n")[0].decode("latin-1"))
                return
            self._shaken, self._buffer = True, rest
            self._send(_TEXT, json.dumps({"type": "hello", "token": None, "after": 0}).encode())
        while self._frame():
            pass

    def _frame(self) -> bool:
        """Take one whole frame off the buffer."""
        buffer = self._buffer
        if len(buffer) < 2:
            return False
        kind, length, start = buffer[0] & 15, buffer[1] & 127, 2
        if length == 126:
            if len(buffer) < 4:
                return False
            length, start = struct.unpack_from("!H", buffer, 2)[0], 4
        if len(buffer) < start + length:
            return False
        payload, self._buffer = buffer[start : start + length], buffer[start + length :]
        if kind == _PING:
            self._send(_PONG, payload)
        elif kind == _TEXT and not self.welcomed.done():
            if json.loads(payload)["type"] == "welcome":
                self.welcomed.set_result(None)
            else:
                self._fail(payload.decode())
        elif kind == _CLOSE:
            self._transport.close()
        return True

    def _send(self, kind: int, payload: bytes) -> None:
        self._transport.write(bytes((128 | kind, 128 | len(payload))) + _MASK + payload)

    def _fail(self, reason: str) -> None:
        if not self.welcomed.done():
            self.welcomed.set_exception(ConnectionError(reason))
        self._transport.close()

    def connection_lost(self, error: Exception | None) -> None:
        self._fail("closed by the server")


async def run(plan: Plan) -> None:
    loop = asyncio.get_running_loop()
    opened = 0
    problem = ""

    async def open_one(number: int) -> None:
        source = f"127.0.0.{2 + number // PER_ADDRESS}"
        _, socket = await loop.create_connection(lambda: Socket(plan), plan.host, plan.port, local_addr=(source, 0))
        await asyncio.wait_for(socket.welcomed, WITHIN_S)

    for start in range(0, plan.sockets, AT_ONCE):
        some = range(start, min(start + AT_ONCE, plan.sockets))
        results = await asyncio.gather(*map(open_one, some), return_exceptions=True)
        failed = [each for each in results if isinstance(each, BaseException)]
        opened += len(results) - len(failed)
        if failed:
            problem = f"{type(failed[0]).__name__}: {failed[0]}"
            break
    print(json.dumps({"open": opened, "problem": problem}), flush=True)
    await asyncio.to_thread(sys.stdin.read)


if __name__ == "__main__":
    asyncio.run(run(Plan(**json.loads(sys.stdin.readline()))))
