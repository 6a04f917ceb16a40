"""One turn: what a customer sent goes in; events on the tracker come out. The order is that of Rasa's own processor."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping, Sequence
from typing import Any

import structlog
from rasa.core.actions.action import Action, ActionExecutionRejection
from rasa.core.policies.policy import PolicyPrediction
from rasa.shared.core.constants import (
    ACTION_EXTRACT_SLOTS,
    ACTION_LISTEN_NAME,
    ACTION_SESSION_START_NAME,
    IS_EXTERNAL,
    REQUESTED_SLOT,
    SESSION_START_METADATA_SLOT,
    USER_INTENT_RESTART,
    USER_INTENT_SESSION_START,
)
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActiveLoop,
    BotUttered,
    ConversationResumed,
    DefinePrevUserUtteredFeaturization,
    Event,
    SessionStarted,
    SlotSet,
    UserUttered,
)

from bot.dialogue.state import SLOT as DIALOGUE
from bot.engine import languages, reminders, slots
from bot.engine.parts import Channel, Failed, Parts
from bot.engine.reminders import Reminder
from bot.engine.trackers import HotTracker
from bot.types import Holder, Identity, Level, Tried, Turn, to_wire

log = structlog.get_logger()

MAX_ACTIONS = 10
GREETING = "greet"
ACTION_TIMEOUT_S = 25.0
RESUME_RESPONSE = "utter_back_with_assistant"
WAITING = "action_run_flow"
"""A bot that has this action knows what to do while a customer is in line; any other is silent then."""


class OneTurn:
    """Runs a turn on a tracker. `identity` and `language` are what holds afterwards."""

    def __init__(
        self,
        parts: Parts,
        tracker: HotTracker,
        turn: Turn,
        *,
        holder: Holder,
        identity: Identity | None,
        language: str,
        reminders: Sequence[Reminder] = (),
        waits: Mapping[str, Any] | None = None,
    ) -> None:
        """`waits` is what the line says of a customer who waits for a person: `position`, `on_duty`, `wait_s`."""
        self._waits = waits
        self.reminders = reminders
        """Those that have not fired; what this turn sets and ends is in its events."""
        self.identity = identity
        self.language = language
        self._identity_wire = to_wire(identity) if identity else None
        self._parts = parts
        self._domain = parts.model.domain
        self._tracker = tracker
        self._turn = turn
        self._holder = holder
        self._channel = Channel(turn.channel)

    async def run(self) -> None:
        try:
            await self._start_session()
            self._forget_who_left()
            if self._turn.kind == "resume":
                await self._resume()
                return
            if self._turn.kind == "reminder":
                await self._remind()
                return
            self._unpause()
            self._hear()
            if self._answers():
                await self._extract_slots()
                await self._act()
        except Failed as failure:
            await self._apologise(failure)

    # Hearing

    async def _start_session(self) -> None:
        """As Rasa: at the first message, after a restart, and when sessions do not last since the last message."""
        if self._tracker.applied_events() and not self._session_expired():
            return
        if self._turn.metadata and SESSION_START_METADATA_SLOT in self._tracker.slots:
            self._add(SlotSet(SESSION_START_METADATA_SLOT, dict(self._turn.metadata)))
        action = self._parts.actions.named(ACTION_SESSION_START_NAME)
        await self._do(action, PolicyPrediction.for_action_name(self._domain, ACTION_SESSION_START_NAME))

    def _forget_who_left(self) -> None:
        """After a sign-out nothing of what was said and collected before may be taken up, or said again."""
        was = self._kept(slots.IDENTITY)
        if not was or (self.identity is not None and self.identity.customer_id == was["customer_id"]):
            return
        self._add(ActionExecuted(ACTION_SESSION_START_NAME))
        self._add(SessionStarted())
        self._add(ActionExecuted(ACTION_LISTEN_NAME))

    def _session_expired(self) -> bool:
        config = self._domain.session_config
        if not config.are_sessions_enabled() or self._turn.kind != "message":
            return False
        last = self._tracker.get_last_event_for(UserUttered)
        now = self._turn.at or time.time()
        return last is not None and now - last.timestamp > config.session_expiration_time * 60

    def _unpause(self) -> None:
        """A person had the conversation and no longer has: whatever the bot was in the middle of is over."""
        if self._holder == Holder.QUEUE and self._tracker.latest_action_name != ACTION_LISTEN_NAME:
            self._add(ActionExecuted(ACTION_LISTEN_NAME))  # The handover was the last thing; now it hears again.
        if self._holder != Holder.BOT or not self._kept(slots.HANDOVER_REASON):
            return
        if self._tracker.is_paused():
            self._take_back(note=None)
            self._add(ActionExecuted(ACTION_LISTEN_NAME))
        self._keep(slots.HANDOVER_REASON, None)

    def _hear(self) -> None:
        turn = self._turn
        parsed = self._parse()
        self._restore_reserved()
        parsed |= {"message_id": turn.message_id, "metadata": dict(turn.metadata)}
        if self._waits is not None and self._holder == Holder.QUEUE:
            parsed["line"] = dict(self._waits)
        self._add(
            UserUttered(
                parsed["text"],
                parsed["intent"],
                parsed["entities"],
                parsed,
                input_channel=turn.channel,
                message_id=turn.message_id,
                metadata={**turn.metadata, IS_EXTERNAL: False, "model_id": self._parts.model.id},
            )
        )
        if isinstance(parsed.get("failure"), str):
            raise Failed(parsed["failure"])

    def _parse(self) -> dict[str, Any]:
        """Understand the text, or take the trusted payload at its word; settles the language."""
        turn, model = self._turn, self._parts.model
        parsed = self._command(turn.payload) if turn.payload else None
        if parsed is not None:
            parsed["text"] = turn.text or parsed["text"]
        else:
            text = turn.text or turn.payload or ""
            asked = self._tracker.get_slot(REQUESTED_SLOT)
            about = (self._tracker.get_slot(DIALOGUE) or {}).get("about")
            metadata = {
                **turn.metadata, "language": self.language, "now": turn.at, "expects": asked or "", "about": about
            }  # fmt: skip
            try:
                parsed = model.understand(text, self._tracker, metadata=metadata, channel=turn.channel)
            except Exception as error:
                log.error("turn.not_understood", conversation=turn.conversation_id, error=_kind(error))
                parsed = {"text": text, "intent": {"name": None, "confidence": 0.0}, "entities": [], "failure": "nlu"}
        spoken = "" if turn.payload else parsed["text"]
        self.language = languages.choose(parsed, spoken, current=self.language, languages=self._parts.languages)
        return parsed

    def _command(self, payload: str) -> dict[str, Any] | None:
        """What a trusted payload says. One that opens a conversation, and is no intent here, greets or just begins."""
        known = self._parts.model.command(payload)
        if known is not None or payload != self._turn.text or not payload.startswith("/"):
            return known
        opening = GREETING if GREETING in self._domain.intents else USER_INTENT_SESSION_START
        return self._parts.model.command(f"/{opening}")

    def _answers(self) -> bool:
        """The bot, and while the customer waits for a person the bot too: it helps with what it can."""
        if self._holder == Holder.QUEUE:
            return WAITING in self._domain.action_names_or_texts
        restarts = self._tracker.latest_message.intent.get("name") == USER_INTENT_RESTART
        return self._holder == Holder.BOT and (not self._tracker.is_paused() or restarts)

    async def _extract_slots(self) -> None:
        action = self._parts.actions.named(ACTION_EXTRACT_SLOTS)
        self._add_all(await self._perform(action, self._tracker), by=ACTION_EXTRACT_SLOTS)

    # Acting

    async def _act(self) -> None:
        for _ in range(MAX_ACTIONS):
            if not self._answers():
                return
            prediction = self._predict()
            if prediction is None:
                return
            action = self._parts.actions.at(prediction.max_confidence_index)
            if prediction.is_end_to_end_prediction:
                await self._extract_slots()
            await self._do(action, prediction)
            if action.name() in (ACTION_LISTEN_NAME, ACTION_SESSION_START_NAME):
                return
        log.error("turn.circuit_broken", conversation=self._turn.conversation_id, actions=MAX_ACTIONS)
        self._add(ActionExecuted(ACTION_LISTEN_NAME))

    def _predict(self) -> PolicyPrediction | None:
        try:
            return self._parts.model.predict(self._tracker)
        except Exception as error:
            raise Failed("policies") from error

    async def _do(self, action: Action, prediction: PolicyPrediction) -> None:
        tracker = self._tracker
        if any(not isinstance(event, DefinePrevUserUtteredFeaturization) for event in prediction.events):
            tracker = tracker.copy()
            for event in prediction.events:
                tracker.update(event)
        try:
            events = await self._perform(action, tracker)
        except ActionExecutionRejection:
            self._add(ActionExecutionRejected(action.name(), prediction.policy_name, prediction.max_confidence))
            return
        except Failed:
            self._record(action, prediction)
            raise
        if not any(isinstance(event, ActionExecutionRejected) for event in events):
            self._record(action, prediction)
        self._add_all(events, by=action.name())
        if any(isinstance(event, UserUttered) for event in events):
            await self._extract_slots()

    def _record(self, action: Action, prediction: PolicyPrediction) -> None:
        for event in prediction.events:
            self._add(event)
        self._add(action.event_for_successful_execution(prediction))

    async def _perform(self, action: Action, tracker: HotTracker) -> list[Event]:
        try:
            async with asyncio.timeout(ACTION_TIMEOUT_S):
                return list(await action.run(self._channel, self._parts.nlg, tracker, self._domain) or ())
        except ActionExecutionRejection:
            raise
        except Exception as error:
            log.error(
                "turn.action_failed", conversation=self._turn.conversation_id, action=action.name(), error=_kind(error)
            )
            raise Failed(action.name()) from error

    # When a reminder is due

    async def _remind(self) -> None:
        """As Rasa: each is heard like a message, and acted upon where the bot has the conversation."""
        fired, self.reminders = reminders.due(self.reminders, now=self._turn.at)
        for each in fired:
            self._add(reminders.heard(each, self._tracker.get_latest_input_channel()))
            if self._answers():
                await self._extract_slots()
                await self._act()

    # When a person gives the conversation back

    async def _resume(self) -> None:
        self._restore_reserved()
        self._take_back(note=str(self._turn.metadata.get("note") or "") or None)
        if RESUME_RESPONSE in self._domain.responses:
            self._add(ActionExecuted(RESUME_RESPONSE))
            self._add_all(await self._perform(self._parts.actions.named(RESUME_RESPONSE), self._tracker), by="")
        self._add(ActionExecuted(ACTION_LISTEN_NAME))

    def _take_back(self, *, note: str | None) -> None:
        self._add(ConversationResumed())
        if self._tracker.active_loop_name:
            self._add(ActiveLoop(None))
            self._set(REQUESTED_SLOT, None)
        self._keep(slots.HANDOVER_REASON, None)
        if note is not None:
            self._keep(slots.AGENT_NOTE, note)

    # When something failed

    async def _apologise(self, failure: Failed) -> None:
        """Say so once, remember it for whoever takes over, and listen again."""
        at = time.time()
        tried = Tried(action=failure.what, outcome="failed", at=at, detail=_kind(failure.__cause__))
        self._keep(slots.TRIED, [*(self._kept(slots.TRIED) or []), to_wire(tried)])
        message = None
        if languages.APOLOGY_RESPONSE in self._domain.responses:
            message = await self._parts.nlg.generate(languages.APOLOGY_RESPONSE, self._tracker, self._channel.name())
        text = (message or {}).get("text") or languages.APOLOGY.get(self.language, languages.APOLOGY["en"])
        self._add(BotUttered(text, {}, metadata={"failed": failure.what}))
        self._add(ActionExecuted(ACTION_LISTEN_NAME))

    # The tracker

    def _add(self, event: Event) -> None:
        event.timestamp = time.time()
        self._tracker.update(event)

    def _add_all(self, events: list[Event], *, by: str) -> None:
        """Add what an action returned, without kept slots that are not its own; then see that those still hold."""
        for event in events:
            if isinstance(event, SlotSet) and slots.is_owned(self._tracker.slots, event.key):
                if by not in slots.OWNERS[event.key] and not self._gives_up_step_up(event):
                    log.warning("turn.reserved_slot", slot=event.key, action=by)
                    continue
                if event.key == slots.IDENTITY:
                    self._identify(event.value)
            self._add(event)
        self._restore_reserved()

    def _gives_up_step_up(self, event: SlotSet) -> bool:
        """Raising an identity is its owners' alone; that a code has done its deed, any action may say."""
        lowered = self.identity is not None and to_wire(self.identity.signed_in_only())
        return event.key == slots.IDENTITY and event.value == lowered

    def _identify(self, wire: Mapping[str, Any] | None) -> None:
        self.identity = Identity(**{**wire, "level": Level(wire["level"])}) if wire else None
        self._identity_wire = to_wire(self.identity) if self.identity else None

    def _restore_reserved(self) -> None:
        """A restart, a rewind or a new session may have unset them."""
        self._keep(slots.IDENTITY, self._identity_wire)
        self._keep(slots.LANGUAGE, self.language or None)

    def _set(self, name: str, value: Any) -> None:
        if name in self._tracker.slots and self._tracker.slots[name].value != value:
            self._add(SlotSet(name, value))

    def _keep(self, name: str, value: Any) -> None:
        """Set a slot that is the engine's; a project's own of the same name stays as it is."""
        if slots.is_kept(self._tracker.slots, name):
            self._set(name, value)

    def _kept(self, name: str) -> Any:
        return self._tracker.slots[name].value if slots.is_kept(self._tracker.slots, name) else None


def _kind(error: BaseException | None) -> str:
    cause = error.__cause__ if error is not None and error.__cause__ is not None else error
    return type(cause).__name__ if cause is not None else ""
