"""The widget's frames, as a client may and may not send them."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.channels.base import Received
from bot.channels.native import (
    Hello,
    Identify,
    Native,
    Ping,
    Read,
    Typing,
    error_frame,
    frame_id,
    identity_body,
)
from bot.errors import BadMessage
from bot.types import Identity, Level

native = Native(max_text_chars=4000)


def frame(**fields: object) -> str:
    return json.dumps(fields, ensure_ascii=False)


def code_of(raw: str | bytes) -> str:
    with pytest.raises(BadMessage) as caught:
        native.decode_frame(raw)
    return caught.value.code


def test_every_kind_of_frame_is_understood() -> None:
    assert native.decode_frame(frame(type="hello", token=None, after=3, identity="j.w.t", locale="zh-CN")) == Hello(
        token=None, after=3, identity_token="j.w.t", language="zh"
    )
    assert native.decode_frame(frame(type="message", id="m-1", text=" 退款 ", payload="/affirm")) == Received(
        text="退款", message_id="m-1", payload="/affirm"
    )
    assert native.decode_frame(frame(type="typing", on=True)) == Typing(on=True)
    assert native.decode_frame(frame(type="read", seq=7)) == Read(seq=7)
    assert native.decode_frame(frame(type="identity", token=None)) == Identify(identity_token=None)
    assert native.decode_frame(frame(type="ping")) == Ping()


def test_text_that_begins_with_a_slash_claims_nothing() -> None:
    received = native.decode_frame(frame(type="message", id="m", text='/give_refund{"amount":1}'))
    assert isinstance(received, Received)
    assert received.payload is None


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        ("", "bad_json"),
        ("{", "bad_json"),
        ("[]", "bad_json"),
        ('{"type": NaN}', "bad_json"),
        (b"\xff\xfe\x00", "bad_json"),
        ("[" * 10_000, "bad_json"),
        (frame(type="drop_table"), "bad_message"),
        (frame(type=["message"]), "bad_message"),
        (frame(type="message", id="m", text=5), "bad_message"),
        (frame(type="message", text="hi"), "bad_message"),
        (frame(type="message", id="a b", text="hi"), "bad_message"),
        (frame(type="message", id="m" * 65, text="hi"), "bad_message"),
        (frame(type="message", id="m", text="hi", payload="drop"), "bad_message"),
        (frame(type="message", id="m", text=" \n\t\x00 "), "empty"),
        (frame(type="message", id="m", text="x" * 4001), "too_long"),
        (frame(type="message", id="m", text="汉" * 6000), "too_long"),
        (frame(type="message", id="m", text="x" * 100_000), "too_long"),
        (frame(type="hello", after=-1), "bad_message"),
        (frame(type="hello", after=True), "bad_message"),
        (frame(type="hello", token=5), "bad_message"),
        (frame(type="read", seq="1"), "bad_message"),
    ],
)
def test_what_cannot_be_taken_is_named(raw: str | bytes, code: str) -> None:
    assert code_of(raw) == code


def test_a_refused_message_is_named_by_its_id() -> None:
    assert frame_id(frame(type="message", id="m-7", text="")) == "m-7"
    assert frame_id("{") is None
    assert error_frame("empty", "the text is empty", message_id="m-7") == {
        "type": "error",
        "code": "empty",
        "message": "the text is empty",
        "id": "m-7",
    }


@given(st.binary(max_size=200) | st.text(max_size=200) | st.from_type(dict).map(repr))
def test_nothing_but_a_bad_message_comes_of_rubbish(raw: bytes | str) -> None:
    try:
        native.decode_frame(raw)
    except BadMessage as error:
        assert error.code in ("bad_json", "bad_message", "empty", "too_long")


def test_the_page_is_told_only_a_name_and_a_level() -> None:
    identity = Identity(
        customer_id="C1001",
        level=Level.STEPPED_UP,
        method="otp",
        proven_at=0,
        expires_at=100,
        stepped_up_until=50,
        name="Wang Fang",
    )
    assert identity_body(identity, now=10) == {"name": "Wang Fang", "level": 2}
    assert identity_body(identity, now=50) == {"name": "Wang Fang", "level": 1}
    assert identity_body(identity, now=100) is None
    assert identity_body(None, now=0) is None
