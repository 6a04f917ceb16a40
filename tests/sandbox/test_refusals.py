"""Every refusal in the OpenAPI document can be met, by the steps that lead to it."""

from __future__ import annotations

import re

import pytest

from sandbox import deeds
from sandbox.days import DAY_S
from tests.bank import RunningBank, document

Step = tuple[str, dict[str, object]]
Rows = list[tuple[str, str, list[Step]]]

# (operation, code, steps): each step is POSTed; the last is refused. {payments: merchant=...} picks an id.
OTP: Step = ("C1001/otp", {})
TRY: Step = ("C1001/otp/verify", {"code": "x"})
WRONG = [OTP, TRY, TRY, TRY, OTP, TRY, ("later", {"s": 31}), TRY, ("later", {"s": 61}), TRY]


def new_phone(customer_id: str) -> list[Step]:
    asked = (f"{customer_id}/phone-number", {"phone": "13912345678"})
    return [asked, (f"{customer_id}/phone-number/confirm", {}), ("later", {"s": 1801})]


PAID = "{C1001 payments merchant=京东}"
ROWS: Rows = [
    ("requestRefund", "not_completed", [("C1005/refunds", {"payment_id": "{C1005 payments status=pending}"})]),
    ("requestRefund", "already_refunded", [("C1001/refunds", {"payment_id": PAID})] * 2),
    ("requestRefund", "too_old", [("C1014/refunds", {"payment_id": "{C1014 payments merchant=Furniture}"})]),
    ("requestRefund", "amount_too_high", [("C1001/refunds", {"payment_id": PAID, "amount_minor": 10**9})]),
    ("cancelRefund", "too_late", [("C1001/refunds/{C1001 refunds}/cancel", {})]),
    ("cancelRefund", "already_cancelled", [("C1014/refunds/{C1014 refunds status=cancelled}/cancel", {})]),
    ("withdrawCase", "not_withdrawable", [("C1014/cases/{C1014 cases kind=dispute}/withdraw", {})]),
    ("withdrawCase", "already_withdrawn", [("C1014/cases/{C1014 cases kind=complaint}/withdraw", {})] * 2),
    ("traceRefund", "not_completed", [("C1001/refunds/{C1001 refunds}/trace", {})]),
    ("traceRefund", "already_traced", [("C1002/refunds/{C1002 refunds}/trace", {})] * 2),
    (
        "disputePayment",
        "not_disputable",
        [("C1006/disputes", {"payment_id": "{C1006 payments status=failed}", "kind": "other"})],
    ),
    ("disputePayment", "already_disputed", [("C1001/disputes", {"payment_id": PAID, "kind": "other"})] * 2),
    (
        "disputePayment",
        "already_refunded",
        [("C1001/refunds", {"payment_id": PAID}), ("C1001/disputes", {"payment_id": PAID, "kind": "other"})],
    ),
    ("makeReceipt", "not_completed", [("C1005/receipts", {"payment_id": "{C1005 payments status=pending}"})]),
    ("cancelTransfer", "not_processing", [("C1007/transfers/{C1007 transfers status=completed}/cancel", {})]),
    ("cancelTransfer", "already_cancelled", [("C1007/transfers/{C1007 transfers status=processing}/cancel", {})] * 2),
    ("recallTransfer", "not_completed", [("C1007/transfers/{C1007 transfers status=processing}/recall", {})]),
    (
        "recallTransfer",
        "already_recalled",
        [("C1007/transfers/{C1007 transfers status=completed direction=out}/recall", {})] * 2,
    ),
    ("recallTransfer", "too_old", [("C1014/transfers/{C1014 transfers counterparty=Landlord}/recall", {})]),
    ("freezeCard", "already_frozen", [("C1009/cards/{C1009 cards status=frozen}/freeze", {})]),
    ("freezeCard", "card_lost", [("C1010/cards/{C1010 cards status=lost}/freeze", {})]),
    ("freezeCard", "card_replaced", [("C1014/cards/{C1014 cards status=replaced}/freeze", {})]),
    ("unfreezeCard", "not_frozen", [("C1009/cards/{C1009 cards status=active}/unfreeze", {})]),
    ("unfreezeCard", "frozen_by_bank", [("C1014/cards/{C1014 cards status=frozen}/unfreeze", {})]),
    ("unfreezeCard", "card_lost", [("C1010/cards/{C1010 cards status=lost}/unfreeze", {})]),
    ("unfreezeCard", "card_replaced", [("C1014/cards/{C1014 cards status=replaced}/unfreeze", {})]),
    ("reportCardLost", "card_lost", [("C1010/cards/{C1010 cards status=lost}/report-lost", {})]),
    ("reportCardLost", "card_replaced", [("C1014/cards/{C1014 cards status=replaced}/report-lost", {})]),
    ("replaceCard", "already_ordered", [("C1010/cards/{C1010 cards status=lost}/replace", {"reason": "lost"})]),
    ("replaceCard", "card_replaced", [("C1014/cards/{C1014 cards status=replaced}/replace", {"reason": "lost"})]),
    ("replaceCard", "virtual_card", [("C1010/cards/{C1010 cards kind=virtual}/replace", {"reason": "other"})]),
    ("changeLimit", "limit_out_of_range", [("C1001/limits", {"daily_minor": 10**9})]),
    ("changeLimit", "limit_unchanged", [("C1001/limits", {"daily_minor": 50_000})] * 2),
    ("changeLimit", "account_restricted", [("C1001/lock", {}), ("C1001/limits", {"daily_minor": 50_000})]),
    ("resetPassword", "too_many_resets", [("C1001/password-reset", {})] * 6),
    ("changePhone", "phone_invalid", [("C1001/phone-number", {"phone": "12345"})]),
    ("changePhone", "phone_unchanged", [("C1001/phone-number", {"phone": "138 0001 5678"})]),
    ("changePhone", "phone_taken", [("C1001/phone-number", {"phone": "+1 212 555 0142"})]),
    ("changePhone", "account_restricted", [("C1001/lock", {}), ("C1001/phone-number", {"phone": "13912345678"})]),
    ("requestClosure", "already_closing", [("C1013/close-request", {})] * 2),
    ("requestClosure", "account_restricted", [("C1013/lock", {}), ("C1013/close-request", {})]),
    ("requestClosure", "balance_not_zero", [("C1001/close-request", {})]),
    ("requestClosure", "payments_pending", [("C1005/close-request", {})]),
    ("requestClosure", "transfers_processing", [("C1007/close-request", {})]),
    ("requestClosure", "refunds_open", [("C1001/close-request", {})]),
    ("sendCode", "too_many_codes", [*[OTP, ("later", {"s": 200})] * 6, OTP]),
    ("sendCode", "too_soon", [OTP] * 5),
    ("sendCode", "codes_blocked", [*WRONG, OTP]),
    ("sendCode", "phone_invalid", [("C1001/otp", {"purpose": "change_phone", "object": "12"})]),
    ("sendCode", "phone_unchanged", [("C1001/otp", {"purpose": "change_phone", "object": "13800015678"})]),
    ("sendCode", "account_restricted", [("C1001/lock", {}), OTP]),
    ("sendCode", "cooling_off", [*new_phone("C1001"), OTP]),
    ("sendCode", "no_phone_change", [("C1001/otp", {"purpose": "confirm_phone"})]),
    ("changePhone", "cooling_off", [*new_phone("C1001"), ("C1001/phone-number", {"phone": "13912345679"})]),
    ("confirmPhone", "no_phone_change", [("C1001/phone-number/confirm", {})]),
    (
        "confirmPhone",
        "account_restricted",
        [new_phone("C1001")[0], ("C1001/lock", {}), ("C1001/phone-number/confirm", {})],
    ),
    ("requestRefund", "cooling_off", [*new_phone("C1001"), ("C1001/refunds", {"payment_id": PAID})]),
    ("changeLimit", "cooling_off", [*new_phone("C1001"), ("C1001/limits", {"daily_minor": 5_000_000})]),
    ("resetPassword", "cooling_off", [*new_phone("C1001"), ("C1001/password-reset", {})]),
    ("requestClosure", "cooling_off", [*new_phone("C1001"), ("C1001/close-request", {})]),
    (
        "disputePayment",
        "cooling_off",
        [
            *new_phone("C1003"),
            ("C1003/disputes", {"payment_id": "{C1003 payments merchant=涮肉}", "kind": "charged_twice"}),
        ],
    ),
    ("verifyCode", "codes_blocked", [*WRONG, TRY]),
    ("verifyCode", "too_soon", [*WRONG[:6], TRY]),
    ("verifyCode", "code_wrong", [("C1001/otp", {}), ("C1001/otp/verify", {"code": "x"})]),
    ("verifyCode", "code_locked", [("C1001/otp", {}), *[("C1001/otp/verify", {"code": str(n)}) for n in range(4)]]),
    ("verifyCode", "code_expired", [("C1001/otp", {}), ("later", {}), ("C1001/otp/verify", {"code": "x"})]),
    ("verifyCode", "code_used", [("C1001/otp", {}), ("void", {}), ("C1001/otp/verify", {"code": "x"})]),
]
EMPTIED = {"payments_pending", "transfers_processing", "refunds_open"}
DEFAULTS: dict[str, dict[str, object]] = {"refunds": {"reason": "test"}, "otp": {"purpose": "close_account"}}


def test_every_documented_refusal_is_below() -> None:
    documented = {
        (each["operationId"], code)
        for item in document()["paths"].values()
        for each in item.values()
        if "422" in each["responses"]
        for code in re.findall(r"\w+", each["responses"]["422"]["description"].removeprefix("Refused: "))
    }
    documented = {each for each in documented if each[1] not in deeds.REFUSALS}  # test_codes.py
    assert {(operation, code) for operation, code, _ in ROWS} == documented


@pytest.mark.parametrize(("operation", "code", "steps"), ROWS, ids=[f"{row[0]}-{row[1]}" for row in ROWS])
async def test_it_is_refused(bank: RunningBank, operation: str, code: str, steps: list[Step]) -> None:
    if code in EMPTIED:
        bank.db.run("UPDATE customers SET balance_minor = 0")
    cache: dict[str, str] = {}
    otp_id = ""
    for path, body in steps:
        if path == "later":
            bank.clock.now += float(str(body.get("s", DAY_S)))
            continue
        if path == "void":
            await bank.ask("POST", "/customers/C1001/otp", {"purpose": "close_account"})
            continue
        filled = {**DEFAULTS.get(path.split("/", 1)[1], {}), **body}
        if path.endswith("verify"):
            filled = {"otp_id": otp_id, **filled}
        filled = {name: await _filled(bank, value, cache) for name, value in filled.items()}
        answer = await bank.ask("POST", f"/customers/{await _filled(bank, path, cache)}", filled)
        otp_id = answer.body.get("otp_id", otp_id)
    assert (answer.status, answer.body.get("error")) == (422, code)
    assert any(name == operation for name, _ in bank.seen)


async def _filled(bank: RunningBank, value: object, cache: dict[str, str]) -> object:
    """`{C1001 payments merchant=京东}` becomes the newest such id, the same one each time."""
    if not isinstance(value, str) or not (found := re.search(r"{(\w+) (\w+)([^}]*)}", value)):
        return value
    if found[0] not in cache:
        wanted = dict(each.split("=") for each in found[3].split())
        query = {} if found[2] == "cards" else {"limit": 100}
        listed = (await bank.get(f"/customers/{found[1]}/{found[2]}", **query))[found[2]]
        one = next(each for each in listed if all(part in each[name] for name, part in wanted.items()))
        cache[found[0]] = one.get("id") or one["number"]
    return value.replace(found[0], cache[found[0]])
