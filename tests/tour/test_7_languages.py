"""7. Languages. The bot answers in the customer's, and follows when they change it, in the middle of something too."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from tests.tour.people import Customer

Come = Callable[..., Customer]


def is_chinese(text: str) -> bool:
    return any("\u4e00" <= char <= "\u9fff" for char in text)


async def test_it_follows_the_customer(customer: Come) -> None:
    somebody = customer()
    assert not is_chinese(await somebody.says("hello"))
    assert is_chinese(await somebody.says("你好，手续费怎么收？"))
    assert not is_chinese(await somebody.says("thanks, and how long does a transfer take?"))


async def test_both_languages_in_one_sentence(customer: Come) -> None:
    li = await customer().signs_in("C1001")
    heard = await li.says("我的refund到哪了")
    assert "退款" in heard and "599" in heard


async def test_in_the_middle_of_a_refund_the_form_goes_on_in_the_other_language(customer: Come) -> None:
    grace = await customer().signs_in("C1014")
    assert "Which payment" in await grace.says("I want to request a refund")
    assert "原因" in await grace.says("第四笔")


@pytest.mark.parametrize(("locale", "language"), [("zh-CN", "zh"), ("en-GB", "en")])
async def test_the_pages_language_is_the_first_guess(tab: Any, locale: str, language: str) -> None:
    assert (await tab(locale=locale)).welcome["language"] == language
