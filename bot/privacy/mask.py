"""Masking: a dot for each letter and digit, so that every place in the text stays what it was."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Any

from bot.privacy.find import Kind, Span, find

DOT = "•"
NEVER_KEPT: frozenset[Kind] = frozenset(["card", "id", "code"])
"""Masked before the text is stored. Of a card its last four digits stay, as on a receipt."""
CODE_SLOT = "code"
_KEPT_OF_CARD = 4


def mask(text: str, *, kinds: Collection[str] | None = None, names: tuple[str, ...] = ()) -> str:
    """The text with the spans of these kinds (all, if none are named) as dots; as long as before."""
    for span in find(text, names=names):
        if kinds is None or span.kind in kinds:
            text = text[: span.start] + _dots(text, span) + text[span.end :]
    return text


def _dots(text: str, span: Span) -> str:
    part = text[span.start : span.end]
    shown = 0
    if span.kind == "card" and sum(each.isdigit() for each in part) >= 13:
        shown = _KEPT_OF_CARD
    told = ""
    for char in reversed(part):
        if shown and char.isdigit():
            told, shown = char + told, shown - 1
        else:
            told = (DOT if char.isalnum() else char) + told
    return told


def masked_events(events: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
    """A turn's tracker events as they are stored: what was said without what is never kept, and the one-time code out
    of its slot once it has been used in the same turn (a code that waits for the bank stays)."""
    last = {each["name"]: each.get("value") for each in events if each.get("event") == "slot"}
    return [_masked(event, used=last.get(CODE_SLOT) is None) for event in events]


def _masked(event: Mapping[str, Any], *, used: bool) -> Mapping[str, Any]:
    match event.get("event"):
        case "user":
            return _said(event)
        case "slot" if event.get("name") == CODE_SLOT and used and isinstance(event.get("value"), str):
            return {**event, "value": DOT * len(event["value"])}
    return event


def _said(event: Mapping[str, Any]) -> Mapping[str, Any]:
    text = event.get("text")
    if not isinstance(text, str):
        return event
    told = mask(text, kinds=NEVER_KEPT)
    parsed = event.get("parse_data") or {}
    entities = [_entity(each, text, told) for each in parsed.get("entities") or ()]
    if told == text and entities == (parsed.get("entities") or []):
        return event
    return {**event, "text": told, "parse_data": {**parsed, "text": told, "entities": entities}}


def _entity(entity: Mapping[str, Any], text: str, told: str) -> Mapping[str, Any]:
    value, start, end = entity.get("value"), entity.get("start"), entity.get("end")
    if isinstance(value, str) and entity.get("entity") == CODE_SLOT:
        return {**entity, "value": DOT * len(value)}
    if isinstance(value, str) and start is not None and told[start:end] != text[start:end]:
        return {**entity, "value": told[start:end]}
    return entity
