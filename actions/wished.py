"""What a wish is by its words, whatever its intent seems to be."""

from __future__ import annotations

import re
from dataclasses import replace

from actions.base import Lookups
from actions.call import Call
from actions.looking_up import show_found
from bot.dialogue import frames, repairs
from bot.dialogue.clauses import verbs
from bot.dialogue.repairs import CLEARLY

_BY_WORDS = (("trace_it", "refund_not_arrived"), ("locks_account", "account_taken_over"))
_OF_CARDS = ("card_safety", "new_cards", "card_delivery")
_HOW_IT_WENT = ("payment_failed", "payment_pending")
_LONGEST = 90
"""Characters; what is longer tells a story."""


class Wished(Lookups):
    flow = "pattern_wish"

    async def instead(self, call: Call) -> bool:
        if len(call.text) > _LONGEST:
            return False
        flow = _flow_by_words(call)
        if flow:
            frames.push(call, call.flows[flow], said=replace(call.said, act="report"))
            return True
        if call.words.says("card_pin", call.text):
            call.say("utter_card_pin", buttons=(call.person,))
            return True
        meant = call.flows.started_by(call.intent)
        went = meant is not None and meant.id in _HOW_IT_WENT and call.words.says("went_through", call.text)
        how_much = call.words.says("how_much_paid", call.text)
        if (went or how_much) and await show_found(call, always=how_much):
            return True
        return _sends_money(call)


def _flow_by_words(call: Call) -> str:
    words, text = call.words, call.text
    names_card = any(sound.search(text) for sound in words.heard("card_kinds").values())
    topic = call.flows.get(call.topic.flow) if call.topic else None
    of_cards = topic is not None and topic.area in _OF_CARDS and re.search(r"(?<!\d)\d{4}(?!\d)", text) is not None
    points = (names_card or of_cards) and words.says("about_it", text) and not verbs(call)[0]
    if words.says("card_state", text) or points:
        return "card_status"
    if repairs.takes_back(call) or repairs.asks(call):
        return ""
    return next((flow for phrase, flow in _BY_WORDS if words.says(phrase, text)), "")


def _sends_money(call: Call) -> bool:
    """Sending money is done in the app; here it can be looked at and taken back. It looks like a question about a
    transfer."""
    meant = call.flows.started_by(call.intent)
    clear = call.confidence >= CLEARLY and meant is not None and meant.area != "transfers"
    if clear or not call.entities("amount") or not call.words.says("sends_money", call.text):
        return False
    call.say("utter_sending_is_done_in_the_app")
    return True
