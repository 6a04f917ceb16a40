"""One run: the house, the customers, the storm, and then the books."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from bot.gateway.identity import sign
from chaos import book as promises
from chaos import checks, house, plan
from chaos.accounts import Account
from chaos.book import Book
from chaos.house import House
from chaos.ledger import Ledger
from chaos.lines import Budget, Line, OutOfBudget, Stuck
from chaos.phrases import Phrases
from chaos.plan import Plan, Scripted
from chaos.scripts import Customer
from chaos.storm import Storm
from chaos.ways import Poll, Rest, Socket

WAYS: dict[str, type[Line]] = {"socket": Socket, "poll": Poll, "rest": Rest}
REQUESTS_EACH = 12
"""Requests a message may cost on average, everything included; then the run is cut short."""
AUDITED_AT_ONCE = 8
SLOWEST = 40
"""Messages that are named in the timeline."""


@dataclass(frozen=True, kw_only=True)
class Options:
    root: Path
    """The project whose bot is served."""
    seed: int = 1
    messages: int = 20_000
    kills: int = 200
    at_once: int = 40
    """Customers who talk at the same time."""
    workers: int = 2
    """Of each service."""
    shipped: float = 0.3
    """The part of the messages that goes to the shipped bot."""
    only: Sequence[str] = ()
    """Kinds of faults, to find out which breaks a promise; all if none is named."""
    within_s: float = 3600.0
    """Afterwards customers say no more, and what there is is checked."""
    patience_s: float = 90.0
    """So long a customer waits for one answer."""
    model: Path | None = None
    """Of the shipped bot; default: trained if need be."""
    folder: Path | None = None
    """Default: var/chaos/<seed> of the project."""

    @property
    def place(self) -> Path:
        return self.folder or self.root / "var" / "chaos" / str(self.seed)


@dataclass
class Outcome:
    options: Options
    plan: Plan
    book: Book
    faults: dict[str, int]
    requests: dict[str, int]
    took_s: float
    timeline: Sequence[tuple[float, str]] = ()
    """Seconds since the start, and what happened: faults, and the messages that waited longest for their answers."""
    cut_short: str = ""
    """Why not all was done that was planned; "" if it was."""
    customers: Sequence[Customer] = field(default_factory=list, repr=False)

    @property
    def kept(self) -> bool:
        return not self.book.violations


async def run(options: Options) -> Outcome:
    """Raises CannotStart. Whatever happens, all that it started has ended when it returns."""
    planned = plan.make(
        seed=options.seed,
        messages=options.messages,
        kills=options.kills,
        shipped=options.shipped,
        only=options.only,
    )
    mine = [each.language for each in planned.conversations if each.script != "count"]
    async with (
        house.running(
            root=options.root, folder=options.place, languages=mine, workers=options.workers, model=options.model
        ) as built,
        Ledger(built.bank_url, built.bank_key) as ledger,
    ):
        return await _Run(options, planned, built, ledger).outcome()


class _Run:
    def __init__(self, options: Options, planned: Plan, built: House, ledger: Ledger) -> None:
        self._options = options
        self._plan = planned
        self._house = built
        self._ledger = ledger
        self._book = Book()
        self._budget = Budget(1000 + REQUESTS_EACH * options.messages)
        self._phrases = Phrases(options.root)
        self._customers: list[Customer] = []
        self._talking: set[Line] = set()
        self._cut_short = ""

    async def outcome(self) -> Outcome:
        started = time.monotonic()
        accounts = iter(self._house.accounts)
        self._customers = [self._customer(each, accounts) for each in self._plan.conversations]
        storm = Storm(self._house, self._ledger, progress=self._progress, lines=lambda: self._talking)
        raging = asyncio.create_task(storm.run(self._plan.faults), name="storm")
        try:
            await self._talk()
        finally:
            raging.cancel()
            with suppress(asyncio.CancelledError):
                await raging
            await storm.heal()
        await self._check()
        return Outcome(
            self._options,
            self._plan,
            self._book,
            dict(storm.done),
            self._budget.by_kind,
            time.monotonic() - started,
            timeline=self._timeline(storm, started),
            cut_short=self._cut_short,
            customers=self._customers,
        )

    def _timeline(self, storm: Storm, started: float) -> list[tuple[float, str]]:
        waited = [
            (message.answered_at - message.sent_at, message.sent_at, customer.scripted)
            for customer in self._customers
            for message in customer.line.messages
            if message.answered_at is not None
        ]
        slow = sorted(waited, key=lambda each: -each[0])[:SLOWEST]
        told = [(at, f"{each.name} over {each.way} waits {took:.1f} s from here") for took, at, each in slow]
        return sorted((round(at - started, 2), what) for at, what in (*storm.log, *told))

    def _progress(self) -> float:
        return self._book.counts["answered"] / self._options.messages

    def _customer(self, scripted: Scripted, accounts: Iterator[Account]) -> Customer:
        account = None if scripted.script == "count" else next(accounts)
        service = self._house.counter if account is None else self._house.shipped
        identity = None
        if account is not None:
            identity = sign(
                self._house.identity_secret,
                customer_id=account.customer_id,
                name="",
                jti=scripted.name,
                expires_in_s=12 * 3600,
            )
        line = WAYS[scripted.way](
            service.url,
            self._book,
            self._budget,
            name=scripted.name,
            identity=identity,
            locale=scripted.language,
            patience_s=self._options.patience_s,
        )
        return Customer(scripted, line, self._book, self._ledger, self._phrases, account)

    async def _talk(self) -> None:
        try:
            async with asyncio.timeout(self._options.within_s):
                await self._all_customers()
        except TimeoutError:
            self._cut_short = f"{self._options.within_s:.0f} s were over"

    async def _all_customers(self) -> None:
        waiting = iter(self._customers)
        try:
            async with asyncio.TaskGroup() as group:
                for _ in range(self._options.at_once):
                    group.create_task(self._one_after_the_other(waiting))
        except* OutOfBudget as error:
            self._cut_short = f"used up {error.exceptions[0]}"

    async def _one_after_the_other(self, waiting: Iterator[Customer]) -> None:
        for customer in waiting:
            self._talking.add(customer.line)
            try:
                await customer.run()
            except Stuck as error:
                customer.stuck = str(error)
            except TimeoutError as error:
                customer.stuck = f"the bank did not come back: {error}"
            finally:
                self._talking.discard(customer.line)
                await customer.line.close()

    async def _check(self) -> None:
        self._budget.requests += REQUESTS_EACH * self._options.messages
        turn = asyncio.Semaphore(AUDITED_AT_ONCE)

        async def audit(customer: Customer) -> None:
            async with turn:
                try:
                    await checks.conversation(customer)
                    await checks.money(customer, self._ledger)
                except (Stuck, TimeoutError) as error:
                    self._book.violate(promises.STUCK, customer.scripted.name, str(error))
                finally:
                    await customer.line.close()

        await asyncio.gather(*(audit(each) for each in self._customers if each.line.messages))
