"""Rasa's own keys of endpoints.yml: which work as Rasa documents them, and why the others are refused."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

KEYS = ("action_endpoint", "nlg", "event_broker", "tracker_store", "lock_store", "models", "nlu")
OUR_TRACKER_STORE = "bot.engine.tracker_store.ConversationTrackerStore"
SERVERS = {"action_endpoint": "the custom actions' webhook", "nlg": "the server that writes the texts"}
REFUSED = {
    "event_broker": "no broker is fed: the site's `events` stream in Redis says which conversations changed",
    "models": "no model server is asked: signed packages are taken from models/, newer ones while it runs",
    "nlu": "no NLU server is asked: the model understands in this process",
}


def problems_in(rasa: Mapping[str, Any]) -> list[str]:
    """One line for each key that would not do what it says."""
    return [f"endpoints.yml: {problem}" for problem in _problems(rasa)]


def _problems(rasa: Mapping[str, Any]) -> Iterator[str]:
    for key, value in rasa.items():
        if value is None:
            continue
        if not isinstance(value, Mapping):
            yield f"{key}: expected keys and values, found {value!r}"
        elif key in REFUSED:
            yield f"{key}: {REFUSED[key]}; remove it"
        elif key in SERVERS:
            yield from _server(key, value)
        else:
            yield from _store(key, value)


def _server(key: str, value: Mapping[str, Any]) -> Iterator[str]:
    url = value.get("url")
    if key == "nlg" and value.get("type") and not url:
        return
    if not isinstance(url, str) or not url.startswith(("http://", "https://")):
        yield f"{key}.url: expected the address of {SERVERS[key]}, http:// or https://, found {url!r}"


def _store(key: str, value: Mapping[str, Any]) -> Iterator[str]:
    kind = str(value.get("type") or "")
    if kind in ("", "in_memory", "InMemoryTrackerStore", OUR_TRACKER_STORE):
        return
    if key == "lock_store":
        yield f"lock_store.type '{kind}' is not used: a conversation is answered under a lease in its Redis; remove it"
    else:
        yield (
            f"tracker_store.type '{kind}' is not used: conversations are kept in Redis, `redis:`; remove it, or for "
            f"Rasa's tools beside the bot name {OUR_TRACKER_STORE}"
        )
