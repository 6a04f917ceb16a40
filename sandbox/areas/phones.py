"""Changing the phone number: the old one is told first and may stop it, the new one proves itself before it counts."""

from __future__ import annotations

import re
import secrets
import sqlite3
from datetime import datetime
from zoneinfo import ZoneInfo

from sandbox import asked, clock, models
from sandbox.areas.common import customer_of, mask_phone, settled, text_message, unrestricted
from sandbox.deeds import Deed
from sandbox.service import Call, Refused, Route

STOP_WITHIN_S = {"CNY": 1800.0, "USD": 1800.0}
"""Region: so long after the new number has proved itself the old one may still stop the change."""
STOP = frozenset({"stop", "no", "停止", "不是我", "取消"})
OPEN = "SELECT * FROM phone_changes WHERE customer_id = ? AND status IN ('unproven', 'waiting')"


def change_phone(call: Call) -> models.PhoneChange:
    """A code to the old number has said which number it would be; now the new one has to prove itself."""
    customer = customer_of(call)
    phone = another(call, customer, call.body.phone)
    if call.db.one("SELECT 1 FROM customers WHERE phone = ?", phone) is not None:
        raise Refused("phone_taken", "the number belongs to another account")
    _stop(call, customer)
    call.db.insert(
        "phone_changes",
        id=f"pc_{secrets.token_hex(8)}",
        customer_id=customer["id"],
        phone=phone,
        status="unproven",
        asked_at=call.now,
    )
    return models.PhoneChange(phone=mask_phone(phone), status="unproven", counts_at=None)


def confirm_phone(call: Call) -> models.PhoneChange:
    """The code to the new number came back: it counts soon, unless the old one says no."""
    customer = customer_of(call)
    unrestricted(customer)
    change = open_change(call, customer)
    counts_at = call.now + STOP_WITHIN_S[customer["currency"]]
    call.db.run("UPDATE phone_changes SET status = 'waiting', counts_at = ? WHERE id = ?", counts_at, change["id"])
    clock.cancel(call.db, change["id"])
    clock.plan(call.db, counts_at, "phone.change", change["id"])
    masked = mask_phone(change["phone"])
    at = datetime.fromtimestamp(counts_at, ZoneInfo(customer["timezone"])).strftime("%H:%M")
    text_message(
        call.db,
        customer,
        call.now,
        "notice",
        en=f"Xiaoer Pay: from {at} the phone number of your account will be {masked}. Not you? Reply STOP to this"
        " message and it stays as it is.",
        zh=f"【小二支付】您的账户手机号将于{at}变更为{masked}。如非本人操作，请直接回复“停止”，号码将保持不变。",
    )
    return models.PhoneChange(phone=masked, status="waiting", counts_at=counts_at)


def open_change(call: Call, customer: sqlite3.Row) -> sqlite3.Row:
    """The change that is under way. Raises Refused."""
    change = call.db.one(OPEN, customer["id"])
    if change is None:
        raise Refused("no_phone_change", "no change of the phone number is under way")
    return change


def reply(call: Call) -> models.ReplyTaken:
    """What the customer's phone, the one that is on the account, sends back."""
    customer = customer_of(call)
    body: asked.SmsReply = call.body
    if body.text.strip(' .。!！“”"').lower() not in STOP or not _stop(call, customer):
        return models.ReplyTaken(stopped=False)
    text_message(
        call.db,
        customer,
        call.now,
        "notice",
        en="Xiaoer Pay: the phone number of your account stays as it is. If it wasn't you who asked, change your"
        " password now.",
        zh="【小二支付】手机号变更已停止，号码保持不变。如非本人发起，请尽快修改登录密码。",
    )
    return models.ReplyTaken(stopped=True)


def _stop(call: Call, customer: sqlite3.Row) -> bool:
    change = call.db.one(OPEN, customer["id"])
    if change is None:
        return False
    call.db.run("UPDATE phone_changes SET status = 'stopped' WHERE id = ?", change["id"])
    clock.cancel(call.db, change["id"])
    return True


def another(call: Call, customer: sqlite3.Row, given: str) -> str:
    """The number in E.164, if it may become the customer's. Raises Refused."""
    unrestricted(customer)
    settled(call, customer)
    phone = in_full(given, customer)
    if phone == customer["phone"]:
        raise Refused("phone_unchanged", "that is the number already")
    return phone


def in_full(given: str, customer: sqlite3.Row) -> str:
    """The number in E.164. Eleven digits are a Chinese mobile, ten are American for an American customer."""
    digits = re.sub(r"[\s().-]", "", given)
    if re.fullmatch(r"1[3-9]\d{9}", digits):
        return f"+86{digits}"
    if customer["currency"] == "USD" and re.fullmatch(r"1?[2-9]\d{9}", digits):
        return f"+1{digits[-10:]}"
    if re.fullmatch(r"\+[1-9]\d{7,14}", digits):
        return digits
    raise Refused("phone_invalid", "that is not a phone number we can text")


def deed_of_change(call: Call) -> Deed:
    body: asked.NewPhone = call.body
    return Deed(purpose="change_phone", object=in_full(body.phone, customer_of(call)))


def deed_of_confirming(call: Call) -> Deed:
    return Deed(purpose="confirm_phone", object=open_change(call, customer_of(call))["phone"])


ROUTES = (
    Route(
        method="POST",
        path="/customers/{customer_id}/phone-number",
        name="changePhone",
        summary="Ask for another phone number; it does not count before its own code has come back.",
        handle=change_phone,
        body=asked.NewPhone,
        answers=models.PhoneChange,
        refusals=("phone_invalid", "phone_unchanged", "phone_taken", "account_restricted", "cooling_off"),
        deed=deed_of_change,
    ),
    Route(
        method="POST",
        path="/customers/{customer_id}/phone-number/confirm",
        name="confirmPhone",
        summary="The new number has proved itself: the old one is told, and may stop it until it counts.",
        handle=confirm_phone,
        body=asked.Nothing,
        answers=models.PhoneChange,
        refusals=("no_phone_change", "account_restricted"),
        deed=deed_of_confirming,
    ),
    Route(
        method="POST",
        path="/outbox/{customer_id}/replies",
        name="replyBySms",
        summary="A text message from the customer's phone: STOP ends a change of the phone number.",
        handle=reply,
        body=asked.SmsReply,
        answers=models.ReplyTaken,
    ),
)
