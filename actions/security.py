"""Somebody else is in the account, or the customer was cheated: protect first, then a person, first in line."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from actions import nouns
from actions.base import Action, Lookups
from actions.call import Call
from actions.cards import freeze
from actions.services.bank_types import ScamReport
from bot.dialogue import frames, wording
from bot.dialogue.buttons import Button
from bot.dialogue.candidates import Candidate, Reference
from bot.errors import ServiceError
from bot.types import Level

SURE = 0.9
"""So sure must the classifier be for an account to be locked without asking."""
NO_MONEY = "none"
ALL = "all"
RECENT_S = 30 * 86_400
SHORT_REPORT = 60
"""Characters; what is longer tells how they were cheated."""


class SecureAccount(Action):
    """Freezes every card and locks the account if we know who it is. Who cannot sign in any more gets a person."""

    called = "action_secure_account"
    requires = Level.NONE

    async def perform(self, call: Call) -> None:
        if call.confidence < SURE:
            call.propose("utter_confirm_lock", "secure_account")
            return
        if call.level >= Level.SIGNED_IN:
            await self._protect(call)
        else:
            call.say("utter_taken_over_signed_out")
        call.say("utter_taken_over_advice")
        call.hand_over("security")

    async def _protect(self, call: Call) -> None:
        """Each on its own: one that fails must not keep the other from being done."""
        try:
            frozen = await freeze(call, None)
            call.record("done", "cards_frozen")
        except ServiceError:
            call.record("failed", "cards_not_frozen")
            frozen = []
        try:
            lock = await call.bank.lock_account(
                call.customer_id, reason="account taken over", idempotency_key=f"{call.key}:lock"
            )
        except ServiceError:
            call.record("failed", "not_locked")
            call.say("utter_could_not_lock")
            return
        call.record("done", lock.number)
        names = wording.listed([nouns.card_name(call, each) for each in frozen], call.language)
        response = "utter_account_locked_and_cards" if frozen else "utter_account_locked"
        call.say(response, number=lock.number, devices=str(lock.devices_signed_out), cards=names)


class ScamFlow(Lookups):
    """Which payment or transfer it was, if any; nothing else is asked before we act."""

    flow = "report_scam"

    async def candidates(self, call: Call) -> list[Candidate]:
        sent = await call.bank.transfers(call.customer_id, direction="out", limit=10)
        paid = await call.bank.payments(call.customer_id, since=call.now - RECENT_S, limit=5)
        recent = [each for each in sent if call.now - each.at < RECENT_S and each.status in ("processing", "completed")]
        spent = [each for each in paid if each.status in ("pending", "completed")]
        nothing = Candidate(id=NO_MONEY, title="", line="")
        return [*await nouns.transfers(call, recent), *(await nouns.payments(call, spent))[:3], nothing]

    def offered(self, call: Call, candidates: Sequence[Candidate]) -> list[Candidate]:
        return [each for each in super().offered(call, candidates) if each.id != NO_MONEY]

    async def plausible(self, call: Call, candidates: Sequence[Candidate]) -> Candidate | None:
        """Never guessed: there may have been no money in it at all."""
        return None

    async def instead(self, call: Call) -> bool:
        """ "Report the Novaplay payment as fraud": one payment by card that is named is disputed."""
        payments = await nouns.payments(call, await call.bank.payments(call.customer_id, limit=20))
        named = Reference(None, (), (), call.text).narrow(payments) if call.free_text else None
        if named is None or len(named) != 1 or len(call.text) > SHORT_REPORT:
            return False
        frames.drop(call)
        said = replace(call.said, intent="payment_not_recognised", act="report")
        frames.push(call, call.flows["payment_not_recognised"], said=said)
        return True

    async def nothing_to_pick(self, call: Call, response: str) -> None:
        call.set("order_number", NO_MONEY)

    def more_options(self, call: Call) -> list[Button]:
        return [call.button("no_money_lost", "inform_order", order_number=NO_MONEY)]


class ReportScam(Action):
    called = "action_report_scam"
    requires = Level.SIGNED_IN

    async def perform(self, call: Call) -> None:
        number = str(call.slot("order_number") or NO_MONEY)
        about = await _one_for_each_recipient(call) if number == ALL else []
        reports = [await self._report(call, each) for each in about or [number]]
        cases = wording.listed([each.case.number for each in reports], call.language)
        call.did(number, title=call.words.name("report_scam", call.language), reference=cases)
        call.say("utter_scam_reported", number=cases)
        stopped = [number for report in reports for number in report.stopped]
        recalled = [number for report in reports for number in report.recalled]
        for response, numbers in (("utter_scam_stopped", stopped), ("utter_scam_recalled", recalled)):
            if numbers:
                call.say(response, transfers=await _described(call, numbers))
        if any(report.outgoing_frozen for report in reports):
            call.say("utter_outgoing_frozen")
        call.say("utter_scam_advice")
        call.hand_over("security")

    async def _report(self, call: Call, number: str) -> ScamReport:
        return await call.bank.report_scam(
            call.customer_id,
            reason="scam reported in chat",
            transfer_id=number if number.startswith("T") else None,
            payment_id=number if number.startswith("P") else None,
            idempotency_key=f"{call.key}:{number}",
        )


async def _one_for_each_recipient(call: Call) -> list[str]:
    """Transfers that may still be stopped or asked back; the bank goes after all that went to the same recipient."""
    sent = await call.bank.transfers(call.customer_id, direction="out", limit=10)
    recent = [each for each in sent if call.now - each.at < RECENT_S and each.status in ("processing", "completed")]
    return list({(each.counterparty, each.account): each.id for each in recent}.values())


async def _described(call: Call, numbers: Sequence[str]) -> str:
    """`$2,500.00 to Acme (T2026...)`, one after the other."""
    found = [await call.bank.transfer(call.customer_id, number) for number in numbers]
    told = [(call.money(each.amount_minor, each.currency), each.counterparty, each.id) for each in found]
    parts = [call.form("sent_to", money=money, to=to, id=id) for money, to, id in told]
    return wording.listed(parts, call.language)
