"""When the bank does not answer: an honest sentence, another try that cannot act twice, then a person."""

from __future__ import annotations

from structlog.testing import capture_logs

from tests.dialogue.talking import Talk


async def test_a_failed_question_is_tried_again_and_then_a_person_comes(talk: Talk) -> None:
    customer = talk("C1014")
    await customer.bank.fault(path_prefix="/customers/C1014/balance", status=503, times=20)
    assert "nothing has been changed" in await customer.say("what's my balance")
    await customer.press("Try again")
    assert customer.handed_over == "action_failed"
    assert [tried["outcome"] for tried in customer.slot("tried")] == ["failed", "failed"]


async def test_a_bank_that_does_not_take_our_key_is_told_to_who_runs_it(talk: Talk) -> None:
    customer = talk("C1014")
    await customer.bank.fault(path_prefix="/customers/C1014/balance", status=401)
    with capture_logs() as logs:
        assert "nothing has been changed" in await customer.say("what's my balance")
    (why,) = [each["why"] for each in logs if each["event"] == "action.service_down"]
    assert why == "bank: answered 401: is XIAOER_BANK_KEY its key?"


async def test_the_second_try_may_succeed(talk: Talk) -> None:
    customer = talk("C1014", "zh")
    await customer.bank.fault(path_prefix="/customers/C1014/balance", status=503, times=3)
    assert "暂时没有响应" in await customer.say("查一下余额")
    assert "US$43,175.00" in await customer.say("好的")


async def test_a_form_goes_on_where_the_bank_went_away(talk: Talk) -> None:
    customer = talk("C1014")
    await customer.say("I want to request a refund")
    await customer.bank.fault(path_prefix="/customers/C1014/payments", status=503, times=3)
    assert "nothing has been changed" in await customer.press("$204.37")
    assert "reason for the refund" in await customer.press("Try again")


async def test_an_answer_that_was_lost_does_not_refund_twice(talk: Talk) -> None:
    customer = talk("C1014")
    (payment, *_) = await customer.bank.client.payments("C1014", merchant="Amazon", amount_minor=20437)
    before = len(await customer.bank.client.refunds("C1014", limit=50))
    await customer.send(
        f'/request_refund{{"order_number": "{payment.id}", "amount": {{"minor": 5000, "currency": "USD"}}}}'
    )
    await customer.press("Changed my mind")
    await customer.press("Yes")
    refunds = "/customers/C1014/refunds"
    await customer.bank.fault(path_prefix=refunds, method="POST", drop=True, when="after", times=1)
    await customer.bank.fault(path_prefix=refunds, method="POST", status=503, times=2)
    assert "can't say yet whether that went through" in await customer.enter_code()
    assert "$50.00" in await customer.press("Try again")
    assert len(await customer.bank.client.refunds("C1014", limit=50)) == before + 1


async def test_a_refusal_is_said_by_its_code(talk: Talk) -> None:
    customer = talk("C1007", "zh")
    await customer.say("撤销转账")
    await customer.press("确认")
    (transfer,) = await customer.bank.client.transfers("C1007", status="processing")
    proof = customer.bank.proof("C1007", "take_back_transfer", transfer.id, transfer.amount_minor)
    await customer.bank.client.cancel_transfer("C1007", transfer.id, proof=proof, idempotency_key="elsewhere")
    assert "已经撤销" in await customer.enter_code()
    assert customer.slot("tried")[-1]["detail"] == "already_cancelled"
