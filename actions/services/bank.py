"""The bank: accounts, payments, refunds, transfers, cards (docs/reference/sandbox.md describes the service).

Every method may raise `ServiceDown` (worth another try later) or `ServiceRefused` (a no, with a stable `code`).
What changes something takes an `idempotency_key`: repeating it with the same key and arguments returns the first answer
and does nothing more. Make it of conversation, message and action: `<conversation_id>:<message_id>:<action>`. What
needs a one-time code takes its `proof`; without one that was sent for exactly this it is refused.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from actions.services.bank_types import (
    Balance,
    Bill,
    Card,
    Case,
    Closure,
    CodeSent,
    CodeVerified,
    CustomerSummary,
    Decline,
    Duplicate,
    Fee,
    Limits,
    Lock,
    Message,
    Payment,
    PhoneChange,
    Profile,
    Receipt,
    Refund,
    ResetLink,
    ScamReport,
    Transfer,
    Verification,
)
from actions.services.http import HttpService, path_of
from actions.services.wire import decode, decode_all


class Bank(HttpService):
    """The typed client. Lists come newest first; ids belong to their customer, anything else is `not_found`."""

    # Who and how much

    async def customers(self) -> tuple[CustomerSummary, ...]:
        """Everybody the bank knows: for the demo page that signs in as one of them."""
        return decode_all(CustomerSummary, await self._get("/customers"), "customers")

    async def profile(self, customer_id: str) -> Profile:
        return decode(Profile, await self._get(_of(customer_id, "profile")))

    async def balance(self, customer_id: str) -> Balance:
        return decode(Balance, await self._get(_of(customer_id, "balance")))

    async def verification(self, customer_id: str) -> Verification:
        """How far the real-name check is, and what is still needed."""
        return decode(Verification, await self._get(_of(customer_id, "verification")))

    async def limits(self, customer_id: str) -> Limits:
        return decode(Limits, await self._get(_of(customer_id, "limits")))

    async def fees(self, *, currency: str) -> tuple[Fee, ...]:
        return decode_all(Fee, await self._get("/fees", currency=currency), "fees")

    # Payments

    async def payments(
        self,
        customer_id: str,
        *,
        status: str | None = None,
        merchant: str | None = None,
        amount_minor: int | None = None,
        since: float | None = None,
        until: float | None = None,
        limit: int = 10,
    ) -> tuple[Payment, ...]:
        """Payments with `since <= at < until`; `merchant` matches any part of the name, whatever its case."""
        answer = await self._get(
            _of(customer_id, "payments"),
            status=status,
            merchant=merchant,
            amount_minor=amount_minor,
            since=since,
            until=until,
            limit=limit,
        )
        return decode_all(Payment, answer, "payments")

    async def payment(self, customer_id: str, payment_id: str) -> Payment:
        """By payment number (P...) or by the merchant's order number (O...)."""
        return decode(Payment, await self._get(_of(customer_id, "payments", payment_id)))

    async def duplicates(self, customer_id: str) -> tuple[Duplicate, ...]:
        """Pairs that look like one purchase charged twice: same merchant and amount within ten minutes."""
        return decode_all(Duplicate, await self._get(_of(customer_id, "duplicates")), "duplicates")

    async def dispute(
        self, customer_id: str, payment_id: str, *, kind: str, reason: str = "", proof: str = "", idempotency_key: str
    ) -> Case:
        """Contest a payment. `kind`: charged_twice, not_recognised, not_received, other.

        A detected double charge is settled at once: the case comes back `resolved` with a `refund_id`.
        Refused: not_found, not_disputable (failed or reversed), already_disputed, already_refunded.
        """
        body = {"payment_id": payment_id, "kind": kind, "reason": reason}
        return decode(Case, await self._post(_of(customer_id, "disputes"), body, idempotency_key, proof))

    async def receipt(
        self, customer_id: str, *, payment_id: str | None = None, month: str | None = None, idempotency_key: str
    ) -> Receipt:
        """A receipt for one payment, or a statement for a month ("2026-10"). Refused: not_found, not_completed."""
        body = {"payment_id": payment_id} if payment_id else {"month": month or ""}
        return decode(Receipt, await self._post(_of(customer_id, "receipts"), body, idempotency_key))

    # Refunds

    async def refunds(self, customer_id: str, *, status: str | None = None, limit: int = 10) -> tuple[Refund, ...]:
        return decode_all(Refund, await self._get(_of(customer_id, "refunds"), status=status, limit=limit), "refunds")

    async def refund(self, customer_id: str, refund_id: str) -> Refund:
        """By refund number (R...), or by the number of the payment or order it is for."""
        return decode(Refund, await self._get(_of(customer_id, "refunds", refund_id)))

    async def request_refund(
        self,
        customer_id: str,
        payment_id: str,
        *,
        reason: str,
        amount_minor: int | None = None,
        proof: str = "",
        idempotency_key: str,
    ) -> Refund:
        """Ask for a payment's money back; all of it unless `amount_minor` says less.

        Refused: not_found, not_completed (pending or failed), already_refunded, too_old (90 days), amount_too_high.
        """
        body: dict[str, Any] = {"payment_id": payment_id, "reason": reason}
        if amount_minor is not None:
            body["amount_minor"] = amount_minor
        return decode(Refund, await self._post(_of(customer_id, "refunds"), body, idempotency_key, proof))

    async def cancel_refund(self, customer_id: str, refund_id: str, *, idempotency_key: str) -> Refund:
        """Refused: not_found, too_late (sent to the bank or completed), already_cancelled."""
        return decode(Refund, await self._post(_of(customer_id, "refunds", refund_id, "cancel"), {}, idempotency_key))

    async def trace_refund(self, customer_id: str, refund_id: str, *, idempotency_key: str) -> Case:
        """Have a completed refund that did not arrive searched for at the receiving bank.

        Refused: not_found, not_completed, already_traced.
        """
        return decode(Case, await self._post(_of(customer_id, "refunds", refund_id, "trace"), {}, idempotency_key))

    # Transfers

    async def transfers(
        self, customer_id: str, *, status: str | None = None, direction: str | None = None, limit: int = 10
    ) -> tuple[Transfer, ...]:
        answer = await self._get(_of(customer_id, "transfers"), status=status, direction=direction, limit=limit)
        return decode_all(Transfer, answer, "transfers")

    async def transfer(self, customer_id: str, transfer_id: str) -> Transfer:
        return decode(Transfer, await self._get(_of(customer_id, "transfers", transfer_id)))

    async def cancel_transfer(
        self, customer_id: str, transfer_id: str, *, proof: str = "", idempotency_key: str
    ) -> Transfer:
        """Only while processing; the money and the fee are back at once. Refused: not_found, not_processing,
        already_cancelled."""
        path = _of(customer_id, "transfers", transfer_id, "cancel")
        return decode(Transfer, await self._post(path, {}, idempotency_key, proof))

    async def recall_transfer(
        self, customer_id: str, transfer_id: str, *, reason: str = "", proof: str = "", idempotency_key: str
    ) -> Case:
        """Ask the recipient's bank for a completed transfer. Refused: not_found, not_completed, already_recalled,
        too_old (30 days)."""
        path = _of(customer_id, "transfers", transfer_id, "recall")
        return decode(Case, await self._post(path, {"reason": reason}, idempotency_key, proof))

    # Cards

    async def cards(self, customer_id: str) -> tuple[Card, ...]:
        return decode_all(Card, await self._get(_of(customer_id, "cards")), "cards")

    async def declines(self, customer_id: str, *, card_id: str | None = None, limit: int = 10) -> tuple[Decline, ...]:
        """Attempts to pay by card that were turned down, and why."""
        return decode_all(
            Decline, await self._get(_of(customer_id, "declines"), card_id=card_id, limit=limit), "declines"
        )

    async def freeze_card(self, customer_id: str, card_id: str, *, idempotency_key: str) -> Card:
        """Refused: not_found, already_frozen, card_lost, card_replaced."""
        return await self._card(_of(customer_id, "cards", card_id, "freeze"), {}, idempotency_key)

    async def unfreeze_card(self, customer_id: str, card_id: str, *, proof: str = "", idempotency_key: str) -> Card:
        """Refused: not_found, not_frozen, frozen_by_bank, card_lost, card_replaced."""
        return await self._card(_of(customer_id, "cards", card_id, "unfreeze"), {}, idempotency_key, proof)

    async def report_card_lost(self, customer_id: str, card_id: str, *, idempotency_key: str) -> Card:
        """The card stops working for good. Refused: not_found, card_lost, card_replaced."""
        return await self._card(_of(customer_id, "cards", card_id, "report-lost"), {}, idempotency_key)

    async def replace_card(
        self, customer_id: str, card_id: str, *, reason: str, proof: str = "", idempotency_key: str
    ) -> Card:
        """Order a new card; `card.replacement` says when it comes. `reason`: lost, stolen, damaged, expired, other.
        Refused: not_found, already_ordered, card_replaced, virtual_card."""
        return await self._card(
            _of(customer_id, "cards", card_id, "replace"), {"reason": reason}, idempotency_key, proof
        )

    async def _card(self, path: str, body: Mapping[str, Any], idempotency_key: str, proof: str = "") -> Card:
        return decode(Card, await self._post(path, body, idempotency_key, proof))

    # Bills, limits

    async def bills(self, customer_id: str, *, limit: int = 6) -> tuple[Bill, ...]:
        return decode_all(Bill, await self._get(_of(customer_id, "bills"), limit=limit), "bills")

    async def bill(self, customer_id: str, month: str) -> Bill:
        """`month` is "2026-10". Refused: not_found (nothing happened in it, or it has not begun)."""
        return decode(Bill, await self._get(_of(customer_id, "bills", month)))

    async def change_limit(
        self, customer_id: str, *, daily_minor: int, proof: str = "", idempotency_key: str
    ) -> Limits:
        """Refused: limit_out_of_range (see `Limits.min_minor`, `max_minor`), limit_unchanged, account_restricted."""
        body = {"daily_minor": daily_minor}
        return decode(Limits, await self._post(_of(customer_id, "limits"), body, idempotency_key, proof))

    # The account

    async def send_password_reset(self, customer_id: str, *, idempotency_key: str) -> ResetLink:
        """A link by SMS, good for 30 minutes. Refused: too_many_resets (5 a day)."""
        return decode(ResetLink, await self._post(_of(customer_id, "password-reset"), {}, idempotency_key))

    async def change_phone(self, customer_id: str, *, phone: str, proof: str = "", idempotency_key: str) -> PhoneChange:
        """`phone` in E.164, or an 11-digit Chinese mobile number. It does not count before `confirm_phone`. Refused:
        phone_invalid, phone_unchanged, phone_taken, account_restricted, cooling_off."""
        body = {"phone": phone}
        return decode(PhoneChange, await self._post(_of(customer_id, "phone-number"), body, idempotency_key, proof))

    async def confirm_phone(self, customer_id: str, *, proof: str = "", idempotency_key: str) -> PhoneChange:
        """`proof`: of the code that went to the new number. It counts from `counts_at` on; the old number is told and
        may stop it until then. Refused: no_phone_change, account_restricted."""
        path = _of(customer_id, "phone-number", "confirm")
        return decode(PhoneChange, await self._post(path, {}, idempotency_key, proof))

    async def request_closure(
        self, customer_id: str, *, reason: str = "", proof: str = "", idempotency_key: str
    ) -> Closure:
        """Refused: balance_not_zero, payments_pending, transfers_processing, refunds_open, already_closing,
        account_restricted."""
        body = {"reason": reason}
        return decode(Closure, await self._post(_of(customer_id, "close-request"), body, idempotency_key, proof))

    async def lock_account(self, customer_id: str, *, reason: str = "", idempotency_key: str) -> Lock:
        """Somebody else is in the account: signs every device out and stops money going out. Safe to repeat."""
        return decode(Lock, await self._post(_of(customer_id, "lock"), {"reason": reason}, idempotency_key))

    async def report_scam(
        self,
        customer_id: str,
        *,
        reason: str,
        transfer_id: str | None = None,
        payment_id: str | None = None,
        idempotency_key: str,
    ) -> ScamReport:
        """Opens a case, stops money going out, cancels what is still processing to that recipient, recalls what has
        arrived. Refused: not_found."""
        body: dict[str, Any] = {"reason": reason}
        if transfer_id:
            body["transfer_id"] = transfer_id
        if payment_id:
            body["payment_id"] = payment_id
        return decode(ScamReport, await self._post(_of(customer_id, "scam-reports"), body, idempotency_key))

    async def complain(self, customer_id: str, *, reason: str, about: str = "", idempotency_key: str) -> Case:
        """`about` may name a payment, refund or transfer. The case's number is what the customer is told."""
        body = {"reason": reason, "about": about}
        return decode(Case, await self._post(_of(customer_id, "complaints"), body, idempotency_key))

    async def withdraw_complaint(self, customer_id: str, number: str, *, idempotency_key: str) -> Case:
        """Refused: not_found, not_withdrawable (no complaint, or answered), already_withdrawn."""
        return decode(Case, await self._post(_of(customer_id, "cases", number, "withdraw"), {}, idempotency_key))

    async def cases(self, customer_id: str, *, kind: str | None = None, limit: int = 10) -> tuple[Case, ...]:
        """Disputes, complaints, scam reports, traces and recalls. `kind` as in `Case.kind`."""
        return decode_all(Case, await self._get(_of(customer_id, "cases"), kind=kind, limit=limit), "cases")

    # One-time codes

    async def send_code(
        self,
        customer_id: str,
        *,
        purpose: str,
        object: str = "",
        amount_minor: int | None = None,
        idempotency_key: str,
    ) -> CodeSent:
        """A six-digit code by SMS, good for five minutes and three tries; an earlier one for the same purpose is void.
        The message names the deed, and the code opens it alone. `purpose`: refund, double_charge, take_back_transfer,
        unfreeze_card, replace_card, change_limit, change_phone, confirm_phone (goes to the new number), close_account.
        Refused: too_soon, too_many_codes, codes_blocked (too many wrong ones), phone_invalid,
        phone_unchanged, no_phone_change, account_restricted, cooling_off."""
        body: dict[str, Any] = {"purpose": purpose, "object": object}
        if amount_minor is not None:
            body["amount_minor"] = amount_minor
        return decode(CodeSent, await self._post(_of(customer_id, "otp"), body, idempotency_key))

    async def verify_code(self, customer_id: str, *, otp_id: str, code: str, idempotency_key: str) -> CodeVerified:
        """`proof` is what the deed then takes. Refused: code_wrong (tries are left), code_locked (none are),
        code_expired, code_used (also: replaced by a newer one), too_soon, codes_blocked, not_found. And what takes the
        proof: code_required, code_for_other, code_spent, code_outdated; cooling_off soon after a change of number."""
        body = {"otp_id": otp_id, "code": code}
        return decode(CodeVerified, await self._post(_of(customer_id, "otp", "verify"), body, idempotency_key))

    async def outbox(self, customer_id: str, *, limit: int = 20) -> tuple[Message, ...]:
        """What the customer's demo phone has received. Only a sandbox has this."""
        answer = await self._get(path_of("outbox", customer_id), limit=limit)
        return decode_all(Message, answer, "messages")


def _of(customer_id: str, *parts: str) -> str:
    return path_of("customers", customer_id, *parts)
