"""Changing the subject, going back, stopping, repeating, switching language, and what brings a person."""

from __future__ import annotations

from tests.dialogue.talking import Talk


async def test_a_question_inside_a_form_is_answered_and_the_form_goes_on(talk: Talk) -> None:
    customer = talk("C1014")
    await customer.say("I want to request a refund")
    heard = await customer.say("what's my balance")
    assert "$43,175.00 available" in heard
    assert "Back to your refund." in heard
    assert "Which payment" in heard


async def test_another_wish_takes_over_and_the_first_is_offered_again(talk: Talk) -> None:
    customer = talk("C1014")
    await customer.say("I want a refund for my Amazon order")
    await customer.say("please freeze my card")
    heard = await customer.press("virtual card")
    assert "is frozen" in heard
    assert "carry on with your refund?" in heard
    heard = await customer.say("yes")
    assert "$204.37, Amazon" in heard
    assert "Noodle" not in heard


async def test_an_interrupted_form_is_offered_once(talk: Talk) -> None:
    customer = talk("C1014")
    await customer.say("I want to request a refund")
    await customer.say("please freeze my card")
    assert "carry on" in await customer.press("virtual card")
    await customer.send('/freeze_card{"card_ending": "3010"}')
    assert "carry on" not in customer.heard


async def test_stop_ends_it(talk: Talk) -> None:
    customer = talk("C1001", "zh")
    await customer.say("我要申请退款")
    assert "退款申请没有办理" in await customer.say("算了不办了")
    assert customer.slot("requested_slot") is None
    assert customer.state.stack == ()


async def test_no_to_a_list_twice_ends_it(talk: Talk) -> None:
    customer = talk("C1014")
    await customer.say("I want to request a refund")
    assert "number, amount or date" in await customer.say("no")
    assert "haven't changed anything" in await customer.say("no")


async def test_the_bot_switches_when_the_customer_does(talk: Talk) -> None:
    customer = talk("C1001")
    assert "available" in await customer.say("what's my balance")
    assert "您的可用余额是￥8,625.40" in await customer.say("查一下余额")
    assert "You have ¥8,625.40" in await customer.say("and in english, what's my balance")


async def test_it_says_again_what_it_said(talk: Talk) -> None:
    customer = talk("C1001")
    await customer.say("hello")
    said, buttons = customer.heard, customer.buttons
    assert await customer.say("can you say that again") == said
    assert customer.buttons == buttons


async def test_a_person_who_is_asked_for_comes(talk: Talk) -> None:
    customer = talk("C1001", "zh")
    await customer.say("我要申请退款")
    assert "人工客服" in await customer.say("转人工客服")
    assert customer.handed_over == "asked"
    await customer.say("你好")
    assert customer.handed_over is None  # In line already: nobody is fetched a second time.


async def test_the_third_time_brings_a_person(talk: Talk) -> None:
    customer = talk("C1010")
    for _ in range(2):
        await customer.say("when does my new card come")
        assert customer.handed_over is None
    await customer.say("when does my new card come")
    assert customer.handed_over == "third_time"


async def test_what_was_answered_may_be_asked_as_often_as_one_likes(talk: Talk) -> None:
    customer = talk("C1001")
    for _ in range(5):
        assert "available" in await customer.say("what's my balance")


async def test_anger_brings_a_person(talk: Talk) -> None:
    customer = talk("C1001")
    await customer.send("/express_anger")
    assert customer.handed_over is None
    await customer.send("/express_anger")
    assert customer.handed_over == "anger"


async def test_not_understood_offers_and_then_asks_with_a_person_a_button_away(talk: Talk) -> None:
    customer = talk("C1001")
    ranking = [("request_refund", 0.2), ("cancel_refund", 0.15)]
    customer.mishear({"name": "nlu_fallback", "confidence": 0.7}, ranking)
    await customer.say("money thing back maybe")
    assert [button.title for button in customer.buttons] == ["Get a refund", "Cancel a refund request", "None of these"]
    assert "other words" in await customer.press("None of these")
    customer.mishear({"name": "nlu_fallback", "confidence": 0.7}, ranking)
    assert "other words" in await customer.say("thing money")
    assert "Talk to a person" in [button.title for button in customer.buttons]
    assert customer.handed_over is None


async def test_a_guess_is_accepted_with_a_plain_yes(talk: Talk) -> None:
    customer = talk("C1001")
    customer.mishear({"name": "nlu_fallback", "confidence": 0.7}, [("check_balance", 0.2)])
    assert "My balance" in await customer.say("the money there")
    assert "available" in await customer.say("yes")


async def test_answers_that_answer_nothing_offer_a_person_and_fetch_none(talk: Talk) -> None:
    customer = talk("C1014")
    await customer.send("/request_refund")
    for _ in range(3):
        customer.mishear({"name": "nlu_fallback", "confidence": 0.9})
        await customer.say("wibble")
    assert "Talk to a person" in [button.title for button in customer.buttons]
    assert customer.handed_over is None


async def test_a_complaint_is_filed_in_the_customers_words(talk: Talk) -> None:
    customer = talk("C1001", "zh")
    await customer.say("我要投诉")
    heard = await customer.say("你们的客服态度特别差，等了一个小时没人理我")
    (case, *_) = await customer.bank.client.cases("C1001", kind="complaint")
    assert case.number in heard


async def test_an_amount_out_of_the_blue_asks_what_for(talk: Talk) -> None:
    customer = talk("C1014")
    await customer.say("$204.37")
    assert "Get a refund" in [button.title for button in customer.buttons]


async def test_a_greeting_knows_the_name(talk: Talk) -> None:
    assert (await talk("C1001", "zh", name="李娜").say("你好")).startswith("李娜您好")


async def test_the_details_of_another_wish_are_not_taken_as_answers(talk: Talk) -> None:
    customer = talk("C1014")
    await customer.say("I need a receipt")
    customer.mishear({"name": "monthly_bill", "confidence": 0.95})
    heard = await customer.say("show me this month's bill")
    assert "November 2026 so far" in heard
    assert "Back to your receipt" in heard


async def test_a_vague_message_does_not_leave_the_question(talk: Talk) -> None:
    customer = talk("C1014")
    await customer.say("cancel my transfer")
    customer.mishear({"name": "freeze_card", "confidence": 0.1})
    heard = await customer.say("hm whatever")
    assert "didn't catch that" in heard
    assert "Wei Liu" in heard


async def test_a_plain_yes_needs_no_classifier(talk: Talk) -> None:
    customer = talk("C1014")
    await customer.say("cancel my transfer")
    customer.mishear({"name": "deny", "confidence": 0.5})
    assert "6-digit code" in await customer.say("go ahead!")
