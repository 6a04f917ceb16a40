"""Cards that are lost: blocked for good, one or all of them."""

from __future__ import annotations

from collections.abc import Sequence

from actions import nouns, wording
from actions.base import Action
from actions.buttons import Button, button, stop
from actions.call import Call, entities
from actions.card_news import tell_delivery
from actions.cards import ALL, CardForm, card_of
from actions.choosing import Pick
from actions.steps import Confirm
from bot.types import Level


class LostCardForm(CardForm):
    """For good, so it is confirmed; who only mislaid it may freeze it."""

    called = "validate_lost_card_form"
    requires = Level.SIGNED_IN
    signed_out = "utter_lost_card_signed_out"
    starts = ("card_lost",)
    steps = (Pick("cards", "utter_which_lost_card", "utter_no_card_to_report", slot="card_ending"), Confirm())
    physical = True
    takes_all = True

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
        block = button("block", call.language, "affirm")
        freeze = button("freeze_only", call.language, "freeze_card", card_ending=ending)
        options = (block, freeze, *buttons[2:], stop(call.language))
        if ending == ALL:
            names = wording.listed([each.title for each in await self.listed(call)], call.language)
            call.say("utter_confirm_cards_lost", buttons=options, card_name=names)
        else:
            call.say("utter_confirm_card_lost", buttons=options, **await self.named(call))


class ReportCardLost(Action):
    """Blocking it comes first; the new card is the next step."""

    called = "action_report_card_lost"
    requires = Level.SIGNED_IN
    ends_flow = True
    solves = ("card_lost",)

    async def perform(self, call: Call) -> None:
        if call.slot("card_ending") == ALL:
            await self._all(call)
            return
        card = await card_of(call, call.slot("card_ending"))
        await call.bank.report_card_lost(call.customer_id, card.id, idempotency_key=call.key)
        call.record("done", card.id)
        call.say("utter_card_blocked", card_name=nouns.card_name(call, card))
        offer = {"intent": "replace_card", "entities": entities(card_ending=card.ending, choice="lost")}
        order = button("order_card", call.language, "replace_card", card_ending=card.ending, choice="lost")
        call.ask_back("utter_offer_replacement", offer, buttons=(order, button("no", call.language, "deny")))

    async def _all(self, call: Call) -> None:
        """Whoever lost a wallet lost what was in it."""
        blocked = []
        for card in await call.bank.cards(call.customer_id):
            if card.status in LostCardForm.usable and card.kind != "virtual":
                await call.bank.report_card_lost(call.customer_id, card.id, idempotency_key=f"{call.key}:{card.id}")
                blocked.append(card)
        call.record("done", ",".join(card.id for card in blocked))
        names = wording.listed([nouns.card_name(call, card) for card in blocked], call.language)
        call.say("utter_cards_blocked", card_name=names)
        offer = {"intent": "replace_card", "entities": entities(choice="lost")}
        order = button("order_card", call.language, "replace_card", choice="lost")
        call.ask_back("utter_offer_replacement", offer, buttons=(order, button("no", call.language, "deny")))
