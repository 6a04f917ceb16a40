"""A one-time code names one deed, opens it once, and cannot be guessed."""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.table import TABLE
from tests.bank import RunningBank

DEEDS: dict[str, tuple[str, dict[str, Any] | None, str]] = {
    "requestRefund": ("C1001/refunds", {"payment_id": "{payments merchant=京东}", "reason": "x"}, "refunds"),
    "disputePayment": (
        "C1003/disputes",
        {"payment_id": "{payments merchant=涮肉}", "kind": "charged_twice"},
        "refunds",
    ),
    "cancelTransfer": ("C1007/transfers/{transfers status=processing}/cancel", None, "transfers"),
    "recallTransfer": ("C1007/transfers/{transfers status=completed direction=out}/recall", None, "cases"),
    "unfreezeCard": ("C1009/cards/{cards status=frozen}/unfreeze", None, "cards"),
    "replaceCard": ("C1009/cards/{cards status=frozen}/replace", {"reason": "damaged"}, "replacements"),
    "changeLimit": ("C1001/limits", {"daily_minor": 50_000}, "customers"),
    "changePhone": ("C1001/phone-number", {"phone": "13912345678"}, "phone_changes"),
    "confirmPhone": ("C1001/phone-number/confirm", {}, "phone_changes"),
    "requestClosure": ("C1013/close-request", {}, "customers"),
}


def test_every_route_that_needs_a_code_is_below() -> None:
    assert {route.name for route in TABLE if route.deed} == set(DEEDS)


async def filled(bank: RunningBank, text: str, who: str) -> str:
    if "{" not in text:
        return text
    before, _, rest = text.partition("{")
    wanted, _, after = rest.partition("}")
    what, *terms = wanted.split()
    listed = (await bank.get(f"/customers/{who}/{what}"))[what]
    pairs = [term.split("=") for term in terms]
    found = next(each for each in listed if all(value in str(each[name]) for name, value in pairs))
    return f"{before}{found['id']}{after}"


def state(bank: RunningBank, table: str) -> list[tuple[Any, ...]]:
    return [tuple(row) for row in bank.db.all(f"SELECT * FROM {table} ORDER BY 1")]  # noqa: S608


@pytest.mark.parametrize("name", DEEDS)
async def test_only_a_code_for_exactly_this_opens_it_and_once(bank: RunningBank, name: str) -> None:
    path, body, table = DEEDS[name]
    who = path[:5]
    path = f"/customers/{await filled(bank, path, who)}"
    body = body and {
        key: await filled(bank, value, who) if isinstance(value, str) else value for key, value in body.items()
    }
    if name == "confirmPhone":
        await bank.ask("POST", f"/customers/{who}/phone-number", {"phone": "13912345678"})
    deed, _ = bank.deed(path, body)
    other = "C1002"
    before = state(bank, table)
    bad = {
        "code_required": ["", "otp_made_up", bank.proof(other, deed.purpose, deed.object, deed.amount_minor)],
        "code_for_other": [
            bank.proof(who, "refund" if deed.purpose != "refund" else "change_limit", deed.object, deed.amount_minor),
            bank.proof(who, deed.purpose, deed.object + "1", deed.amount_minor),
            bank.proof(who, deed.purpose, deed.object, (deed.amount_minor or 0) + 1),
        ],
    }
    bank.clock.now -= 601
    bad["code_outdated"] = [bank.proof(who, deed.purpose, deed.object, deed.amount_minor)]
    bank.clock.now += 601
    for code, proofs in bad.items():
        for proof in proofs:
            answer = await bank.ask("POST", path, body, key="the-same-key", proof=proof)
            assert (answer.status, answer.body["error"]) == (422, code)
    assert state(bank, table) == before
    good = bank.proof(who, deed.purpose, deed.object, deed.amount_minor)
    done = await bank.ask("POST", path, body, key="the-same-key", proof=good)
    assert done.status < 300, "a refusal for want of a code is not kept for the key"
    after = state(bank, table)
    assert after != before
    again = await bank.ask("POST", path, body, key="the-same-key", proof="")
    assert (again.status, again.body) == (done.status, done.body), "the same key gives the same answer, code or no code"
    spent = await bank.ask("POST", path, body, proof=good)
    assert spent.status == 422, "neither twice nor with a code that is spent"
    assert state(bank, table) == after


async def test_a_code_that_is_spent_opens_nothing_more(bank: RunningBank) -> None:
    proof = bank.proof("C1001", "change_limit", "", 50_000)
    assert (await bank.ask("POST", "/customers/C1001/limits", {"daily_minor": 50_000}, proof=proof)).status == 200
    await bank.ask("POST", "/customers/C1001/limits", {"daily_minor": 60_000})
    answer = await bank.ask("POST", "/customers/C1001/limits", {"daily_minor": 50_000}, proof=proof)
    assert (answer.status, answer.body["error"]) == (422, "code_spent")


async def message(bank: RunningBank, who: str, **body: Any) -> str:
    answer = await bank.ask("POST", f"/customers/{who}/otp", body)
    assert answer.status == 201, answer
    (newest, *_) = (await bank.get(f"/outbox/{who}"))["messages"]
    assert newest["code"] in newest["text"]
    return str(newest["text"])


async def test_the_message_names_the_deed_in_the_customers_language(bank: RunningBank) -> None:
    payment = (await bank.get("/customers/C1001/payments", merchant="京东"))["payments"][0]
    said = await message(bank, "C1001", purpose="refund", object=payment["id"], amount_minor=1234)
    assert "申请" in said and "CNY 12.34" in said and payment["merchant"] in said and "仅限本次操作" in said
    said = await message(bank, "C1002", purpose="change_limit", amount_minor=123_400)
    assert "set your daily limit to USD 1234.00" in said and "for this only" in said
    card = (await bank.get("/customers/C1010/cards"))["cards"][0]
    assert card["ending"] in await message(bank, "C1010", purpose="unfreeze_card", object=card["id"])
    missing = await bank.ask("POST", "/customers/C1001/otp", {"purpose": "refund", "object": "P999"})
    assert missing.status == 404


async def test_a_code_is_good_once_for_three_tries_and_five_minutes(bank: RunningBank) -> None:
    async def send() -> tuple[str, str]:
        sent = (await bank.ask("POST", "/customers/C1001/otp", {"purpose": "close_account"})).body
        return sent["otp_id"], (await bank.get("/outbox/C1001"))["messages"][0]["code"]

    async def verify(otp_id: str, code: str) -> str:
        answer = await bank.ask("POST", "/customers/C1001/otp/verify", {"otp_id": otp_id, "code": code})
        return "verified" if answer.status == 200 else str(answer.body["error"])

    otp_id, code = await send()
    assert len(code) == 6 and code.isdigit()
    wrong = "000000" if code != "000000" else "111111"
    assert [await verify(otp_id, each) for each in (wrong, code, code)] == ["code_wrong", "verified", "code_used"]
    first, first_code = await send()
    otp_id, code = await send()
    assert await verify(first, first_code) == "code_used"
    assert [await verify(otp_id, wrong) for _ in range(2)] == ["code_wrong"] * 2
    bank.clock.now += 300
    assert await verify(otp_id, code) == "code_expired"


async def test_ninety_guesses_are_stopped_after_a_few_over_all_codes(bank: RunningBank) -> None:
    met: dict[str, int] = {}
    for n in range(90):
        sent = await bank.ask("POST", "/customers/C1001/otp", {"purpose": "close_account"})
        body = {"otp_id": sent.body.get("otp_id", "none"), "code": f"x{n}"}
        said = (await bank.ask("POST", "/customers/C1001/otp/verify", body)).body["error"]
        met[said] = met.get(said, 0) + 1
        bank.clock.now += 60
    assert met["code_wrong"] <= 10
    assert bank.db.number("SELECT count(*) FROM outbox WHERE code IS NOT NULL AND customer_id = 'C1001'") <= 20


async def test_wrong_codes_of_one_deed_count_for_all_in_a_day(bank: RunningBank) -> None:
    purposes = ({"purpose": "close_account"}, {"purpose": "change_limit", "amount_minor": 50_000})
    for body in purposes:
        for _ in range(2):
            otp_id = (await bank.ask("POST", "/customers/C1001/otp", body)).body["otp_id"]
            for _ in range(3 if body is purposes[0] else 2):
                await bank.ask("POST", "/customers/C1001/otp/verify", {"otp_id": otp_id, "code": "x"})
                bank.clock.now += 121
    answer = await bank.ask("POST", "/customers/C1001/otp", {"purpose": "change_limit", "amount_minor": 50_000})
    assert (answer.status, answer.body["error"]) == (422, "codes_blocked")
    bank.clock.now += 86_400
    assert (await bank.ask("POST", "/customers/C1001/otp", purposes[0])).status == 201


async def start_phone_change(bank: RunningBank, phone: str) -> dict[str, Any]:
    await bank.ask("POST", "/customers/C1002/phone-number", {"phone": phone})
    return dict((await bank.ask("POST", "/customers/C1002/phone-number/confirm", {})).body)


async def phone_of(bank: RunningBank) -> str:
    return str((await bank.get("/customers/C1002/profile"))["phone"])


async def test_a_new_phone_number_proves_itself_and_counts_only_when_the_old_one_had_time_to_stop_it(
    bank: RunningBank,
) -> None:
    old = bank.db.one("SELECT phone FROM customers WHERE id = 'C1002'")
    assert old is not None
    said = await message(bank, "C1002", purpose="change_phone", object="(415) 555-0100")
    assert "change your phone number to +1 ***-***-0100" in said
    asked = await bank.ask("POST", "/customers/C1002/phone-number", {"phone": "(415) 555-0100"})
    assert (asked.body["status"], asked.body["counts_at"]) == ("unproven", None)
    bank.clock.now += 86_400
    assert await phone_of(bank) != "+1 ***-***-0100", "a number that has not proved itself never counts"
    await message(bank, "C1002", purpose="confirm_phone")
    assert (await bank.get("/outbox/C1002"))["messages"][0]["to"] == "+14155550100"
    waiting = (await bank.ask("POST", "/customers/C1002/phone-number/confirm", {})).body
    assert (waiting["status"], waiting["counts_at"]) == ("waiting", bank.clock.now + 1800)
    (told, *_) = (await bank.get("/outbox/C1002"))["messages"]
    assert told["to"] == old["phone"] and "Reply STOP" in told["text"]
    bank.clock.now += 1799
    assert await phone_of(bank) != "+1 ***-***-0100"
    bank.clock.now += 1
    assert await phone_of(bank) == "+1 ***-***-0100"


async def test_the_old_number_stops_the_change(bank: RunningBank) -> None:
    before = await phone_of(bank)
    await start_phone_change(bank, "4155550100")
    assert (await bank.ask("POST", "/outbox/C1002/replies", {"text": "what?"})).body == {"stopped": False}
    assert (await bank.ask("POST", "/outbox/C1002/replies", {"text": " Stop. "})).body == {"stopped": True}
    bank.clock.now += 86_400
    assert await phone_of(bank) == before
    assert (await bank.ask("POST", "/outbox/C1002/replies", {"text": "STOP"})).body == {"stopped": False}


async def test_after_a_change_money_and_limits_rest_for_a_day_but_lowering_and_protecting_do_not(
    bank: RunningBank,
) -> None:
    limits = await bank.get("/customers/C1002/limits")
    await start_phone_change(bank, "4155550100")
    bank.clock.now += 1800
    higher, lower = {"daily_minor": limits["daily_minor"] + 100}, {"daily_minor": limits["daily_minor"] - 100}
    refused = await bank.ask("POST", "/customers/C1002/limits", higher)
    assert (refused.status, refused.body["error"]) == (422, "cooling_off")
    assert (await bank.ask("POST", "/customers/C1002/limits", lower)).status == 200
    card = next(each for each in (await bank.get("/customers/C1002/cards"))["cards"] if each["status"] == "active")
    assert (await bank.ask("POST", f"/customers/C1002/cards/{card['id']}/freeze")).status == 200
    bank.clock.now += 86_400
    assert (await bank.ask("POST", "/customers/C1002/limits", higher)).status == 200
