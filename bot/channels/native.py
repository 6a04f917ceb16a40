"""Our own chat protocol, the widget's: JSON frames over a WebSocket, the same bodies over HTTP.

`docs/reference/native-protocol.md` is its reference.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from bot.channels.base import (
    Raw,
    Received,
    Transport,
    Wire,
    read_message_id,
    read_object,
    read_payload,
    read_text,
    read_token,
)
from bot.errors import BadMessage
from bot.types import Button, Entry, Identity, Level

MAX_FRAME_BYTES = 16 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Hello:
    """The first frame: which conversation, from where on, who is asking."""

    token: str | None
    after: int
    identity_token: str | None
    language: str
    """`en`, `zh`, or "" where the client did not say one we speak."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Typing:
    on: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Read:
    seq: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Identify:
    """A sign-in, a refreshed token, or with None a sign-out."""

    identity_token: str | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Reset:
    """A sign-out after which the token opens nothing any more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ping:
    pass


Frame = Hello | Received | Typing | Read | Identify | Reset | Ping


class Native:
    name: ClassVar[str] = "native"
    transport: ClassVar[Transport] = "websocket"

    def __init__(self, *, max_text_chars: int = 4000) -> None:
        self._max_text_chars = max_text_chars

    def decode(self, raw: Raw) -> Received:
        """A `message` frame, also without its `type`, as the HTTP fallback sends it."""
        frame = self._object(raw)
        if frame.get("type", "message") != "message":
            raise BadMessage("bad_message", "expected a message")
        return self._message(frame)

    def decode_hello(self, raw: Raw) -> Hello:
        """A `hello` frame, also without its `type`, as the HTTP fallback sends it."""
        frame = self._object(raw)
        if frame.get("type", "hello") != "hello":
            raise BadMessage("bad_message", "expected a hello first")
        return _hello(frame)

    def decode_identity(self, raw: Raw) -> Identify:
        """An `identity` frame, also without its `type`, as the HTTP fallback sends it."""
        return _identify(self._object(raw))

    def decode_frame(self, raw: Raw) -> Frame:
        """Whatever a client may send. Raises BadMessage; `frame_id` finds the id of the message it was about."""
        frame = self._object(raw)
        match frame.get("type"):
            case "message":
                return self._message(frame)
            case "hello":
                return _hello(frame)
            case "typing":
                return Typing(on=frame.get("on") is True)
            case "read":
                return Read(seq=_count(frame.get("seq"), what="seq"))
            case "identity":
                return _identify(frame)
            case "reset" | "ping" as bare:
                return Reset() if bare == "reset" else Ping()
        raise BadMessage("bad_message", "type is unknown; known: hello, message, typing, read, identity, reset, ping")

    def encode(self, entry: Entry, *, to: str = "") -> list[Wire]:
        return [{"type": "entry", **entry_body(entry)}]

    def example(self, text: str, *, message_id: str) -> str:
        return json.dumps({"type": "message", "id": message_id, "text": text})

    def _object(self, raw: Raw) -> Mapping[str, Any]:
        written = raw.encode("utf-8", "replace") if isinstance(raw, str) else raw
        if isinstance(written, bytes) and len(written) > MAX_FRAME_BYTES:
            raise BadMessage("too_long", f"a frame may have {MAX_FRAME_BYTES} bytes")
        return read_object(raw, what="the frame")

    def _message(self, frame: Mapping[str, Any]) -> Received:
        return Received(
            text=read_text(frame.get("text"), max_chars=self._max_text_chars),
            message_id=read_message_id(frame.get("id")),
            payload=read_payload(frame.get("payload")),
        )


def _identify(frame: Mapping[str, Any]) -> Identify:
    if "token" not in frame:
        raise BadMessage("bad_message", "token is missing; null signs out")
    return Identify(identity_token=read_token(frame["token"], what="identity"))


def _hello(frame: Mapping[str, Any]) -> Hello:
    locale = frame.get("locale")
    language = locale[:2].lower() if isinstance(locale, str) else ""
    return Hello(
        token=read_token(frame.get("token"), what="token"),
        after=_count(frame.get("after", 0), what="after"),
        identity_token=read_token(frame.get("identity"), what="identity"),
        language=language if language in ("en", "zh") else "",
    )


def _count(value: Any, *, what: str) -> int:
    if value is None:
        return 0
    if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value < 2**53:
        raise BadMessage("bad_message", f"{what} is not a whole number")
    return value


def frame_id(raw: Raw) -> str | None:
    """The `id` of a frame that could not be taken, so that the client knows which one it was."""
    try:
        return read_message_id(read_object(raw, what="the frame").get("id"))
    except BadMessage:
        return None


def entry_body(entry: Entry) -> Wire:
    body: Wire = {
        "seq": entry.seq,
        "at": entry.at,
        "author": entry.author,
        "text": entry.text,
        "buttons": [button_body(each) for each in entry.buttons],
        "attachment": entry.attachment,
        "custom": dict(entry.custom),
        "name": entry.name,
    }
    if entry.message_id is not None:
        body["id"] = entry.message_id
    return body


def button_body(button: Button) -> Wire:
    """`url` only where it is a link."""
    body: Wire = {"title": button.title, "payload": button.payload}
    return {**body, "url": button.url} if button.url else body


def identity_body(identity: Identity | None, *, now: float) -> Wire | None:
    """What the customer's own page may know of a sign-in; None where there is none, or it has ended."""
    if identity is None or identity.level_at(now) == Level.NONE:
        return None
    return {"name": identity.name, "level": int(identity.level_at(now))}


def error_frame(code: str, message: str, *, message_id: str | None = None, retry_after_s: int | None = None) -> Wire:
    frame: Wire = {"type": "error", "code": code, "message": message}
    if message_id is not None:
        frame["id"] = message_id
    if retry_after_s is not None:
        frame["retry_after_s"] = retry_after_s
    return frame
