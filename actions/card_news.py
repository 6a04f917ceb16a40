"""News of cards: why one was declined, and where a new one is."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import Any

from actions import nouns
from actions.base import Action
from actions.call import Call
from actions.payments import RECENT_S
from actions.services.bank_types import Card, Decline
from bot.dialogue import wording
from bot.dialogue.candidates import Reference
from bot.types import Level


class ExplainDecline(Action):
    """Why the last card payment was turned down, how often, and what helps."""

    called = "action_card_declined"
    requires = Level.SIGNED_IN

    async def perform(self, call: Call) -> None:
        ending = call.entity("card_ending")
        found = [
            each
            for each in await call.bank.declines(call.customer_id, limit=20)
            if call.now - each.at < RECENT_S and ending in (None, each.card_ending)
        ]
        if not found:
            call.propose("utter_no_declines", "payment_failed")
            return
        last = found[0]
        same_card = [each for each in found if each.card_id == last.card_id]
        facts: dict[str, Any] = {
            "card_name": nouns.ending_name(call, last.card_ending),
            "money": call.money(last.amount_minor, last.currency),
            "merchant": last.merchant,
            "at": await call.moment(last.at),
            "times": str(len(same_card)),
        }
        call.say("utter_card_was_declined" if len(same_card) == 1 else "utter_card_was_declined_often", **facts)
        await _say_what_helps(call, last)
        others = list({each.reason: None for each in same_card if each.reason != last.reason})
        if others:
            why = wording.listed([call.words.word("declines", each, call.language) for each in others], call.language)
            call.say("utter_declined_also", why=why)


async def _say_what_helps(call: Call, decline: Decline) -> None:
    cards = {each.id: each for each in await call.bank.cards(call.customer_id)}
    card = cards.get(decline.card_id)
    if decline.reason == "card_frozen" and card and card.status == "active":
        call.say("utter_declined_was_frozen")
        return
    if decline.reason == "card_frozen" and card and card.frozen_by == "bank":
        call.say("utter_card_frozen_by_bank", buttons=(call.person,), card_name=nouns.card_name(call, card))
        return
    response = f"utter_declined_{decline.reason}"
    flow = {"card_frozen": "unfreeze_card", "limit_reached": "change_limit", "card_expired": "replace_card"}.get(
        decline.reason
    )
    if flow is None:
        call.say(response)
        return
    call.propose(response, flow, {"card_ending": decline.card_ending} if flow != "change_limit" else {})


class TellDelivery(Action):
    called = "action_card_delivery"
    requires = Level.SIGNED_IN

    async def perform(self, call: Call) -> None:
        cards = await call.bank.cards(call.customer_id)
        ordered = [each for each in cards if each.replacement and each.replacement.status != "delivered"]
        ordered = ordered or [each for each in cards if each.replacement]
        for card in ordered:
            await tell_delivery(call, card)
        if not cards:
            call.say("utter_no_new_card")
        elif not ordered:
            call.propose("utter_no_card_ordered", "replace_card")


async def tell_delivery(call: Call, card: Card) -> None:
    """Where the replacement of a card is."""
    new = card.replacement
    if new is None:
        return
    tracked = "_tracked" if new.status == "shipped" and new.tracking_number else ""
    call.say(
        f"utter_delivery_{new.status}{tracked}",
        card=_delivery_card(call, card),
        ending=new.ending,
        expected=await call.day(new.expected_on, weekday=True),
        carrier=new.carrier or "",
        tracking=new.tracking_number or "",
        address=new.address,
    )


def _delivery_card(call: Call, card: Card) -> dict[str, object]:
    new = card.replacement
    assert new is not None  # noqa: S101
    item = {
        "id": card.id,
        "title": nouns.ending_name(call, new.ending),
        "amount": "",
        "date": new.expected_on,
        "status": new.status,
    }
    return {"card": "card", "items": [item], "record": asdict(card)}


class TellCardStatus(Action):
    """The state of the card that was named, or of each."""

    called = "action_card_status"
    requires = Level.SIGNED_IN

    async def perform(self, call: Call) -> None:
        digits = re.search(r"(?<!\d)\d{4}(?!\d)", call.text)
        ending = call.entity("card_ending") or (digits[0] if digits else None)
        cards = await call.bank.cards(call.customer_id)
        described = Reference(None, (), (), call.text).narrow(nouns.cards(call, cards)) or []
        endings = [ending] if ending else [each.id for each in described]
        named = [each for each in cards if each.ending in endings] or list(cards)
        if not named:
            call.say("utter_no_card_to_freeze")
        elif len(named) == 1:
            call.say(f"utter_card_is_{named[0].status}", card_name=nouns.card_name(call, named[0]))
        else:
            lines = [each.line for each in nouns.cards(call, named)]
            call.say("utter_cards_are", lines=wording.numbered(lines))
