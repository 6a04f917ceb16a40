"""6. Tabs and interruptions. One conversation in two windows; a window that was away gets what it missed, once."""

from __future__ import annotations

import uuid
from typing import Any

import aiohttp


async def test_two_windows_show_the_same_conversation(tab: Any) -> None:
    left = await tab()
    right = await tab(token=left.token)
    assert right.welcome["resumed"]
    await left.says("hello")
    last = left.lines[-1]["seq"]
    assert await right.reads_until(last) == await left.reads_until(last)
    await right.says("what are your fees?")
    last = right.lines[-1]["seq"]
    assert await left.reads_until(last) == await right.reads_until(last)


async def test_who_comes_back_gets_what_was_missed_and_nothing_twice(tab: Any) -> None:
    left = await tab()
    right = await tab(token=left.token)
    await right.says("hello")
    seen = right.lines[-1]["seq"]
    await right.socket.close()

    await left.says("what are your fees?")
    last = left.lines[-1]["seq"]
    again = await tab(token=left.token, after=seen)
    assert again.welcome["seq"] == last
    assert [line["seq"] for line in await again.reads_until(last)] == list(range(seen + 1, last + 1))


async def test_a_message_sent_again_after_a_break_is_answered_once(tab: Any) -> None:
    window = await tab()
    message = {"type": "message", "id": str(uuid.uuid4()), "text": "what are your fees?"}
    await window.send(**message)
    first = await window.hears("accepted")
    await window.socket.close()

    again = await tab(token=window.token)
    await again.send(**message)
    second = await again.hears("accepted")
    assert (first["seq"], first["repeated"]) == (second["seq"], False)
    assert second["repeated"]
    await again.says("hello")
    authors = [line["author"] for line in again.lines]
    assert authors == ["customer", "bot", "customer", "bot"]


async def test_without_websockets_the_same_over_plain_http(web: aiohttp.ClientSession) -> None:
    async with web.post("/api/chat/hello", json={"token": None, "locale": "en-GB"}) as answer:
        headers = {"Authorization": f"Bearer {(await answer.json())['token']}"}
    message = {"id": "one", "text": "what are your fees?"}
    for repeated in (False, True):
        async with web.post("/api/chat/messages", json=message, headers=headers) as answer:
            accepted = await answer.json()
            assert accepted["repeated"] is repeated
    url = f"/api/chat/entries?after={accepted['seq']}&wait_s=10"
    async with web.get(url, headers=headers) as answer:
        (line,) = (await answer.json())["entries"]
    assert "These are our fees" in line["text"]
