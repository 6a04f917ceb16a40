"""Rasa's events from and to plain JSON, without Rasa's search through every class for each event."""

from __future__ import annotations

import functools
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from rasa.shared.core.constants import ACTION_SESSION_START_NAME
from rasa.shared.core.events import Event
from rasa.shared.utils.common import all_subclasses

from bot.errors import ModelError

Wire = dict[str, Any]


@functools.cache
def _classes() -> dict[str, type[Event]]:
    classes: dict[str, type[Event]] = {}
    for each in all_subclasses(Event):
        classes.setdefault(each.type_name, each)
    return classes


def revive(wires: Iterable[Mapping[str, Any]]) -> list[Event]:
    """Events from what `Event.as_dict` gave. Raises ModelError for an event of an unknown kind."""
    classes = _classes()
    events = []
    for wire in wires:
        kind = classes.get(wire.get("event", ""))
        if kind is None:
            raise ModelError(f"unknown event {wire.get('event')!r}; known: {', '.join(sorted(classes))}")
        events.append(kind._from_parameters(dict(wire)))
    return events


def latest_session(wires: Sequence[Mapping[str, Any]]) -> Sequence[Mapping[str, Any]]:
    """The events from the last session's start on: what a tracker store gives to a running conversation."""
    for index in range(len(wires) - 1, -1, -1):
        wire = wires[index]
        if wire.get("event") == "action" and wire.get("name") == ACTION_SESSION_START_NAME:
            return wires[index:]
    return wires
