"""The ways in: a WebSocket with resume, long polls, Rasa's REST channel."""

from __future__ import annotations

import asyncio
import contextlib
import uuid
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import aiohttp

from chaos import book as promises
from chaos.book import Entry, Message
from chaos.lines import ACK_S, GONE, Line, LogLine, Stuck


class Socket(LogLine):
    """The native protocol over a WebSocket, with resume."""

    kind = "socket"

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self._socket: aiohttp.ClientWebSocketResponse | None = None
        self._reader: asyncio.Task[None] | None = None
        self._acks: dict[str, asyncio.Future[Mapping[str, Any]]] = {}

    async def send(self, text: str, *, payload: str = "", again: bool = False) -> Message:
        message = self.new(text)
        frame = {"type": "message", "id": message.id, "text": text} | ({"payload": payload} if payload else {})
        async for _ in self.tries(f"acknowledging {message.id}"):
            message.tries += 1
            try:
                answer = await self._exchange(message.id, frame)
            except GONE:
                await self._drop()
                continue
            if answer["type"] == "error":
                await self.refused(0, answer)
                continue
            self.accepted(message, int(answer["seq"]))
            if not again:
                break
            again = False
        return message

    async def _exchange(self, message_id: str, frame: Mapping[str, Any]) -> Mapping[str, Any]:
        socket = await self._connected()
        self.budget.spend("socket message")
        future = self._acks[message_id] = asyncio.get_running_loop().create_future()
        try:
            await socket.send_json(frame)
            return await asyncio.wait_for(future, ACK_S)
        finally:
            self._acks.pop(message_id, None)

    async def until(self, condition: Callable[[], bool]) -> None:
        async for _ in self.tries("an answer over the socket"):
            try:
                await self._listen(condition)
            except GONE:
                await self._drop()
            if condition():
                return

    async def _listen(self, condition: Callable[[], bool]) -> None:
        """Until the condition holds. Raises TimeoutError where even a ping is not answered."""
        since = self.now
        while not condition():
            socket = await self._connected()
            self.news.clear()
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self.news.wait(), ACK_S / 2)
                continue
            self.news.clear()
            await socket.send_json({"type": "ping"})
            await asyncio.wait_for(self.news.wait(), ACK_S / 2)
            if self.now > since + 4 * ACK_S:
                self.book.counts["quiet sockets opened again"] += 1
                raise TimeoutError

    async def _connected(self) -> aiohttp.ClientWebSocketResponse:
        if self._socket is not None and not self._socket.closed and self._session is not None:
            return self._socket
        await self._drop()
        self.budget.spend("socket")
        async with asyncio.timeout(ACK_S):
            socket = await self.session.ws_connect(f"{self.url}/ws/chat", heartbeat=None)
            await socket.send_json({"type": "hello", **self.hello()})
            welcome = await socket.receive_json()
        if welcome["type"] != "welcome":
            await socket.close()
            await self.refused(0, welcome)
            raise ValueError(welcome.get("code"))
        self.token = welcome["token"]
        self._socket = socket
        self._reader = asyncio.create_task(self._read(socket, self.last))
        return socket

    async def _read(self, socket: aiohttp.ClientWebSocketResponse, after: int) -> None:
        try:
            while True:
                frame = await socket.receive_json()
                if frame["type"] == "entry":
                    del frame["type"]
                    after = self.take(frame, after=after)
                elif frame["type"] in ("accepted", "error") and frame.get("id") in self._acks:
                    future = self._acks[frame["id"]]
                    if not future.done():
                        future.set_result(frame)
                self.news.set()
        except GONE:
            self._lost(socket)

    def _lost(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        if self._socket is socket:
            self._socket = None
        for future in self._acks.values():
            if not future.done():
                future.set_exception(EOFError())
        self.news.set()

    async def _drop(self) -> None:
        reader, self._reader, self._socket = self._reader, None, None
        if reader is not None:
            reader.cancel()
            await asyncio.wait([reader])
        await self.close()


class Poll(LogLine):
    """The same over plain HTTP with long polls."""

    kind = "poll"

    async def send(self, text: str, *, payload: str = "", again: bool = False) -> Message:
        message = self.new(text)
        body = {"id": message.id, "text": text} | ({"payload": payload} if payload else {})
        async for _ in self.tries(f"acknowledging {message.id}"):
            message.tries += 1
            try:
                await self._greet()
                status, said = await self.ask(
                    "POST", "/api/chat/messages", within_s=ACK_S, json=body, headers=self._headers
                )
            except GONE:
                self.cut()
                continue
            if status != 200:
                await self.refused(status, said)
                continue
            self.accepted(message, int(said["seq"]))
            if not again:
                break
            again = False
        return message

    async def until(self, condition: Callable[[], bool]) -> None:
        async for _ in self.tries("an answer over long polls"):
            while not condition():
                try:
                    await self._greet()
                    after = self.last
                    status, said = await self.ask(
                        "GET", f"/api/chat/entries?after={after}&wait_s=3", within_s=ACK_S, headers=self._headers
                    )
                except GONE:
                    self.cut()
                    break
                if status != 200:
                    await self.refused(status, said)
                    break
                for entry in said["entries"]:
                    after = self.take(entry, after=after)
            if condition():
                return

    async def _greet(self) -> None:
        if self.token is not None:
            return
        status, said = await self.ask("POST", "/api/chat/hello", within_s=ACK_S, json=self.hello())
        if status != 200:
            await self.refused(status, said)
            raise ValueError(status)
        self.token = said["token"]

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}


class Rest(Line):
    """Rasa's REST channel with message ids: every answer comes with the request, and again with its repetition."""

    kind = "rest"

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.sender = uuid.uuid4().hex
        self.said: dict[str, list[Entry]] = {}

    async def send(self, text: str, *, payload: str = "", again: bool = False) -> Message:
        message = self.new(text)
        at_once = 2 if again else 1
        await asyncio.gather(*(self.post(message, payload or text) for _ in range(at_once)))
        return message

    async def post(self, message: Message, text: str) -> None:
        """Send it until it is answered, and check that its answer is the one given before."""
        body = {"sender": self.sender, "message": text, "metadata": {"message_id": message.id}}
        headers = {"Authorization": f"Bearer {self.identity}"} if self.identity else None
        async for _ in self.tries(f"answering {message.id}"):
            message.tries += 1
            try:
                status, said = await self.ask("POST", "/webhooks/rest/webhook", within_s=40, json=body, headers=headers)
            except GONE:
                self.cut()
                continue
            if status in (200, 504):
                self.book.acked(message, self.now)
            if status == 200:
                self._answered(message, said)
                return
            await self.refused(status, said)

    def _answered(self, message: Message, said: list[Entry]) -> None:
        if self.said.setdefault(message.id, said) != said:
            self.book.violate(promises.LOG, self.name, f"message {message.id} was answered in two ways")

    def replies(self, message: Message) -> Sequence[Entry]:
        return self.said.get(message.id, [])

    async def until(self, condition: Callable[[], bool]) -> None:
        if not condition():
            raise Stuck("REST answers at once, and this was not the answer")
