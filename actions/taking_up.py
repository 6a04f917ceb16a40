"""Doing what was understood besides an intent: several wishes in turn, a follow-up, an accepted offer."""

from __future__ import annotations

from typing import Any

from rasa_sdk.events import ActionExecuted, UserUttered

from actions.base import Action
from actions.buttons import button, person
from actions.call import Call
from bot.types import ACCEPTED_OFFER, Level


def take_up(
    call: Call, intent: str, entities: list[dict[str, Any]], *, text: str = "", confidence: float = 1.0
) -> None:
    """This becomes the customer's wish, and the rules do the rest. `text` is what they said, if its words matter."""
    certain = {"name": intent, "confidence": confidence}
    parsed = {
        "text": text or f"/{intent}",
        "intent": certain,
        "intent_ranking": [certain, {"name": "nlu_fallback", "confidence": 0.0}] if text else [certain],
        "entities": entities,
        "message_id": call.message_id,
        ACCEPTED_OFFER: True,
    }
    call.add(ActionExecuted("action_listen"), UserUttered(parsed["text"], parsed))


class TakeUp(Action):
    """The next of the wishes in slot `wishes`; run again when it is through, until there are none."""

    called = "action_take_up"
    requires = Level.NONE

    async def perform(self, call: Call) -> None:
        wish, *later = call.slot("wishes")
        call.set("wishes", later or None)
        if call.tracker.latest_action_name != "action_listen":
            call.say("utter_next_wish", wish=wish["text"])
        elif later and wish["text"]:
            call.say("utter_one_by_one")
        sure = wish.get("confidence", 1.0)
        take_up(call, wish["intent"], wish["entities"], text=wish["text"], confidence=sure)


class AboutSignIn(Action):
    """While a sign-in is waited for: why it is asked, and what to do if it does not work."""

    called = "action_about_sign_in"
    requires = Level.NONE

    async def perform(self, call: Call) -> None:
        buttons = (button("signed_in", call.language, "affirm"), person(call.language))
        call.say("utter_about_sign_in", buttons=buttons)


class AboutSending(Action):
    """Sending money is done in the app; here it can be looked at and taken back."""

    called = "action_about_sending"
    requires = Level.NONE

    async def perform(self, call: Call) -> None:
        call.say("utter_sending_is_done_in_the_app")


class AboutLanguage(Action):
    """Which language is spoken, where there is nothing to say again in it."""

    called = "action_about_language"
    requires = Level.NONE

    async def perform(self, call: Call) -> None:
        call.say("utter_any_language")
