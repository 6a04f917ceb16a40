"""What is said when somebody asks about a thing, does not want it, or means somebody else's: nothing is done."""

from __future__ import annotations

from typing import Any

from actions.base import Action
from actions.buttons import Button, payload, person
from actions.call import Call
from actions.cards import tells_why_frozen
from actions.intents import LABELS
from actions.words import word
from bot.types import Level

ABOUT_CARDS = ("freeze_card", "unfreeze_card")


class AnswerQuestion(Action):
    """From the help centre, quoted and linked; then the thing itself is offered."""

    called = "action_answer_question"
    requires = Level.NONE

    async def perform(self, call: Call) -> None:
        if call.intent in ABOUT_CARDS and call.level >= Level.SIGNED_IN and await tells_why_frozen(call):
            return
        found = call.message.get("help") or {}
        article = _first(found, signed_in=call.level >= Level.SIGNED_IN)
        offered = _offered(call)
        if article is None:
            call.say("utter_help_unknown", buttons=(*offered, person(call.language)))
            return
        call.say(
            "utter_help_answer",
            buttons=(*offered, person(call.language)),
            passage=article["passage"],
            title=article["title"],
            link=f"/help/{article['language']}/{article['id']}",
        )


class NotWanted(Action):
    called = "action_not_wanted"
    requires = Level.NONE

    async def perform(self, call: Call) -> None:
        call.say("utter_not_wanted", buttons=(*_offered(call), person(call.language)))


class AboutSomebodyElse(Action):
    """Nothing of another person's account is shown or changed, whoever asks."""

    called = "action_about_somebody_else"
    requires = Level.NONE

    async def perform(self, call: Call) -> None:
        call.say("utter_somebody_else", buttons=(person(call.language),))


def _first(found: dict[str, Any], *, signed_in: bool) -> dict[str, Any] | None:
    if not found.get("answered"):
        return None
    article: dict[str, Any] = found["articles"][0]
    return article if signed_in or article["audience"] == "everyone" else None


def _offered(call: Call) -> tuple[Button, ...]:
    """The thing that was spoken of, as a button."""
    intent = call.intent
    return (Button(word(LABELS, intent, call.language), payload(intent)),) if intent in LABELS else ()
