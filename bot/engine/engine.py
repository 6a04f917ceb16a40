"""The turn engine: a trained model and the project's actions, which together answer one turn at a time.

engine = await Engine.load(project=Path("."), model=Shelf(settings).newest(), settings=settings)
result = await engine.run(turn, conversation, events)
engine.keep(result)        # once result.events are stored: the next turn need not read them
"""

from __future__ import annotations

import asyncio
import itertools
from collections import OrderedDict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import structlog
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.events import ActionExecuted, ConversationPaused, Event, UserUttered
from rasa.utils.endpoints import EndpointConfig

from bot.dialogue import project as dialogue
from bot.engine import in_process, languages, quiet, reminders, signing, slots, texts
from bot.engine.events import latest_session, revive
from bot.engine.in_process import Actions, InProcess
from bot.engine.model import Model
from bot.engine.parts import Parts
from bot.engine.replies import replies_in
from bot.engine.trackers import HotTracker
from bot.engine.turn import OneTurn
from bot.errors import ModelError
from bot.settings import Settings
from bot.store.nouns import Conversation
from bot.types import Guess, Identity, Reply, Turn

log = structlog.get_logger()

HOT_EVENTS = 8_000
"""How many events the hot trackers hold together; two kilobytes each, with all that is kept for them."""
LEAVE_LINE = "action_leave_line"
_RANKED = 10
_FIRST_WORDS = ("hello, 20 dollars on Monday", "你好，上周一转的100元")


@dataclass(frozen=True)
class TurnResult:
    """What a turn came to. `identity` and `language` are what holds afterwards."""

    events: list[dict[str, Any]]
    """New tracker events only."""
    replies: list[Reply]
    identity: Identity | None
    language: str
    handover_reason: str | None
    """Set if this turn handed the conversation over."""
    intents: tuple[Guess, ...]
    """The message's ranking, best first; empty for a turn that says nothing."""
    reminders: Sequence[reminders.Reminder] = ()
    """What is set afterwards (see `bot.engine.reminders`)."""
    leaves_line: bool = False
    """The customer does not want to wait for a person any more."""
    conversation_id: str = ""
    version: int = 0
    """How many tracker events there are once `events` are stored."""
    tracker: HotTracker | None = field(default=None, repr=False, compare=False)
    """The tracker as it is then. Read it; change nothing."""


class Engine:
    """One loaded model. Turns of different conversations may run at the same time, of one conversation not."""

    def __init__(self, parts: Parts, *, project: Path, hot_events: int = HOT_EVENTS) -> None:
        self._parts = parts
        self._hot = _Hot(hot_events)
        self.project = project

    @classmethod
    async def load(
        cls,
        *,
        project: Path,
        model: Path,
        settings: Settings,
        code: Mapping[str, str] | None = None,
        all_actions: bool = False,
    ) -> Engine:
        """Check, unpack and construct a model package (with `code`, only one that this code made; with `all_actions`,
        only one whose every action is here) and import the project's actions.

        Raises UnsignedModel, NeedsTensorFlow, OtherCode or ModelError.
        """
        quiet.hush()
        key, at_most = signing.verify_key(settings), settings.model.max_mb << 20
        loaded = await asyncio.to_thread(Model.load, model, key=key, code=code, at_most=at_most)
        endpoint: EndpointConfig
        if settings.action_endpoint_url:
            endpoint = EndpointConfig.from_dict(dict(settings.rasa["action_endpoint"]))
        else:
            executor = in_process.register(project)
            in_process.begin(project, settings)
            if all_actions:
                in_process.demand(executor, loaded.domain, where=model.name)
            endpoint = InProcess(executor, loaded.domain, dialogue.load(project))
        await asyncio.to_thread(_warm_up, loaded)
        generator = texts.texts_of(loaded.domain, settings.rasa.get("nlg"))
        actions = Actions(loaded.domain, endpoint)
        return cls(Parts(loaded, actions, generator, languages.languages_of(loaded.domain)), project=project)

    @property
    def model(self) -> Model:
        return self._parts.model

    async def run(
        self,
        turn: Turn,
        conversation: Conversation,
        events: Sequence[Mapping[str, Any]],
        *,
        after: int = 0,
        waits: Mapping[str, Any] | None = None,
    ) -> TurnResult:
        """Answer a turn. Nothing is sent or stored.

        `waits` is the customer's place in line, where they wait for a person (`Handoffs.waits`). `events` are the
        conversation's tracker events from version `after` on; `after` is what `known` said, or 0.
        """
        tracker = self._tracker(conversation, events, after)
        start = len(tracker.events)
        one = OneTurn(
            self._parts,
            tracker,
            turn,
            holder=conversation.holder,
            identity=conversation.identity,
            language=conversation.language,
            reminders=conversation.reminders,
            waits=waits,
        )
        await one.run()
        new = list(itertools.islice(tracker.events, start, None))
        paused = any(isinstance(event, ConversationPaused) for event in new)
        told = slots.is_kept(tracker.slots, slots.HANDOVER_REASON)
        reason = tracker.slots[slots.HANDOVER_REASON].value if told else None
        return TurnResult(
            events=[event.as_dict() for event in new],
            replies=replies_in(new),
            identity=one.identity,
            language=one.language,
            handover_reason=reason if tracker.is_paused() and paused else None,
            intents=_ranking(new),
            reminders=reminders.after(one.reminders, new),
            leaves_line=any(isinstance(event, ActionExecuted) and event.action_name == LEAVE_LINE for event in new),
            conversation_id=conversation.id,
            version=conversation.version + len(new),
            tracker=tracker,
        )

    def known(self, conversation_id: str) -> int:
        """The version up to which this engine has the conversation's tracker; 0: not at all."""
        return self._hot.version(conversation_id)

    def keep(self, result: TurnResult) -> None:
        """Its events were stored: go on from its tracker next time. Never call it for what was not stored."""
        if result.tracker is not None:
            self._hot.put(result.conversation_id, result.version, result.tracker)

    def forget(self, conversation_id: str) -> None:
        self._hot.take(conversation_id)

    async def parse(self, text: str, *, language: str = "", **metadata: Any) -> dict[str, Any]:
        """What the NLU makes of a text, as Rasa's parse result, with `language` where the pipeline tells it.
        `metadata` is what components look at: `help=True` asks the help centre whatever the text is."""
        tracker = self._parts.model.new_tracker("parse")
        told = {"language": language, **metadata} if language else metadata
        return self._parts.model.understand(text, tracker, metadata=told)

    def _tracker(self, conversation: Conversation, events: Sequence[Mapping[str, Any]], after: int) -> HotTracker:
        hot = self._hot.take(conversation.id)
        if hot is not None and after == hot[0] and hot[0] + len(events) == conversation.version:
            tracker = hot[1]
        elif after:
            raise ModelError(f"{conversation.id}: events from version {after} on, but its tracker is not here")
        else:
            tracker = self._parts.model.new_tracker(conversation.id)
            events = latest_session(events)
        for event in revive(events):
            tracker.update(event)
        return tracker


def _warm_up(model: Model) -> None:
    """Let dictionaries and indexes that are made when first needed be made now, not while a customer waits."""
    for text in _FIRST_WORDS:
        tracker = model.new_tracker("warm-up")
        tracker.update(ActionExecuted(ACTION_LISTEN_NAME))
        try:
            parsed = model.understand(text, tracker, metadata={})
            tracker.update(UserUttered(text, parsed["intent"], parsed["entities"], parsed))
            model.predict(tracker)
        except Exception as error:
            log.warning("engine.cold", model=model.path.name, error=type(error).__name__)
            return


class _Hot:
    """Trackers of conversations that were answered here lately, with the version they are at."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._trackers: OrderedDict[str, tuple[int, HotTracker]] = OrderedDict()
        self._size = 0

    def version(self, conversation_id: str) -> int:
        return self._trackers.get(conversation_id, (0, None))[0]

    def take(self, conversation_id: str) -> tuple[int, HotTracker] | None:
        found = self._trackers.pop(conversation_id, None)
        if found is not None:
            self._size -= len(found[1].events)
        return found

    def put(self, conversation_id: str, version: int, tracker: HotTracker) -> None:
        self.take(conversation_id)
        self._trackers[conversation_id] = version, tracker
        self._size += len(tracker.events)
        while self._size > self._limit and self._trackers:
            self.take(next(iter(self._trackers)))


def _ranking(events: Sequence[Event]) -> tuple[Guess, ...]:
    heard = next((event for event in events if isinstance(event, UserUttered)), None)
    if heard is None:
        return ()
    ranking = heard.parse_data.get("intent_ranking") or [heard.intent]
    return tuple(
        Guess(intent=each["name"], confidence=float(each.get("confidence") or 0.0))
        for each in ranking[:_RANKED]
        if each.get("name")
    )
