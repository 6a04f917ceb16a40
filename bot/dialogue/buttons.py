"""Quick replies. A payload is an intent with its values; the store lets through only those that were offered."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

PAYLOAD = re.compile(r"/(?P<intent>[^@{\s]+)\s*(?P<values>\{.*\})?\s*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Button:
    title: str
    payload: str


def payload(intent: str, **values: str) -> str:
    """`/inform_order{"order_number": "P20261103001"}`"""
    return f"/{intent}" + (json.dumps(values, ensure_ascii=False) if values else "")


def intent_in(text: str) -> str:
    """The intent that a payload names; nothing where it is none."""
    found = PAYLOAD.fullmatch(text)
    return found["intent"] if found is not None else ""


def offered(events: Sequence[Mapping[str, Any]]) -> list[dict[str, object]]:
    """The buttons of what the bot said last, before the message that is heard."""
    found: list[dict[str, object]] = []
    heard = False
    for event in reversed(events):
        kind = event["event"]
        if kind == "user":
            if heard and found:
                break
            heard = True
        elif kind == "bot" and heard:
            found = [*((event.get("data") or {}).get("buttons") or ()), *found]
        elif kind == "session_started":
            break
    return found
