"""Every door that customers come through, with one face: an attack is written once and tried at each of them."""

from __future__ import annotations

import asyncio
import itertools
import json
from abc import ABC, abstractmethod
from typing import Any, ClassVar

import aiohttp
import socketio
from aiohttp import WSMsgType

from bot.gateway.frontdoor import derived_id
from tests.serving import Gateway

ANSWER_S = 10.0
OK = "ok"
_count = itertools.count(1)


class Door(ABC):
    """`proof` is an identity JWT. What is refused gives the code the caller is told, everything else `ok`."""

    name: ClassVar[str]
    tokens: ClassVar[bool] = True
    """A conversation is opened by a token of ours."""

    def __init__(self, gateway: Gateway) -> None:
        self.gateway = gateway
        self.token = ""
        self.proof: str | None = None

    @abstractmethod
    async def enter(self, *, token: str | None = None, proof: str | None = None) -> str:
        """Open a conversation, or with `token` take one up."""

    @abstractmethod
    async def write(self, text: Any, **fields: Any) -> str:
        """Send a message; `fields` go into it as they are."""

    @abstractmethod
    async def answers(self) -> list[str]:
        """The bot's texts since the last call, at least one."""

    @abstractmethod
    async def close(self) -> None: ...

    async def ask(self, text: Any, **fields: Any) -> list[str]:
        code = await self.write(text, **fields)
        assert code == OK, code
        return await self.answers()

    async def greeted(self) -> list[str]:
        """All that the bot has said by the time it has answered a greeting, as it does whatever came before."""
        assert await self.write("hello") == OK
        said: list[str] = []
        while not any(text.startswith("Hello") for text in said):
            said += await self.answers()
        return said

    @property
    def conversation_id(self) -> str:
        return self.token.partition(".")[0]

    async def identity(self) -> Any:
        """Who the service believes to be here."""
        return (await self.gateway.conversations.get(self.conversation_id)).identity


def fresh_id() -> str:
    return f"m{next(_count)}"


class RestDoor(Door):
    """`POST /webhooks/rest/webhook`: the proof comes in a header."""

    name = "rest"
    tokens = False

    def __init__(self, gateway: Gateway) -> None:
        super().__init__(gateway)
        self.sender = f"sender-{fresh_id()}"
        self._said: list[str] = []

    async def enter(self, *, token: str | None = None, proof: str | None = None) -> str:
        self.proof = proof
        return OK if proof is None else await self.write("hello")

    def body(self, text: Any, fields: dict[str, Any]) -> dict[str, Any]:
        return {"sender": self.sender, "message": text, **fields}

    async def write(self, text: Any, **fields: Any) -> str:
        headers = {} if self.proof is None else {"Authorization": f"Bearer {self.proof}"}
        if "id" in fields:
            fields["metadata"] = {**fields.get("metadata", {}), "message_id": fields.pop("id")}
        if "payload" in fields:
            text = fields.pop("payload")
        data = json.dumps(self.body(text, fields))
        async with self.gateway.client.post("/webhooks/rest/webhook", data=data, headers=headers) as answer:
            body = await answer.json()
        if answer.status != 200:
            return str(body["error"])
        self._said += [each["text"] for each in body if each.get("text")]
        return OK

    async def answers(self) -> list[str]:
        said, self._said = self._said, []
        return said

    async def identity(self) -> Any:
        return (await self.gateway.conversations.get(derived_id("rest", self.sender, None))).identity

    async def close(self) -> None:
        pass


class RestBodyDoor(RestDoor):
    """The same, the proof in `metadata.identity`."""

    name = "rest-body"

    async def write(self, text: Any, **fields: Any) -> str:
        proof, self.proof = self.proof, None
        if proof is not None:
            fields["metadata"] = {**fields.get("metadata", {}), "identity": proof}
        code = await super().write(text, **fields)
        self.proof = proof
        return code


class NativeDoor(Door):
    """The widget's WebSocket: the proof comes in the hello."""

    name = "native"

    def __init__(self, gateway: Gateway) -> None:
        super().__init__(gateway)
        self.socket: aiohttp.ClientWebSocketResponse | None = None

    async def enter(self, *, token: str | None = None, proof: str | None = None) -> str:
        await self.close()
        self.socket = await self.gateway.client.ws_connect("/ws/chat")
        await self.send({"type": "hello", "token": token, "after": 0, "identity": proof, "locale": "en-GB"})
        code = OK
        while (frame := await self.hear("welcome", "error")) is not None:
            if frame["type"] == "welcome":
                self.token = frame["token"]
                return code
            code = frame["code"]
        return code

    async def send(self, frame: Any) -> None:
        assert self.socket is not None
        await self.socket.send_str(frame if isinstance(frame, str) else json.dumps(frame))

    async def hear(self, *kinds: str) -> dict[str, Any] | None:
        """The next frame of one of these kinds, None when the socket has closed."""
        assert self.socket is not None
        async with asyncio.timeout(ANSWER_S):
            while (message := await self.socket.receive()).type is WSMsgType.TEXT:
                frame: dict[str, Any] = json.loads(message.data)
                if frame["type"] in kinds:
                    return frame
        return None

    async def write(self, text: Any, **fields: Any) -> str:
        await self.send({"type": "message", "id": fresh_id(), "text": text, **fields})
        frame = await self.hear("accepted", "error")
        return "closed" if frame is None else frame.get("code", OK)

    async def answers(self) -> list[str]:
        while (frame := await self.hear("entry")) is not None:
            if frame["author"] != "customer":
                return [frame["text"]]
        return []

    async def close(self) -> None:
        if self.socket is not None:
            await self.socket.close()


class NativeIdentityDoor(NativeDoor):
    """The same, the proof in an `identity` frame while the conversation runs."""

    name = "native-identity"

    async def enter(self, *, token: str | None = None, proof: str | None = None) -> str:
        code = await super().enter(token=token)
        if code != OK or proof is None:
            return code
        await self.send({"type": "identity", "token": proof})
        frame = await self.hear("identity", "error")
        return "closed" if frame is None else frame.get("code", OK)


class HttpDoor(Door):
    """The widget without WebSocket."""

    name = "http"

    def __init__(self, gateway: Gateway) -> None:
        super().__init__(gateway)
        self._seen = 0

    async def enter(self, *, token: str | None = None, proof: str | None = None) -> str:
        body = {"token": token, "after": 0, "identity": proof, "locale": "en"}
        async with self.gateway.client.post("/api/chat/hello", data=json.dumps(body)) as answer:
            said = await answer.json()
        self.token = said.get("token", token or "")
        return str(said.get("error", OK))

    @property
    def _headers(self) -> dict[str, str]:
        return {"Authorization": f"Bearer {self.token}"}

    async def write(self, text: Any, **fields: Any) -> str:
        data = json.dumps({"id": fresh_id(), "text": text, **fields})
        async with self.gateway.client.post("/api/chat/messages", data=data, headers=self._headers) as answer:
            return str((await answer.json()).get("error", OK))

    async def answers(self) -> list[str]:
        async with asyncio.timeout(ANSWER_S):
            while True:
                query = {"after": str(self._seen), "wait_s": "5"}
                async with self.gateway.client.get("/api/chat/entries", params=query, headers=self._headers) as answer:
                    entries = (await answer.json())["entries"]
                self._seen = max([self._seen, *(each["seq"] for each in entries)])
                if said := [each["text"] for each in entries if each["author"] != "customer"]:
                    return said

    async def close(self) -> None:
        pass


class SocketIODoor(Door):
    """Rasa's Socket.IO: the proof comes with the connection."""

    name = "socketio"

    def __init__(self, gateway: Gateway) -> None:
        super().__init__(gateway)
        self.client: socketio.AsyncClient | None = None
        self.heard: asyncio.Queue[dict[str, Any]] = asyncio.Queue()

    async def connect(self, auth: Any = None) -> str:
        await self.close()
        self.client = socketio.AsyncClient(reconnection=False)
        why: list[Any] = []
        self.client.on("bot_uttered", self.heard.put)
        self.client.on("connect_error", why.append)
        try:
            await self.client.connect(self.gateway.url, transports=["websocket"], auth=auth)
        except socketio.exceptions.ConnectionError:
            return str(why[0]["message"])
        return OK

    async def enter(self, *, token: str | None = None, proof: str | None = None) -> str:
        code = await self.connect(None if proof is None else {"token": proof})
        return code if code != OK else await self.request(token)

    async def request(self, token: str | None) -> str:
        assert self.client is not None
        said = await self.client.call("session_request", {"session_id": token}, timeout=ANSWER_S)
        self.token = said.get("session_id", "")
        if token is not None and self.token not in ("", token):
            return "not_yours"
        return str(said.get("error", OK))

    async def write(self, text: Any, **fields: Any) -> str:
        assert self.client is not None
        if "id" in fields:
            fields["metadata"] = {**fields.get("metadata", {}), "message_id": fields.pop("id")}
        if "payload" in fields:
            text = fields.pop("payload")
        body = {"message": text, "session_id": self.token, **fields}
        said = await self.client.call("user_uttered", body, timeout=ANSWER_S)
        return str(said.get("error", OK))

    async def answers(self) -> list[str]:
        async with asyncio.timeout(ANSWER_S):
            said = [await self.heard.get()]
        while not self.heard.empty():
            said.append(self.heard.get_nowait())
        return [each["text"] for each in said if each.get("text")]

    async def close(self) -> None:
        if self.client is not None:
            await self.client.eio.disconnect(abort=True)
            self.client = None


class SocketIOMessageDoor(SocketIODoor):
    """The same, the proof in a message's `customData.identity`."""

    name = "socketio-message"

    async def enter(self, *, token: str | None = None, proof: str | None = None) -> str:
        code = await super().enter(token=token)
        if code != OK or proof is None:
            return code
        code = await self.write("hello", customData={"identity": proof})
        while not self.heard.empty():
            self.heard.get_nowait()
        return code


DOORS: tuple[type[Door], ...] = (
    RestDoor,
    RestBodyDoor,
    NativeDoor,
    NativeIdentityDoor,
    HttpDoor,
    SocketIODoor,
    SocketIOMessageDoor,
)
