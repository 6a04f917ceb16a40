"""Refunds from the first word to the bank's books, in both languages."""

from __future__ import annotations

from tests.dialogue.talking import Customer, Talk


async def test_a_refund_in_chinese_is_proven_and_booked(talk: Talk) -> None:
    customer = talk("C1001", "zh")
    assert "请问您要退哪一笔" in await customer.say("我要申请退款")
    assert "原因" in await customer.press("￥199.90")
    heard = await customer.press("商品有问题")
    assert "退款￥199.90，商家是京东商城" in heard
    assert "尾号6621的银行卡" in heard
    assert "6位验证码" in await customer.press("确认")
    heard = await customer.enter_code()
    (refund, *_) = await customer.bank.client.refunds("C1001")
    assert (refund.amount_minor, refund.status, refund.reason) == (19990, "requested", "Faulty or wrong item")
    assert "￥199.90" in heard
    assert refund.id in heard


async def test_a_refund_in_english_by_ordinal_with_the_reason_in_own_words(talk: Talk) -> None:
    customer = talk("C1014")
    await customer.say("I want to request a refund")
    assert "reason" in await customer.say("the second one")
    heard = await customer.say("the soup was cold and salty")
    assert "$32.75 from Noodle Theory" in heard
    await customer.say("yes")
    assert "Done." in await customer.enter_code()
    (refund, *_) = [each for each in await customer.bank.client.refunds("C1014") if each.reason.startswith("the soup")]
    assert refund.amount_minor == 3275


async def test_199_names_the_payment_of_199_90_and_refunds_all_of_it(talk: Talk) -> None:
    customer = talk("C1001", "zh")
    await customer.say("我要申请退款")
    assert "原因" in await customer.say("那笔199的")
    assert "退款￥199.90" in await customer.press("不想要了")


async def test_what_is_said_at_once_is_not_asked_again(talk: Talk) -> None:
    customer = talk("C1014")
    heard = await customer.say(f"I want to refund $50 of {await _amazon(customer)}")
    assert "reason" in heard
    assert "$50.00, out of the $204.37" in await customer.press("Never arrived")


async def test_a_smaller_part_is_corrected_at_the_last_question(talk: Talk) -> None:
    customer = talk("C1014")
    await customer.send(f'/request_refund{{"order_number": "{await _amazon(customer)}"}}')
    await customer.press("Changed my mind")
    assert "$30.00, out of the $204.37" in await customer.say("only $30 please")
    assert "At most $204.37" in await customer.say("no, make it $500")


async def test_no_the_other_one(talk: Talk) -> None:
    customer = talk("C1014")
    await customer.say("I want a refund for my Amazon order")
    await customer.press("$204.37")
    await customer.press("Changed my mind")
    assert "$79.24 from Amazon" in await customer.say("no, the other one, for $79.24")


async def test_a_no_changes_nothing(talk: Talk) -> None:
    customer = talk("C1014")
    before = await customer.bank.client.refunds("C1014", limit=50)
    await customer.send(f'/request_refund{{"order_number": "{await _amazon(customer)}"}}')
    await customer.press("Changed my mind")
    assert "haven't changed anything" in await customer.say("no")
    assert await customer.bank.client.refunds("C1014", limit=50) == before


async def test_a_payment_with_a_refund_is_told_where_that_is(talk: Talk) -> None:
    customer = talk("C1001", "zh")
    (refund,) = await customer.bank.client.refunds("C1001")
    heard = await customer.send(f'/request_refund{{"order_number": "{refund.payment_id}"}}')
    assert refund.id in heard
    assert "正在退回" in heard


async def test_a_number_that_is_nobodys_is_not_found(talk: Talk) -> None:
    customer = talk("C1001")
    heard = await customer.send('/request_refund{"order_number": "P19990101001"}')
    assert "can't find P19990101001" in heard
    assert "Which payment" in heard


async def test_somebody_elses_payment_does_not_exist(talk: Talk) -> None:
    customer = talk("C1001")
    (theirs, *_) = await customer.bank.client.payments("C1002", status="completed")
    heard = await customer.send(f'/request_refund{{"order_number": "{theirs.order_number}"}}')
    assert "can't find" in heard
    assert theirs.merchant not in heard


async def test_the_refund_that_is_under_way_is_told_at_once(talk: Talk) -> None:
    heard = await talk("C1001", "zh").say("我的退款到哪了")
    assert "￥599.00退款" in heard
    assert "预计" in heard


async def test_a_completed_refund_that_never_came_is_traced(talk: Talk) -> None:
    customer = talk("C1002")
    assert "was completed" in await customer.say("my refund still hasn't arrived")
    heard = await customer.say("yes please")
    (case,) = await customer.bank.client.cases("C1002", kind="trace")
    assert case.number in heard
    assert case.number in await customer.say("my refund hasn't arrived")


async def test_a_refund_request_is_taken_back(talk: Talk) -> None:
    customer = talk("C1014")
    assert "Which refund request" in await customer.say("I want to cancel my refund request")
    assert "$50.00" in await customer.press("$50.00")
    heard = await customer.press("Yes")
    cancelled = await customer.bank.client.refunds("C1014", status="cancelled", limit=50)
    assert any(each.amount_minor == 5000 and each.id in heard for each in cancelled)


async def _amazon(customer: Customer) -> str:
    found = await customer.bank.client.payments("C1014", merchant="Amazon", amount_minor=20437)
    return str(found[0].id)
