"""Limits, fees, password, phone number, identity check, closing; balance, transactions, bills, receipts."""

from __future__ import annotations

import time

import pytest

from tests.dialogue.talking import Talk


async def test_a_limit_is_changed_within_its_bounds(talk: Talk) -> None:
    customer = talk("C1001", "zh")
    assert "￥25,000.00" in await customer.say("我想调整限额")
    assert "￥100.00到￥50,000.00" in await customer.say("100万")
    assert "提高到￥30,000.00" in await customer.say("3万")
    await customer.press("确认")
    assert "￥30,000.00" in await customer.enter_code()
    assert (await customer.bank.client.limits("C1001")).daily_minor == 3_000_000


async def test_a_limit_said_at_once(talk: Talk) -> None:
    assert "lower your daily limit from $12,500.00 to $8,000.00" in await talk("C1014").say("set my limit to $8000")


async def test_fees_are_told_to_anyone_in_their_currency(talk: Talk) -> None:
    assert "$" in await talk().say("what are your fees")
    assert "￥" in await talk("", "zh").say("手续费怎么收")


async def test_a_password_link_goes_to_the_phone_we_know(talk: Talk) -> None:
    customer = talk("C1013", "zh")
    assert "177****8901" in await customer.say("忘记密码了")
    customer.bank.clock.now = time.time()
    assert "30分钟" in await customer.press("确认")
    assert "密码" in (await customer.bank.client.outbox("C1013"))[0].text


async def test_who_cannot_sign_in_is_told_what_to_do_about_the_password(talk: Talk) -> None:
    assert "Forgot password" in await talk().say("I forgot my password")


async def test_a_new_phone_number_and_one_that_will_not_do(talk: Talk) -> None:
    customer = talk("C1014")
    await customer.say("I want to change my phone number")
    assert "+14155550188" in await customer.say("+1 415 555 0188")
    await customer.press("Yes")
    assert "+1 ***-***-0188" in await customer.enter_code()
    (newest, *_) = await customer.bank.client.outbox("C1014")
    assert (newest.to, "use this number" in newest.text) == ("+14155550188", True)
    assert "counts from" in await customer.enter_code()
    (told, *_) = await customer.bank.client.outbox("C1014")
    assert "Reply STOP" in told.text and told.to != "+14155550188"
    customer.bank.clock.now += 1800
    assert "0188" in (await customer.bank.client.profile("C1014")).phone
    await customer.say("change my phone number")
    await customer.say("+1 415 555 0199")
    assert "less than a day ago" in await customer.press("Yes")


async def test_the_number_that_is_on_the_account_needs_no_code_to_be_refused(talk: Talk) -> None:
    customer = talk("C1001", "zh")
    await customer.say("我要换手机号")
    await customer.say("13800015678")
    await customer.press("确认")
    assert "6位验证码" not in customer.heard
    assert customer.slot("requested_slot") == "phone_number"


async def test_closing_waits_until_the_account_is_empty(talk: Talk) -> None:
    assert "$43,859.00" in await talk("C1014").say("close my account")
    customer = talk("C1013", "zh")
    assert "无法恢复" in await customer.say("我要注销账户")
    await customer.press("确认")
    assert "注销申请已提交" in await customer.enter_code()


async def test_the_identity_check(talk: Talk) -> None:
    assert "身份证和人脸照片" in await talk("C1013", "zh").say("怎么做实名认证")


async def test_the_balance_and_what_is_set_aside(talk: Talk) -> None:
    assert "$684.00 is set aside" in await talk("C1014").say("what's my balance")


async def test_transactions_as_text_and_as_a_card(talk: Talk) -> None:
    customer = talk("C1014")
    heard = await customer.say("show me my recent transactions")
    (card,) = [reply.custom for reply in customer.replies if reply.custom]
    assert card["card"] == "payments"
    for item in card["items"]:
        assert set(item) == {"id", "title", "amount", "date", "status"}
        assert item["title"] in heard
        assert item["amount"] in heard


@pytest.mark.parametrize(
    ("language", "asked", "expected"),
    [("en", "show me my bill for October", "October 2026"), ("zh", "看一下10月的账单", "2026年10月账单")],
)
async def test_a_bill_by_month(talk: Talk, language: str, asked: str, expected: str) -> None:
    customer = talk("C1014", language)
    await customer.send('/monthly_bill{"date": "2026-10-01"}')
    assert expected.split(" ", maxsplit=1)[0] in customer.heard
    assert customer.slot("solved") == ["monthly_bill"]
    assert asked


async def test_a_receipt_for_a_payment_and_for_a_month(talk: Talk) -> None:
    customer = talk("C1014")
    await customer.say("I need a receipt")
    heard = await customer.say("the latest one")
    assert "receipt for $204.37 at Amazon" in heard
    assert "http" in heard
    await customer.say("I need a receipt")
    month = next(button for button in customer.buttons if button.title.endswith("statement"))
    assert month.title in await customer.press(month.title)
