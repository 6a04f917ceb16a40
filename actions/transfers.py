"""Transfers: where one is, why one failed, the wrong recipient, taking one back, and how long they take."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from actions import nouns
from actions.base import Action, Lookups
from actions.call import Call
from actions.services.bank_types import Transfer
from bot.dialogue.buttons import Button
from bot.dialogue.candidates import Candidate
from bot.errors import ServiceRefused
from bot.types import Deed, Level

RECALL_S = 30 * 86_400
"""So long after its arrival a transfer can be asked back."""


class TransferFlow(Lookups):
    """Base: which transfer. A number of another transfer is told as what it is."""

    async def unsuitable(self, call: Call, number: str) -> bool:
        try:
            transfer = await call.bank.transfer(call.customer_id, number)
        except ServiceRefused:
            return False
        await tell(call, transfer)
        self.end(call)
        return True

    async def all_of_them(self, call: Call) -> list[Candidate]:
        return await nouns.transfers(call, await self.sent(call))

    async def sent(self, call: Call) -> list[Transfer]:
        return list(await call.bank.transfers(call.customer_id, direction="out", limit=20))


class TransferStatusFlow(TransferFlow):
    flow = "transfer_status"

    async def candidates(self, call: Call) -> list[Candidate]:
        found = await call.bank.transfers(call.customer_id, limit=20)
        return await nouns.transfers(call, sorted(found, key=lambda each: each.status != "processing"))

    async def plausible(self, call: Call, candidates: Sequence[Candidate]) -> Candidate | None:
        """The only one that is under way."""
        under_way = [each for each in candidates if each.noun.status == "processing"]
        return under_way[0] if len(under_way) == 1 else await super().plausible(call, candidates)


class TellTransferStatus(Action):
    called = "action_transfer_status"
    requires = Level.SIGNED_IN

    async def perform(self, call: Call) -> None:
        transfer = await call.bank.transfer(call.customer_id, call.slot("order_number"))
        await tell(call, transfer)
        if transfer.cancellable:
            call.say(
                "utter_transfer_can_be_cancelled",
                buttons=(call.button("cancel_it", "cancel_transfer", order_number=transfer.id),),
            )


class FailedTransferFlow(TransferFlow):
    flow = "transfer_failed"

    async def candidates(self, call: Call) -> list[Candidate]:
        failed = [each for each in await self.sent(call) if each.status in ("failed", "returned")]
        return await nouns.transfers(call, failed)

    async def nothing_to_pick(self, call: Call, response: str) -> None:
        call.propose(response, "transfer_status")
        self.end(call)


class ExplainFailedTransfer(Action):
    called = "action_failed_transfer"
    requires = Level.SIGNED_IN

    async def perform(self, call: Call) -> None:
        transfer = await call.bank.transfer(call.customer_id, call.slot("order_number"))
        await tell(call, transfer)


class RecoverTransferFlow(TransferFlow):
    """Sent to the wrong person: stop it if it is still on its way, else ask the recipient's bank for it."""

    flow = "transfer_wrong_recipient"

    async def candidates(self, call: Call) -> list[Candidate]:
        recoverable = [each for each in await self.sent(call) if each.cancellable or _recallable(each, call.now)]
        return await nouns.transfers(call, recoverable)

    async def confirm(self, call: Call, buttons: Sequence[Button]) -> None:
        transfer: Transfer = (await self.chosen(call)).noun
        response = "utter_confirm_cancel_transfer" if transfer.cancellable else "utter_confirm_recall"
        call.say(response, buttons=buttons, **await facts(call, transfer))


class RecoverTransfer(Action):
    called = "action_recover_transfer"
    requires = Level.STEPPED_UP

    async def deed(self, call: Call) -> Deed:
        return await deed_of_taking_back(call)

    async def perform(self, call: Call) -> None:
        """Which of the two it is, the bank decides at this moment: what was on its way may have arrived since."""
        number = call.slot("order_number")
        transfer = await call.bank.transfer(call.customer_id, number)
        if transfer.cancellable or transfer.status == "cancelled":
            transfer = await call.bank.cancel_transfer(
                call.customer_id, number, proof=call.proof, idempotency_key=f"{call.key}:cancel"
            )
            await _cancelled(call, transfer)
            return
        case = await call.bank.recall_transfer(
            call.customer_id, number, reason="wrong recipient", proof=call.proof, idempotency_key=f"{call.key}:recall"
        )
        said = await facts(call, transfer)
        title, due = call.form("recall_of", **said), case.answer_by
        call.did(transfer.id, title=title, reference=case.number, due=due, order_number=transfer.id)
        call.say(
            "utter_recall_started", case=case.number, answer_by=await call.day(case.answer_by, weekday=True), **said
        )


class CancelTransferFlow(TransferFlow):
    flow = "cancel_transfer"

    async def candidates(self, call: Call) -> list[Candidate]:
        return await nouns.transfers(call, [each for each in await self.sent(call) if each.cancellable])

    async def confirm(self, call: Call, buttons: Sequence[Button]) -> None:
        transfer: Transfer = (await self.chosen(call)).noun
        call.say("utter_confirm_cancel_transfer", buttons=buttons, **await facts(call, transfer))

    async def choose_another(self, call: Call) -> bool:
        """The other one may have arrived: then it can be asked back."""
        if await super().choose_another(call):
            return True
        arrived = [each for each in await self.sent(call) if _recallable(each, call.now)]
        if len(arrived) != 1:
            return False
        self.end(call)
        await tell(call, arrived[0])
        call.propose("utter_offer_recall", "transfer_wrong_recipient", {"order_number": arrived[0].id})
        return True

    async def nothing_to_pick(self, call: Call, response: str) -> None:
        if any(_recallable(each, call.now) for each in await self.sent(call)):
            call.propose("utter_no_transfer_to_cancel_but_recall", "transfer_wrong_recipient")
        else:
            call.say(response)
        self.end(call)

    async def unsuitable(self, call: Call, number: str) -> bool:
        """One that has arrived can still be asked back."""
        try:
            transfer = await call.bank.transfer(call.customer_id, number)
        except ServiceRefused:
            return False
        await tell(call, transfer)
        if _recallable(transfer, call.now):
            call.propose("utter_offer_recall", "transfer_wrong_recipient", {"order_number": transfer.id})
        self.end(call)
        return True


class CancelTransfer(Action):
    called = "action_cancel_transfer"
    requires = Level.STEPPED_UP

    async def deed(self, call: Call) -> Deed:
        return await deed_of_taking_back(call)

    async def perform(self, call: Call) -> None:
        transfer = await call.bank.cancel_transfer(
            call.customer_id, call.slot("order_number"), proof=call.proof, idempotency_key=call.key
        )
        await _cancelled(call, transfer)


class TellTransferTimes(Action):
    """In general to anyone; with those that are on their way, to who is signed in."""

    called = "action_transfer_times"
    requires = Level.NONE

    async def perform(self, call: Call) -> None:
        call.say("utter_transfer_times")
        if call.level < Level.SIGNED_IN:
            return
        for transfer in await call.bank.transfers(call.customer_id, status="processing", limit=3):
            await tell(call, transfer)


async def _cancelled(call: Call, transfer: Transfer) -> None:
    said = await facts(call, transfer)
    call.did(transfer.id, title=call.form("cancelling_transfer_of", **said), order_number=transfer.id)
    call.say("utter_transfer_cancelled", card=_card(call, transfer), **said)


async def deed_of_taking_back(call: Call) -> Deed:
    """Cancelled or recalled: which of the two the bank decides when it is done."""
    transfer = await call.bank.transfer(call.customer_id, call.slot("order_number"))
    return Deed(
        action="take_back_transfer",
        object=transfer.id,
        amount_minor=transfer.amount_minor,
        currency=transfer.currency,
    )


async def tell(call: Call, transfer: Transfer) -> None:
    """Where it stands, why it failed, and when the money is there or back."""
    said = await facts(call, transfer)
    direction = "_in" if transfer.direction == "in" else ""
    if transfer.status in ("failed", "returned"):
        call.say(f"utter_transfer_{transfer.status}", card=_card(call, transfer), **said)
        call.say(f"utter_transfer_reason_{transfer.failure_reason or 'recipient_bank_rejected'}")
        if transfer.returns_on:
            call.say("utter_transfer_money_back", back=await call.day(transfer.returns_on, weekday=True), **said)
        return
    call.say(f"utter_transfer_{transfer.status}{direction}", card=_card(call, transfer), **said)


async def facts(call: Call, transfer: Transfer) -> dict[str, Any]:
    """What the responses about a transfer may mention."""
    arrives = await call.moment(transfer.arrives_at) if transfer.arrives_at else ""
    expected = await call.day(transfer.expected_on, weekday=True) if transfer.expected_on else arrives
    return {
        "number": transfer.id,
        "money": call.money(transfer.amount_minor, transfer.currency),
        "person": transfer.counterparty,
        "account": transfer.account,
        "when": await call.day_of(transfer.at),
        "kind": call.words.word("transfer_kinds", transfer.kind, call.language),
        "arrives": arrives or expected,
        "expected": expected,
    }


def _recallable(transfer: Transfer, now: float) -> bool:
    arrived = transfer.arrives_at or transfer.at
    return transfer.status == "completed" and not transfer.recall_number and now - arrived < RECALL_S


def _card(call: Call, transfer: Transfer) -> dict[str, object]:
    item = {
        "id": transfer.id,
        "title": transfer.counterparty,
        "amount": call.money(transfer.amount_minor, transfer.currency),
        "date": transfer.expected_on or "",
        "status": call.words.word("transfer_states", transfer.status, call.language),
    }
    return {"card": "transfer", "items": [item], "record": asdict(transfer)}
