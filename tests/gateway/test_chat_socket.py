"""The native protocol over a real WebSocket."""

from __future__ import annotations

import asyncio
import json
import uuid
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
import pytest
from aiohttp import WSMsgType

from bot.store.conversations import Changes
from bot.types import Holder, Identity, Level, Reply
from tests.serving import Gateway, token

Frame = dict[str, Any]


class Chat:
    """A client that keeps all it hears."""

    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.heard: list[Frame] = []

    async def send(self, **frame: Any) -> None:
        await self.socket.send_str(json.dumps(frame))

    async def say(self, text: str, **more: Any) -> str:
        message_id = more.pop("id", None) or str(uuid.uuid4())
        await self.send(type="message", id=message_id, text=text, **more)
        return message_id

    async def hear(self, kind: str, **expected: Any) -> Frame:
        """The next frame of this kind with these fields; what comes before it is kept in `heard`."""
        async with asyncio.timeout(5):
            while True:
                message = await self.socket.receive()
                assert message.type is WSMsgType.TEXT, f"closed with {self.socket.close_code} before {kind}"
                frame = json.loads(message.data)
                self.heard.append(frame)
                if frame["type"] == kind and expected.items() <= frame.items():
                    return frame

    async def closed(self) -> int | None:
        async with asyncio.timeout(5):
            while (await self.socket.receive()).type is WSMsgType.TEXT:
                pass
        return self.socket.close_code


@asynccontextmanager
async def connected(gateway: Gateway, **headers: str) -> AsyncIterator[Chat]:
    async with gateway.client.ws_connect("/ws/chat", headers=headers) as socket:
        yield Chat(socket)


@asynccontextmanager
async def chatting(gateway: Gateway, **hello: Any) -> AsyncIterator[tuple[Chat, Frame]]:
    async with connected(gateway) as chat:
        await chat.send(type="hello", **{"token": None, "after": 0, "identity": None, "locale": "en-GB", **hello})
        yield chat, await chat.hear("welcome")


async def test_a_newcomer_gets_a_token_an_acknowledgement_their_own_line_and_an_answer(gateway: Gateway) -> None:
    async with chatting(gateway) as (chat, welcome):
        assert {**welcome, "token": ""} == {
            "type": "welcome",
            "token": "",
            "resumed": False,
            "seq": 0,
            "holder": "bot",
            "agent": "",
            "language": "en",
            "identity": None,
        }
        message_id = await chat.say("hello")
        answer = await chat.hear("entry", author="bot")
        assert answer["text"].startswith("Hello!")
        accepted = next(frame for frame in chat.heard if frame["type"] == "accepted")
        assert accepted == {"type": "accepted", "id": message_id, "seq": 1, "repeated": False}
        own = next(frame for frame in chat.heard if frame.get("author") == "customer")
        assert (own["seq"], own["id"], own["text"]) == (1, message_id, "hello")


async def test_who_comes_back_with_the_token_gets_what_was_missed_and_nothing_twice(gateway: Gateway) -> None:
    async with chatting(gateway) as (chat, welcome):
        await chat.say("hello")
        last = (await chat.hear("entry", author="bot"))["seq"]
    async with chatting(gateway, token=welcome["token"]) as (chat, again):
        assert (again["resumed"], again["token"]) == (True, welcome["token"])
        await chat.say("refund")
        await chat.hear("entry", text="Shall I?")
    async with chatting(gateway, token=welcome["token"], after=last) as (chat, _):
        await chat.hear("entry", author="bot")
        assert [frame["seq"] for frame in chat.heard if frame["type"] == "entry"] == [last + 1, last + 2]


async def test_a_message_sent_again_is_acknowledged_as_a_repeat_and_answered_once(gateway: Gateway) -> None:
    async with chatting(gateway) as (chat, _welcome):
        message_id = await chat.say("hello")
        await chat.hear("entry", author="bot")
        await chat.say("hello", id=message_id)
        assert await chat.hear("accepted") == {"type": "accepted", "id": message_id, "seq": 1, "repeated": True}
        await chat.say("refund")
        await chat.hear("entry", text="Shall I?")
        seqs = [frame["seq"] for frame in chat.heard if frame["type"] == "entry"]
        assert seqs == [1, 2, 3, 4]


async def test_two_tabs_see_the_same_lines(gateway: Gateway) -> None:
    async with chatting(gateway) as (one, welcome), chatting(gateway, token=welcome["token"]) as (other, _):
        await one.say("hello")
        lines = [await tab.hear("entry", author="bot") for tab in (one, other)]
        assert lines[0] == lines[1]


async def test_three_quick_messages_are_answered_in_order(gateway: Gateway) -> None:
    async with chatting(gateway) as (chat, _):
        for text in ("hello", "refund", "hello"):
            await chat.say(text)
        for start in ("Hello", "Shall", "Hello"):
            assert (await chat.hear("entry", author="bot"))["text"].startswith(start)


async def test_a_button_is_trusted_only_where_it_was_offered(gateway: Gateway) -> None:
    async with chatting(gateway) as (chat, _):
        await chat.say("sneaky", payload="/secret")
        await chat.say("Yes", payload="/affirm")
        await chat.say("refund")
        await chat.hear("entry", text="Shall I?")
        assert not {"Money moved.", "Done."} & {frame.get("text") for frame in chat.heard}
        await chat.say("Yes", payload="/affirm")
        await chat.hear("entry", text="Done.")


@pytest.mark.parametrize("unknown", ["nobody.secret", "rubbish", "../../etc.x", "a" * 200 + ".b"])
async def test_a_token_that_opens_nothing_is_refused(gateway: Gateway, unknown: str) -> None:
    async with connected(gateway) as chat:
        await chat.send(type="hello", token=unknown, after=0)
        assert (await chat.hear("error"))["code"] == "not_yours"
        assert await chat.closed() == 1008


async def test_a_guessed_secret_of_a_real_conversation_is_refused(gateway: Gateway) -> None:
    opened = await gateway.conversations.open(channel="native")
    async with connected(gateway) as chat:
        await chat.send(type="hello", token=f"{opened.conversation_id}.guess", after=0)
        assert (await chat.hear("error"))["code"] == "not_yours"


async def test_a_signed_in_customer_is_greeted_by_name(gateway: Gateway) -> None:
    async with chatting(gateway, identity=token(name="王芳")) as (_, welcome):
        assert welcome["identity"] == {"name": "王芳", "level": 1}


async def test_an_expired_proof_leaves_the_customer_here_but_not_signed_in(gateway: Gateway) -> None:
    async with chatting(gateway, identity=token(expires_in_s=-60)) as (chat, welcome):
        assert chat.heard[0]["code"] == "identity_expired"
        assert welcome["identity"] is None
        await chat.send(type="identity", token=token())
        assert (await chat.hear("identity"))["identity"] == {"name": "Ann", "level": 1}
        await chat.send(type="identity", token=None)
        assert (await chat.hear("identity"))["identity"] is None


async def test_another_customer_cannot_take_up_a_conversation(gateway: Gateway) -> None:
    async with chatting(gateway, identity=token("C1001")) as (chat, welcome):
        await chat.send(type="identity", token=token("C1002"))
        assert (await chat.hear("error"))["code"] == "identity_other_customer"
    async with connected(gateway) as chat:
        await chat.send(type="hello", token=welcome["token"], after=0, identity=token("C1002"))
        assert (await chat.hear("error"))["code"] == "identity_other_customer"
        assert await chat.closed() == 1008


async def test_all_tabs_learn_of_a_sign_in_a_step_up_and_a_handover(gateway: Gateway) -> None:
    async with chatting(gateway) as (one, welcome), chatting(gateway, token=welcome["token"]) as (other, _):
        await one.send(type="identity", token=token())
        assert (await other.hear("identity"))["identity"] == {"name": "Ann", "level": 1}
        conversation_id = welcome["token"].partition(".")[0]
        stepped_up = Identity(
            customer_id="C1001",
            level=Level.STEPPED_UP,
            method="otp",
            proven_at=1.0,
            expires_at=4e9,
            stepped_up_until=4e9,
            name="Ann",
        )
        changes = Changes(identity=stepped_up, holder=Holder.AGENT, agent_name="Lin")
        reply = Reply(text="Lin has joined", author="system", custom={"status": "joined", "name": "Lin"})
        await gateway.conversations.say(conversation_id, reply, reply_id="j", changes=changes)
        for tab in (one, other):
            assert await tab.hear("status") == {"type": "status", "holder": "human", "name": "Lin"}
            assert (await tab.hear("identity"))["identity"] == {"name": "Ann", "level": 2}


async def test_typing_reaches_the_other_side_and_not_ones_own_tabs(gateway: Gateway) -> None:
    async with chatting(gateway) as (chat, welcome):
        conversation_id = welcome["token"].partition(".")[0]
        typing = {"type": "typing", "author": "agent", "name": "Lin", "on": True}

        async def type_on() -> None:
            while True:
                await gateway.conversations.notify(conversation_id, {**typing, "author": "customer"})
                await gateway.conversations.notify(conversation_id, typing)
                await asyncio.sleep(0.02)

        agent = asyncio.create_task(type_on())
        assert await chat.hear("typing") == typing
        agent.cancel()


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("{", "bad_json"),
        ("[1]", "bad_json"),
        ("", "bad_json"),
        (b"\x00\x01binary", "bad_message"),
        ("[" * 15_000, "bad_json"),
        (json.dumps({"type": "message", "id": "m", "text": ""}), "empty"),
        (json.dumps({"type": "message", "id": "m", "text": "x" * 5000}), "too_long"),
        (json.dumps({"type": "message", "id": "m", "text": "x" * 100_000}), "too_long"),
        (json.dumps({"type": "message", "text": "hello"}), "bad_message"),
        (json.dumps({"type": "drop_table"}), "bad_message"),
        (json.dumps({"type": "hello", "token": None, "after": 0}), "bad_message"),
    ],
)
async def test_a_frame_that_cannot_be_taken_is_named_and_the_chat_goes_on(
    gateway: Gateway, raw: str | bytes, code: str
) -> None:
    async with chatting(gateway) as (chat, _):
        await (chat.socket.send_bytes(raw) if isinstance(raw, bytes) else chat.socket.send_str(raw))
        error = await chat.hear("error")
        assert error["code"] == code
        assert "Traceback" not in json.dumps(error)
        await chat.say("hello")
        await chat.hear("entry", author="bot")


async def test_a_frame_beyond_all_measure_ends_the_connection(gateway: Gateway) -> None:
    async with chatting(gateway) as (chat, _):
        await chat.socket.send_str("x" * 1_000_000)
        assert await chat.closed() == 1009


async def test_a_refused_message_is_named_by_its_id(gateway: Gateway) -> None:
    async with chatting(gateway) as (chat, _):
        await chat.say(" ", id="m-7")
        assert (await chat.hear("error"))["id"] == "m-7"


async def test_without_a_hello_nothing_is_said(gateway: Gateway) -> None:
    async with connected(gateway) as chat:
        await chat.say("hello")
        assert (await chat.hear("error"))["code"] == "bad_message"
        assert await chat.closed() == 1008


async def test_a_ping_is_answered(gateway: Gateway) -> None:
    async with chatting(gateway) as (chat, _):
        await chat.send(type="ping")
        assert await chat.hear("pong") == {"type": "pong"}


async def test_a_page_that_may_not_embed_the_widget_is_refused(gateway: Gateway) -> None:
    with pytest.raises(aiohttp.WSServerHandshakeError) as caught:
        async with connected(gateway, Origin="https://evil.example"):
            pass
    assert caught.value.status == 403
    async with connected(gateway, Origin=gateway.url):
        pass


async def test_a_plain_request_is_told_to_upgrade(gateway: Gateway) -> None:
    async with gateway.client.get("/ws/chat") as answer:
        assert (answer.status, (await answer.json())["error"]) == (426, "upgrade_required")


async def test_a_conversation_that_is_forgotten_is_nobodys(gateway: Gateway) -> None:
    async with chatting(gateway) as (chat, welcome):
        await gateway.conversations.forget(welcome["token"].partition(".")[0])
        await chat.say("hello")
        assert (await chat.hear("error"))["code"] == "not_yours"
        assert await chat.closed() == 1008
