"""Plays a conversation as it is written with the real engine and bank, and says what went wrong."""

from __future__ import annotations

import re
import shutil
import time as clock
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from unittest.mock import patch

from actions import services
from bot import guard
from bot.engine.engine import Engine
from bot.store.nouns import Conversation
from bot.types import Holder
from sandbox.database import Database
from sandbox.seed import seed
from tests.bank import Clock, serving
from tests.conversations import books
from tests.conversations.script import CODE, Line, Script
from tests.dialogue.conftest import Service
from tests.dialogue.talking import Customer

_AFTERNOON = {"en": datetime(2026, 11, 26, 20, tzinfo=UTC), "zh": datetime(2026, 11, 26, 7, tzinfo=UTC)}
"""Of the day on which they were written, in New York and in Shanghai: what a bank has is made for its day."""
IN_LINE = {"position": 2, "on_duty": True, "wait_s": 240}
MAX_GOES_ON = 5


@dataclass
class Play:
    """`await Play(script, customer).through()`: the faults, in words; none where all of it went right."""

    script: Script
    customer: Customer
    faults: list[str] = field(default_factory=list)

    async def through(self) -> list[str]:
        db = self.customer.bank.db
        self.before, self.shops = books.read(db, self.script.customer), books.merchants(db)
        for line in self.script.turns:
            heard = await self._line(line)
            self._check(line, heard)
        self.faults += self._books()
        waits = self.customer.conversation.holder is Holder.QUEUE
        if self.script.person != "any" and waits != (self.script.person == "yes"):
            self.faults.append("a person was fetched" if waits else "no person was fetched")
        return self.faults

    def _books(self) -> list[str]:
        now = books.read(self.customer.bank.db, self.script.customer)
        return books.wrong(self.before, now, self.script.books, self.shops)

    async def _line(self, line: Line) -> str:
        if line.goes_on:
            return await self._goes_on(line)
        if line.code:
            return await self._code()
        if line.press:
            wanted = line.press.casefold()
            button = next((each for each in self.customer.buttons if wanted in each.title.casefold()), None)
            if button is not None:
                return await self._turn(button.title, payload=button.payload)
            if not line.or_say:
                self.faults.append(f"no button {line.press!r} among {[each.title for each in self.customer.buttons]}")
            return await self._turn(line.or_say or line.press)
        return await self._turn(line.say)

    async def _turn(self, text: str, *, payload: str | None = None) -> str:
        customer = self.customer
        heard = await customer.say(text, payload=payload)
        result = customer.result
        assert result is not None
        if result.leaves_line:
            customer.change(holder=Holder.BOT)
            customer.waits = None
        elif customer.conversation.holder is Holder.QUEUE:
            customer.waits = IN_LINE
        return "\n".join([heard, *(f"[{each.title}]" for each in customer.buttons)])

    async def _code(self) -> str:
        code = await self._sent()
        if not code:
            self.faults.append("no code was sent")
        return await self._turn(code or "123456")

    async def _sent(self) -> str:
        sent = await self.customer.bank.client.outbox(self.script.customer)
        return next((each.code for each in sent if each.code), "")

    async def _goes_on(self, line: Line) -> str:
        heard: list[str] = []
        for _ in range(MAX_GOES_ON):
            if self.script.books and not self._books():
                break
            text = "\n".join([self.customer.heard, *(f"[{each.title}]" for each in self.customer.buttons)])
            answers = (answer for asked, answer in line.goes_on if re.search(asked, text, re.IGNORECASE))
            answer = next(answers, None)
            if answer is None:
                break
            heard.append(await self._code() if answer == CODE else await self._turn(answer))
        return "\n".join(heard)

    def _check(self, line: Line, heard: str) -> None:
        said = line.say or line.press or ("CODE" if line.code else "...")
        facts = re.sub(r"(?<=\d)[,，](?=\d{3})", "", heard)
        has = lambda each: any(re.search(each, text, re.IGNORECASE) for text in (heard, facts))  # noqa: E731
        self.faults += [f"{said!r}: not heard: {each}" for each in line.hears if not has(each)]
        if line.hears_any and not any(map(has, line.hears_any)):
            self.faults.append(f"{said!r}: none heard of {list(line.hears_any)}")
        self.faults += [f"{said!r}: heard: {each}" for each in line.not_hears if has(each)]


def seeded_by_day(folder: Path, language: str) -> tuple[Path, float]:
    """A bank, seeded for three in the afternoon where most customers of the language live. Whenever it is played, its
    numbers and amounts, "yesterday" and "the latest" are the same."""
    now = _AFTERNOON[language].timestamp()
    file = folder / f"{language}.db"
    with Database(file) as db:
        seed(db, now)
    return file, now


@contextmanager
def _time_is(now: float) -> Iterator[None]:
    ahead, real = now - clock.time(), clock.time
    with patch("time.time", lambda: real() + ahead):
        yield


async def played(
    engine: Engine, seeded: tuple[Path, float], folder: Path, chosen: Iterable[Script]
) -> AsyncIterator[Play]:
    """Each conversation with a freshly seeded bank, at the time it was seeded for."""
    for script in chosen:
        path, now = seeded
        copy = folder / f"{script.id}.db"
        shutil.copy(path, copy)
        async with serving(copy, Clock(now)) as bank, services.Services([Service(bank.url)]) as installed:
            services.install(installed)
            guard.install(None)  # The bank counts codes; what other tests' customers guessed is not theirs.
            customer = Customer(engine, bank, Conversation(id=script.id, channel="web", language=script.language))
            play = Play(script, customer)
            with _time_is(now):
                customer.sign_in(script.customer)
                await play.through()
            services.install(None)
            engine.forget(script.id)
        copy.unlink()
        yield play
