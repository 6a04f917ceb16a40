"""Protect first, then a person, first in line."""

from __future__ import annotations

from tests.dialogue.talking import Talk


async def test_a_taken_over_account_is_locked_before_a_person_comes(talk: Talk) -> None:
    customer = talk("C1001", "zh")
    heard = await customer.say("我的账户被盗了")
    assert customer.handed_over == "security"
    assert "已为您锁定账户" in heard
    assert {card.status for card in await customer.bank.client.cards("C1001")} == {"frozen"}
    assert (await customer.bank.client.profile("C1001")).outgoing_frozen
    assert {tried["outcome"] for tried in customer.slot("tried")} == {"done"}


async def test_who_is_not_signed_in_gets_a_person_at_once(talk: Talk) -> None:
    customer = talk()
    heard = await customer.say("someone hacked my account")
    assert customer.handed_over == "security"
    assert "sign in now and change your password" in heard


async def test_an_unclear_alarm_is_confirmed_before_an_account_is_locked(talk: Talk) -> None:
    customer = talk("C1001")
    await customer.say("hello")
    customer.mishear({"name": "account_taken_over", "confidence": 0.6})
    assert "Shall I?" in await customer.say("hmm, that login thing")
    assert not (await customer.bank.client.profile("C1001")).outgoing_frozen
    await customer.press("Yes")
    assert customer.handed_over == "security"
    assert (await customer.bank.client.profile("C1001")).outgoing_frozen


async def test_a_scam_is_reported_stopped_and_recalled(talk: Talk) -> None:
    customer = talk("C1012")
    await customer.say("I got scammed")
    heard = await customer.press("$2,500.00")
    assert customer.handed_over == "security"
    assert "could still stop $2,500.00" in heard
    assert "can't promise" in heard
    assert len(await customer.bank.client.transfers("C1012", status="cancelled")) == 1
    assert len(await customer.bank.client.cases("C1012", kind="scam")) == 1


async def test_a_scam_without_a_loss_is_reported_too(talk: Talk) -> None:
    customer = talk("C1001", "zh")
    await customer.say("我被诈骗了")
    heard = await customer.press("还没有转账")
    assert "已为您登记诈骗举报" in heard
    assert customer.handed_over == "security"


async def test_one_protection_that_fails_does_not_keep_the_other_from_being_done(talk: Talk) -> None:
    customer = talk("C1001")
    await customer.bank.fault(path_prefix="/customers/C1001/lock", status=503, times=20)
    heard = await customer.say("someone hacked my account")
    assert "couldn't lock" in heard
    assert {card.status for card in await customer.bank.client.cards("C1001")} == {"frozen"}
    assert [tried["outcome"] for tried in customer.slot("tried")] == ["done", "failed"]
