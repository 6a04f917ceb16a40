"""Who the customer is: profile, balance, real-name check, password, closing."""

from __future__ import annotations

import json
import secrets

from sandbox import asked, models
from sandbox.areas.common import (
    customer_of,
    flag,
    mask_email,
    mask_phone,
    next_number,
    settled,
    text_message,
    unrestricted,
)
from sandbox.days import DAY_S, day_of
from sandbox.deeds import Deed
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
    settled(call, customer)
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


def request_closure(call: Call) -> models.Closure:
    customer = customer_of(call)
    if customer["closes_on"] is not None:
        raise Refused("already_closing", f"the account closes on {customer['closes_on']}")
    unrestricted(customer)
    settled(call, customer)
    for code, query, message in OBSTACLES:
        if call.db.number(query, customer["id"]):
            raise Refused(code, message)
    closes_on = day_of(call.now + CLOSING_DAYS * DAY_S, customer["timezone"])
    call.db.run("UPDATE customers SET closes_on = ? WHERE id = ?", closes_on, customer["id"])
    return models.Closure(number=next_number(call.db, "Q", call.now, customer["timezone"]), closes_on=closes_on)


def deed_of_closing(call: Call) -> Deed:
    return Deed(purpose="close_account")


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
        refusals=("too_many_resets", "cooling_off"),
        status=201,
    ),
    Route(
        method="POST",
        path="/customers/{customer_id}/close-request",
        name="requestClosure",
        summary="Close the account in two weeks, if nothing stands in the way.",
        handle=request_closure,
        body=asked.WithReason,
        answers=models.Closure,
        refusals=("already_closing", "account_restricted", "cooling_off", *(code for code, _, _ in OBSTACLES)),
        deed=deed_of_closing,
        status=201,
    ),
)
