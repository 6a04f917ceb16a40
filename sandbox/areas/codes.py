"""One-time codes by SMS, and the demo phone that receives them."""

from __future__ import annotations

import hmac
import secrets

from sandbox import asked, models
from sandbox.areas.common import customer_of, mask_phone, text_message
from sandbox.service import Call, Missing, Refused, Route

GOOD_FOR_S = 300.0
TRIES = 3
AN_HOUR = 30


def send_code(call: Call) -> models.CodeSent:
    customer = customer_of(call)
    body: asked.CodeRequest = call.body
    sent = call.db.number(
        "SELECT count(*) FROM codes WHERE customer_id = ? AND sent_at > ?", customer["id"], call.now - 3600
    )
    if sent >= AN_HOUR:
        raise Refused("too_many_codes", f"{AN_HOUR} codes an hour are the most")
    call.db.run("UPDATE codes SET used = 1 WHERE customer_id = ? AND purpose = ?", customer["id"], body.purpose)
    otp_id, code = f"otp_{secrets.token_hex(8)}", f"{secrets.randbelow(10**6):06d}"
    call.db.insert(
        "codes",
        id=otp_id,
        customer_id=customer["id"],
        purpose=body.purpose,
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
        en=f"Xiaoer Pay: your code is {code}, good for 5 minutes. We never ask for it by phone.",
        zh=f"【小二支付】验证码{code}，5分钟内有效。工作人员不会向您索要验证码。",
        code=code,
    )
    return models.CodeSent(otp_id=otp_id, sent_to=mask_phone(customer["phone"]), expires_at=call.now + GOOD_FOR_S)


def verify_code(call: Call) -> models.CodeVerified:
    """A wrong code uses up a try, whatever else happens; each other refusal leaves everything as it was."""
    customer = customer_of(call)
    body: asked.CodeCheck = call.body
    code = call.db.one("SELECT * FROM codes WHERE id = ? AND customer_id = ?", body.otp_id, customer["id"])
    if code is None:
        raise Missing("code")
    if code["purpose"] != body.purpose:
        raise Refused("wrong_purpose", "the code was sent for something else")
    if code["used"]:
        raise Refused("code_used", "the code was used, or replaced by a newer one")
    if call.now >= code["expires_at"]:
        raise Refused("code_expired", "the code has expired")
    if code["tries_left"] <= 0:
        raise Refused("code_locked", "no tries are left")
    if not hmac.compare_digest(code["code"].encode(), body.code.strip().encode()):
        call.db.run("UPDATE codes SET tries_left = tries_left - 1 WHERE id = ?", code["id"])
        left = code["tries_left"] - 1
        raise Refused("code_wrong" if left else "code_locked", f"not the code; tries left: {left}", keep=True)
    call.db.run("UPDATE codes SET used = 1 WHERE id = ?", code["id"])
    return models.CodeVerified(purpose=body.purpose, verified_at=call.now)


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
        summary="Send a six-digit code by SMS; an earlier one for the same purpose is void.",
        handle=send_code,
        body=asked.CodeRequest,
        answers=models.CodeSent,
        refusals=("too_many_codes",),
        status=201,
    ),
    Route(
        method="POST",
        path="/customers/{customer_id}/otp/verify",
        name="verifyCode",
        summary="Check a code: five minutes, three tries, used once, for its purpose only.",
        handle=verify_code,
        body=asked.CodeCheck,
        answers=models.CodeVerified,
        refusals=("code_wrong", "code_locked", "code_expired", "code_used", "wrong_purpose"),
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
