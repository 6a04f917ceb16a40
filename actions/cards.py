"""Cards: frozen and unfrozen, replaced."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from actions import nouns
from actions.base import Action, Lookups
from actions.call import Call
from actions.card_news import tell_delivery
from actions.services.bank_types import Card
from bot.dialogue import wording
from bot.dialogue.buttons import Button
from bot.dialogue.candidates import Candidate
from bot.errors import ServiceRefused
from bot.types import Deed, Level

ALL = "all"
_ABOUT_FROZEN = re.compile(
    r"\bwhy\b|\b(is|are|was|were|been|got|get) (\w+ ){0,3}frozen"
    r"|为什么|为啥|怎么(会|就|又)?(被|给)?(冻|锁)|被(你们|银行|系统)?冻|冻结(了|着)?(吗|没)",
    re.IGNORECASE,
)


class CardFlow(Lookups):
    """Base: which card. Cards that will not do are said to be what they are."""

    usable: tuple[str, ...] = ("active", "frozen")
    physical = False

    async def candidates(self, call: Call) -> list[Candidate]:
        found = [each for each in await call.bank.cards(call.customer_id) if self.fits(each)]
        return nouns.cards(call, found)

    async def all_of_them(self, call: Call) -> list[Candidate]:
        return nouns.cards(call, await call.bank.cards(call.customer_id))

    def fits(self, card: Card) -> bool:
        return card.status in self.usable and not (self.physical and card.kind == "virtual")

    async def unsuitable(self, call: Call, number: str) -> bool:
        known = {each.ending: each for each in await call.bank.cards(call.customer_id)}
        if number not in known:
            return False
        card = known[number]
        state = "virtual" if self.fits_but_virtual(card) else card.status
        call.say(f"utter_card_is_{state}", card_name=nouns.card_name(call, card))
        self.end(call)
        return True

    def fits_but_virtual(self, card: Card) -> bool:
        return self.physical and card.kind == "virtual" and card.status in self.usable

    async def named(self, call: Call) -> dict[str, Any]:
        return {"card_name": (await self.chosen(call)).title}


class FreezeCardFlow(CardFlow):
    """Nothing is lost by freezing a card, so it is done at once when it is clear which."""

    flow = "freeze_card"
    usable = ("active",)

    async def instead(self, call: Call) -> bool:
        """ "Why is it frozen?" must not freeze anything."""
        return await tells_why_frozen(call)

    async def question(self, call: Call) -> bool:
        return await tells_why_frozen(call)

    async def plausible(self, call: Call, candidates: Sequence[Candidate]) -> Candidate | None:
        """Who was about to report a card lost and says "just freeze it" means that card."""
        below = next((each for each in reversed(call.state.stack[:-1]) if each.flow == "card_lost"), None)
        meant = [each for each in candidates if below is not None and each.id == below.values.get("card_ending")]
        return meant[0] if meant else await super().plausible(call, candidates)

    async def confirm(self, call: Call, buttons: Sequence[Button]) -> None:
        if call.slot("card_ending") == ALL:
            call.say("utter_confirm_freeze_all", buttons=buttons)
        else:
            call.say("utter_confirm_freeze", buttons=buttons, **await self.named(call))


async def tells_why_frozen(call: Call) -> bool:
    """To who asks whether or why a card is frozen, from their account; False for anything else."""
    if not call.free_text or not (call.act == "status" or _ABOUT_FROZEN.search(call.text)):
        return False
    frozen = [each for each in await call.bank.cards(call.customer_id) if each.status == "frozen"]
    if not frozen:
        call.say("utter_no_card_to_unfreeze")
    for card in frozen:
        await tell_frozen(call, card)
    return True


async def tell_frozen(call: Call, card: Card) -> None:
    """Who froze it, and what can be done about it."""
    named = nouns.card_name(call, card)
    if card.frozen_by == "bank":
        call.say("utter_card_frozen_by_bank", buttons=(call.person,), card_name=named)
    else:
        unfreeze = call.button("unfreeze", "unfreeze_card", card_ending=card.ending)
        call.say("utter_card_frozen_by_you", buttons=(unfreeze,), card_name=named)


class FreezeCard(Action):
    called = "action_freeze_card"
    requires = Level.SIGNED_IN

    async def perform(self, call: Call) -> None:
        call.keep(stack=tuple(each for each in call.state.stack if each.flow != "card_lost"))
        ending = call.slot("card_ending")
        frozen = await freeze(call, None if ending == ALL else ending)
        names = wording.listed([nouns.card_name(call, card) for card in frozen], call.language)
        call.did(ending, title=call.form("freezing_of", card_name=names), card_ending=ending)
        call.say(
            "utter_cards_frozen" if ending == ALL else "utter_card_frozen",
            card_name=names,
        )


async def freeze(call: Call, ending: str | None) -> list[Card]:
    """Freeze one active card, or all of them. Cards that already are frozen stay so."""
    frozen: list[Card] = []
    for card in await call.bank.cards(call.customer_id):
        if ending not in (None, card.ending) or (ending is None and card.status != "active"):
            continue
        try:
            await call.bank.freeze_card(call.customer_id, card.id, idempotency_key=f"{call.key}:{card.id}")
        except ServiceRefused as refusal:
            if refusal.code != "already_frozen":
                raise
        frozen.append(card)
    return frozen


class UnfreezeCardFlow(CardFlow):
    flow = "unfreeze_card"
    usable = ("frozen",)

    def fits(self, card: Card) -> bool:
        return super().fits(card) and card.frozen_by != "bank"

    async def unsuitable(self, call: Call, number: str) -> bool:
        if not await self._is_the_banks(call, number):
            return await super().unsuitable(call, number)
        self.end(call)
        return True

    async def nothing_to_pick(self, call: Call, response: str) -> None:
        if not await self._is_the_banks(call):
            await super().nothing_to_pick(call, response)
            return
        self.end(call)

    async def _is_the_banks(self, call: Call, number: str = "") -> bool:
        """There is a card (of that number) that we froze ourselves, and the customer was told so."""
        frozen = [each for each in await call.bank.cards(call.customer_id) if each.status == "frozen"]
        ours = [each for each in frozen if each.frozen_by == "bank" and number in ("", each.ending)]
        for card in ours:
            await tell_frozen(call, card)
        return bool(ours)

    async def confirm(self, call: Call, buttons: Sequence[Button]) -> None:
        call.say("utter_confirm_unfreeze", buttons=buttons, **await self.named(call))


class UnfreezeCard(Action):
    called = "action_unfreeze_card"
    requires = Level.STEPPED_UP

    async def deed(self, call: Call) -> Deed:
        return Deed(action="unfreeze_card", object=(await card_of(call, call.slot("card_ending"))).id)

    async def perform(self, call: Call) -> None:
        card = await card_of(call, call.slot("card_ending"))
        await call.bank.unfreeze_card(call.customer_id, card.id, proof=call.proof, idempotency_key=call.key)
        named = nouns.card_name(call, card)
        call.did(card.ending, title=call.form("unfreezing_of", card_name=named), card_ending=card.ending)
        call.say("utter_card_unfrozen", card_name=named)


class ReplaceCardFlow(CardFlow):
    flow = "replace_card"
    usable = ("active", "frozen", "lost")
    physical = True

    def fits(self, card: Card) -> bool:
        return super().fits(card) and card.replacement is None

    async def unsuitable(self, call: Call, number: str) -> bool:
        ordered = [
            each for each in await call.bank.cards(call.customer_id) if each.ending == number and each.replacement
        ]
        if not ordered:
            return await super().unsuitable(call, number)
        await tell_delivery(call, ordered[0])
        self.end(call)
        return True

    async def nothing_to_pick(self, call: Call, response: str) -> None:
        ordered = [each for each in await call.bank.cards(call.customer_id) if each.replacement]
        if not ordered:
            await super().nothing_to_pick(call, response)
            return
        for card in ordered:
            await tell_delivery(call, card)
        self.end(call)

    async def confirm(self, call: Call, buttons: Sequence[Button]) -> None:
        fees = await call.bank.fees(currency=(await call.customer()).currency)
        fee = next((each for each in fees if each.code == "card_replacement"), None)
        named = await self.named(call)
        if fee is None or (not fee.fixed_minor and not fee.basis_points):
            call.say("utter_confirm_replacement_free", buttons=buttons, **named)
        else:
            call.say(
                "utter_confirm_replacement", buttons=buttons, fee=call.money(fee.fixed_minor, fee.currency), **named
            )


class ReplaceCard(Action):
    called = "action_replace_card"
    requires = Level.STEPPED_UP

    async def deed(self, call: Call) -> Deed:
        return Deed(action="replace_card", object=(await card_of(call, call.slot("card_ending"))).id)

    async def perform(self, call: Call) -> None:
        card = await card_of(call, call.slot("card_ending"))
        reason = call.slot("reason")
        reason = reason if reason in call.words.codes("card_reasons") else "other"
        replaced = await call.bank.replace_card(
            call.customer_id, card.id, reason=reason, proof=call.proof, idempotency_key=call.key
        )
        named = nouns.card_name(call, card)
        call.did(card.ending, title=call.form("replacing_of", card_name=named), card_ending=card.ending)
        if replaced.replacement:
            new = replaced.replacement
            expected = await call.day(new.expected_on, weekday=True)
            call.say("utter_replacement_ordered", ending=new.ending, address=new.address, expected=expected)
            call.answered("card_delivery")


async def card_of(call: Call, ending: str) -> Card:
    cards = [each for each in await call.bank.cards(call.customer_id) if each.ending == ending]
    if not cards:
        raise ServiceRefused("not_found", "no such card")
    return cards[0]
