"""Somebody at a browser of their own, and a customer who waits."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import aiohttp
from aiohttp import WSMsgType

from bot.desk.keys import DESK
from bot.types import Guess, Handoff, Identity, Level, Tried
from tests.serving import PASSWORD, Gateway

OURS = {"X-Xiaoer-Desk": "1"}
Answer = tuple[int, Any]


class Person:
    """Somebody at a browser of their own."""

    def __init__(self, client: aiohttp.ClientSession) -> None:
        self.client = client

    async def get(self, path: str, **options: Any) -> Answer:
        async with self.client.get(f"/desk/api/{path}", **options) as answer:
            return answer.status, await answer.json()

    async def post(self, path: str, body: Any = None, headers: dict[str, str] | None = None) -> Answer:
        headers = OURS if headers is None else headers
        async with self.client.post(f"/desk/api/{path}", json=body or {}, headers=headers) as answer:
            return answer.status, await answer.json()

    async def sign_in(self, name: str, password: str = PASSWORD, code: str = "", **headers: str) -> Answer:
        body = {"name": name, "password": password, "code": code}
        return await self.post("sign-in", body, headers={**OURS, **headers})

    @property
    def token(self) -> str:
        return next(each.value for each in self.client.cookie_jar if each.key == "xiaoer_desk")

    @asynccontextmanager
    async def socket(self) -> AsyncIterator[Page]:
        async with self.client.ws_connect("/desk/ws") as socket:
            yield Page(socket)


class Page:
    def __init__(self, socket: aiohttp.ClientWebSocketResponse) -> None:
        self.socket = socket
        self.heard: list[dict[str, Any]] = []

    async def ends(self) -> int | None:
        """The close code, once the socket is closed; what was heard before stays in `heard`."""
        async with asyncio.timeout(5):
            while (message := await self.socket.receive()).type is WSMsgType.TEXT:
                self.heard.append(json.loads(message.data))
        return self.socket.close_code

    async def hear(self, wanted: str, **expected: Any) -> dict[str, Any]:
        """The next frame (`floor` frames by their update's kind) with these fields."""
        async with asyncio.timeout(5):
            while True:
                message = await self.socket.receive()
                assert message.type is WSMsgType.TEXT, f"closed with {self.socket.close_code} before {wanted}"
                frame = json.loads(message.data)
                self.heard.append(frame)
                inner = frame.get("update") or frame
                if wanted in (frame["type"], inner.get("kind")) and expected.items() <= inner.items():
                    return frame


async def code_of(gateway: Gateway, name: str) -> str:
    """What their authenticator shows; empty for who has none."""
    desk = gateway.service.app[DESK]
    account = desk.accounts.get(name)
    if account is None or not account.totp:
        return ""
    return account.code(time.time(), after=await desk.brake.last_step(name))


@asynccontextmanager
async def person(gateway: Gateway, name: str | None = None) -> AsyncIterator[Person]:
    jar = aiohttp.CookieJar(unsafe=True)
    async with aiohttp.ClientSession(gateway.url, cookie_jar=jar) as client:
        somebody = Person(client)
        if name is not None:
            status, body = await somebody.sign_in(name, code=await code_of(gateway, name))
            assert status == 200, body
        yield somebody


async def waiting(gateway: Gateway, handoff_id: str = "H1", **changes: Any) -> Handoff:
    """A customer who has talked to the bot and waits for a person."""
    opened = await gateway.conversations.open(channel="native", language="en")
    identity = Identity(
        customer_id="C1001", level=Level.SIGNED_IN, method="jwt", proven_at=1.0, expires_at=4e9, name="Ann"
    )
    fields: dict[str, Any] = {
        "id": handoff_id,
        "conversation_id": opened.conversation_id,
        "channel": "native",
        "language": "en",
        "queue": "general",
        "reason": "asked",
        "waiting_since": time.time(),
        "due_at": time.time() + 120,
        "intents": (Guess(intent="request_human", confidence=0.9),),
        "slots": {"order_number": "P20261103001"},
        "identity": identity,
        "tried": (Tried(action="action_refund", outcome="failed", at=1.0, detail="service_down"),),
        "summary": "Wanted a refund.",
    }
    handoff = Handoff(**{**fields, **changes})
    await gateway.service.handoffs.open(handoff)
    return handoff
