"""What a channel is, and the checks every channel's input goes through."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, ClassVar, Literal, Protocol

from bot.errors import BadMessage
from bot.types import Entry, Turn

Transport = Literal["webhook", "websocket", "socketio"]
Raw = bytes | str | Mapping[str, Any]
Wire = dict[str, Any]

MAX_METADATA_CHARS = 4000
MAX_METADATA_DEPTH = 20
MAX_TOKEN_CHARS = 4096

_MESSAGE_ID = re.compile(r"[A-Za-z0-9_.:-]{1,64}")
_UNFIT = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f]")
_LONE_SURROGATE = re.compile("[\ud800-\udfff]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """A message as it came, before the gateway has decided whose it is."""

    text: str
    sender: str = ""
    """What the channel calls the conversation (REST's `sender`, Socket.IO's `session_id`); "" where the connection
    says it."""
    message_id: str | None = None
    """The client's own id, None where the protocol has none: the gateway then makes one, and repeats go unseen."""
    payload: str | None = None
    """What claims to be a button's command. The store keeps it only if the conversation was offered that button."""
    identity_token: str | None = None
    """An identity JWT inside the message; a request's Authorization header comes before it."""
    metadata: Mapping[str, Any] = field(default_factory=dict)

    def turn(self, *, conversation_id: str, channel: str, message_id: str, at: float) -> Turn:
        return Turn(
            conversation_id=conversation_id,
            message_id=message_id,
            channel=channel,
            text=self.text,
            payload=self.payload,
            at=at,
            metadata=self.metadata,
        )


class Channel(Protocol):
    """A wire format. `transport` says which of the gateway's doors carries it: a channel whose transport is `webhook`
    is served at `POST /webhooks/<name>/webhook` without further code."""

    name: ClassVar[str]
    transport: ClassVar[Transport]

    def decode(self, raw: Raw) -> Received:
        """One message from the far side. Raises BadMessage (`bad_json`, `bad_message`, `empty`, `too_long`)."""
        ...

    def encode(self, entry: Entry, *, to: str) -> list[Wire]:
        """One log entry as the far side's messages, in order; [] for what this far side does not show."""
        ...

    def example(self, text: str, *, message_id: str) -> Raw:
        """What the far side sends when a customer writes `text`: for the conformance suite and for docs."""
        ...


def encode_all(channel: Channel, entries: Iterable[Entry], *, to: str) -> list[Wire]:
    return [wire for entry in entries for wire in channel.encode(entry, to=to)]


def write(value: Any) -> str:
    """Compact JSON; Chinese stays Chinese."""
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def read_object(raw: Raw, *, what: str) -> Mapping[str, Any]:
    """`raw` as a JSON object. Raises BadMessage."""
    if isinstance(raw, Mapping):
        return raw
    if not isinstance(raw, str | bytes):
        raise BadMessage("bad_json", f"{what} is not a JSON object")
    try:
        value = json.loads(raw, parse_constant=_no_constants)
    except (ValueError, RecursionError) as error:
        raise BadMessage("bad_json", f"{what} is not JSON") from error
    if not isinstance(value, dict):
        raise BadMessage("bad_json", f"{what} is not a JSON object")
    return value


def read_text(value: Any, *, max_chars: int) -> str:
    """A customer's words: a string with something in it, without control characters and broken surrogates."""
    if not isinstance(value, str):
        raise BadMessage("bad_message", "the text is not a string")
    if len(value) > max_chars:
        raise BadMessage("too_long", f"the text is longer than {max_chars} characters")
    text = _UNFIT.sub("", _LONE_SURROGATE.sub("\ufffd", value)).strip()
    if not text:
        raise BadMessage("empty", "the text is empty")
    return text


def read_message_id(value: Any) -> str:
    if not isinstance(value, str) or not _MESSAGE_ID.fullmatch(value):
        raise BadMessage("bad_message", "the message id is not 1 to 64 letters, digits or any of `_.:-`")
    return value


def read_payload(value: Any) -> str | None:
    """A button's payload: a string that starts with a slash. None and "" are none."""
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > 1000 or not value.startswith("/"):
        raise BadMessage("bad_message", "the payload is not a button's")
    return clean(value)


def read_token(value: Any, *, what: str) -> str | None:
    """An opaque token, or None. Raises BadMessage for what cannot be one."""
    if value is None or value == "":
        return None
    if not isinstance(value, str) or len(value) > MAX_TOKEN_CHARS or not value.isascii():
        raise BadMessage("bad_message", f"the {what} is not a token")
    return value


def read_metadata(value: Any) -> Mapping[str, Any]:
    """A small JSON object, also when it comes as a string of JSON, as Rasa's Socket.IO clients may send it."""
    if value is None or value == "":
        return {}
    metadata = read_object(value, what="metadata") if isinstance(value, str) else value
    if not isinstance(metadata, Mapping):
        raise BadMessage("bad_message", "metadata is not an object")
    try:
        written = json.dumps(metadata, ensure_ascii=False, allow_nan=False)
    except (TypeError, ValueError, RecursionError) as error:
        raise BadMessage("bad_message", "metadata is not plain JSON") from error
    if len(written) > MAX_METADATA_CHARS:
        raise BadMessage("too_long", f"metadata is longer than {MAX_METADATA_CHARS} characters")
    if _too_deep(written):
        raise BadMessage("bad_message", f"metadata is nested deeper than {MAX_METADATA_DEPTH}")
    return {clean(str(key)): _clean_tree(each) for key, each in metadata.items()}


def clean(text: str) -> str:
    """`text` so that it can be stored as UTF-8."""
    return _LONE_SURROGATE.sub("\ufffd", text).replace("\x00", "")


def _too_deep(written: str) -> bool:
    depth = deepest = 0
    for character in written:
        depth += (character in "[{") - (character in "]}")
        deepest = max(deepest, depth)
    return deepest > MAX_METADATA_DEPTH


def _clean_tree(value: Any) -> Any:
    if isinstance(value, str):
        return clean(value)
    if isinstance(value, Mapping):
        return {clean(str(key)): _clean_tree(each) for key, each in value.items()}
    if isinstance(value, list | tuple):
        return [_clean_tree(each) for each in value]
    return value


def _no_constants(name: str) -> Any:
    raise ValueError(name)
