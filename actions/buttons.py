"""Quick replies. A payload is an intent with its values; the store lets through only those that were offered."""

from __future__ import annotations

import json
from dataclasses import dataclass

from actions.words import BUTTONS, word


@dataclass(frozen=True, slots=True)
class Button:
    title: str
    payload: str


def payload(intent: str, **values: str) -> str:
    """`/inform_order{"order_number": "P20261103001"}`"""
    return f"/{intent}" + (json.dumps(values, ensure_ascii=False) if values else "")


def button(name: str, language: str, intent: str, **values: str) -> Button:
    """A button named in `actions.words.BUTTONS`."""
    return Button(word(BUTTONS, name, language), payload(intent, **values))


def yes_no(language: str) -> tuple[Button, ...]:
    return button("yes", language, "affirm"), button("no", language, "deny")


def wanted(language: str) -> tuple[Button, ...]:
    """The answers to an offer."""
    return button("wanted", language, "affirm"), button("no", language, "deny")


def person(language: str) -> Button:
    return button("person", language, "request_human")


def stop(language: str) -> Button:
    return button("stop", language, "stop")
