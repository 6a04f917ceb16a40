"""Who walks through the tour: a customer on REST, a customer's tab on the native WebSocket, an agent at the desk."""

from __future__ import annotations

import asyncio
import json
import uuid
from dataclasses import dataclass, field
from typing import Any

import aiohttp
from aiohttp import WSMsgType

Frame = dict[str, Any]
PATIENCE_S = 15.0


async def proof_of(web: aiohttp.ClientSession, customer_id: str) -> str:
    """What the shop's server signs when its customer opens the chat."""
    async with web.post("/demo/sign-in", json={"customer_id": customer_id}) as answer:
        assert answer.status == 200, await answer.text()
        return str((await answer.json())["token"])


@dataclass
class Customer:
    """Talks over Rasa's REST channel."""

    web: aiohttp.ClientSession
    sender: str
    customer_id: str = ""
    proof: str = ""
    replies: list[Frame] = field(default_factory=list)
    """The latest."""

    async def signs_in(self, customer_id: str) -> Customer:
        self.customer_id, self.proof = customer_id, await proof_of(self.web, customer_id)
        return self

    async def post(self, message: str, *, message_id: str | None = None) -> tuple[int, Any]:
        headers = {"Authorization": f"Bearer {self.proof}"} if self.proof else {}
        metadata = {"message_id": message_id} if message_id else {}
        body = {"sender": self.sender, "message": message, "metadata": metadata}
        async with self.web.post("/webhooks/rest/webhook", json=body, headers=headers) as answer:
            return answer.status, await answer.json()

    async def says(self, message: str, *, message_id: str | None = None) -> str:
        """All the bot's texts of the answer."""
        status, self.replies = await self.post(message, message_id=message_id)
        assert status == 200, self.replies
        return "\n".join(reply["text"] for reply in self.replies if reply.get("text"))

    async def presses(self, title: str) -> str:
        """A button whose title begins so; what a press sends is its payload."""
        return await self.says(self.payload(title))

    def payload(self, title: str) -> str:
        offered = [button for reply in self.replies for button in reply.get("buttons") or ()]
        found = [button["payload"] for button in offered if button["title"].startswith(title)]
        assert found, f"no button {title!r} among {[button['title'] for button in offered]}"
        return str(found[0])

    async def texts(self) -> list[Frame]:
        """The text messages on this customer's phone, newest first."""
        async with self.web.get(f"/demo/phone/{self.customer_id}") as answer:
            return list((await answer.json())["messages"])

    async def code(self) -> str:
        return next(str(text["code"]) for text in await self.texts() if text.get("code"))


@dataclass
class Tab:
    """One open chat window. It keeps every frame it gets."""

    socket: aiohttp.ClientWebSocketResponse
    heard: list[Frame] = field(default_factory=list)
    welcome: Frame = field(default_factory=dict)

    async def say_hello(
        self, *, token: str | None = None, after: int = 0, identity: str | None = None, locale: str = "en-GB"
    ) -> Tab:
        await self.send(type="hello", token=token, after=after, identity=identity, locale=locale)
        self.welcome = await self.hears("welcome")
        return self

    @property
    def token(self) -> str:
        return str(self.welcome["token"])

    async def send(self, **frame: Any) -> None:
        await self.socket.send_str(json.dumps(frame))

    async def says(self, text: str, **more: Any) -> str:
        """The text of the bot's first line after it."""
        message_id = more.pop("id", None) or str(uuid.uuid4())
        await self.writes(text, id=message_id, **more)
        await self.reads(id=message_id)
        return str((await self.reads(author="bot"))["text"])

    async def writes(self, text: str, **more: Any) -> None:
        await self.send(**{"type": "message", "id": str(uuid.uuid4()), "text": text, **more})

    async def hears(self, kind: str, **expected: Any) -> Frame:
        """The next frame of this kind that has these fields. `custom` need only have the keys given."""
        async with asyncio.timeout(PATIENCE_S):
            while True:
                message = await self.socket.receive()
                assert message.type is WSMsgType.TEXT, f"closed with {self.socket.close_code} before {kind}"
                frame = json.loads(message.data)
                self.heard.append(frame)
                if frame["type"] == kind and _has(frame, expected):
                    return dict(frame)

    async def reads(self, **expected: Any) -> Frame:
        """The next line of the conversation that has these fields."""
        return await self.hears("entry", **expected)

    async def reads_until(self, seq: int) -> list[Frame]:
        """All lines heard so far, once the line `seq` is among them."""
        if not any(line["seq"] == seq for line in self.lines):
            await self.reads(seq=seq)
        return self.lines

    @property
    def lines(self) -> list[Frame]:
        return [frame for frame in self.heard if frame["type"] == "entry"]


@dataclass
class Agent:
    """A person at the desk, through the calls that its page makes."""

    desk: aiohttp.ClientSession
    name: str = ""

    async def sign_in(self, name: str, password: str) -> Agent:
        status, body = await self.post("sign-in", name=name, password=password)
        if body.get("error") == "code_needed":
            code = (await self.get(f"demo-code?name={name}"))["code"]
            status, body = await self.post("sign-in", name=name, password=password, code=code)
        assert status == 200, body
        self.name = body["agent"]["name"]
        return self

    async def get(self, path: str) -> Any:
        async with self.desk.get(f"/desk/api/{path}") as answer:
            assert answer.status == 200, await answer.text()
            return await answer.json()

    async def post(self, path: str, **body: Any) -> tuple[int, Any]:
        async with self.desk.post(f"/desk/api/{path}", json=body) as answer:
            return answer.status, await answer.json()

    async def does(self, path: str, **body: Any) -> Any:
        status, answer = await self.post(path, **body)
        assert status == 200, answer
        return answer

    async def finds(self, customer_name: str) -> Frame:
        """That customer's place in the waiting list."""
        waiting = (await self.get("floor"))["waiting"]
        found = [each for each in waiting if each["customer_name"] == customer_name]
        assert found, waiting
        return dict(found[-1])


def _has(frame: Frame, expected: Frame) -> bool:
    return all(
        value.items() <= (frame.get(name) or {}).items() if isinstance(value, dict) else frame.get(name) == value
        for name, value in expected.items()
    )
