"""The bank's nouns as candidates: in the customer's language, with the names, amounts and days they may be known by."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from actions.call import Call
from actions.services.bank_types import Card, Payment, Refund, Transfer
from bot.dialogue import wording
from bot.dialogue.candidates import Candidate


async def payments(call: Call, nouns: Sequence[Payment]) -> list[Candidate]:
    return [
        await _candidate(call, each, name=each.merchant, at=each.at, states="payment_states", alias=each.order_number)
        for each in nouns
    ]


async def refunds(call: Call, nouns: Sequence[Refund]) -> list[Candidate]:
    return [
        await _candidate(
            call, each, name=each.merchant, at=each.requested_at, states="refund_states",
            alias=each.payment_id, second_alias=each.order_number,
        )
        for each in nouns
    ]  # fmt: skip


async def transfers(call: Call, nouns: Sequence[Transfer]) -> list[Candidate]:
    return [
        await _candidate(call, each, name=each.counterparty, at=each.at, states="transfer_states", note=each.note)
        for each in nouns
    ]


def cards(call: Call, nouns: Sequence[Card]) -> list[Candidate]:
    return [
        Candidate(
            id=each.ending,
            title=card_name(call, each),
            line=call.form(
                "card_line",
                card=card_name(call, each),
                status=call.words.word("card_states", each.status, call.language),
            ),
            name=f"{each.network} {call.words.word('card_kinds', each.kind, call.language)}",
            aliases=(each.id,),
            status=call.words.word("card_states", each.status, call.language),
            sounds=_sounds(call, "", ("card_kinds", each.kind), ("card_states", each.status)),
            noun=each,
        )
        for each in nouns
    ]


def card_name(call: Call, card: Card) -> str:
    """`debit card ending 4242`, `尾号4242的借记卡`"""
    kind = call.words.word("card_kinds", card.kind, call.language)
    return call.form("card_name", kind=kind, ending=card.ending)


def ending_name(call: Call, ending: str) -> str:
    return call.form("any_card_name", ending=ending)


async def _candidate(
    call: Call,
    noun: Any,
    *,
    name: str,
    at: float,
    states: str,
    alias: str = "",
    second_alias: str = "",
    note: str = "",
) -> Candidate:
    amount, status = call.money(noun.amount_minor, noun.currency), call.words.word(states, noun.status, call.language)
    when = await call.day_of(at)
    return Candidate(
        id=noun.id,
        title=f"{amount} {name}",
        line=call.form("line", amount=amount, name=name, when=when, status=status),
        name=name,
        aliases=tuple(each for each in (alias, second_alias) if each),
        amount_minor=noun.amount_minor,
        currency=noun.currency,
        day=wording.day_of(at, await call.zone()),
        when=when,
        clock=wording.clock(at, await call.zone()),
        note=note,
        price=amount,
        status=status,
        sounds=_sounds(call, name, (states, noun.status), ("categories", getattr(noun, "category", ""))),
        noun=noun,
    )


def _sounds(call: Call, name: str, *entries: tuple[str, str]) -> tuple[re.Pattern[str], ...]:
    """What else people call it: by its kind or its state, or by a name in the other language."""
    found = [call.words.heard(table).get(code) for table, code in entries]
    found += [sound for known, sound in call.words.heard("names").items() if known in name]
    return tuple(each for each in found if each is not None)
