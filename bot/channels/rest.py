"""Rasa's REST channel: `POST /webhooks/rest/webhook {sender, message, metadata?}` -> `[{recipient_id, text|...}]`.

As in Rasa 3.6 (`rasa/core/channels/rest.py`). Two habits differ, both because anybody can write a `sender`: `sender` is
required, and text that begins with a slash is a command only if the conversation was offered a button that carries it.
Ours besides: `metadata.message_id` makes a retry safe, `metadata.identity` may carry the identity JWT.
"""

from __future__ import annotations

import json
from typing import Any, ClassVar

from bot.channels.base import (
    Raw,
    Received,
    Transport,
    Wire,
    clean,
    read_message_id,
    read_metadata,
    read_object,
    read_text,
    read_token,
)
from bot.errors import BadMessage
from bot.types import Button, Entry

MAX_SENDER_CHARS = 256


class Rest:
    name: ClassVar[str] = "rest"
    transport: ClassVar[Transport] = "webhook"

    def __init__(self, *, max_text_chars: int = 4000) -> None:
        self._max_text_chars = max_text_chars

    def decode(self, raw: Raw) -> Received:
        body = read_object(raw, what="the body")
        text = read_text(body.get("message"), max_chars=self._max_text_chars)
        metadata = dict(read_metadata(body.get("metadata")))
        token = read_token(metadata.pop("identity", None), what="metadata.identity")
        message_id = metadata.pop("message_id", None)
        return Received(
            text=text,
            sender=_sender(body.get("sender")),
            message_id=None if message_id is None else read_message_id(message_id),
            payload=text if text.startswith("/") and len(text) <= 1000 else None,
            identity_token=token,
            metadata=metadata,
        )

    def encode(self, entry: Entry, *, to: str) -> list[Wire]:
        if entry.author == "customer":
            return []
        message: Wire = {"recipient_id": to}
        if entry.text:
            message["text"] = entry.text
        if entry.buttons:
            message["buttons"] = [_button(each) for each in entry.buttons]
        messages = [message] if len(message) > 1 else []
        if entry.attachment:
            messages.append({"recipient_id": to, "image": entry.attachment})
        if entry.custom:
            messages.append({"recipient_id": to, "custom": dict(entry.custom)})
        return messages

    def example(self, text: str, *, message_id: str) -> bytes:
        return json.dumps({"sender": "example", "message": text, "metadata": {"message_id": message_id}}).encode()


def _button(button: Button) -> Wire:
    """A link as Rasa's channels have it: with `type` and `url`, without a payload."""
    if button.url:
        return {"title": button.title, "type": "web_url", "url": button.url}
    return {"title": button.title, "payload": button.payload}


def _sender(value: Any) -> str:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str) or not value or len(value) > MAX_SENDER_CHARS:
        raise BadMessage("bad_message", f"sender is not a string of 1 to {MAX_SENDER_CHARS} characters")
    return clean(value)
