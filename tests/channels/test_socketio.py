"""Rasa's Socket.IO bodies."""

import pytest

from bot.channels.socketio import SocketIO, identity_in
from bot.errors import BadMessage
from bot.types import Button, Entry

socketio = SocketIO(max_text_chars=4000)


def test_a_message_is_read_as_rasas_front_ends_send_it() -> None:
    received = socketio.decode(
        {"message": "hi", "session_id": "c1.secret", "customData": {"identity": "j.w.t"}, "metadata": '{"shop": 4}'}
    )
    assert (received.text, received.sender, received.identity_token) == ("hi", "c1.secret", "j.w.t")
    assert received.metadata == {"shop": 4}


def test_a_session_is_asked_for_or_taken_up() -> None:
    assert socketio.decode_session(None) is None
    assert socketio.decode_session({"session_id": None}) is None
    assert socketio.decode_session({"session_id": "c1.secret"}) == "c1.secret"
    with pytest.raises(BadMessage):
        socketio.decode_session(["c1"])


def test_text_is_split_on_blank_lines_and_the_last_part_carries_the_buttons() -> None:
    entry = Entry(seq=3, at=1.0, author="bot", text="One.\n\nTwo?", buttons=(Button(title="Yes", payload="/affirm"),))
    assert socketio.encode(entry, to="") == [
        {"text": "One.", "metadata": {"seq": 3, "author": "bot"}},
        {
            "text": "Two?",
            "quick_replies": [{"content_type": "text", "title": "Yes", "payload": "/affirm"}],
            "metadata": {"seq": 3, "author": "bot"},
        },
    ]


def test_a_text_has_no_other_key_beside_it_than_metadata() -> None:
    """rasa-webchat 1.0.1 drops it otherwise."""
    entry = Entry(seq=3, at=1.0, author="agent", text="Hello", name="Lin", custom={"status": "joined"})
    (message,) = socketio.encode(entry, to="")
    assert set(message) == {"text", "metadata"}
    assert message["metadata"] == {"seq": 3, "author": "agent", "name": "Lin", "custom": {"status": "joined"}}


def test_a_picture_is_an_attachment() -> None:
    entry = Entry(seq=3, at=1.0, author="bot", attachment="https://shop.example/a.png")
    (message,) = socketio.encode(entry, to="")
    assert message["attachment"] == {"type": "image", "payload": {"src": "https://shop.example/a.png"}}


def test_an_identity_is_found_in_custom_data_or_auth() -> None:
    assert identity_in({"identity": "a.b.c"}) == "a.b.c"
    assert identity_in({"token": "a.b.c"}) == "a.b.c"
    assert identity_in('{"identity": "a.b.c"}') == "a.b.c"
    assert identity_in({"language": "en"}) is None
    assert identity_in("rubbish") is None
    assert identity_in(None) is None
