"""How angry a message sounds, from 0 to 1."""

from __future__ import annotations

import pytest

from tests.nlu.examples import surfaces, values


def anger(text: str) -> float:
    return next(iter(values(text, "anger")), 0.0)


CALM = [
    "where is my refund",
    "Thanks!",
    "Great!!",
    "please help me",
    "I want to file a complaint",
    "I was scammed by a stranger",
    "I'm not angry, just asking",
    "my KYC and OTP via SMS",
    "tell me a joke",
    "USD RMB",
    "退款到哪了",
    "谢谢！",
    "我要投诉",
    "我被骗子骗了",
    "我没生气",
    "收到好多验证码，不是我操作的",
    "给他妈的卡转了2000",
    "收到垃圾短信",
    "滚动条不见了",
]
CROSS = [
    "I'm annoyed",
    "this is so frustrating",
    "what the hell",
    "GIVE ME MY MONEY BACK NOW",
    "烦死了",
    "搞什么",
    "真是无语",
    "你们怎么回事",
]
FURIOUS = [
    "this is fucking ridiculous",
    "WTF!!!",
    "WHERE IS MY MONEY?! THIS IS RIDICULOUS!!!",
    "you people are thieves",
    "worst service ever, absolutely disgusting!!!",
    "🤬🤬",
    "你们这群骗子！！！滚",
    "垃圾公司，气死我了",
    "他妈的到底什么时候退钱？？？",
    "太过分了！！！受够了",
]


@pytest.mark.parametrize("text", CALM)
def test_a_calm_message_has_no_anger(text: str) -> None:
    assert anger(text) == 0


@pytest.mark.parametrize("text", CROSS)
def test_a_cross_message_is_between(text: str) -> None:
    assert 0.2 <= anger(text) < 0.7


@pytest.mark.parametrize("text", FURIOUS)
def test_a_furious_message_is_near_one(text: str) -> None:
    assert 0.7 <= anger(text) <= 1


def test_shouting_makes_it_worse() -> None:
    assert anger("this is ridiculous") < anger("this is ridiculous!!!") < anger("THIS IS RIDICULOUS!!!")


def test_its_span_is_the_angry_words() -> None:
    assert surfaces("well, this is ridiculous and pathetic, sorry", "anger") == ["ridiculous and pathetic"]
