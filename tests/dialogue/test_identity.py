"""Nothing is told or done without its proof; what was wanted is returned to by itself."""

from __future__ import annotations

import dataclasses
import time

import pytest

from bot.types import Level
from tests.dialogue.talking import Talk

OWN_DATA = """request_refund refund_status refund_not_arrived cancel_refund payment_failed charged_twice
payment_not_recognised payment_pending transfer_status transfer_failed transfer_wrong_recipient cancel_transfer
check_balance list_transactions monthly_bill request_receipt card_lost freeze_card unfreeze_card replace_card
card_declined card_delivery check_limits change_limit change_phone_number close_account verify_identity report_scam
complaint reset_password"""


@pytest.mark.parametrize("intent", OWN_DATA.split())
async def test_nothing_of_the_customers_own_without_a_sign_in(talk: Talk, intent: str) -> None:
    customer = talk()
    await customer.send(f"/{intent}")
    assert "I've signed in" in [button.title for button in customer.buttons]
    assert customer.slot("wanted")


async def test_after_the_sign_in_it_goes_on_with_what_was_said(talk: Talk) -> None:
    customer = talk("", "zh")
    assert "请在App内登录" in await customer.say("申请退款，199.9那笔")
    assert "还没有查到您的登录状态" in await customer.press("我已登录")
    customer.sign_in("C1001")
    assert "原因" in await customer.press("我已登录")
    assert "退款￥199.90" in await customer.press("不想要了")


async def test_saying_that_one_is_signed_in_is_enough(talk: Talk) -> None:
    customer = talk()
    await customer.say("what's my balance")
    customer.sign_in("C1014")
    assert "$43,175.00 available" in await customer.say("ok i'm logged in")


async def test_an_expired_sign_in_is_none(talk: Talk) -> None:
    customer = talk("C1014")
    assert customer.conversation.identity is not None
    expired = dataclasses.replace(customer.conversation.identity, expires_at=time.time() - 1)
    customer.change(identity=expired)
    assert "sign in" in await customer.say("what's my balance")


async def test_a_code_is_good_for_ten_minutes_and_then_no_more(talk: Talk) -> None:
    customer = talk("C1014")
    await customer.say("cancel my transfer")
    await customer.say("yes")
    await customer.enter_code()
    identity = customer.conversation.identity
    assert identity is not None
    assert (identity.level, identity.method) == (Level.STEPPED_UP, "otp")
    assert identity.stepped_up_until == pytest.approx(time.time() + 600, abs=30)
    await customer.send('/change_limit{"amount": {"minor": 800000, "currency": null}}')
    assert "Done." in await customer.press("Yes")
    customer.change(identity=dataclasses.replace(identity, stepped_up_until=time.time() - 1))
    await customer.send('/change_limit{"amount": {"minor": 900000, "currency": null}}')
    assert "6-digit code" in await customer.press("Yes")


async def test_a_wrong_code_then_a_new_one(talk: Talk) -> None:
    customer = talk("C1014")
    await customer.say("cancel my transfer")
    await customer.say("yes")
    assert "isn't right" in await customer.say("000000")
    first = await customer.code()
    assert "6-digit code" in await customer.say("I didn't get it")
    assert await customer.code() != first
    assert "is cancelled" in await customer.enter_code()


async def test_after_three_wrong_codes_it_stops_and_nothing_was_done(talk: Talk) -> None:
    customer = talk("C1014")
    await customer.say("cancel my transfer")
    await customer.say("yes")
    for guess in ("000001", "000002", "000003"):
        await customer.say(guess)
    assert "wrong too often" in customer.heard
    assert len(await customer.bank.client.transfers("C1014", status="processing")) == 1
    await customer.press("Try again")
    assert "is cancelled" in await customer.enter_code()


async def test_a_question_while_the_code_is_asked_for(talk: Talk) -> None:
    customer = talk("C1014")
    await customer.say("cancel my transfer")
    await customer.say("yes")
    heard = await customer.say("what are your fees")
    assert "Cash machine" in heard
    assert "6-digit code" in heard
    assert "is cancelled" in await customer.enter_code()


async def test_cancelling_at_the_code_changes_nothing(talk: Talk) -> None:
    customer = talk("C1014")
    await customer.say("cancel my transfer")
    await customer.say("yes")
    await customer.press("Cancel")
    assert "don't need a code" in await customer.enter_code()
    assert len(await customer.bank.client.transfers("C1014", status="processing")) == 1


async def test_what_is_no_code_is_answered_once(talk: Talk) -> None:
    customer = talk("C1014")
    await customer.say("cancel my transfer")
    await customer.say("yes")
    customer.mishear({"name": "help", "confidence": 0.2})
    assert "6-digit code" in await customer.say("hm what")
    assert len(customer.replies) == 1
    await customer.send("/affirm")
    assert len(customer.replies) == 1


async def test_after_a_sign_out_nothing_of_before_is_said_again_or_taken_up(talk: Talk) -> None:
    customer = talk("C1014")
    assert "$43,175.00" in await customer.say("what's my balance")
    await customer.say("cancel my transfer")
    customer.change(identity=None)
    assert "$43,175.00" not in await customer.send("/repeat_that")
    assert "I haven't said anything yet" in customer.heard
    assert "sign in" in await customer.say("what's my balance")
    customer.sign_in("C1014")
    assert "$43,175.00" in await customer.press("I've signed in")


async def test_an_expired_sign_in_hears_nothing_again(talk: Talk) -> None:
    customer = talk("C1014")
    await customer.say("what's my balance")
    assert customer.conversation.identity is not None
    customer.change(identity=dataclasses.replace(customer.conversation.identity, expires_at=time.time() - 1))
    assert "$43,175.00" not in await customer.send("/repeat_that")
