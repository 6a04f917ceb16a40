"""The account: password, phone number, identity check, closing it."""

from __future__ import annotations

import math
from collections.abc import Sequence

from actions.base import Action, Lookups
from actions.call import Call
from bot.dialogue import frames, wording
from bot.dialogue.buttons import Button
from bot.types import Deed, Level

NEXT_AFTER = {
    "balance_not_zero": "check_balance",
    "payments_pending": "payment_pending",
    "transfers_processing": "transfer_status",
    "refunds_open": "refund_status",
}
"""What stands in the way of closing, and where to look at it."""


class PasswordFlow(Lookups):
    flow = "reset_password"

    async def confirm(self, call: Call, buttons: Sequence[Button]) -> None:
        profile = await call.bank.profile(call.customer_id)
        call.say("utter_confirm_password_reset", buttons=buttons, phone=profile.phone)


class SendPasswordReset(Action):
    called = "action_reset_password"
    requires = Level.SIGNED_IN

    async def perform(self, call: Call) -> None:
        link = await call.bank.send_password_reset(call.customer_id, idempotency_key=call.key)
        call.did(title=call.words.name("reset_password", call.language))
        minutes = max(1, math.ceil((link.expires_at - call.now) / 60))
        call.say("utter_password_link_sent", phone=link.sent_to, minutes=str(minutes))


class PhoneFlow(Lookups):
    flow = "change_phone_number"

    async def confirm(self, call: Call, buttons: Sequence[Button]) -> None:
        profile = await call.bank.profile(call.customer_id)
        call.say("utter_confirm_phone", buttons=buttons, new=call.slot("phone_number"), old=profile.phone)


class ChangePhone(Action):
    """The code went to the old number, which so hears of it first; now the new one has to prove itself."""

    called = "action_change_phone_number"
    requires = Level.STEPPED_UP

    async def deed(self, call: Call) -> Deed:
        return Deed(action="change_phone", object=call.slot("phone_number"))

    async def perform(self, call: Call) -> None:
        await call.bank.change_phone(
            call.customer_id, phone=call.slot("phone_number"), proof=call.proof, idempotency_key=call.key
        )
        call.record("done", "phone_asked")

    async def refused(self, call: Call, code: str) -> None:
        """Another number may do: ask for it again."""
        if code not in ("phone_invalid", "phone_taken", "phone_unchanged"):
            await super().refused(call, code)
            return
        call.say(f"utter_refused_{code}", buttons=(call.person,))
        call.set("phone_number", None)
        frames.back_to(call, "phone_number")


class ConfirmPhone(Action):
    """A code came back from the new number: it counts soon, unless the old one stops it."""

    called = "action_confirm_phone_number"
    requires = Level.STEPPED_UP

    async def deed(self, call: Call) -> Deed:
        return Deed(action="confirm_phone", object=call.slot("phone_number"))

    async def perform(self, call: Call) -> None:
        change = await call.bank.confirm_phone(call.customer_id, proof=call.proof, idempotency_key=call.key)
        call.did(change.phone, title=call.words.name("change_phone_number", call.language))
        counts = await call.moment(change.counts_at or call.now)
        call.say("utter_phone_will_change", phone=change.phone, counts=counts)


class TellVerification(Action):
    called = "action_verify_identity"
    requires = Level.SIGNED_IN

    async def perform(self, call: Call) -> None:
        found = await call.bank.verification(call.customer_id)
        needed = wording.listed(
            [call.words.word("documents", each, call.language) for each in found.needed], call.language
        )
        response = f"utter_verification_{found.status}"
        if found.status == "rejected":
            response += f"_{found.reason or 'document_unreadable'}"
        call.say(
            response,
            needed=needed or call.words.word("documents", "id_card", call.language),
            url=found.url,
            expected=await call.day(found.expected_on, weekday=True) if found.expected_on else "",
            decided=await call.day_of(found.decided_at) if found.decided_at else "",
        )


class ClosingFlow(Lookups):
    """Nothing else is as final, so it says what it means before it asks."""

    flow = "close_account"

    async def confirm(self, call: Call, buttons: Sequence[Button]) -> None:
        balance = await call.bank.balance(call.customer_id)
        if balance.balance_minor:
            call.say("utter_closing_needs_zero", money=call.money(balance.balance_minor, balance.currency))
            self.end(call)
            return
        call.say("utter_confirm_closing", buttons=(*buttons, call.person))


class CloseAccount(Action):
    called = "action_close_account"
    requires = Level.STEPPED_UP

    async def deed(self, call: Call) -> Deed:
        return Deed(action="close_account")

    async def perform(self, call: Call) -> None:
        closure = await call.bank.request_closure(call.customer_id, proof=call.proof, idempotency_key=call.key)
        call.did(title=call.words.name("close_account", call.language), reference=closure.number)
        call.say(
            "utter_closing_requested", number=closure.number, closes=await call.day(closure.closes_on, weekday=True)
        )

    async def refused(self, call: Call, code: str) -> None:
        """What stands in the way can be looked at next."""
        await super().refused(call, code)
        if code in NEXT_AFTER:
            call.propose("utter_shall_we_look", NEXT_AFTER[code])
