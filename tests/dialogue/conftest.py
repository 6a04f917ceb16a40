"""The shipped bot, trained once, and a freshly seeded bank over HTTP for each test."""

from __future__ import annotations

import fcntl
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
import pytest_asyncio

from actions import services
from bot.engine.engine import Engine
from bot.engine.training import train
from bot.settings import Settings
from bot.store.nouns import Conversation
from tests.bank import KEY, PROJECT, RunningBank, bank, seeded_file
from tests.dialogue.talking import Customer

__all__ = ["bank", "seeded_file"]


@pytest.fixture(scope="session")
def settings() -> Settings:
    return Settings.load(PROJECT, {})


@pytest.fixture(scope="session")
def model(settings: Settings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Trained by whichever test process comes first, and only if its inputs changed."""
    base = tmp_path_factory.getbasetemp()
    shared = base if base.name.startswith("pytest-") else base.parent
    with (shared / "shipped-bot.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        return train(settings)


@pytest_asyncio.fixture(scope="session")
async def engine(settings: Settings, model: Path) -> Engine:
    return await Engine.load(project=PROJECT, model=model, settings=settings)


@dataclass(frozen=True)
class Service:
    """The bank, as `endpoints.yml` would name it."""

    url: str
    name: str = "bank"
    module: str = "actions.services.bank.Bank"
    key: str = KEY
    timeout_s: float = 2.0


@pytest_asyncio.fixture
async def served(bank: RunningBank) -> AsyncIterator[RunningBank]:
    """The bank that the actions reach."""
    async with services.Services([Service(bank.url)]) as installed:
        services.install(installed)
        yield bank
        services.install(None)


@pytest.fixture
def talk(engine: Engine, served: RunningBank, request: pytest.FixtureRequest) -> Iterator[Callable[..., Customer]]:
    """`talk("C1001", "zh")` is that customer, signed in; `talk()` is somebody who is not."""
    started: list[Customer] = []

    def start(customer_id: str = "", language: str = "en", *, name: str = "") -> Customer:
        conversation = Conversation(id=f"{request.node.name}-{len(started)}", channel="web", language=language)
        customer = Customer(engine, served, conversation)
        if customer_id:
            customer.sign_in(customer_id, name)
        started.append(customer)
        return customer

    yield start
    for customer in started:
        engine.forget(customer.conversation.id)
