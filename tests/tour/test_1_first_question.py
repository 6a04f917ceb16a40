"""1. The first question. Nobody has signed in; one HTTP call is enough, in English or in Chinese."""

from __future__ import annotations

import re
from collections.abc import Callable

import aiohttp
import pytest

from tests.tour.people import Customer

Come = Callable[..., Customer]


async def test_what_are_your_fees(customer: Come) -> None:
    heard = await customer().says("what are your fees?")
    assert heard.startswith("These are our fees:")
    assert "Refund: free" in heard


async def test_what_are_your_fees_in_chinese(customer: Come) -> None:
    heard = await customer().says("手续费怎么收？")
    assert heard.startswith("手续费标准如下")
    assert "退款：免费" in heard


async def test_it_says_what_it_is_and_what_it_can_do(customer: Come) -> None:
    somebody = customer()
    assert "Xiaoer" in await somebody.says("are you a robot?")
    assert re.search(r"refund.*transfer.*card", await somebody.says("what can you do?"), re.I | re.S)


async def test_what_is_not_its_business_is_said_politely(customer: Come) -> None:
    assert "outside what I know" in await customer().says("who won the football last night?")


async def test_an_account_is_nobodys_business_but_its_owners(customer: Come) -> None:
    somebody = customer()
    heard = await somebody.says("what's my balance?")
    assert "sign in" in heard
    assert not re.search(r"[$￥]\d", heard)
    assert somebody.payload("I've signed in")


@pytest.mark.parametrize(
    ("path", "kind"),
    [("/", "text/html"), ("/desk/", "text/html"), ("/widget.js", "javascript"), ("/health", "application/json")],
)
async def test_the_shop_the_desk_and_the_widget_are_at_the_same_address(
    web: aiohttp.ClientSession, path: str, kind: str
) -> None:
    async with web.get(path) as answer:
        assert answer.status == 200
        assert kind in answer.content_type
        assert "unsafe" not in answer.headers["Content-Security-Policy"]
