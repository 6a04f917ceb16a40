"""A keep-alive HTTP/1.1 client that costs little: one connection, one request at a time, JSON in, JSON out."""

from __future__ import annotations

import asyncio
import json
from typing import Any

MAX_ANSWER_BYTES = 1 << 20
_ENDED = (ConnectionError, asyncio.IncompleteReadError, OSError)


class BadAnswer(Exception):
    """What came is not an answer this client understands."""


class Client:
    """`post` opens a connection when there is none, and once more when the server has closed an idle one."""

    def __init__(self, host: str, port: int, path: str) -> None:
        self._host = host
        self._port = port
        self._head = f"POST {path} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Type: application/json\r\n"
        self._reader: asyncio.StreamReader | None = None
        self._writer: asyncio.StreamWriter | None = None

    async def post(self, body: Any, *, token: str = "", within_s: float = 60.0) -> tuple[int, Any]:
        """Status and decoded body. Raises OSError, TimeoutError, BadAnswer."""
        data = json.dumps(body, ensure_ascii=False).encode()
        login = f"Authorization: Bearer {token}\r\n" if token else ""
        request = f"{self._head}{login}Content-Length: {len(data)}\r\n\r\n".encode() + data
        fresh = self._writer is None
        try:
            async with asyncio.timeout(within_s):
                return await self._ask(request)
        except _ENDED as error:
            self.close()
            if fresh:
                raise ConnectionError(f"{type(error).__name__} from {self._host}:{self._port}") from error
        except BaseException:
            self.close()
            raise
        return await self.post(body, token=token, within_s=within_s)

    async def _ask(self, request: bytes) -> tuple[int, Any]:
        if self._reader is None or self._writer is None:
            self._reader, self._writer = await asyncio.open_connection(self._host, self._port, limit=MAX_ANSWER_BYTES)
        self._writer.write(request)
        head = (await self._reader.readuntil(b"\r\n\r\n")).decode("latin-1").lower()
        _, _, length = head.partition("\r\ncontent-length:")
        if not length:
            raise BadAnswer("an answer without Content-Length")
        body = await self._reader.readexactly(int(length.partition("\r\n")[0]))
        if "\r\nconnection: close" in head:
            self.close()
        return int(head[9:12]), json.loads(body) if body else None

    def close(self) -> None:
        if self._writer is not None:
            self._writer.close()
        self._reader = self._writer = None
