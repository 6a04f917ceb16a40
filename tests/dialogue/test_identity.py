"""Nothing is told or done without its proof; what was wanted is returned to by itself."""

from __future__ import annotations

import dataclasses
import json
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot import guard
from bot.store.audit import Audit
from bot.store.connect import connect
from bot.store.guesses import Guesses
from bot.types import Level
from tests.dialogue.talking import Talk
from tests.redis import redis_server, redis_url

__all__ = ["redis_server", "redis_url"]

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
    assert customer.state.stack[-1].waiting == "sign_in"


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


async def test_a_code_opens_one_deed_and_nothing_else(talk: Talk) -> None:
    customer = talk("C1014")
    before = (await customer.bank.client.limits("C1014")).daily_minor
    await customer.say("cancel my transfer")
    await customer.say("yes")
    assert "is cancelled" in await customer.enter_code()
    identity = customer.conversation.identity
    assert identity is not None
    assert (identity.level, identity.stepped_up_for, identity.code_proof) == (Level.SIGNED_IN, "", "")
    await customer.send('/change_limit{"amount": {"minor": 800000, "currency": null}}')
    assert "6-digit code" in await customer.press("Yes")
    await customer.press("Cancel")
    await customer.send('/change_phone_number{"phone_number": "+14155550100"}')
    assert "6-digit code" in await customer.press("Yes")
    assert (await customer.bank.client.limits("C1014")).daily_minor == before


async def test_what_is_changed_after_the_code_was_sent_takes_another(talk: Talk) -> None:
    """The bank did not answer, the code has come back, and now the amount is another."""
    customer = talk("C1014")
    await customer.send('/change_limit{"amount": {"minor": 800000, "currency": null}}')
    await customer.press("Yes")
    await customer.bank.fault(path_prefix="/customers/C1014/limits", method="POST", status=503, times=3)
    assert "can't say yet" in await customer.enter_code()
    identity = customer.conversation.identity
    assert identity is not None and identity.level_at(time.time()) == Level.STEPPED_UP
    await customer.send('/change_limit{"amount": {"minor": 900000, "currency": null}}')
    assert "6-digit code" in await customer.press("Yes")
    assert (await customer.bank.client.limits("C1014")).daily_minor not in (800_000, 900_000)


async def test_another_try_of_the_same_needs_no_other_code_and_is_done_once(talk: Talk) -> None:
    customer = talk("C1014")
    await customer.send('/change_limit{"amount": {"minor": 800000, "currency": null}}')
    await customer.press("Yes")
    await customer.bank.fault(path_prefix="/customers/C1014/limits", method="POST", when="after", status=503, times=3)
    assert "can't say yet" in await customer.enter_code()
    assert "Done." in await customer.press("Try again")
    assert (await customer.bank.client.limits("C1014")).daily_minor == 800_000
    assert customer.conversation.identity is not None
    assert customer.conversation.identity.level == Level.SIGNED_IN


async def test_the_message_says_what_the_code_is_for(talk: Talk) -> None:
    customer = talk("C1014")
    await customer.send('/change_limit{"amount": {"minor": 800000, "currency": null}}')
    await customer.press("Yes")
    (newest, *_) = await customer.bank.client.outbox("C1014")
    assert "set your daily limit to USD 8000.00" in newest.text


@pytest_asyncio.fixture
async def guarded(redis_url: str) -> AsyncIterator[Audit]:
    """The brake on guessing that a serving process has, and its audit trail."""
    client = connect(redis_url)
    audit = Audit(client)
    guard.install(Guesses(client, audit))
    yield audit
    guard.install(None)
    await client.aclose()


async def audited(audit: Audit) -> list[str]:
    return [json.loads(line)["event"] async for line in audit.lines()]


async def test_guessing_over_many_conversations_ends_with_a_person(talk: Talk, guarded: Audit) -> None:
    guesses, stopped = 0, ""
    for _ in range(30):
        customer = talk("C1014")
        await customer.say("cancel my transfer")
        await customer.say("yes")
        for guess in range(3):
            if customer.handed_over or "wait a little" in customer.heard:
                break
            await customer.say(f"00000{guess}")
            guesses += "isn't right" in customer.heard or "wrong too often" in customer.heard
        stopped = customer.handed_over or stopped
    assert guesses <= 6
    assert len(await customer.bank.client.transfers("C1014", status="processing")) == 1
    events = await audited(guarded)
    assert events.count("code.wrong") == guesses


async def test_codes_that_are_blocked_bring_a_person(talk: Talk, guarded: Audit) -> None:
    for n in range(10):
        deed = f"deed{n}"
        await guard.current().trying("C1014", deed, key=f"k{n}", conversation="c")
    customer = talk("C1014")
    await customer.say("cancel my transfer")
    await customer.say("yes")
    assert "too many wrong codes" in await customer.enter_code()
    assert customer.handed_over == "security"
    assert "code.blocked" in await audited(guarded)
    assert len(await customer.bank.client.transfers("C1014", status="processing")) == 1


async def test_a_right_code_counts_for_nothing_and_what_it_did_is_in_the_trail(talk: Talk, guarded: Audit) -> None:
    for minor in range(800_000, 800_004):
        customer = talk("C1014")
        await customer.send(f'/change_limit{{"amount": {{"minor": {minor}, "currency": null}}}}')
        await customer.press("Yes")
        assert "Done." in await customer.enter_code()
        customer.bank.clock.now += 120
    assert await audited(guarded) == ["deed.done"] * 4


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
