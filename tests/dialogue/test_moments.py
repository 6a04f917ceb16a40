"""Moments that matter are heard before anything else, said calmly, and not where nobody means them."""

from __future__ import annotations

import pytest

from tests.dialogue.talking import Customer, Talk

HEARD = [
    (
        "en",
        "scam_in_progress",
        "a man from the bank is on the phone telling me to move my money to a safe account",
    ),
    ("en", "scam_in_progress", "someone is calling me right now asking for the code you texted"),
    ("en", "code_told", "I gave the caller my verification code"),
    ("en", "danger_to_self", "I don't see why I should go on living"),
    ("en", "danger_to_self", "I want to kill myself, the money is gone"),
    ("en", "abuse", "my husband beats me and took my card away from me"),
    ("en", "bereavement", "my mother passed away and had an account with you"),
    ("en", "child", "i'm 12 and this is my mom's phone"),
    ("zh", "scam_in_progress", "有个自称公安的一直跟我通着电话，让我把钱转到安全账户"),
    ("zh", "code_told", "我把验证码告诉对方了"),
    ("zh", "danger_to_self", "钱都没了，我不想活了"),
    ("zh", "abuse", "我老公打我，还抢走我的卡"),
    ("zh", "bereavement", "我爸上周去世了，他的账户怎么办"),
    ("zh", "child", "我今年11岁，用妈妈的手机玩的"),
]
NOT_MEANT = [
    ("en", "this app is killing me, where is my refund"),
    ("en", "I'm dying to know where my card is"),
    ("en", "I'm 15 minutes late, is my payment through"),
    ("en", "my dead phone has my codes, how do I sign in"),
    ("zh", "等得我要死了，退款怎么还没到"),
    ("zh", "气死我了，卡又刷不了"),
    ("zh", "笑死，原来是我自己付的"),
]


@pytest.mark.parametrize(("language", "moment", "text"), HEARD)
async def test_it_is_heard(talk: Talk, language: str, moment: str, text: str) -> None:
    customer = talk("C1001" if language == "zh" else "C1002", language)
    await customer.say(text)
    assert moment in _told(customer), customer.heard


@pytest.mark.parametrize(("language", "text"), NOT_MEANT)
async def test_it_is_not_heard_where_nobody_means_it(talk: Talk, language: str, text: str) -> None:
    customer = talk("C1001" if language == "zh" else "C1002", language)
    await customer.say(text)
    assert not _told(customer) & {each for _, each, _ in HEARD}, customer.heard


async def test_it_is_heard_in_the_middle_of_anything_and_while_a_code_is_awaited(talk: Talk) -> None:
    customer = talk("C1002")
    await customer.say("raise my daily limit to 4000")
    await customer.say("yes")
    heard = await customer.say("wait, the man on the phone wants the code")
    assert "hang up" in heard.casefold()
    assert customer.state.otp is None or customer.state.top is None or customer.state.top.flow != "change_limit"


async def test_no_menu_follows(talk: Talk) -> None:
    customer = talk("C1002")
    await customer.say("my wife died last week")
    assert [button.payload for button in customer.buttons] == ["/request_human"]


def _told(customer: Customer) -> set[str]:
    """The actions that ran in this turn, without their prefix."""
    assert customer.result is not None
    return {str(each.get("name", "")).removeprefix("action_") for each in customer.result.events}
