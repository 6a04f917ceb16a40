"""Moments that matter: said calmly, acted on at once where that protects, and never followed by a menu.

What is said follows the guidance for safe messaging on suicide (WHO, "Preventing suicide: a resource for media
professionals", 2023), and that of banks on impersonation fraud: hang up, tell nobody the code, call back yourself.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from actions.base import Action, Lookups
from actions.call import Call
from bot.dialogue import frames, repairs
from bot.errors import ConfigError
from bot.files import read_yaml
from bot.types import Level

REGIONS = Path(__file__).parent.parent / "data" / "regions.yml"
MOMENTS = (
    "danger_to_self",
    "abuse",
    "scam_in_progress",
    "code_told",
    "under_pressure",
    "bereavement",
    "child",
    "sender_in_doubt",
)
"""The gravest first. Each is a flow, an intent, and a phrase of the catalogue."""
_SCAMS = ("scam_in_progress", "under_pressure", "sender_in_doubt")
_SURE = 0.9


@dataclass(frozen=True, slots=True, kw_only=True)
class Region:
    """Telephone numbers, as they are dialled there."""

    currency: str
    language: str
    emergency: str
    helpline: str
    abuse_line: str
    fraud_line: str


@cache
def regions() -> dict[str, Region]:
    """Raises ConfigError for a region that lacks a number."""
    found: dict[str, Any] = read_yaml(REGIONS)["regions"]
    try:
        return {name: Region(**values) for name, values in found.items()}
    except TypeError as error:
        raise ConfigError(f"data/regions.yml: {error}") from error


async def region_of(call: Call) -> Region:
    known = list(regions().values())
    if call.level >= Level.SIGNED_IN:
        currency = (await call.customer()).currency
        known = [each for each in known if each.currency == currency] or known
    return next((each for each in known if each.language == call.language), known[0])


class Moments(Lookups):
    """Heard before anything else, also while a code is awaited: by their words, whatever the classifier makes of them,
    and by the classifier where it is sure."""

    flow = "pattern_moment"

    async def instead(self, call: Call) -> bool:
        said = next((each for each in MOMENTS if call.words.says(each, call.text)), None)
        if said is None and call.intent in MOMENTS and call.confidence >= _SURE and call.act != "question":
            said = call.intent
        if said == "scam_in_progress" and call.words.says("code_told", call.text):
            said = "code_told"
        if said is None and call.topic and call.topic.flow in _SCAMS and call.words.says("told_them", call.text):
            said = "code_told"
        if said is None and call.topic and call.topic.flow == "bereavement" and _asks_more(call):
            said = "bereavement"
        if said == "scam_in_progress" and call.words.says("scam_is_over", call.text):
            return False
        if said is None or call.words.says("not_meant_so", call.text):
            return False
        frames.push(call, call.flows[said], said=call.said)
        return True


def _asks_more(call: Call) -> bool:
    return repairs.asks(call) or call.act == "other_person" or call.words.says("asks_how", call.text)


async def _offer_to_secure(call: Call) -> None:
    """Nobody is asked to have done what is done."""
    if call.level >= Level.SIGNED_IN and (await call.bank.profile(call.customer_id)).outgoing_frozen:
        call.say("utter_secured_already", buttons=(call.person,))
    else:
        call.propose("utter_offer_to_secure", "secure_account")


async def tell(call: Call, response: str) -> None:
    """One text, with the numbers of the region and a way to a person: no menu."""
    region = await region_of(call)
    call.say(
        response, buttons=(call.person,), emergency=region.emergency, helpline=region.helpline,
        abuse_line=region.abuse_line, fraud_line=region.fraud_line,
    )  # fmt: skip


class ScamInProgress(Action):
    """Hang up; then the account is secured on a yes."""

    called = "action_scam_in_progress"
    requires = Level.NONE

    async def perform(self, call: Call) -> None:
        await tell(call, "utter_scam_in_progress")
        await _offer_to_secure(call)


class CodeTold(Action):
    called = "action_code_told"
    requires = Level.NONE

    async def perform(self, call: Call) -> None:
        await tell(call, "utter_code_told")
        await _offer_to_secure(call)


class UnderPressure(Action):
    called = "action_under_pressure"
    requires = Level.NONE

    async def perform(self, call: Call) -> None:
        await tell(call, "utter_under_pressure")
        await _offer_to_secure(call)


class SenderInDoubt(Action):
    called = "action_sender_in_doubt"
    requires = Level.NONE

    async def perform(self, call: Call) -> None:
        await tell(call, "utter_sender_in_doubt")


class Bereavement(Action):
    called = "action_bereavement"
    requires = Level.NONE

    async def perform(self, call: Call) -> None:
        await tell(call, "utter_bereavement")


class Child(Action):
    called = "action_child"
    requires = Level.NONE

    async def perform(self, call: Call) -> None:
        await tell(call, "utter_child")


class DangerToSelf(Action):
    """A person comes, first in line; nothing else goes on."""

    called = "action_danger_to_self"
    requires = Level.NONE

    async def perform(self, call: Call) -> None:
        await tell(call, "utter_danger_to_self")
        frames.drop_all(call)
        call.hand_over("care")


class Abuse(Action):
    called = "action_abuse"
    requires = Level.NONE

    async def perform(self, call: Call) -> None:
        await tell(call, "utter_abuse")
