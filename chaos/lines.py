"""How customers reach the service: one class a way, all with the same three promises to a script.

`send` returns once the message is acknowledged, sending it again under the same id as often as it takes; `until` waits
for what the script expects to see; `cut` tears every connection, as a tunnel does to a telephone.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
import uuid
from abc import ABC, abstractmethod
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import aiohttp

from chaos import book as promises
from chaos.book import Book, Entry, Message

ACK_S = 6.0
"""Who hears nothing for so long sends again over a new connection."""
CONNECT_S = 4.0
PAUSE_S = 0.25
"""Between two tries to connect, growing."""
LONGEST_PAUSE_S = 2.0

GONE = (
    *(aiohttp.ClientError, aiohttp.WSMessageTypeError, OSError, TimeoutError, ValueError, EOFError),
    *(AssertionError, RuntimeError),  # aiohttp's, where its session is closed under a request
)
"""What a torn connection, a paused server or half an answer look like."""


class Stuck(Exception):
    """What a customer waited for did not come in the time they had."""


class OutOfBudget(Exception):
    """The run has used up its requests."""


@dataclass
class Budget:
    """Bounds a run: no more requests than this, whatever happens."""

    requests: int
    used: int = 0
    by_kind: dict[str, int] = field(default_factory=dict)

    def spend(self, kind: str) -> None:
        self.used += 1
        self.by_kind[kind] = self.by_kind.get(kind, 0) + 1
        if self.used > self.requests:
            raise OutOfBudget(f"{self.requests} requests")


class Line(ABC):
    """One conversation over one way in. `patience_s` bounds every single wait."""

    kind: str

    def __init__(
        self, url: str, book: Book, budget: Budget, *, name: str, identity: str | None, locale: str, patience_s: float
    ) -> None:
        self.url = url
        self.book = book
        self.budget = budget
        self.name = name
        self.identity = identity
        self.locale = locale
        self.patience_s = patience_s
        self.messages: list[Message] = []
        self._session: aiohttp.ClientSession | None = None
        self._closing: set[asyncio.Future[None]] = set()

    @abstractmethod
    async def send(self, text: str, *, payload: str = "", again: bool = False) -> Message:
        """Until it is acknowledged. `again` sends it once more afterwards, as a nervous client does. Raises Stuck."""

    @abstractmethod
    def replies(self, message: Message) -> Sequence[Entry]:
        """What has come in answer to it so far, if nothing was sent since."""

    @abstractmethod
    async def until(self, condition: Callable[[], bool]) -> None:
        """Until what came makes it true. Raises Stuck."""

    def cut(self) -> None:
        session, self._session = self._session, None
        if session is not None:
            closing = asyncio.ensure_future(session.close())
            self._closing.add(closing)
            closing.add_done_callback(self._closing.discard)

    async def close(self) -> None:
        self.cut()
        await asyncio.gather(*self._closing, return_exceptions=True)

    # For the ways below

    def new(self, text: str) -> Message:
        message = Message(uuid.uuid4().hex, text, self.now)
        self.messages.append(message)
        return message

    @property
    def now(self) -> float:
        return time.monotonic()

    @property
    def session(self) -> aiohttp.ClientSession:
        if self._session is None or self._session.closed:
            timeout = aiohttp.ClientTimeout(total=None, sock_connect=CONNECT_S)
            self._session = aiohttp.ClientSession(timeout=timeout)
        return self._session

    def tries(self, what: str) -> Tries:
        return Tries(self, what)

    async def ask(
        self, method: str, path: str, *, within_s: float, headers: Mapping[str, str] | None = None, **options: Any
    ) -> tuple[int, Any]:
        """Status and JSON. Raises one of GONE."""
        self.budget.spend(path.partition("?")[0])
        async with (
            asyncio.timeout(within_s),
            self.session.request(method, self.url + path, headers=headers, **options) as answer,
        ):
            return answer.status, await answer.json()

    async def refused(self, status: int, body: Any) -> None:
        """Count a refusal and wait as long as it asks for, within reason."""
        code = body.get("error") or body.get("code") or str(status) if isinstance(body, Mapping) else str(status)
        self.book.counts[f"refused: {code}"] += 1
        asked = body.get("retry_after_s") if isinstance(body, Mapping) else None
        await asyncio.sleep(min(float(asked or PAUSE_S), LONGEST_PAUSE_S))


class Tries:
    """`async for _ in line.tries("what")`: again with growing pauses, until Stuck."""

    def __init__(self, line: Line, what: str) -> None:
        self._line = line
        self._what = what
        self._end = line.now + line.patience_s
        self._pause_s = 0.0

    def __aiter__(self) -> Tries:
        return self

    async def __anext__(self) -> None:
        if self._line.now > self._end:
            raise Stuck(f"{self._what}: not within {self._line.patience_s:.0f} s")
        if self._pause_s:
            self._line.book.counts["tried again"] += 1
        await asyncio.sleep(self._pause_s)
        self._pause_s = min(LONGEST_PAUSE_S, self._pause_s * 2 or PAUSE_S)


class LogLine(Line):
    """A way in that reads the conversation's log. What it takes it checks against what it has."""

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.token: str | None = None
        self.log: dict[int, Entry] = {}
        self.news = asyncio.Event()

    @property
    def last(self) -> int:
        return max(self.log, default=0)

    def hello(self) -> dict[str, Any]:
        return {"token": self.token, "after": self.last, "identity": self.identity, "locale": self.locale}

    def take(self, entry: Entry, *, after: int) -> int:
        """A line that came right after line `after` on one connection; returns its number."""
        seq = int(entry["seq"])
        if seq != after + 1:
            self.book.violate(promises.LOG, self.name, f"line {seq} came after line {after}")
        if self.log.setdefault(seq, entry) != entry:
            self.book.violate(promises.LOG, self.name, f"line {seq} was told in two ways")
        self.news.set()
        return seq

    def accepted(self, message: Message, seq: int) -> None:
        if message.seq not in (None, seq):
            self.book.violate(promises.ONCE, self.name, f"message {message.id} was taken as {message.seq} and {seq}")
        message.seq = seq
        self.book.acked(message, self.now)

    def replies(self, message: Message) -> Sequence[Entry]:
        after = message.seq if message.seq is not None else 0
        return [self.log[seq] for seq in sorted(self.log) if seq > after and self.log[seq]["author"] != "customer"]


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
