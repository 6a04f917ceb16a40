"""Which kind of recogniser a collect step has."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from bot.dialogue.amounts import Amount, Phone
from bot.dialogue.choosing import OneOf
from bot.dialogue.codes import Code
from bot.dialogue.collects import Entity, Kind, LookedUp, Option, Text
from bot.dialogue.confirming import Confirm, YesNo
from bot.dialogue.flows import CONFIRM, Collect

KINDS: Mapping[str, Kind] = {
    "confirm": Confirm(),
    "one_of": OneOf(),
    "option": Option(),
    "text": Text(),
    "amount": Amount(),
    "phone": Phone(),
    "code": Code(),
    "yes_no": YesNo(),
    "entity": Entity(),
    "looked_up": LookedUp(),
}


def kind_of(collect: Collect, domain: Mapping[str, Any]) -> Kind:
    """As the flow says, or else as the domain's slot suggests: a bool is answered by yes or no."""
    if collect.kind:
        return KINDS[collect.kind]
    if collect.slot == CONFIRM:
        return KINDS["confirm"]
    if collect.lists:
        return KINDS["one_of"]
    if collect.options:
        return KINDS["option"]
    slot = (domain.get("slots") or {}).get(collect.slot) or {}
    return KINDS["yes_no"] if slot.get("type") == "bool" else KINDS["entity"]
