"""Who the customer is: profile, balance, real-name check, password, phone number, closing."""

from __future__ import annotations

import json
import re
import secrets
import sqlite3

from sandbox import asked, models
from sandbox.areas.common import customer_of, flag, mask_email, mask_phone, next_number, text_message, unrestricted
from sandbox.days import DAY_S, day_of
from sandbox.service import Call, Refused, Route

RESET_GOOD_FOR_S = 30 * 60.0
RESETS_A_DAY = 5
CLOSING_DAYS = 14
VERIFY_URL = "https://pay.example/verify-identity"
RESET_URL = "https://pay.example/reset"

# What stands in the way of closing, most important first: (code, query of the customer's id, message).
OBSTACLES = (
    ("balance_not_zero", "SELECT balance_minor FROM customers WHERE id = ?", "there is money in the account"),
    (
        "payments_pending",
        "SELECT count(*) FROM payments WHERE customer_id = ? AND status = 'pending'",
        "a payment is pending",
    ),
    (
        "transfers_processing",
        "SELECT count(*) FROM transfers WHERE customer_id = ? AND (status = 'processing' OR returns_on IS NOT NULL)",
        "a transfer is under way",
    ),
    (
        "refunds_open",
        "SELECT count(*) FROM refunds WHERE customer_id = ? AND status NOT IN ('completed', 'cancelled')",
        "a refund is under way",
    ),
)


def list_customers(call: Call) -> asked.Customers:
    rows = call.db.all("SELECT id, name, language, currency, story FROM customers ORDER BY id")
    return asked.Customers(customers=[models.CustomerSummary(**dict(row)) for row in rows])


def get_profile(call: Call) -> models.Profile:
    customer = customer_of(call)
    kept = ("id", "name", "language", "tier", "currency", "timezone", "member_since", "verification", "closes_on")
    return models.Profile(
        **{name: customer[name] for name in kept},
        phone=mask_phone(customer["phone"]),
        email=mask_email(customer["email"]),
        outgoing_frozen=flag(customer, "outgoing_frozen"),
    )


def get_balance(call: Call) -> models.Balance:
    customer = customer_of(call)
    pending = call.db.number(
        "SELECT sum(amount_minor) FROM payments WHERE customer_id = ? AND method = 'balance'"
        " AND (status = 'pending' OR (status = 'failed' AND reverses_on IS NOT NULL))",
        customer["id"],
    )
    return models.Balance(
        currency=customer["currency"],
        balance_minor=customer["balance_minor"],
        pending_minor=pending,
        available_minor=max(0, customer["balance_minor"] - pending),
        as_of=call.now,
    )


def get_verification(call: Call) -> models.Verification:
    customer = customer_of(call)
    return models.Verification(
        status=customer["verification"],
        reason=customer["verification_reason"],
        needed=json.loads(customer["verification_needed"]),
        submitted_at=customer["verification_submitted_at"],
        decided_at=customer["verification_decided_at"],
        expected_on=customer["verification_expected_on"],
        url=VERIFY_URL,
    )


def reset_password(call: Call) -> models.ResetLink:
    customer = customer_of(call)
    sent = call.db.number(
        "SELECT count(*) FROM outbox WHERE customer_id = ? AND kind = 'reset' AND at > ?",
        customer["id"],
        call.now - DAY_S,
    )
    if sent >= RESETS_A_DAY:
        raise Refused("too_many_resets", f"{RESETS_A_DAY} links a day are the most")
    link = f"{RESET_URL}/{secrets.token_urlsafe(18)}"
    text_message(
        call.db,
        customer,
        call.now,
        "reset",
        en=f"Xiaoer Pay: set a new password within 30 minutes: {link}",
        zh=f"【小二支付】请在30分钟内重设密码：{link}",
    )
    return models.ResetLink(sent_to=mask_phone(customer["phone"]), expires_at=call.now + RESET_GOOD_FOR_S)


def change_phone(call: Call) -> models.PhoneChange:
    customer = customer_of(call)
    unrestricted(customer)
    body: asked.NewPhone = call.body
    phone = _in_full(body.phone, customer)
    if phone == customer["phone"]:
        raise Refused("phone_unchanged", "that is the number already")
    if call.db.one("SELECT 1 FROM customers WHERE phone = ?", phone) is not None:
        raise Refused("phone_taken", "the number belongs to another account")
    masked = mask_phone(phone)
    for to in (customer["phone"], phone):
        text_message(
            call.db,
            customer,
            call.now,
            "notice",
            en=f"Xiaoer Pay: the phone number of your account is now {masked}. Not you? Contact us at once.",
            zh=f"【小二支付】您的账户手机号已变更为{masked}。如非本人操作，请立即联系我们。",
            to=to,
        )
    call.db.run("UPDATE customers SET phone = ? WHERE id = ?", phone, customer["id"])
    return models.PhoneChange(phone=masked, changed_at=call.now)


def _in_full(given: str, customer: sqlite3.Row) -> str:
    """The number in E.164. Eleven digits are a Chinese mobile, ten are American for an American customer."""
    digits = re.sub(r"[\s().-]", "", given)
    if re.fullmatch(r"1[3-9]\d{9}", digits):
        return f"+86{digits}"
    if customer["currency"] == "USD" and re.fullmatch(r"1?[2-9]\d{9}", digits):
        return f"+1{digits[-10:]}"
    if re.fullmatch(r"\+[1-9]\d{7,14}", digits):
        return digits
    raise Refused("phone_invalid", "that is not a phone number we can text")


def request_closure(call: Call) -> models.Closure:
    customer = customer_of(call)
    if customer["closes_on"] is not None:
        raise Refused("already_closing", f"the account closes on {customer['closes_on']}")
    unrestricted(customer)
    for code, query, message in OBSTACLES:
        if call.db.number(query, customer["id"]):
            raise Refused(code, message)
    closes_on = day_of(call.now + CLOSING_DAYS * DAY_S, customer["timezone"])
    call.db.run("UPDATE customers SET closes_on = ? WHERE id = ?", closes_on, customer["id"])
    return models.Closure(number=next_number(call.db, "Q", call.now, customer["timezone"]), closes_on=closes_on)


ROUTES = (
    Route(
        method="GET",
        path="/customers",
        name="listCustomers",
        summary="Everybody, with their story: for a demo's sign-in.",
        handle=list_customers,
        answers=asked.Customers,
    ),
    Route(
        method="GET",
        path="/customers/{customer_id}/profile",
        name="getProfile",
        summary="Who the customer is; contact data masked.",
        handle=get_profile,
        answers=models.Profile,
    ),
    Route(
        method="GET",
        path="/customers/{customer_id}/balance",
        name="getBalance",
        summary="The balance, and what of it is set aside.",
        handle=get_balance,
        answers=models.Balance,
    ),
    Route(
        method="GET",
        path="/customers/{customer_id}/verification",
        name="getVerification",
        summary="How far the real-name check is, and what it needs.",
        handle=get_verification,
        answers=models.Verification,
    ),
    Route(
        method="POST",
        path="/customers/{customer_id}/password-reset",
        name="resetPassword",
        summary="Send a link by SMS.",
        handle=reset_password,
        body=asked.Nothing,
        answers=models.ResetLink,
        refusals=("too_many_resets",),
        status=201,
    ),
    Route(
        method="POST",
        path="/customers/{customer_id}/phone-number",
        name="changePhone",
        summary="Set the phone number; the old and the new one are told.",
        handle=change_phone,
        body=asked.NewPhone,
        answers=models.PhoneChange,
        refusals=("phone_invalid", "phone_unchanged", "phone_taken", "account_restricted"),
    ),
    Route(
        method="POST",
        path="/customers/{customer_id}/close-request",
        name="requestClosure",
        summary="Close the account in two weeks, if nothing stands in the way.",
        handle=request_closure,
        body=asked.WithReason,
        answers=models.Closure,
        refusals=("already_closing", "account_restricted", *(code for code, _, _ in OBSTACLES)),
        status=201,
    ),
)
