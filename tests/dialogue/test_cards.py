"""Cards: lost, frozen, unfrozen, replaced, declined, on their way."""

from __future__ import annotations

from tests.dialogue.talking import Customer, Talk


async def status(customer: Customer, ending: str) -> str:
    cards = await customer.bank.client.cards(customer.customer_id)
    return next(card.status for card in cards if card.ending == ending)


async def test_a_lost_card_is_blocked_and_replaced(talk: Talk) -> None:
    customer = talk("C1001", "zh")
    assert "永久停用" in await customer.say("我的银行卡丢了")
    assert "已挂失" in await customer.press("确认挂失")
    assert await status(customer, "6621") == "lost"
    heard = await customer.press("补办新卡")
    assert "工本费￥15.00" in heard
    await customer.press("确认")
    heard = await customer.enter_code()
    (card,) = [card for card in await customer.bank.client.cards("C1001") if card.replacement]
    assert card.replacement is not None
    assert f"尾号{card.replacement.ending}" in heard


async def test_a_mislaid_card_is_only_frozen(talk: Talk) -> None:
    customer = talk("C1001", "zh")
    await customer.say("我的银行卡丢了")
    assert "已冻结" in await customer.press("先冻结")
    assert await status(customer, "6621") == "frozen"


async def test_freezing_needs_no_code_and_no_second_question(talk: Talk) -> None:
    customer = talk("C1001")
    assert "is frozen" in await customer.say("please freeze my card")
    assert await status(customer, "6621") == "frozen"


async def test_all_cards_are_frozen_at_once(talk: Talk) -> None:
    customer = talk("C1014")
    await customer.say("freeze my card")
    assert "frozen now" in await customer.press("All my cards")
    assert "active" not in {card.status for card in await customer.bank.client.cards("C1014")}


async def test_a_wish_that_was_not_clear_is_confirmed_before_a_card_is_frozen(talk: Talk) -> None:
    customer = talk("C1001")
    await customer.say("hello")
    unsure = {"name": "freeze_card", "confidence": 0.55}
    customer.mishear(unsure)
    assert "I'll freeze your debit card ending 6621" in await customer.say("block, hmm, the card thing")
    assert await status(customer, "6621") == "active"
    await customer.press("Yes")
    assert await status(customer, "6621") == "frozen"


async def test_unfreezing_needs_a_code(talk: Talk) -> None:
    customer = talk("C1009", "zh")
    assert "尾号7302" in await customer.say("帮我解冻银行卡")
    await customer.press("确认")
    assert await status(customer, "7302") == "frozen"
    assert "可以正常使用" in await customer.enter_code()
    assert await status(customer, "7302") == "active"


async def test_a_card_the_bank_froze_is_a_matter_for_a_person(talk: Talk) -> None:
    customer = talk("C1014")
    banks = [card.ending for card in await customer.bank.client.cards("C1014") if card.frozen_by == "bank"]
    for opening in ("/unfreeze_card", f'/unfreeze_card{{"card_ending": "{banks[0]}"}}'):
        assert "for your safety" in await customer.send(opening)
        assert "Talk to a person" in [button.title for button in customer.buttons]


async def test_why_a_card_was_declined(talk: Talk) -> None:
    heard = await talk("C1011", "zh").say("为什么刷卡被拒")
    assert "3次" in heard
    assert "密码输入错误" in heard
    assert "超出每日限额" in heard


async def test_where_the_new_card_is(talk: Talk) -> None:
    heard = await talk("C1010").say("when does my new card come")
    assert "UPS" in heard
    assert "ending 7755" in heard


async def test_a_card_that_is_already_blocked(talk: Talk) -> None:
    heard = await talk("C1010").say("my card was stolen")
    assert "blocked for good" in heard
    assert "UPS" in heard
