"""Small Rasa projects written by tests, and Rasa's own processor beside the engine on the same model."""

from __future__ import annotations

import dataclasses
import textwrap
import time
import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rasa.core.agent import Agent
from rasa.core.channels.channel import CollectingOutputChannel, UserMessage
from rasa.utils.endpoints import EndpointConfig

from bot.engine import in_process
from bot.engine.engine import Engine, TurnResult
from bot.engine.training import train
from bot.settings import Settings
from bot.store.nouns import Conversation
from bot.types import Turn

CONFIG = """
recipe: default.v1
assistant_id: small
language: en
pipeline:
- name: WhitespaceTokenizer
- name: RegexEntityExtractor
- name: KeywordIntentClassifier
policies:
- name: RulePolicy
"""
"""Intents by their keywords: what is said in a test is understood as it is meant."""


def write(folder: Path, files: Mapping[str, str]) -> Path:
    """A project of these files, the smallest config.yml where none is given."""
    for name, content in {"config.yml": CONFIG, **files}.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(textwrap.dedent(content).lstrip("\n"), encoding="utf-8")
    return folder


def trained(folder: Path) -> tuple[Settings, Path]:
    settings = Settings.load(folder, {})
    return settings, train(settings)


async def load(folder: Path) -> Engine:
    settings, model = trained(folder)
    return await Engine.load(project=folder, model=model, settings=settings)


@dataclass
class Ours:
    """A conversation with the engine, as a worker would keep it."""

    engine: Engine
    conversation: Conversation = field(default_factory=lambda: Conversation(id=uuid.uuid4().hex[:12], channel="rest"))
    stored: list[dict[str, Any]] = field(default_factory=list)
    result: TurnResult | None = None

    async def say(self, text: str, **options: Any) -> TurnResult:
        """What begins with a slash is the payload of a button that was offered."""
        turn = Turn(
            conversation_id=self.conversation.id,
            message_id=uuid.uuid4().hex,
            channel=self.conversation.channel,
            text=text,
            at=time.time(),
            **{"payload": text if text.startswith("/") else None, **options},
        )
        after = self.engine.known(self.conversation.id)
        self.result = await self.engine.run(turn, self.conversation, self.stored[after:], after=after)
        self.stored += self.result.events
        self.conversation = dataclasses.replace(
            self.conversation,
            version=len(self.stored),
            identity=self.result.identity,
            language=self.result.language,
        )
        self.engine.keep(self.result)
        return self.result

    async def texts(self, text: str, **options: Any) -> list[str]:
        return [reply.text for reply in (await self.say(text, **options)).replies]

    @property
    def slots(self) -> dict[str, Any]:
        assert self.result is not None and self.result.tracker is not None
        return dict(self.result.tracker.current_slot_values())


_INTERNAL = ("session_started_metadata",)


@dataclass(frozen=True)
class Step:
    """What a turn came to, as far as it must not differ."""

    said: list[tuple[str | None, dict[str, Any]]]
    actions: list[str]
    slots: dict[str, Any]
    loop: str | None


def _step(tracker: Any, after: float) -> Step:
    """What happened after a moment; Rasa's store forgets what was before a session."""
    wires = [event.as_dict() for event in tracker.events if event.timestamp > after]
    said = [
        (each["text"], {key: value for key, value in each["data"].items() if value})
        for each in wires
        if each["event"] == "bot"
    ]
    actions = [each["name"] or each["action_text"] for each in wires if each["event"] == "action"]
    values = {name: value for name, value in tracker.current_slot_values().items() if name not in _INTERNAL}
    return Step(said, actions, values, tracker.active_loop_name)


class _Rest(CollectingOutputChannel):
    @classmethod
    def name(cls) -> str:
        return "rest"


@dataclass
class Beside:
    """The same conversation twice: with the engine, and with Rasa 3.6's own processor on the same package."""

    ours: Ours
    stock: Agent
    sender: str = field(default_factory=lambda: uuid.uuid4().hex)
    heard_at: float = 0.0

    @classmethod
    async def of(cls, folder: Path, *, actions: EndpointConfig | None = None) -> Beside:
        settings, model = trained(folder)
        engine = await Engine.load(project=folder, model=model, settings=settings)
        endpoint = actions or in_process.InProcess(in_process.register(folder), engine.model.domain)
        return cls(Ours(engine), Agent.load(str(model), action_endpoint=endpoint))

    def again(self) -> Beside:
        """Another conversation with the same two."""
        return Beside(Ours(self.ours.engine), self.stock)

    async def step(self, text: str) -> Step:
        """Say it to both; both must do the same. Returns what they did."""
        result = await self.ours.say(text)
        await self.stock.handle_message(UserMessage(text, _Rest(), self.sender, input_channel="rest"))
        tracker = await self.stock.tracker_store.retrieve_full_tracker(self.sender)
        assert result.tracker is not None
        ours, stock = _step(result.tracker, self.heard_at), _step(tracker, self.heard_at)
        self.heard_at = time.time()
        assert ours == stock, f"{text!r}: {ours} is not {stock}"
        return ours

    async def talk(self, said: Sequence[str]) -> list[list[str | None]]:
        """Every step of a conversation: what was said to each."""
        return [[text for text, _ in (await self.step(each)).said] for each in said]
