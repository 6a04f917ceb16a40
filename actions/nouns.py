"""The bank's nouns as candidates: in the customer's language, with the names, amounts and days they may be known by."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from actions import wording
from actions.call import Call
from actions.pick import Candidate
from actions.services.bank_types import Card, Payment, Refund, Transfer
from actions.words import CARD_KIND, CARD_STATUS, PAYMENT_STATUS, REFUND_STATUS, TRANSFER_STATUS, Said, word


async def payments(call: Call, nouns: Sequence[Payment]) -> list[Candidate]:
    return [
        await _candidate(call, each, name=each.merchant, at=each.at, statuses=PAYMENT_STATUS, alias=each.order_number)
        for each in nouns
    ]


async def refunds(call: Call, nouns: Sequence[Refund]) -> list[Candidate]:
    return [
        await _candidate(
            call, each, name=each.merchant, at=each.requested_at, statuses=REFUND_STATUS,
            alias=each.payment_id, second_alias=each.order_number,
        )
        for each in nouns
    ]  # fmt: skip


async def transfers(call: Call, nouns: Sequence[Transfer]) -> list[Candidate]:
    return [
        await _candidate(call, each, name=each.counterparty, at=each.at, statuses=TRANSFER_STATUS, note=each.note)
        for each in nouns
    ]


def cards(call: Call, nouns: Sequence[Card]) -> list[Candidate]:
    return [
        Candidate(
            id=each.ending,
            title=card_name(call, each),
            line=f"{card_name(call, each)}{'，' if call.zh else ', '}{word(CARD_STATUS, each.status, call.language)}",
            name=f"{each.network} {word(CARD_KIND, each.kind, call.language)}",
            aliases=(each.id,),
            status=word(CARD_STATUS, each.status, call.language),
            noun=each,
        )
        for each in nouns
    ]


def card_name(call: Call, card: Card) -> str:
    """`debit card ending 4242`, `尾号4242的借记卡`"""
    kind = word(CARD_KIND, card.kind, call.language)
    return f"尾号{card.ending}的{kind}" if call.zh else f"{kind} ending {card.ending}"


def ending_name(call: Call, ending: str) -> str:
    return f"尾号{ending}的银行卡" if call.zh else f"card ending {ending}"


async def _candidate(
    call: Call,
    noun: Any,
    *,
    name: str,
    at: float,
    statuses: dict[str, Said] | Any,
    alias: str = "",
    second_alias: str = "",
    note: str = "",
) -> Candidate:
    amount, status = call.money(noun.amount_minor, noun.currency), word(statuses, noun.status, call.language)
    when = await call.day_of(at)
    return Candidate(
        id=noun.id,
        title=f"{amount} {name}",
        line=f"{amount}，{name}，{when}，{status}" if call.zh else f"{amount}, {name}, {when}, {status}",
        name=name,
        aliases=tuple(each for each in (alias, second_alias) if each),
        amount_minor=noun.amount_minor,
        currency=noun.currency,
        day=wording.day_of(at, await call.zone()),
        when=when,
        clock=wording.clock(at, await call.zone()),
        note=note,
        status=status,
        noun=noun,
    )


def card_of(kind: str, candidates: Sequence[Candidate], call: Call) -> dict[str, Any]:
    """The list as a card for clients that can show one; the text beside it says the same."""
    items = [
        {
            "id": each.id,
            "title": each.name or each.title,
            "amount": "" if each.amount_minor is None else call.money(each.amount_minor, each.currency),
            "date": each.day,
            "status": each.status,
        }
        for each in candidates
    ]
    return {"card": kind, "items": items}
