"""A number, a name, an amount or a date out of the blue."""

from __future__ import annotations

import re

from actions.base import Action
from actions.buttons import Button, payload
from actions.call import Call
from actions.intents import LABELS
from actions.looking_up import FOR_PAYMENT, FOR_REFUND, FOR_TRANSFER, show_found
from actions.resume import resume
from actions.taking_up import take_up
from actions.words import word
from bot.types import Level

LIKELY = 0.02
"""So likely must a wish be for a bare number, amount or date to be taken as part of it."""
CLEARLY = 0.2
"""So likely, that what goes by the number or name need not be looked up first."""
_LIMIT = re.compile(
    r"\b(raise|increase|lower|reduce|set|change|put|make|bump)\b.*\bto\b|调|提(到|高|额)|升到|降到|改(成|到|为)",
    re.IGNORECASE,
)
"""With an amount, this can only be a limit."""


class UseDetail(Action):
    """A number, an amount or a date out of the blue: show what it may be and offer what can be done with it."""

    called = "action_use_detail"
    requires = Level.NONE

    async def perform(self, call: Call) -> None:
        if (call.slot("offer") or {}).get("resume"):
            resume(call, answered=True)
            return
        if call.entity("code") and not (call.entity("order_number") or call.entity("amount")):
            call.follow("action_no_code_needed")
            return
        topic = call.topic
        if call.entity("amount") and _LIMIT.search(call.text):
            take_up(call, "change_limit", list(call.message.get("entities") or []), text=call.text)
            return
        if topic and topic["intent"] in _MORE_OF_THE_SAME:
            take_up(call, topic["intent"], list(call.message.get("entities") or []), text=call.text)
            return
        likely = _likely_wish(call, at_least=CLEARLY)
        if likely is None and await show_found(call):
            return
        likely = likely or _likely_wish(call, at_least=LIKELY)
        if likely:
            take_up(call, likely, list(call.message.get("entities") or []), text=call.text)
            return
        number = str(call.entity("order_number") or "")
        ending = call.entity("card_ending")
        intents = _FOR_NUMBER.get(number[:1].upper(), ()) if number else _FOR_CARD if ending else _FOR_AMOUNT
        values = {"order_number": number} if number else {"card_ending": str(ending)} if ending else {}
        options = [
            Button(word(LABELS, each, call.language), payload(each, **values)) for each in intents or _FOR_AMOUNT
        ]
        call.say("utter_what_about_it", buttons=options)


def _likely_wish(call: Call, *, at_least: float) -> str | None:
    """ "Refund the 199.90 one" may look like an amount first and a wish second: then it is the wish that counts."""
    ranking = call.message.get("intent_ranking") or []
    wishes = (each for each in ranking if each["name"] in LABELS and each.get("confidence", 0.0) >= at_least)
    return next((each["name"] for each in wishes), None)


_MORE_OF_THE_SAME = frozenset(
    [
        "refund_status",
        "refund_not_arrived",
        "payment_failed",
        "payment_pending",
        "transfer_status",
        "transfer_failed",
        "list_transactions",
        "monthly_bill",
        "request_receipt",
        "card_declined",
    ]
)
"""Answered, they may be asked of another number, day or name by just saying it."""
_FOR_NUMBER = {
    "P": FOR_PAYMENT,
    "O": FOR_PAYMENT,
    "R": FOR_REFUND,
    "T": FOR_TRANSFER,
}
_FOR_CARD = ("freeze_card", "unfreeze_card", "card_lost", "replace_card", "card_declined")
_FOR_AMOUNT = ("request_refund", "charged_twice", "payment_not_recognised", "list_transactions", "transfer_status")
