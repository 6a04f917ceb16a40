"""The Handoff: everything the bot knew when it handed over."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Protocol

from bot.handoff.reasons import priority
from bot.handoff.routing import Routing
from bot.handoff.summary import summarise
from bot.store.nouns import Conversation
from bot.types import Entry, Guess, Handoff, Identity, Tried, Turn

NOT_WISHES = frozenset(
    {
        *("request_human", "express_anger", "not_solved", "repeat_that", "help"),
        *("greet", "goodbye", "thank", "bot_challenge"),
        *("affirm", "deny", "stop", "inform_amount", "inform_date", "inform_order", "inform_code"),
        *("out_of_scope", "nlu_fallback", ""),
    }
)
"""Intents that say nothing about what a customer wants done."""

HIDDEN_SLOTS = frozenset(
    {
        *("identity", "language", "tried", "handover_reason", "agent_note"),
        *("requested_slot", "session_started_metadata", "dialogue", "solved", "customer", "code", "confirm"),
    }
)
"""Slots that have a field of their own, that are the dialogue's own book-keeping, or that no person may see."""

RANKING = 5


class Outcome(Protocol):
    """What this room needs of a turn's result."""

    @property
    def events(self) -> Sequence[Mapping[str, Any]]: ...
    @property
    def identity(self) -> Identity | None: ...
    @property
    def language(self) -> str: ...
    @property
    def handover_reason(self) -> str | None: ...
    @property
    def intents(self) -> Sequence[Guess]: ...


def build(
    conversation: Conversation,
    turn: Turn,
    result: Outcome,
    before: Sequence[Mapping[str, Any]],
    transcript: Sequence[Entry],
    *,
    routing: Routing,
    now: float,
) -> Handoff:
    """`before` are the tracker's events until this turn. The id follows from the conversation and the turn, so a turn
    that is run again hands over the same."""
    past = _Past([*before, *result.events], result.intents)
    reason = result.handover_reason or "asked"
    queue = routing.queue(reason, past.subject)
    language = result.language or conversation.language or "en"
    value, currency = _stake(past.slots)
    handoff = Handoff(
        id=f"{conversation.id}-{turn.seq}",
        conversation_id=conversation.id,
        channel=conversation.channel,
        language=language,
        queue=queue.name,
        reason=reason,
        waiting_since=now,
        due_at=now + queue.service_level_s,
        priority=priority(reason, past.subject),
        value=value,
        value_currency=currency,
        skills=(*queue.skills, f"lang:{language}"),
        intents=past.ranking,
        slots={name: value for name, value in past.slots.items() if name not in HIDDEN_SLOTS and value is not None},
        identity=result.identity and replace(result.identity, code_proof="", stepped_up_for=""),
        tried=past.tried,
        transcript=tuple(transcript),
    )
    return replace(handoff, summary=summarise(handoff, language, subject=past.subject, now=now))


class _Past:
    """What the tracker's events say about slots and about the last thing that was wanted in this session."""

    def __init__(self, events: Sequence[Mapping[str, Any]], intents: Sequence[Guess]) -> None:
        self.slots: dict[str, Any] = {}
        self.subject: str | None = None
        self.ranking: tuple[Guess, ...] = tuple(intents)[:RANKING]
        for event in events:
            self._take(event)

    @property
    def tried(self) -> tuple[Tried, ...]:
        found = self.slots.get("tried")
        return tuple(Tried(**each) for each in found) if isinstance(found, list) else ()

    def _take(self, event: Mapping[str, Any]) -> None:
        match event.get("event"):
            case "slot":
                self.slots[event["name"]] = event.get("value")
            case "restart" | "reset_slots" | "session_started":
                self.slots.clear()
                self.subject = None
            case "user":
                self._hear(event.get("parse_data") or {})

    def _hear(self, parsed: Mapping[str, Any]) -> None:
        intent = (parsed.get("intent") or {}).get("name") or ""
        if intent in NOT_WISHES:
            return
        self.subject = intent
        ranking = parsed.get("intent_ranking") or [parsed["intent"]]
        self.ranking = tuple(
            Guess(intent=each["name"], confidence=float(each.get("confidence") or 0.0))
            for each in ranking[:RANKING]
            if each.get("name")
        )


def _stake(slots: Mapping[str, Any]) -> tuple[int, str]:
    match slots.get("amount"):
        case {"minor": int(minor), "currency": currency}:
            return minor, currency or ""
        case _:
            return 0, ""
