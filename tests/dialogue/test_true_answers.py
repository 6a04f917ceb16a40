"""What is said agrees with the account, and answers what was asked."""

from __future__ import annotations

from tests.dialogue.talking import Talk


async def test_a_name_out_of_the_blue_is_looked_up(talk: Talk) -> None:
    customer = talk("C1008")
    customer.mishear({"name": "nlu_fallback", "confidence": 0.9})
    assert "$1,200.00, Greenpoint Rentals" in await customer.say("greenpoint")
    assert "account is closed" in await customer.press("A transfer failed")


async def test_an_angry_question_about_a_charge_is_still_a_question(talk: Talk) -> None:
    customer = talk("C1004")
    customer.mishear({"name": "express_anger", "confidence": 0.9})
    assert "$89.99, NOVAPLAY" in await customer.say("what the hell is NOVAPLAY")


async def test_money_that_is_no_payment_is_found_among_transfers(talk: Talk) -> None:
    assert "Greenpoint Rentals" in await talk("C1008").say("where's my $1200")


async def test_no_refund_but_money_that_comes_back(talk: Talk) -> None:
    assert "back in your balance by" in await talk("C1008").say("where is my refund")
    assert "You'll have it back by" in await talk("C1006").say("where is my refund")


async def test_a_completed_refund_that_is_not_there_can_be_searched_for(talk: Talk) -> None:
    customer = talk("C1002")
    await customer.say("I returned some boots 3 weeks ago, they said the refund went through but I don't see it")
    assert "search at the receiving bank" in await customer.say("yes please")
    assert "you'll hear about the search" in await customer.say("what happens now?")


async def test_a_decline_of_a_card_that_is_no_longer_frozen(talk: Talk) -> None:
    customer = talk("C1009", "zh")
    await customer.say("把卡解冻")
    await customer.say("好")
    await customer.enter_code()
    assert "现在已经解冻" in await customer.say("刚才买东西刷卡没刷出来")


async def test_a_question_about_a_frozen_card_freezes_nothing(talk: Talk) -> None:
    customer = talk("C1009", "zh")
    customer.mishear({"name": "freeze_card", "confidence": 0.99})
    assert "按您的要求冻结" in await customer.say("我的卡为什么被冻结了")
    assert {card.status for card in await customer.bank.client.cards("C1009")} == {"active", "frozen"}


async def test_a_card_the_bank_froze_is_not_offered_to_be_unfrozen(talk: Talk) -> None:
    heard = await talk("C1014").say("why was my card declined")
    assert "Your debit card ending 3020 is frozen. We did that ourselves" in heard


async def test_a_pending_payment_that_was_spoken_of_cannot_be_refunded_yet(talk: Talk) -> None:
    customer = talk("C1005", "zh")
    await customer.say("我订的酒店付款处理中")
    customer.mishear({"name": "request_refund", "confidence": 0.99})
    assert "暂时不能退款" in await customer.say("我不想订了能退吗")


async def test_only_the_fees_that_were_asked_for(talk: Talk) -> None:
    heard = await talk("C1014").say("how much is an international transfer")
    assert "International transfer: $5.00" in heard
    assert "Withdrawal" not in heard


async def test_transactions_are_narrowed_by_just_saying_how(talk: Talk) -> None:
    customer = talk("C1014")
    await customer.say("show my transactions")
    heard = await customer.say("only the ones from amazon")
    assert "Amazon" in heard
    assert "Spotify" not in heard


async def test_the_last_payment_need_not_be_asked_for(talk: Talk) -> None:
    assert "receipt for $204.37 at Amazon" in await talk("C1014").say("send me a receipt for the last payment")


async def test_a_code_that_nobody_waits_for(talk: Talk) -> None:
    customer = talk("C1014")
    customer.mishear({"name": "inform_order", "confidence": 0.9})
    assert "don't need a code" in await customer.say("482913")
