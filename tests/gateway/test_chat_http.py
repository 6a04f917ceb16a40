"""The native protocol over plain HTTP: the same bodies, a long poll instead of pushes."""

from __future__ import annotations

import asyncio
from typing import Any

import pytest

from tests.serving import Gateway, token


async def call(gateway: Gateway, method: str, path: str, *, key: str = "", **options: Any) -> tuple[int, Any]:
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    async with gateway.client.request(
        method, path, headers={**headers, **options.pop("headers", {})}, **options
    ) as answer:
        return answer.status, await answer.json()


async def hello(gateway: Gateway, **body: Any) -> dict[str, Any]:
    status, welcome = await call(gateway, "POST", "/api/chat/hello", json={"locale": "zh-CN", **body})
    assert status == 200
    return dict(welcome)


async def send(gateway: Gateway, key: str, text: str, message_id: str) -> tuple[int, Any]:
    return await call(gateway, "POST", "/api/chat/messages", key=key, json={"id": message_id, "text": text})


async def poll(gateway: Gateway, key: str, after: int, wait_s: float = 10) -> tuple[int, Any]:
    return await call(gateway, "GET", f"/api/chat/entries?after={after}&wait_s={wait_s}", key=key)


async def test_a_whole_conversation_without_a_socket(gateway: Gateway) -> None:
    welcome = await hello(gateway, identity=token())
    assert (welcome["type"], welcome["language"], welcome["identity"]) == ("welcome", "zh", {"name": "Ann", "level": 1})
    key = welcome["token"]
    waiting = asyncio.create_task(poll(gateway, key, 0))
    assert await send(gateway, key, "hello", "m1") == (200, {"id": "m1", "seq": 1, "repeated": False})
    status, news = await waiting
    assert (status, news["holder"]) == (200, "bot")
    assert news["entries"][0]["id"] == "m1"
    _, news = await poll(gateway, key, 1)
    assert news["entries"][0]["text"].startswith("Hello!")
    assert await send(gateway, key, "hello", "m1") == (200, {"id": "m1", "seq": 1, "repeated": True})


async def test_a_poll_without_news_comes_back_empty(gateway: Gateway) -> None:
    key = (await hello(gateway))["token"]
    assert (await poll(gateway, key, 0, wait_s=0.05))[1]["entries"] == []


async def test_a_poll_tells_that_a_person_types_and_not_ones_own_typing(gateway: Gateway) -> None:
    key = (await hello(gateway))["token"]
    conversation_id = key.partition(".")[0]
    typing = {"type": "typing", "author": "agent", "name": "Lin", "on": True}
    waiting = asyncio.create_task(poll(gateway, key, 0))
    while not waiting.done():
        await gateway.conversations.notify(conversation_id, {**typing, "author": "customer"})
        await gateway.conversations.notify(conversation_id, typing)
        await asyncio.sleep(0)
    assert (await waiting)[1] == {"entries": [], "holder": "bot", "agent": "", "identity": None, "typing": typing}


async def test_what_is_no_news_for_a_person_is_not_taken_as_such(gateway: Gateway) -> None:
    key = (await hello(gateway))["token"]
    for frame in ({"type": "typing", "on": True}, {"type": "read", "seq": 3}):
        assert await call(gateway, "POST", "/api/chat/notify", key=key, json=frame) == (200, {})
    for frame in ({"type": "reset"}, {"type": "message", "id": "m1", "text": "hello"}, {"type": "read", "seq": "x"}):
        status, body = await call(gateway, "POST", "/api/chat/notify", key=key, json=frame)
        assert (status, body["error"]) == (400, "bad_message")


@pytest.mark.parametrize("key", ["", "nobody.secret", "rubbish"])
async def test_without_the_token_nothing_is_read_or_written(gateway: Gateway, key: str) -> None:
    for status, body in (await poll(gateway, key, 0), await send(gateway, key, "hello", "m1")):
        assert (status, body["error"]) == (403, "not_yours")


async def test_a_bad_proof_is_refused(gateway: Gateway) -> None:
    status, body = await call(gateway, "POST", "/api/chat/hello", json={"identity": token(expires_in_s=-60)})
    assert (status, body["error"]) == (401, "identity_expired")


@pytest.mark.parametrize("query", ["after=x", "after=-1", "after=0&wait_s=nan", "after=0&wait_s=inf"])
async def test_a_wrong_number_is_named(gateway: Gateway, query: str) -> None:
    key = (await hello(gateway))["token"]
    status, body = await call(gateway, "GET", f"/api/chat/entries?{query}", key=key)
    assert (status, body["error"]) == (400, "bad_message")


async def test_an_embedding_page_may_call_if_it_is_on_the_list(gateway_for_shop: Gateway) -> None:
    headers = {"Origin": "https://shop.example"}
    async with gateway_for_shop.client.options("/api/chat/hello", headers=headers) as answer:
        assert answer.status == 204
        assert answer.headers["Access-Control-Allow-Origin"] == "https://shop.example"
        assert "Authorization" in answer.headers["Access-Control-Allow-Headers"]
    async with gateway_for_shop.client.post("/api/chat/hello", json={}, headers=headers) as answer:
        assert answer.headers["Access-Control-Allow-Origin"] == "https://shop.example"
    status, body = await call(
        gateway_for_shop, "POST", "/api/chat/hello", json={}, headers={"Origin": "https://evil.example"}
    )
    assert (status, body["error"]) == (403, "origin_denied")
