"""What every way in to the service has in common; `ways.py` has the ways. All make a script the same promises:

`send` returns once the message is acknowledged, sending it again under the same id as often as it takes; `until` waits
for what the script expects to see; `cut` tears every connection, as a tunnel does to a telephone.
"""

from __future__ import annotations

import asyncio
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
