"""Cards that are lost: blocked for good, one or all of them."""

from __future__ import annotations

from collections.abc import Sequence

from actions import nouns
from actions.base import Action
from actions.call import Call
from actions.card_news import tell_delivery
from actions.cards import ALL, CardFlow, card_of
from bot.dialogue import wording
from bot.dialogue.buttons import Button
from bot.types import Level


class LostCardFlow(CardFlow):
    """For good, so it is confirmed; who only mislaid it may freeze it."""

    flow = "card_lost"
    physical = True

    async def nothing_to_pick(self, call: Call, response: str) -> None:
        lost = [each for each in await call.bank.cards(call.customer_id) if each.status == "lost"]
        for card in lost:
            call.say("utter_card_is_lost", card_name=nouns.card_name(call, card))
            await tell_delivery(call, card)
        if lost:
            self.end(call)
        else:
            await super().nothing_to_pick(call, response)

    async def confirm(self, call: Call, buttons: Sequence[Button]) -> None:
        ending = call.slot("card_ending")
        block = call.button("block", "affirm")
        freeze = call.button("freeze_only", "freeze_card", card_ending=ending)
        options = (block, freeze, *buttons[2:], call.stop)
        if ending == ALL:
            names = wording.listed([each.title for each in await self.listed(call)], call.language)
            call.say("utter_confirm_cards_lost", buttons=options, card_name=names)
        else:
            call.say("utter_confirm_card_lost", buttons=options, **await self.named(call))


class ReportCardLost(Action):
    """Blocking it comes first; the new card is the next step."""

    called = "action_report_card_lost"
    requires = Level.SIGNED_IN

    async def perform(self, call: Call) -> None:
        if call.slot("card_ending") == ALL:
            await self._all(call)
            return
        card = await card_of(call, call.slot("card_ending"))
        await call.bank.report_card_lost(call.customer_id, card.id, idempotency_key=call.key)
        named = nouns.card_name(call, card)
        call.did(card.ending, title=call.form("blocking_of", card_name=named), card_ending=card.ending)
        call.say("utter_card_blocked", card_name=named)
        order = call.button("order_card", "replace_card", card_ending=card.ending, choice="lost")
        known = {"card_ending": card.ending, "choice": "lost"}
        call.propose("utter_offer_replacement", "replace_card", known, buttons=(order, call.button("no", "deny")))

    async def _all(self, call: Call) -> None:
        """Whoever lost a wallet lost what was in it."""
        blocked = []
        for card in await call.bank.cards(call.customer_id):
            if card.status in LostCardFlow.usable and card.kind != "virtual":
                await call.bank.report_card_lost(call.customer_id, card.id, idempotency_key=f"{call.key}:{card.id}")
                blocked.append(card)
        names = wording.listed([nouns.card_name(call, card) for card in blocked], call.language)
        call.did(ALL, title=call.form("blocking_of", card_name=names))
        call.say("utter_cards_blocked", card_name=names)
        order = call.button("order_card", "replace_card", choice="lost")
        known = {"choice": "lost"}
        call.propose("utter_offer_replacement", "replace_card", known, buttons=(order, call.button("no", "deny")))
