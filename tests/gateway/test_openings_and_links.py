"""What a Rasa chat window sends unasked when it opens, and buttons that are links."""

from __future__ import annotations

import pytest

from tests.gateway.test_socketio import webchat
from tests.serving import Gateway

HELLO = "Hello!\n\nWhat can I do for you?"
LINK = {"title": "Terms", "url": "https://bank.example/terms?a=1&b=2"}


async def said(gateway: Gateway, message: str, *, sender: str) -> list[str | None]:
    return [each.get("text") for each in (await gateway.rest(message, sender=sender))[1]]


async def test_an_opening_payload_greets_where_it_is_no_intent_and_starts_where_it_is_one(gateway: Gateway) -> None:
    assert await said(gateway, "/get_started", sender="opens") == [HELLO]
    assert await said(gateway, "/session_start", sender="starts") == []
    assert await said(gateway, "hello", sender="starts") == [HELLO]
    async with webchat(gateway) as chat:
        await chat.say("/get_started", await chat.session())
        assert (await chat.hear("bot_uttered"))["text"] == "Hello!"


async def test_an_opening_may_be_repeated_until_the_customer_speaks_and_not_after(gateway: Gateway) -> None:
    for _ in range(2):
        assert await said(gateway, "/get_started", sender="twice") == [HELLO]
    await said(gateway, "refund", sender="twice")
    assert await said(gateway, "/get_started", sender="twice") != [HELLO]


@pytest.mark.parametrize("text", ["/secret", "/affirm", "/get_started{}", "/restart", "/get_started2"])
async def test_nothing_else_opens_a_conversation(gateway: Gateway, text: str) -> None:
    assert not {HELLO, "Done.", "Money moved."} & set(await said(gateway, text, sender=f"opens-{text}"))


async def test_a_link_button_keeps_its_address_on_every_channel(gateway: Gateway) -> None:
    _, (message,) = await gateway.rest("small-print", sender="reads")
    link, other = message["buttons"]
    assert link == {**LINK, "type": "web_url"}
    assert other == {"title": "No link", "payload": "No link"}, "an address that cannot be opened safely is none"
    async with webchat(gateway) as chat:
        await chat.say("small-print", await chat.session())
        shown = await chat.hear("bot_uttered")
        assert shown["quick_replies"][0] == {**LINK, "type": "web_url", "content_type": "text", "payload": ""}
    async with gateway.client.post("/api/chat/hello", json={}) as answer:
        token = (await answer.json())["token"]
    headers = {"Authorization": f"Bearer {token}"}
    body = {"id": "m1", "text": "small-print"}
    async with gateway.client.post("/api/chat/messages", json=body, headers=headers) as answer:
        assert answer.status < 300
    async with gateway.client.get("/api/chat/entries?after=1&wait=5", headers=headers) as answer:
        (entry,) = (await answer.json())["entries"]
    assert entry["buttons"][0] == {**LINK, "payload": ""}
