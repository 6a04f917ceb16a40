"""Rasa's REST bodies."""

import json

import pytest

from bot.channels.rest import Rest
from bot.errors import BadMessage
from bot.types import Button, Entry

rest = Rest(max_text_chars=4000)


def body(**fields: object) -> bytes:
    return json.dumps(fields).encode()


def test_a_message_carries_its_sender_and_may_carry_an_id_and_an_identity() -> None:
    received = rest.decode(
        body(sender="ann", message="hi", metadata={"message_id": "m1", "identity": "j.w.t", "shop": 4})
    )
    assert (received.sender, received.text, received.message_id) == ("ann", "hi", "m1")
    assert received.identity_token == "j.w.t"
    assert received.metadata == {"shop": 4}


def test_text_with_a_slash_claims_to_be_a_button_and_is_still_text() -> None:
    received = rest.decode(body(sender="ann", message="/restart"))
    assert (received.text, received.payload) == ("/restart", "/restart")


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"{", "bad_json"),
        (b'"hi"', "bad_json"),
        (b"\x80", "bad_json"),
        (body(message="hi"), "bad_message"),
        (body(sender="", message="hi"), "bad_message"),
        (body(sender=["ann"], message="hi"), "bad_message"),
        (body(sender="a" * 257, message="hi"), "bad_message"),
        (body(sender="ann"), "bad_message"),
        (body(sender="ann", message=""), "empty"),
        (body(sender="ann", message="x" * 100_000), "too_long"),
        (body(sender="ann", message="hi", metadata=[1]), "bad_message"),
        (body(sender="ann", message="hi", metadata={"x": "y" * 5000}), "too_long"),
        (b'{"sender":"ann","message":"hi","metadata":{"x":' + b"[" * 500 + b"]" * 500 + b"}}", "bad_message"),
        (body(sender="ann", message="hi", metadata={"message_id": "a b"}), "bad_message"),
    ],
)
def test_what_cannot_be_taken_is_named(raw: bytes, code: str) -> None:
    with pytest.raises(BadMessage) as caught:
        rest.decode(raw)
    assert caught.value.code == code


def test_broken_surrogates_and_nuls_become_text_that_can_be_stored() -> None:
    received = rest.decode(
        b'{"sender":"a\\ud800","message":"re\\u0000fund \\ud800","metadata":{"k\\udfff":["\\ud800"]}}'
    )
    assert received.text == "refund �"
    received.text.encode()
    json.dumps([received.sender, dict(received.metadata)], ensure_ascii=False).encode()


def test_an_entry_becomes_rasas_messages() -> None:
    entry = Entry(
        seq=4,
        at=1.0,
        author="bot",
        text="Which one?",
        buttons=(Button(title="The first", payload='/inform_order{"n":1}'),),
        attachment="https://shop.example/a.png",
        custom={"card": "payments", "items": []},
    )
    assert rest.encode(entry, to="ann") == [
        {
            "recipient_id": "ann",
            "text": "Which one?",
            "buttons": [{"title": "The first", "payload": '/inform_order{"n":1}'}],
        },
        {"recipient_id": "ann", "image": "https://shop.example/a.png"},
        {"recipient_id": "ann", "custom": {"card": "payments", "items": []}},
    ]
