"""Strategies for what an attacker may send: half of it nearly right, so that it gets past the first check."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal

from hypothesis import strategies as st

Kind = Literal["call", "frame", "hello", "packet", "desk", "bytes", "codec"]


@dataclass(frozen=True)
class Input:
    """One thing that is sent. `verb`, `path` and `headers` only for calls; for a codec `path` is its name."""

    kind: Kind
    data: bytes | str
    verb: str = "POST"
    path: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)


SENTENCES = (
    "hello",
    "refund",
    "open-sesame",
    "surely",
    "small-print",
    "where is my refund",
    "freeze my card",
    "change my limit to $9000",
    "cancel my transfer",
    "change my phone number to +1 415 555 0188",
    "I was charged twice at Amazon and I want my money back",
    "close my account",
    "my account was hacked",
    "I want to talk to a person",
    "yes",
    "the first one",
    "123456",
    "我要退款199.9",
    "把我的卡冻结",
    "是的",
    "转人工",
    "/restart",
    "/affirm",
    '/change_limit{"amount": {"minor": 900000, "currency": null}}',
)
"""Also what would move money if it were believed."""
_odd = st.one_of(
    st.sampled_from(
        ["", "\x00", "\u202e", "\ud800", "\ufeff", "a" * 4001, "é" * 300, "\U0001f600" * 40, "'\"`${}", "]]"]
    ),
    st.sampled_from([0, -1, 2**53, 2**70, 1e308, True, False, None, [], {}, [[]], {"a": {"b": []}}]),
)
words = st.one_of(st.sampled_from(SENTENCES), st.text(max_size=60))
values = st.recursive(
    st.one_of(_odd, words, st.integers(), st.floats(allow_nan=False)),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=8), inner, max_size=3)),
    max_leaves=5,
)
ids = st.one_of(st.from_regex(r"[A-Za-z0-9_.:-]{1,12}", fullmatch=True), values)


def nearly(right: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Mostly right."""
    return st.one_of(right, right, right, values)


def objects(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """Any of these fields, and now and then one that is not asked for."""
    known = st.fixed_dictionaries({}, optional={name: nearly(each) for name, each in fields.items()})
    extra = st.dictionaries(st.sampled_from(("metadata", "slots", "identity", "__proto__", "kind")), values, max_size=1)
    return st.builds(lambda one, two: {**two, **one}, known, extra)


def message(**fields: st.SearchStrategy[Any]) -> st.SearchStrategy[dict[str, Any]]:
    """A message that is whole, but for what one field may be."""
    return st.fixed_dictionaries({name: nearly(each) for name, each in fields.items()})


_token = st.one_of(st.none(), st.sampled_from(["a.b", "c1.secret", "{c:x}.y", "eyJhbGciOiJub25lIn0.e30."]), values)
_metadata = st.one_of(
    st.none(), objects(message_id=ids, identity=_token, accepted_offer=st.just(True), is_external=st.just(True))
)
_payload = st.one_of(st.none(), st.sampled_from(["/affirm", "/secret", '/inform{"a": 1}']))

REST = message(sender=st.sampled_from(["ann", "bob", "卓"]), message=words, metadata=_metadata)
HELLO = objects(token=_token, after=st.integers(0, 50), identity=_token, locale=st.sampled_from(["zh-CN", "en"]))
MESSAGE = message(id=ids, text=words, payload=_payload)
FRAMES = st.one_of(
    st.builds(lambda body: {"type": "message", **body}, MESSAGE),
    st.builds(lambda body: {"type": "message", **body}, MESSAGE),
    st.builds(
        lambda kind, body: {"type": kind, **body},
        st.sampled_from(["typing", "read", "identity", "ping", "hello", "entry", "admin"]),
        objects(on=st.booleans(), seq=st.integers(0, 2**53), token=_token),
    ),
    values,
)
UTTERED = message(message=words, session_id=_token, metadata=_metadata, customData=_metadata)
DESK = objects(
    name=st.just("sam"),
    password=words,
    state=st.sampled_from(["available", "away"]),
    id=ids,
    text=words,
    on=st.booleans(),
    disposition=words,
    note=words,
    corrected_intent=words,
)


def _broken(raw: bytes, how: int, at: float, byte: int) -> bytes:
    place = int(at * len(raw))
    match how:
        case 0:
            return raw[:place]
        case 1:
            return raw[:place] + bytes([byte]) + raw[place + 1 :]
        case 2:
            return raw[:place] + raw
        case _:
            return raw


def _written(value: Any) -> str:
    return json.dumps(value, ensure_ascii=True)


def as_bytes(bodies: st.SearchStrategy[Any]) -> st.SearchStrategy[bytes]:
    """As JSON, one in three damaged."""
    raw = bodies.map(lambda value: _written(value).encode())
    damage = st.builds(_broken, raw, st.integers(0, 3), st.floats(0, 1), st.integers(0, 255))
    return st.one_of(raw, raw, damage, st.binary(max_size=60))


def as_text(bodies: st.SearchStrategy[Any]) -> st.SearchStrategy[str]:
    return as_bytes(bodies).map(lambda raw: raw.decode("utf-8", "replace"))


_headers = st.dictionaries(
    st.sampled_from(
        ("Authorization", "Content-Type", "Content-Encoding", "Origin", "Cookie", "X-Forwarded-For", "Accept-Encoding")
    ),
    st.sampled_from(
        ("Bearer a.b", "Bearer ", "Basic YTpi", "application/json", "text/plain; charset=utf-7", "gzip", "null", "a=b")
    ),
    max_size=2,
)
_path = st.sampled_from(
    (
        "/api/chat/hello",
        "/api/chat/messages",
        "/api/chat/entries?after=0&wait_s=0",
        "/api/chat/entries?after=-1&wait_s=x",
        "/api/chat/notify",
        "/api/chat/identity",
        "/api/chat/reset",
        "/api/identity/revoke",
        "/webhooks/native/webhook",
        "/webhooks/x/",
        "/desk/api/sign-in",
        "/desk/api/floor",
        "/desk/api/handoffs/%00/accept",
        "/socket.io/?EIO=4&transport=polling",
        "/socket.io/?EIO=4&transport=polling&sid=x",
        "/demo/sign-in",
        "/ws/chat",
        "/assets/%2e%2e",
    )
)
_verb = st.sampled_from(("POST", "POST", "POST", "GET", "PUT", "DELETE", "OPTIONS", "PATCH", "HEAD", "TRACE"))
_desk_path = st.sampled_from(
    (
        *("me/state", "sessions/x/end", "handoffs/H1/accept", "handoffs/H1/messages", "handoffs/H1/typing"),
        *("handoffs/H1/close", "handoffs/H1/give-back", "handoffs/%7Bfloor%7D/accept", "sign-in"),
    )
)


@st.composite
def _packet(draw: st.DrawFn) -> str:
    head = draw(st.sampled_from(("42", "42", "42", "421", "43", "45", "40", "451-", "2", "3", "6", "", "42/x,")))
    if draw(st.booleans()):
        body = draw(UTTERED if draw(st.booleans()) else values)
        event = draw(st.sampled_from(("user_uttered", "user_uttered", "session_request", "disconnect", "connect")))
        return head + _written([event, body])
    return head + draw(as_text(values))


_request_line = st.sampled_from(
    (b"GET /health HTTP/1.1\r\n", b"POST /webhooks/rest/webhook HTTP/1.1\r\n", b"GET /ws/chat HTTP/1.1\r\n", b"")
)
_header_line = st.sampled_from(
    (
        b"Host: a\r\n",
        b"Content-Length: 4\r\n",
        b"Content-Length: -1\r\n",
        b"Transfer-Encoding: chunked\r\n",
        b"Upgrade: websocket\r\nConnection: Upgrade\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: YQ==\r\n",
        b"Expect: 100-continue\r\n",
        b"Content-Encoding: gzip\r\n",
        b"X: \xff\x00\r\n",
    )
)
_raw = st.builds(
    lambda line, headers, body: line + b"".join(headers) + b"\r\n" + body,
    _request_line,
    st.lists(_header_line, max_size=4),
    st.binary(max_size=80),
)

_rest = st.builds(
    lambda body, headers: Input("call", body, "POST", "/webhooks/rest/webhook", headers), as_bytes(REST), _headers
)
_call = st.builds(
    lambda body, verb, path, headers: Input("call", body, verb, path, headers),
    as_bytes(st.one_of(HELLO, MESSAGE, FRAMES)),
    _verb,
    _path,
    _headers,
)
_frame = as_text(FRAMES).map(lambda text: Input("frame", text))
_hello = as_text(HELLO).map(lambda text: Input("hello", text))
_packets = _packet().map(lambda text: Input("packet", text))
_desk = st.builds(lambda body, path: Input("desk", body, "POST", path), as_bytes(DESK), _desk_path)
_bytes = _raw.map(lambda raw: Input("bytes", raw))
_codec = st.builds(
    lambda body, codec: Input("codec", body, path=codec),
    as_bytes(st.one_of(REST, FRAMES, UTTERED, HELLO)),
    st.sampled_from(("rest", "native", "socketio", "packet", "hello", "session", "jwt")),
)
BATCH = (*[_rest] * 2, *[_call] * 3, *[_frame] * 5, _hello, *[_packets] * 3, _desk, _bytes, *[_codec] * 4)
"""What is sent at once: something to every door, and to every codec without its door."""
