"""Which queue: the first that names the reason or the intent; the last takes the rest."""

from __future__ import annotations

from collections.abc import Sequence

from bot.settings import HandoffSettings, QueueSettings
from bot.types import Queue


class Routing:
    def __init__(self, settings: HandoffSettings | None = None) -> None:
        self._rules: Sequence[QueueSettings] = (settings or HandoffSettings()).queues

    @property
    def queues(self) -> list[Queue]:
        return [_queue(rule) for rule in self._rules]

    def hours(self, queue: str, language: str) -> str:
        """When people are there, in words; "" where the settings do not say."""
        rule = next((each for each in self._rules if each.name == queue), self._rules[-1])
        return rule.hours.get(language) or next(iter(rule.hours.values()), "")

    def queue(self, reason: str, subject: str | None) -> Queue:
        for rule in self._rules:
            if reason in rule.reasons or subject in rule.intents:
                return _queue(rule)
        return _queue(self._rules[-1])


def _queue(rule: QueueSettings) -> Queue:
    return Queue(name=rule.name, skills=rule.skills, service_level_s=rule.service_level_s)
