"""Short ways to write turns and replies."""

from __future__ import annotations

import itertools
from typing import Any

from bot.types import Agent, Handoff, Identity, Level, Reply, Turn, WrapUp

_ids = itertools.count(1)


def turn(conversation_id: str, text: str = "hello", **other: Any) -> Turn:
    wire = {"message_id": f"m{next(_ids)}", "channel": "web", "at": 1_800_000_000.0, **other}
    return Turn(conversation_id=conversation_id, text=text, **wire)


def reply(text: str, **other: Any) -> Reply:
    return Reply(text=text, **other)


def identity(customer_id: str = "C1001", level: Level = Level.SIGNED_IN, **other: Any) -> Identity:
    wire = {"method": "jwt", "proven_at": 1_800_000_000.0, "expires_at": 4_000_000_000.0, **other}
    return Identity(customer_id=customer_id, level=level, **wire)


def handoff(id: str, **other: Any) -> Handoff:
    wire = {
        "conversation_id": f"c-{id}",
        "channel": "web",
        "language": "en",
        "queue": "general",
        "reason": "asked",
        "waiting_since": 1_800_000_000.0,
        "due_at": 1_800_000_120.0,
        **other,
    }
    return Handoff(id=id, **wire)


def person(id: str, **other: Any) -> Agent:
    return Agent(id=id, name=id.title(), **{"state": "available", "since": 1_800_000_000.0, **other})


def wrapup(handoff_id: str, agent_id: str, **other: Any) -> WrapUp:
    wire = {"disposition": "solved", "resolved": True, "at": 1_800_000_300.0, **other}
    return WrapUp(handoff_id=handoff_id, agent_id=agent_id, **wire)
