"""Rasa's reminders: which are set after a turn, and which are due. Pure; the store wakes a worker when one is.

A reminder stands in the conversation's state as `{"name", "intent", "entities", "at", "kill_on_user_message"}`.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rasa.shared.core.events import Event, ReminderCancelled, ReminderScheduled, Restarted, UserUttered

Reminder = Mapping[str, Any]
IS_EXTERNAL = "is_external"


def after(reminders: Sequence[Reminder], events: Iterable[Event]) -> list[Reminder]:
    """What is set once these events have happened, the soonest first. A restart ends all, a customer's message those
    that it kills, and of one name only the last is set: as in Rasa's processor."""
    found = {each["name"]: each for each in reminders}
    for event in events:
        if isinstance(event, ReminderScheduled):
            found[event.name] = {
                "name": event.name,
                "intent": event.intent,
                "entities": event.entities or [],
                # Without a time zone it is this machine's time, as for Rasa's scheduler.
                "at": event.trigger_date_time.timestamp(),
                "kill_on_user_message": event.kill_on_user_message,
            }
        elif isinstance(event, ReminderCancelled):
            found = {name: each for name, each in found.items() if not _cancels(event, each)}
        elif isinstance(event, Restarted):
            found = {}
        elif isinstance(event, UserUttered) and event.text and not event.metadata.get(IS_EXTERNAL):
            found = {name: each for name, each in found.items() if not each["kill_on_user_message"]}
    return sorted(found.values(), key=lambda each: each["at"])


def due(reminders: Sequence[Reminder], *, now: float) -> tuple[list[Reminder], list[Reminder]]:
    """Those whose moment has come, and the others."""
    return [each for each in reminders if each["at"] <= now], [each for each in reminders if now < each["at"]]


def heard(reminder: Reminder, channel: str | None) -> UserUttered:
    """What a reminder puts into the conversation: an intent that nobody said."""
    entities = reminder["entities"]
    if isinstance(entities, Mapping):
        entities = [{"entity": name, "value": value} for name, value in entities.items()]
    return UserUttered.create_external(reminder["intent"], list(entities), channel)


def _cancels(event: ReminderCancelled, reminder: Reminder) -> bool:
    return (
        (not event.name or event.name == reminder["name"])
        and (not event.intent or event.intent == reminder["intent"])
        and (not event.entities or event.entities == reminder["entities"])
    )
