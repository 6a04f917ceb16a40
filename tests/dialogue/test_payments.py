"""Payments that failed, hang, were charged twice or are nobody's."""

from __future__ import annotations

from tests.dialogue.talking import Talk


async def test_a_double_charge_is_found_and_given_back(talk: Talk) -> None:
    customer = talk("C1003", "zh")
    heard = await customer.say("吃饭被重复扣款了")
    assert "分别扣了您￥268.00" in heard
    assert "6位验证码" in await customer.press("确认"), "money that goes back takes what any refund takes"
    (message, *_) = await customer.bank.client.outbox("C1003")
    assert "退回老北京涮肉馆重复扣款CNY 268.00" in message.text
    assert await customer.bank.client.cases("C1003", kind="dispute") == ()
    heard = await customer.enter_code()
    (case,) = await customer.bank.client.cases("C1003", kind="dispute")
    assert case.status == "resolved"
    assert case.refund_id is not None
    assert case.refund_id in heard


async def test_without_a_pair_the_customer_shows_which_one_and_it_is_checked(talk: Talk) -> None:
    customer = talk("C1004")
    assert "Which charge is one too many?" in await customer.say("I was charged twice")
    assert "can't see a second charge" in await customer.press("$20.78")
    await customer.press("Yes")
    (case,) = await customer.bank.client.cases("C1004", kind="dispute")
    assert (case.status, case.topic) == ("open", "charged_twice")


async def test_a_payment_nobody_made_is_disputed_and_the_card_frozen(talk: Talk) -> None:
    customer = talk("C1004")
    await customer.say("there's a payment I don't recognise")
    heard = await customer.press("$89.99")
    assert "NOVAPLAY DIGITAL SVCS" in heard
    assert "3:14 AM" in heard
    assert "freeze your card ending 1290" in await customer.press("Yes")
    assert "frozen" in await customer.say("yes please")
    (case,) = await customer.bank.client.cases("C1004", kind="dispute")
    assert case.topic == "not_recognised"
    statuses = {card.ending: card.status for card in await customer.bank.client.cards("C1004")}
    assert statuses["1290"] == "frozen"


async def test_a_pending_payment_is_told_when_it_ends(talk: Talk) -> None:
    heard = await talk("C1005", "zh").say("酒店的付款怎么一直在处理中")
    assert "西湖云居酒店" in heard
    assert "￥1,280.00" in heard
    assert "最晚" in heard


async def test_a_failed_payment_whose_money_is_held(talk: Talk) -> None:
    heard = await talk("C1006").say("my payment failed but the money is gone")
    assert "connection problem" in heard
    assert "only held, not taken" in heard


async def test_who_has_nothing_is_told_so(talk: Talk) -> None:
    customer = talk("C1013", "zh")
    assert "没有查到失败的付款" in await customer.say("付款失败了")
    assert "没有处理中的付款" in await customer.send("/payment_pending")
    assert "没有查到付款记录" in await customer.send("/payment_not_recognised")
