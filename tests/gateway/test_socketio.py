"""Rasa's Socket.IO protocol, with python-socketio's client over polling and over WebSocket."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
import socketio

from tests.serving import Gateway, token


class Webchat:
    """What a Rasa front end does: asks for a session, sends, collects."""

    def __init__(self) -> None:
        self.client = socketio.AsyncClient(reconnection=False)
        self.events: asyncio.Queue[tuple[str, Any]] = asyncio.Queue()
        for event in ("session_confirm", "bot_uttered", "message_error"):
            self.client.on(event, self._keep(event))

    def _keep(self, event: str) -> Any:
        async def keep(data: Any) -> None:
            await self.events.put((event, data))

        return keep

    async def hear(self, event: str) -> Any:
        async with asyncio.timeout(5):
            while True:
                name, data = await self.events.get()
                if name == event:
                    return data

    async def session(self, session_id: str | None = None) -> str:
        await self.client.emit("session_request", {"session_id": session_id})
        return str(await self.hear("session_confirm"))

    async def say(self, text: Any, session_id: str | None, **more: Any) -> Any:
        body = {"message": text, "session_id": session_id, "customData": {"language": "en"}, **more}
        return await self.client.call("user_uttered", body, timeout=5)


@asynccontextmanager
async def webchat(
    gateway: Gateway, *, transports: tuple[str, ...] = ("websocket",), **options: Any
) -> AsyncIterator[Webchat]:
    chat = Webchat()
    await chat.client.connect(gateway.url, transports=list(transports), **options)
    try:
        yield chat
    finally:
        await chat.client.eio.disconnect(abort=True)  # without waiting for a poll that is under way


@pytest.mark.parametrize("transports", [("polling",), ("websocket",), ("polling", "websocket")])
async def test_a_rasa_front_end_talks_unchanged(gateway: Gateway, transports: tuple[str, ...]) -> None:
    async with webchat(gateway, transports=transports) as chat:
        session = await chat.session()
        await chat.say("hello", session)
        assert (await chat.hear("bot_uttered"))["text"] == "Hello!"
        assert (await chat.hear("bot_uttered"))["text"] == "What can I do for you?"
        await chat.say("refund", session)
        offered = await chat.hear("bot_uttered")
        assert offered["quick_replies"] == [{"content_type": "text", "title": "Yes", "payload": "/affirm"}]
        await chat.say("/affirm", session)
        assert (await chat.hear("bot_uttered"))["text"] == "Done."


async def test_a_session_is_taken_up_again_with_what_only_the_server_gave_out(gateway: Gateway) -> None:
    async with webchat(gateway) as chat:
        session = await chat.session()
        await chat.say("refund", session)
        await chat.hear("bot_uttered")
    async with webchat(gateway) as chat:
        assert await chat.session(session) == session
        await chat.say("/affirm", session)
        assert (await chat.hear("bot_uttered"))["text"] == "Done."


async def test_a_made_up_session_gets_a_new_one(gateway: Gateway) -> None:
    async with webchat(gateway) as chat:
        assert await chat.session("alice") != "alice"


async def test_a_session_id_cannot_be_guessed(gateway: Gateway) -> None:
    ids = set()
    for _ in range(20):
        async with gateway.client.get("/socket.io/?EIO=4&transport=polling") as answer:
            ids.add(json.loads((await answer.text()).removeprefix("0"))["sid"])
    assert len(ids) == 20
    assert min(map(len, ids)) >= 32, "each letter is six bits of chance"
    assert len({each[:6] for each in ids} | {each[-6:] for each in ids}) == 40, "no number that counts up in it"


async def test_somebody_elses_session_cannot_be_written_to(gateway: Gateway) -> None:
    opened = await gateway.conversations.open(channel="socketio")
    async with webchat(gateway) as chat:
        await chat.session()
        answer = await chat.say("hello", f"{opened.conversation_id}.guess")
        assert answer["error"] == "not_yours"
    assert await gateway.conversations.entries(opened.conversation_id) == []


async def test_without_session_persistence_a_connection_is_a_conversation(gateway: Gateway) -> None:
    async with webchat(gateway) as chat:
        await chat.say("hello", None)
        assert (await chat.hear("bot_uttered"))["text"] == "Hello!"


async def test_a_repeat_is_told_so_and_not_answered_again(gateway: Gateway) -> None:
    async with webchat(gateway) as chat:
        session = await chat.session()
        first = await chat.say("refund", session, metadata={"message_id": "m1"})
        again = await chat.say("refund", session, metadata={"message_id": "m1"})
        assert (first["accepted"], again) == (1, {"accepted": 1, "repeated": True})


async def test_the_customer_is_who_the_proof_says(gateway: Gateway) -> None:
    async with webchat(gateway, auth={"token": token("C1001")}) as chat:
        session = await chat.session()
        conversation = await gateway.conversations.authenticate(session)
        assert conversation.identity is not None
        assert conversation.identity.customer_id == "C1001"
        answer = await chat.say("hello", session, customData={"identity": token("C1002")})
        assert answer["error"] == "identity_other_customer"


@pytest.mark.parametrize("auth", [{"token": "rubbish"}, {"token": token(expires_in_s=-60)}], ids=["forged", "expired"])
async def test_a_bad_proof_does_not_connect(gateway: Gateway, auth: dict[str, str]) -> None:
    with pytest.raises(socketio.exceptions.ConnectionError):
        async with webchat(gateway, auth=auth):
            pass


@pytest.mark.parametrize(
    ("text", "code"), [("", "empty"), ("x" * 5000, "too_long"), (5, "bad_message"), (None, "bad_message")]
)
async def test_what_cannot_be_taken_is_said_in_words_and_codes(gateway: Gateway, text: Any, code: str) -> None:
    async with webchat(gateway) as chat:
        session = await chat.session()
        assert (await chat.say(text, session))["error"] == code
        assert (await chat.hear("message_error"))["code"] == code
        assert (await chat.hear("bot_uttered"))["metadata"] == {"error": code}
        await chat.say("hello", session)
        assert (await chat.hear("bot_uttered"))["text"] == "Hello!"


async def test_a_page_that_may_not_embed_the_widget_is_refused(gateway: Gateway) -> None:
    with pytest.raises(socketio.exceptions.ConnectionError):
        async with webchat(gateway, headers={"Origin": "https://evil.example"}):
            pass
    async with webchat(gateway, headers={"Origin": gateway.url}) as chat:
        assert await chat.session()
