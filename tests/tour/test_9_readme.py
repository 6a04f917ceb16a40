"""9. What the README shows is what the product does; in its session days, numbers and the code are of their own day."""

from __future__ import annotations

import re
from typing import Any

import aiohttp

from tests.tour.house import ROOT, House
from tests.tour.people import Customer, proof_of

README = (ROOT / "README.md").read_text("utf-8")
DAY = re.compile(r"今天|昨天|前天|\d+月\d+日|（周.）")
NUMBER = re.compile(r"\b[RP]\d+|\d+")


def session() -> list[tuple[str, str]]:
    """(who, what) of each line; a line that goes on belongs to the one before."""
    (block,) = re.findall(r"^```\n( customer.*?)^```$", README, flags=re.M | re.S)
    lines: list[tuple[str, str]] = []
    for line in block.splitlines():
        spoken = re.fullmatch(r" (\S+)  +(.+)", line)
        lines.append((spoken[1], spoken[2]) if spoken else (lines[-1][0], line.strip()))
    return lines


def bones(text: str) -> str:
    """A text without what depends on the day."""
    return NUMBER.sub("#", DAY.sub("", text))


async def test_the_readmes_session(web: aiohttp.ClientSession, tab: Any, agent: Any) -> None:
    lin = await agent("lin")  # Somebody is on duty.
    phone = await Customer(web, "li").signs_in("C1001")
    window, last = await tab(identity=await proof_of(web, "C1001"), locale="zh-CN"), None
    for who, text in session():
        if who == "customer":
            last = await window.says(await phone.code() if text.isdecimal() else text)
        elif who == "小二":
            assert last is not None
            assert bones(text) in bones(last)
        elif "已接入" in text:
            await lin.does(f"handoffs/{(await lin.finds('李娜'))['id']}/accept")
            assert bones((await window.reads(author="system"))["text"]) == bones(text)
        else:
            assert bones((await window.reads(author="system"))["text"]) == bones(text)


async def test_the_readmes_call(web: aiohttp.ClientSession) -> None:
    path, body = re.findall(r"^curl -s localhost:8080(\S+) -d '(.+)'$", README, flags=re.M)[0]
    headers = {"Content-Type": "application/x-www-form-urlencoded"}  # What curl says of -d.
    async with web.post(path, data=body.encode(), headers=headers) as answer:
        assert answer.status == 200
        assert "fees" in (await answer.json())[0]["text"]


def test_the_readmes_sign_in_at_the_desk(house: House) -> None:
    assert f"password `{house.password}`" in README
