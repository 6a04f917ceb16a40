"""Which language a message is in: short payment talk in both, at once, or in neither."""

from __future__ import annotations

import pytest

from bot.nlu.scripts import identify

ENGLISH = [
    "ok", "refund", "hi", "where is my money", "I paid $20", "thx", "plz refund asap", "P20261103001 failed, why?",
    "can't log in", "café payment", "visa", "it's 413377", "YES", "no", "k thanks",
]  # fmt: skip
CHINESE = [
    "退款", "好", "我的钱呢", "app打不开", "我要ok", "转了500", "VIP是什么", "查一下USD汇率", "訂單查詢",
    "订单P20261103001", "在吗？", "嗯嗯", "怎么做KYC",
]  # fmt: skip
MIXED = [
    ("我的refund到哪了", "zh"),
    ("帮我check一下balance", "zh"),
    ("this transfer 一直 pending", "en"),
    ("please check 转账 status", "en"),
    ("help me 退款", "en"),
]
NEITHER = [
    "",
    "👍",
    "😡😡",
    "88.8",
    "482193",
    "???",
    "P20261103001",
    "USD 20",
    "Где мои деньги?",
    "返金してください",
    "مرحبا",
    "환불",
]


@pytest.mark.parametrize("text", ENGLISH)
def test_english(text: str) -> None:
    assert identify(text).language == "en"


@pytest.mark.parametrize("text", CHINESE)
def test_chinese(text: str) -> None:
    assert identify(text).language == "zh"


@pytest.mark.parametrize(("text", "dominant"), MIXED)
def test_both_with_the_one_to_answer_in(text: str, dominant: str) -> None:
    assert (identify(text).language, identify(text).dominant) == ("mixed", dominant)


@pytest.mark.parametrize("text", NEITHER)
def test_neither(text: str) -> None:
    assert identify(text).language == ""


@pytest.mark.parametrize("text", ["ok", "hi", "OK!", "bye", "VIP"])
def test_a_word_both_share_keeps_the_conversations_language(text: str) -> None:
    assert identify(text, current="zh").language == "zh"
    assert identify(text, current="en").language == "en"


def test_a_clear_word_switches_it() -> None:
    assert identify("refund please", current="zh").language == "en"
    assert identify("退款", current="en").language == "zh"
