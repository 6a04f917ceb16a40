"""Waiting for a person is not silence: their place, leaving, and simple things done meanwhile."""

from __future__ import annotations

import pytest

from bot.types import Holder
from tests.dialogue.talking import Customer, Talk

NEXT = {"position": 2, "on_duty": True, "wait_s": 240}


async def in_line(talk: Talk, customer_id: str = "C1001", language: str = "en", **waits: object) -> Customer:
    customer = talk(customer_id, language)
    await customer.say("talk to a person" if language == "en" else "转人工客服")
    assert customer.handed_over == "asked"
    customer.waits = {**NEXT, **waits}
    return customer


@pytest.mark.parametrize(
    ("language", "text", "heard"),
    [
        ("en", "how long will it take?", "number 2 in line; that should take about 4 min"),
        ("en", "am I next?", "number 2"),
        ("en", "I want a human", "number 2"),
        ("zh", "还要等多久", "第 2 位，预计还要等约 4 分钟"),
        ("zh", "前面还有几个人", "第 2 位"),
    ],
)
async def test_how_long_is_told(talk: Talk, language: str, text: str, heard: str) -> None:
    customer = await in_line(talk, language=language)
    assert heard in await customer.say(text)
    assert customer.handed_over is None


async def test_nobody_on_duty_is_said(talk: Talk) -> None:
    customer = await in_line(talk, on_duty=False)
    assert "Nobody is at the desk" in await customer.say("is anybody there?")


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("en", "never mind, I'll manage"),
        ("en", "leave the line"),
        ("en", "stop"),
        ("zh", "算了不等了"),
        ("zh", "不用转人工了"),
    ],
)
async def test_the_line_can_be_left(talk: Talk, language: str, text: str) -> None:
    customer = await in_line(talk, language=language)
    await customer.say(text)
    assert customer.result is not None
    assert customer.result.leaves_line


async def test_who_left_the_line_can_join_it_again(talk: Talk) -> None:
    customer = await in_line(talk)
    await customer.say("leave the line")
    customer.change(holder=Holder.BOT)
    customer.waits = None
    await customer.say("talk to a person")
    assert customer.handed_over == "asked"


async def test_simple_things_are_done_meanwhile(talk: Talk) -> None:
    customer = await in_line(talk)
    assert "available" in await customer.say("what's my balance")
    assert customer.result is not None
    assert not customer.result.leaves_line
    assert "frozen" in await customer.say("freeze my card")


async def test_what_the_bot_cannot_do_is_noted_once(talk: Talk) -> None:
    customer = await in_line(talk)
    customer.mishear({"name": "nlu_fallback", "confidence": 0.9})
    assert "noted that for my colleague" in await customer.say("it started last week when the thing came")
    customer.mishear({"name": "nlu_fallback", "confidence": 0.9})
    assert await customer.say("and then it broke") == ""


async def test_anger_in_line_brings_no_second_person(talk: Talk) -> None:
    customer = await in_line(talk)
    await customer.send("/express_anger")
    await customer.send("/express_anger")
    assert customer.handed_over is None
