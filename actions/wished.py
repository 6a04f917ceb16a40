"""What a wish is by its words, whatever its intent seems to be."""

from __future__ import annotations

from actions.base import Lookups
from actions.call import Call
from actions.looking_up import show_found
from bot.dialogue import frames
from bot.dialogue.repairs import CLEARLY

_HOW_IT_WENT = ("payment_failed", "payment_pending")
_LONGEST = 48
"""Characters; what is longer tells a story."""


class Wished(Lookups):
    flow = "pattern_wish"

    async def instead(self, call: Call) -> bool:
        if len(call.text) > _LONGEST:
            return False
        names_card = any(sound.search(call.text) for sound in call.words.heard("card_kinds").values())
        if call.words.says("card_state", call.text) or (names_card and call.words.says("about_it", call.text)):
            frames.push(call, call.flows["card_status"], said=call.said)
            return True
        if call.words.says("card_pin", call.text):
            call.say("utter_card_pin", buttons=(call.person,))
            return True
        meant = call.flows.started_by(call.intent)
        if meant is not None and meant.id in _HOW_IT_WENT and call.act in ("status", "question"):
            return await show_found(call)
        return _sends_money(call)


def _sends_money(call: Call) -> bool:
    """Sending money is done in the app; here it can be looked at and taken back. It looks like a question about a
    transfer."""
    meant = call.flows.started_by(call.intent)
    clear = call.confidence >= CLEARLY and meant is not None and meant.area != "transfers"
    if clear or not call.entities("amount") or not call.words.says("sends_money", call.text):
        return False
    call.say("utter_sending_is_done_in_the_app")
    return True
