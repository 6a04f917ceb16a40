"""One-time codes by SMS, and the demo phone that receives them.

A code is sent for one deed, which the message names; `sandbox/deeds.py` spends it. What may be guessed is bounded by
customer and purpose, however many codes and conversations somebody goes through.
"""

from __future__ import annotations

import hmac
import secrets
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass

from sandbox import asked, models
from sandbox.areas import payments, phones, transfers
from sandbox.areas.common import customer_of, mask_phone, money, settled, text_message, unrestricted
from sandbox.days import DAY_S
from sandbox.deeds import Deed
from sandbox.service import Call, Missing, Refused, Route

GOOD_FOR_S = 300.0
TRIES = 3
HOUR_S = 3600.0
SENT_AN_HOUR, SENT_A_DAY = 10, 20
SENT_FOR_ONE_PURPOSE = 6
"""In an hour."""
WRONG_A_DAY = 10
WRONG_FOR_ONE_PURPOSE = 6
"""In an hour."""
FREE = 3
"""So many sent or wrong in an hour, and then each has to wait twice as long as the one before ..."""
FIRST_WAIT_S = 30.0
"""... beginning with this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """A deed as the message names it, and where the message goes."""

    deed: Deed
    en: str
    zh: str
    to: str


def _refund(call: Call, customer: sqlite3.Row, body: asked.CodeRequest) -> _Asked:
    settled(call, customer)
    payment = _own(payments.PAYMENT, "p.customer_id = ? AND ? IN (p.id, p.order_number)", call, customer, body)
    amount_minor = payment["amount_minor"] if body.amount_minor is None else body.amount_minor
    sum_, merchant = money(amount_minor, payment["currency"]), payment["merchant"]
    if body.purpose == "double_charge":
        en, zh = f"refund {sum_} charged twice by {merchant}", f"退回{merchant}重复扣款{sum_}"
    else:
        en, zh = f"refund {sum_} paid to {merchant}", f"申请{merchant}退款{sum_}"
    return _Asked(
        deed=Deed(purpose=body.purpose, object=payment["id"], amount_minor=amount_minor),
        en=en,
        zh=zh,
        to=customer["phone"],
    )


def _take_back(call: Call, customer: sqlite3.Row, body: asked.CodeRequest) -> _Asked:
    transfer = _own(transfers.TRANSFER, "t.customer_id = ? AND t.id = ?", call, customer, body)
    sum_, whom = money(transfer["amount_minor"], transfer["currency"]), transfer["counterparty"]
    return _Asked(
        deed=Deed(purpose=body.purpose, object=transfer["id"], amount_minor=transfer["amount_minor"]),
        en=f"take back your transfer of {sum_} to {whom}",
        zh=f"撤回转给{whom}的{sum_}",
        to=customer["phone"],
    )


def _card(call: Call, customer: sqlite3.Row, body: asked.CodeRequest) -> _Asked:
    card = _own("SELECT * FROM cards", "customer_id = ? AND id = ?", call, customer, body)
    unfreeze = body.purpose == "unfreeze_card"
    return _Asked(
        deed=Deed(purpose=body.purpose, object=card["id"]),
        en=f"unfreeze your card ending {card['ending']}" if unfreeze else f"replace your card ending {card['ending']}",
        zh=f"解冻尾号{card['ending']}的卡" if unfreeze else f"为尾号{card['ending']}的卡补办新卡",
        to=customer["phone"],
    )


def _limit(call: Call, customer: sqlite3.Row, body: asked.CodeRequest) -> _Asked:
    if body.amount_minor is None:
        raise Refused("bad_request", "change_limit needs amount_minor", status=400)
    unrestricted(customer)
    if body.amount_minor > customer["daily_minor"]:
        settled(call, customer)
    sum_ = money(body.amount_minor, customer["currency"])
    return _Asked(
        deed=Deed(purpose=body.purpose, amount_minor=body.amount_minor),
        en=f"set your daily limit to {sum_}",
        zh=f"将每日限额调整为{sum_}",
        to=customer["phone"],
    )


def _phone(call: Call, customer: sqlite3.Row, body: asked.CodeRequest) -> _Asked:
    """The old number confirms the wish, the new one that it is the customer's."""
    if body.purpose == "change_phone":
        phone = phones.another(call, customer, body.object)
        return _Asked(
            deed=Deed(purpose=body.purpose, object=phone),
            en=f"change your phone number to {mask_phone(phone)}",
            zh=f"将手机号更换为{mask_phone(phone)}",
            to=customer["phone"],
        )
    phone = phones.open_change(call, customer)["phone"]
    return _Asked(
        deed=Deed(purpose=body.purpose, object=phone),
        en="use this number for your account",
        zh="将本号码绑定为账户手机号",
        to=phone,
    )


def _closing(call: Call, customer: sqlite3.Row, body: asked.CodeRequest) -> _Asked:
    unrestricted(customer)
    settled(call, customer)
    return _Asked(deed=Deed(purpose=body.purpose), en="close your account", zh="注销账户", to=customer["phone"])


PURPOSES: dict[str, Callable[[Call, sqlite3.Row, asked.CodeRequest], _Asked]] = {
    "refund": _refund,
    "double_charge": _refund,
    "take_back_transfer": _take_back,
    "unfreeze_card": _card,
    "replace_card": _card,
    "change_limit": _limit,
    "change_phone": _phone,
    "confirm_phone": _phone,
    "close_account": _closing,
}


def _own(select: str, where: str, call: Call, customer: sqlite3.Row, body: asked.CodeRequest) -> sqlite3.Row:
    row = call.db.one(f"{select} WHERE {where}", customer["id"], body.object)
    if row is None:
        raise Missing("object of the code")
    return row


def send_code(call: Call) -> models.CodeSent:
    customer = customer_of(call)
    body: asked.CodeRequest = call.body
    wanted = PURPOSES[body.purpose](call, customer, body)
    _not_blocked(call, customer["id"], body.purpose)
    _not_too_many(call, customer["id"], body.purpose)
    call.db.run("UPDATE codes SET void = 1 WHERE customer_id = ? AND purpose = ?", customer["id"], body.purpose)
    otp_id, code = f"otp_{secrets.token_hex(8)}", f"{secrets.randbelow(10**6):06d}"
    call.db.insert(
        "codes",
        id=otp_id,
        customer_id=customer["id"],
        purpose=wanted.deed.purpose,
        object=wanted.deed.object,
        amount_minor=wanted.deed.amount_minor,
        code=code,
        sent_at=call.now,
        expires_at=call.now + GOOD_FOR_S,
        tries_left=TRIES,
    )
    text_message(
        call.db,
        customer,
        call.now,
        "code",
        en=f"Xiaoer Pay: {code} is your code to {wanted.en}. Good for 5 minutes, for this only. If that isn't what you"
        " want, don't type it anywhere. We never ask for it by phone.",
        zh=f"【小二支付】验证码{code}，用于{wanted.zh}，5分钟内有效，仅限本次操作。如非本人操作，请勿输入或告知他人。",
        code=code,
        to=wanted.to,
    )
    return models.CodeSent(otp_id=otp_id, sent_to=mask_phone(wanted.to), expires_at=call.now + GOOD_FOR_S)


def verify_code(call: Call) -> models.CodeVerified:
    """A wrong code uses up a try, whatever else happens; each other refusal leaves everything as it was."""
    customer = customer_of(call)
    body: asked.CodeCheck = call.body
    code = call.db.one("SELECT * FROM codes WHERE id = ? AND customer_id = ?", body.otp_id, customer["id"])
    if code is None:
        raise Missing("code")
    if code["void"] or code["verified_at"] is not None:
        raise Refused("code_used", "the code was used, or replaced by a newer one")
    if call.now >= code["expires_at"]:
        raise Refused("code_expired", "the code has expired")
    _not_blocked(call, customer["id"], code["purpose"])
    if code["tries_left"] <= 0:
        raise Refused("code_locked", "no tries are left")
    if not hmac.compare_digest(code["code"].encode(), body.code.strip().encode()):
        call.db.run("UPDATE codes SET tries_left = tries_left - 1 WHERE id = ?", code["id"])
        call.db.insert("wrong_codes", customer_id=customer["id"], purpose=code["purpose"], at=call.now)
        left = code["tries_left"] - 1
        raise Refused("code_wrong" if left else "code_locked", f"not the code; tries left: {left}", keep=True)
    call.db.run("UPDATE codes SET verified_at = ? WHERE id = ?", call.now, code["id"])
    return models.CodeVerified(proof=code["id"], purpose=code["purpose"], verified_at=call.now)


def _not_blocked(call: Call, customer_id: str, purpose: str) -> None:
    """Wrong codes count over all codes and conversations."""
    day = call.db.number(
        "SELECT count(*) FROM wrong_codes WHERE customer_id = ? AND at > ?", customer_id, call.now - DAY_S
    )
    hour = _since(call, "wrong_codes", "at", customer_id, purpose)
    if day >= WRONG_A_DAY or hour[0] >= WRONG_FOR_ONE_PURPOSE:
        raise Refused("codes_blocked", "too many wrong codes; a person has to look at it")
    _waited(call, *hour)


def _not_too_many(call: Call, customer_id: str, purpose: str) -> None:
    sent = "SELECT count(*) FROM codes WHERE customer_id = ? AND sent_at > ?"
    hour = _since(call, "codes", "sent_at", customer_id, purpose)
    if (
        hour[0] >= SENT_FOR_ONE_PURPOSE
        or call.db.number(sent, customer_id, call.now - HOUR_S) >= SENT_AN_HOUR
        or call.db.number(sent, customer_id, call.now - DAY_S) >= SENT_A_DAY
    ):
        raise Refused("too_many_codes", "no more codes are sent for now")
    _waited(call, *hour)


def _since(call: Call, table: str, column: str, customer_id: str, purpose: str) -> tuple[int, float]:
    """How many there were in the last hour, and when the last one was."""
    row = call.db.one(
        f"SELECT count(*), coalesce(max({column}), 0) FROM {table} WHERE customer_id = ? AND purpose = ? AND {column} > ?",  # noqa: S608, E501
        customer_id,
        purpose,
        call.now - HOUR_S,
    )
    return (int(row[0]), float(row[1])) if row else (0, 0.0)


def _waited(call: Call, many: int, last_at: float) -> None:
    wait_s = FIRST_WAIT_S * 2 ** (many - FREE - 1) if many > FREE else 0.0
    left_s = last_at + wait_s - call.now
    if left_s > 0:
        raise Refused("too_soon", f"again in {left_s:.0f} seconds", final=False)


def outbox(call: Call) -> asked.Messages:
    customer_of(call)
    query: asked.Page = call.query
    rows = call.db.all(
        'SELECT id, at, to_number AS "to", text, code FROM outbox WHERE customer_id = ? ORDER BY id DESC LIMIT ?',
        call.path["customer_id"],
        query.limit,
    )
    return asked.Messages(messages=[models.Message(**dict(row)) for row in rows])


ROUTES = (
    Route(
        method="POST",
        path="/customers/{customer_id}/otp",
        name="sendCode",
        summary="Send a six-digit code for one deed by SMS, which names it; an earlier one for its purpose is void.",
        handle=send_code,
        body=asked.CodeRequest,
        answers=models.CodeSent,
        refusals=(
            "too_many_codes",
            "too_soon",
            "codes_blocked",
            "phone_invalid",
            "phone_unchanged",
            "no_phone_change",
            "account_restricted",
            "cooling_off",
        ),
        status=201,
    ),
    Route(
        method="POST",
        path="/customers/{customer_id}/otp/verify",
        name="verifyCode",
        summary="Check a code: five minutes, three tries; its proof then opens the one deed it was sent for, once.",
        handle=verify_code,
        body=asked.CodeCheck,
        answers=models.CodeVerified,
        refusals=("code_wrong", "code_locked", "code_expired", "code_used", "codes_blocked", "too_soon"),
    ),
    Route(
        method="GET",
        path="/outbox/{customer_id}",
        name="listOutbox",
        summary="What the customer's demo phone received, newest first.",
        handle=outbox,
        query=asked.Page,
        answers=asked.Messages,
    ),
)
