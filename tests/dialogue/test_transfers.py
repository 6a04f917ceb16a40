"""Transfers: where they are, why they failed, and getting them back."""

from __future__ import annotations

from tests.dialogue.talking import Talk


async def test_a_transfer_to_the_wrong_person_is_stopped_while_it_can_be(talk: Talk) -> None:
    customer = talk("C1007", "zh")
    assert "哪一笔转错了" in await customer.say("我转错人了")
    assert "还没有到账，可以撤销" in await customer.say("第一笔")
    await customer.press("确认")
    heard = await customer.enter_code()
    (cancelled,) = await customer.bank.client.transfers("C1007", status="cancelled")
    assert (cancelled.amount_minor, cancelled.counterparty) == (200000, "张伟")
    assert cancelled.id in heard


async def test_one_that_has_arrived_is_asked_back_without_a_promise(talk: Talk) -> None:
    customer = talk("C1007", "zh")
    await customer.say("我转错人了")
    assert "需要对方同意" in await customer.press("￥500.00")
    await customer.press("确认")
    assert "不能保证" in await customer.enter_code()
    (case,) = await customer.bank.client.cases("C1007", kind="recall")
    assert case.status == "open"


async def test_the_only_one_under_way_is_proposed_for_cancelling(talk: Talk) -> None:
    customer = talk("C1014")
    assert "$3,000.00 to Wei Liu" in await customer.say("cancel my transfer")
    await customer.say("yes")
    assert "is cancelled" in await customer.enter_code()


async def test_an_arrived_one_cannot_be_cancelled_but_asked_back(talk: Talk) -> None:
    customer = talk("C1007", "zh")
    (arrived,) = await customer.bank.client.transfers("C1007", status="completed", direction="out")
    heard = await customer.send(f'/cancel_transfer{{"order_number": "{arrived.id}"}}')
    assert "不能撤销" in heard
    assert "需要对方同意" in await customer.press("需要")


async def test_why_transfers_failed(talk: Talk) -> None:
    customer = talk("C1008")
    await customer.say("my transfer failed")
    heard = await customer.say("the second one")
    assert "account is closed" in heard
    assert "back in your balance by" in heard


async def test_where_a_transfer_is_and_how_long_they_take(talk: Talk) -> None:
    heard = await talk("C1014").say("where is my transfer")
    assert "should arrive by" in heard
    assert "next working day" in await talk().say("how long does a transfer take")


async def test_what_was_described_is_not_exchanged_for_what_is_possible(talk: Talk) -> None:
    """Only the 2,000 can be cancelled; who asks for the 500 is told about the 500."""
    customer = talk("C1007", "zh")
    customer.mishear({"name": "cancel_transfer", "confidence": 0.9})
    heard = await customer.say("给刘强转的500撤销一下")
    assert "￥500.00" in heard
    assert "2,000" not in heard
    assert "追回" in heard
