"""What was said: the latest message, or an earlier one that is heard again."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rasa_sdk import Tracker

from bot.dialogue.state import Said
from bot.dialogue.words import Words


class Heard:
    """The reading side of a `Call`."""

    def __init__(self, tracker: Tracker, words: Words) -> None:
        self.tracker = tracker
        self.words = words
        self._heard: Said | None = None

    @property
    def language(self) -> str:
        said = self.tracker.slots.get("language")
        spoken = self.words.languages
        return said if said in spoken else "en" if "en" in spoken or not spoken else spoken[0]

    @property
    def said(self) -> Said:
        """What is being heard: the latest message, or an earlier one that is heard again."""
        if self._heard is None:
            self._heard = self._latest()
        return self._heard

    def hear(self, said: Said) -> None:
        """From here on, this is what was said."""
        self._heard = said

    def _latest(self) -> Said:
        message = self.tracker.latest_message
        ranking = message.get("intent_ranking") or []
        commanded = len(ranking) == 1 and ranking[0].get("confidence") == 1.0
        text = str(message.get("text") or "")
        intent = message.get("intent") or {}
        return Said(
            text=text,
            intent=str(intent.get("name") or ""),
            confidence=float(intent.get("confidence") or 0.0),
            act=str((message.get("act") or {}).get("name") or ""),
            entities=tuple(message.get("entities") or ()),
            pressed=commanded or not text,
        )

    @property
    def message(self) -> Mapping[str, Any]:
        """The latest message, as it was parsed."""
        message: Mapping[str, Any] = self.tracker.latest_message
        return message

    @property
    def act(self) -> str:
        """The kind of saying: `request`, `question`, ...; "" where the bot does not tell them apart."""
        return self.said.act

    @property
    def free_text(self) -> bool:
        """The customer wrote this; it is not a button's command (which is certain, and the only possibility)."""
        return not self.said.pressed

    @property
    def text(self) -> str:
        return self.said.text

    @property
    def intent(self) -> str:
        return self.said.intent

    @property
    def confidence(self) -> float:
        return self.said.confidence

    def entities(self, name: str) -> list[Any]:
        """The values found in what was said, in order."""
        return [each.get("value") for each in self.said.entities if each.get("entity") == name]

    def entity(self, name: str) -> Any:
        return next(iter(self.entities(name)), None)

    @property
    def message_id(self) -> str:
        if self.message.get("message_id"):
            return str(self.message["message_id"])
        said = (event for event in reversed(self.tracker.events) if event["event"] == "user")
        return str(next((event["message_id"] for event in said if event.get("message_id")), "0"))

    @property
    def heard_at(self) -> float:
        """When the latest message came."""
        said = (event for event in reversed(self.tracker.events) if event["event"] == "user")
        return float(next((event.get("timestamp") or 0.0 for event in said), 0.0))

    @property
    def begins_session(self) -> bool:
        """Whether the latest message is the first since a session began: what was in progress before is long over."""
        before = (each["event"] for each in reversed(self.tracker.events[:-1]))
        return next((each for each in before if each in ("user", "session_started")), "") == "session_started"

    @property
    def line(self) -> Mapping[str, Any] | None:
        """Their place, where the customer waits for a person: `position`, `on_duty`, `wait_s`; else None."""
        if not self.tracker.is_paused():
            return None
        line: Mapping[str, Any] = self.message.get("line") or {}
        return line
