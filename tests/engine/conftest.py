"""A small Rasa project, trained once, that the engine's tests talk to."""

from __future__ import annotations

import dataclasses
import fcntl
import shutil
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio

from bot.engine.engine import Engine, TurnResult
from bot.engine.training import train
from bot.settings import Settings
from bot.store.nouns import Conversation
from bot.types import Holder, Identity, Turn
from tests.redis import redis, redis_server, redis_url

__all__ = ["redis", "redis_server", "redis_url"]

PROJECTS = Path(__file__).parent / "projects"


@pytest.fixture(scope="session")
def moodbot(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The trained project; made by whichever test process comes first, and not to be changed."""
    base = tmp_path_factory.getbasetemp()
    shared = base if base.name.startswith("pytest-") else base.parent
    with (shared / "moodbot.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        folder = shared / "moodbot"
        shutil.copytree(PROJECTS / "moodbot", folder, dirs_exist_ok=True)
        train(Settings.load(folder, {}))
    return folder


@pytest.fixture
def project(moodbot: Path, tmp_path: Path) -> Path:
    """A copy that a test may change."""
    return Path(shutil.copytree(moodbot, tmp_path / "project"))


@pytest.fixture(scope="session")
def settings(moodbot: Path) -> Settings:
    return Settings.load(moodbot, {})


@pytest.fixture(scope="session")
def model(moodbot: Path) -> Path:
    return next((moodbot / "models").glob("*.tar.gz"))


@pytest_asyncio.fixture(scope="session")
async def engine(moodbot: Path, model: Path, settings: Settings) -> Engine:
    return await Engine.load(project=moodbot, model=model, settings=settings)


@dataclass
class Talk:
    """A conversation with an engine, as a worker would keep it."""

    engine: Engine
    conversation: Conversation
    stored: list[dict[str, Any]] = field(default_factory=list)
    hot: bool = True
    said: int = 0
    result: TurnResult | None = None

    async def say(self, text: str, **options: Any) -> TurnResult:
        self.said += 1
        turn = Turn(
            conversation_id=self.conversation.id,
            message_id=f"m{self.said}",
            channel=self.conversation.channel,
            text=text,
            at=options.pop("at", time.time()),
            seq=self.said,
            **options,
        )
        after = self.engine.known(self.conversation.id) if self.hot else 0
        self.result = await self.engine.run(turn, self.conversation, self.stored[after:], after=after)
        self.stored += self.result.events
        self.change(version=len(self.stored), identity=self.result.identity, language=self.result.language)
        if self.hot:
            self.engine.keep(self.result)
        return self.result

    async def texts(self, text: str, **options: Any) -> list[str]:
        return [reply.text for reply in (await self.say(text, **options)).replies]

    def change(self, **changes: Any) -> None:
        self.conversation = dataclasses.replace(self.conversation, **changes)

    def slot(self, name: str) -> Any:
        assert self.result is not None and self.result.tracker is not None
        return self.result.tracker.get_slot(name)

    @property
    def kinds(self) -> list[str]:
        assert self.result is not None
        return [
            f"{event['event']} {event['name']}" if "name" in event else event["event"] for event in self.result.events
        ]


@pytest.fixture
def talk(engine: Engine, request: pytest.FixtureRequest) -> Callable[..., Talk]:
    made = 0

    def start(*, hot: bool = True, **options: Any) -> Talk:
        nonlocal made
        made += 1
        engine_of = options.pop("engine", engine)
        holder = options.pop("holder", Holder.BOT)
        identity: Identity | None = options.pop("identity", None)
        conversation = Conversation(
            id=f"{request.node.name}-{made}", channel="web", holder=holder, identity=identity, **options
        )
        return Talk(engine_of, conversation, hot=hot)

    return start
