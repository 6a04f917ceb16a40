"""When the bot does not know: offer what was perhaps meant, ask to say it otherwise, then fetch a person."""

from __future__ import annotations

from typing import Any

from actions.base import Action
from actions.buttons import Button, button, payload, person
from actions.call import Call
from actions.intents import LABELS
from actions.looking_up import show_found
from actions.words import word
from bot.types import Level

MAX_GUESSES = 3
PLAUSIBLE = 0.08
"""A guess less likely than this is not worth a button."""


class AskWhatWasMeant(Action):
    called = "action_default_ask_affirmation"
    requires = Level.NONE

    async def perform(self, call: Call) -> None:
        guesses = _guesses(call)
        if await show_found(call):
            return
        if not guesses:
            call.say("utter_ask_rephrase", buttons=(person(call.language),))
            return
        names = [word(LABELS, intent, call.language) for intent in guesses]
        values = _details(call)
        options = [Button(name, payload(intent, **values)) for name, intent in zip(names, guesses, strict=True)]
        options.append(button("none", call.language, "out_of_scope"))
        if len(guesses) == 1:
            heard = list(call.message.get("entities") or [])
            offer = {"intent": guesses[0], "entities": heard, "guesses": guesses}
            call.ask_back("utter_did_you_mean", offer, buttons=options, wish=names[0])
            return
        joint = "；" if call.zh else "; "
        call.set("offer", {"guesses": guesses})
        call.say("utter_which_did_you_mean", buttons=options, wishes=joint.join(names))


class AskToRephrase(Action):
    called = "action_default_ask_rephrase"
    requires = Level.NONE

    async def perform(self, call: Call) -> None:
        call.say("utter_ask_rephrase", buttons=(person(call.language),))


class HandOverAfterFallback(Action):
    called = "action_default_fallback"
    requires = Level.NONE

    async def perform(self, call: Call) -> None:
        call.hand_over("fallback")


def _guesses(call: Call) -> list[str]:
    ranking: list[dict[str, Any]] = call.message.get("intent_ranking") or []
    names = [each["name"] for each in ranking if each["name"] in LABELS and each.get("confidence", 0.0) >= PLAUSIBLE]
    return names[:MAX_GUESSES]


def _details(call: Call) -> dict[str, str]:
    """Numbers that were said along with it, so that the button need not ask again."""
    found = {name: call.entity(name) for name in ("order_number", "card_ending")}
    return {name: str(value) for name, value in found.items() if value}
