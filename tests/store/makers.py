"""Short ways to write turns and replies."""

from __future__ import annotations

import itertools
from typing import Any

from bot.types import Identity, Level, Reply, Turn

_ids = itertools.count(1)


def turn(conversation_id: str, text: str = "hello", **other: Any) -> Turn:
    wire = {"message_id": f"m{next(_ids)}", "channel": "web", "at": 1_800_000_000.0, **other}
    return Turn(conversation_id=conversation_id, text=text, **wire)


def reply(text: str, **other: Any) -> Reply:
    return Reply(text=text, **other)


def identity(customer_id: str = "C1001", level: Level = Level.SIGNED_IN, **other: Any) -> Identity:
    wire = {"method": "jwt", "proven_at": 1_800_000_000.0, "expires_at": 4_000_000_000.0, **other}
    return Identity(customer_id=customer_id, level=level, **wire)
