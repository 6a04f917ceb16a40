"""The slots that the engine keeps itself, in a domain that gives them to it by their type:

    slots:
      language:
        type: bot.engine.slots.Kept
        mappings:
        - type: custom

A slot of one of these names and any other type is the project's own: the engine neither sets nor reads it.
"""

from __future__ import annotations

from collections.abc import Mapping

from rasa.shared.core.domain import Domain
from rasa.shared.core.slots import AnySlot, Slot

IDENTITY = "identity"
"""Who was shown to be there: a `bot.types.Identity` as `to_wire` writes it, or None."""
LANGUAGE = "language"
TRIED = "tried"
"""A list of `bot.types.Tried`, as `to_wire` writes them."""
HANDOVER_REASON = "handover_reason"
AGENT_NOTE = "agent_note"
NAMES = (IDENTITY, LANGUAGE, TRIED, HANDOVER_REASON, AGENT_NOTE)

OWNERS = {IDENTITY: frozenset({"action_verify_code"}), LANGUAGE: frozenset[str]()}
"""Those that no action may set, but these."""


class Kept(AnySlot):
    """Any value; never featurized, so what the engine writes cannot change what the policies predict."""

    type_name = "bot.engine.slots.Kept"


def is_kept(slots: Mapping[str, Slot], name: str) -> bool:
    return isinstance(slots.get(name), Kept)


def is_owned(slots: Mapping[str, Slot], name: str) -> bool:
    """Whether only the actions in OWNERS may set it."""
    return name in OWNERS and is_kept(slots, name)


def problems_in(domain: Domain) -> list[str]:
    """One line for each slot whose type and name do not go together."""
    kept = {slot.name for slot in domain.slots if isinstance(slot, Kept)}
    wrong = [
        f"domain: slots: {name}: the engine keeps no slot of that name; type {Kept.type_name} is for {', '.join(NAMES)}"
        for name in sorted(kept - set(NAMES))
    ]
    if not kept:
        return wrong
    return wrong + [
        f"domain: slots: {slot.name}: of type {slot.type_name}, while {', '.join(sorted(kept))} are the engine's: "
        f"give it the type {Kept.type_name}, or another name"
        for slot in domain.slots
        if slot.name in NAMES and slot.name not in kept
    ]
