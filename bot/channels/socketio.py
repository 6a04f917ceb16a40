"""Rasa's Socket.IO events, so that the front ends written for Rasa connect unchanged.

In: `user_uttered {message, session_id, customData?, metadata?}`; out: `bot_uttered`, as in Rasa 3.6
(`rasa/core/channels/socketio.py`). The `session_id` is the conversation's token, which only the server makes. What is
ours stands inside `metadata`: `rasa-webchat` 1.0.1 drops a text that has any other key beside it.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, ClassVar

from bot.channels.base import (
    Raw,
    Received,
    Transport,
    Wire,
    read_message_id,
    read_metadata,
    read_object,
    read_text,
    read_token,
)
from bot.errors import BadMessage
from bot.types import Button, Entry


class SocketIO:
    """Options as in Rasa: the events' names. `session_persistence` is accepted and always on."""

    name: ClassVar[str] = "socketio"
    transport: ClassVar[Transport] = "socketio"

    def __init__(
        self,
        *,
        user_message_evt: str = "user_uttered",
        bot_message_evt: str = "bot_uttered",
        session_persistence: bool = True,
        metadata_key: str = "metadata",
        max_text_chars: int = 4000,
    ) -> None:
        self.user_message_evt = user_message_evt
        self.bot_message_evt = bot_message_evt
        self._metadata_key = metadata_key
        self._max_text_chars = max_text_chars

    def decode(self, raw: Raw) -> Received:
        body = read_object(raw, what="the message")
        text = read_text(body.get("message"), max_chars=self._max_text_chars)
        metadata = dict(read_metadata(body.get(self._metadata_key)))
        message_id = metadata.pop("message_id", None)
        return Received(
            text=text,
            sender=read_token(body.get("session_id"), what="session_id") or "",
            message_id=None if message_id is None else read_message_id(message_id),
            payload=text if text.startswith("/") and len(text) <= 1000 else None,
            identity_token=identity_in(body.get("customData")),
            metadata=metadata,
        )

    def decode_session(self, raw: Any) -> str | None:
        """The token in `session_request {session_id|null}`; None asks for a new conversation."""
        if raw is None:
            return None
        if not isinstance(raw, Mapping):
            raise BadMessage("bad_message", "session_request is not an object")
        return read_token(raw.get("session_id"), what="session_id")

    def encode(self, entry: Entry, *, to: str) -> list[Wire]:
        if entry.author == "customer":
            return []
        ours: Wire = {"seq": entry.seq, "author": entry.author}
        if entry.name:
            ours["name"] = entry.name
        if entry.custom:
            ours["custom"] = dict(entry.custom)
        messages: list[Wire] = [{"text": part} for part in _paragraphs(entry.text)]
        if entry.buttons:
            messages = messages or [{"text": ""}]
            messages[-1]["quick_replies"] = [_quick_reply(each) for each in entry.buttons]
        if entry.attachment:
            messages.append({"attachment": {"type": "image", "payload": {"src": entry.attachment}}})
        return [{**message, "metadata": ours} for message in messages]

    def example(self, text: str, *, message_id: str) -> Wire:
        return {"message": text, "session_id": "c1.secret", "metadata": {"message_id": message_id}}


def _quick_reply(button: Button) -> Wire:
    """A link by `type` and `url`, as rasa-webchat opens it."""
    if button.url:
        return {"content_type": "text", "type": "web_url", "title": button.title, "url": button.url, "payload": ""}
    return {"content_type": "text", "title": button.title, "payload": button.payload}


def identity_in(holder: Any) -> str | None:
    """The identity JWT in a client's `customData.identity` or `auth.token`, where there is one."""
    if isinstance(holder, str) and holder.startswith("{"):
        try:
            holder = json.loads(holder)
        except ValueError:
            return None
    if not isinstance(holder, Mapping):
        return None
    return read_token(holder.get("identity") or holder.get("token"), what="identity")


def _paragraphs(text: str) -> list[str]:
    return [part.strip() for part in text.split("\n\n") if part.strip()]
