"""What every channel must do, built in or somebody else's: the project's credentials.yml says which there are."""

import inspect
import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.channels import BUILT_IN, Channel, encode_all, load_channels
from bot.errors import BadMessage, ConfigError
from bot.types import Button, Entry

MAX_TEXT_CHARS = 500
CREDENTIALS = yaml.safe_load((Path(__file__).parents[2] / "credentials.yml").read_text(encoding="utf-8"))
CHANNELS = load_channels({**dict.fromkeys(BUILT_IN), **CREDENTIALS}, max_text_chars=MAX_TEXT_CHARS)

every_channel = pytest.mark.parametrize("channel", CHANNELS.values(), ids=list(CHANNELS))

ENTRIES = [
    Entry(seq=1, at=1.0, author="customer", text="hello", message_id="m1"),
    Entry(seq=2, at=2.0, author="bot", text="您好 👋\n\nWhich one?", buttons=(Button(title="甲", payload="/affirm"),)),
    Entry(seq=3, at=3.0, author="system", text="queued", custom={"status": "queued", "position": 1}),
    Entry(seq=4, at=4.0, author="agent", text="I am Lin", name="Lin"),
    Entry(seq=5, at=5.0, author="bot", attachment="https://shop.example/a.png"),
    Entry(seq=6, at=6.0, author="bot", custom={"card": "refund", "items": [{"id": "R1"}]}),
    Entry(seq=7, at=7.0, author="bot"),
]


@every_channel
def test_it_has_a_name_and_a_door(channel: Channel) -> None:
    assert channel.name
    assert channel.name.isidentifier()
    assert channel.transport in ("webhook", "websocket", "socketio")


@every_channel
@pytest.mark.parametrize(
    "text", ["hello", "我的refund到哪了", "\u202eمرحبا 👋", "one\ntwo", '/give_refund{"amount":1}']
)
def test_the_customers_words_arrive_unchanged(channel: Channel, text: str) -> None:
    received = channel.decode(channel.example(text, message_id="m-1"))
    assert received.text == text
    assert received.message_id in ("m-1", None)


@every_channel
def test_a_turn_is_made_of_what_was_received_and_the_time_given(channel: Channel) -> None:
    received = channel.decode(channel.example("hello", message_id="m-1"))
    turn = received.turn(conversation_id="c1", channel=channel.name, message_id="m-1", at=5.0)
    assert (turn.conversation_id, turn.channel, turn.message_id, turn.text, turn.at) == (
        "c1",
        channel.name,
        "m-1",
        "hello",
        5.0,
    )


@every_channel
def test_decoding_the_same_bytes_twice_gives_the_same(channel: Channel) -> None:
    raw = channel.example("hello", message_id="m-1")
    assert channel.decode(raw) == channel.decode(raw)


@every_channel
@pytest.mark.parametrize(("text", "code"), [("", "empty"), (" \n ", "empty"), ("x" * (MAX_TEXT_CHARS + 1), "too_long")])
def test_no_words_and_too_many_are_refused(channel: Channel, text: str, code: str) -> None:
    with pytest.raises(BadMessage) as caught:
        channel.decode(channel.example(text, message_id="m-1"))
    assert caught.value.code == code


@every_channel
@pytest.mark.parametrize("raw", [b"", b"{", b"\xff\x00", b"[]", b"null", b"5", "", {}, b"[" * 5000, None, 5, [["a"]]])
def test_rubbish_is_a_bad_message(channel: Channel, raw: Any) -> None:
    with pytest.raises(BadMessage):
        channel.decode(raw)


@every_channel
@pytest.mark.parametrize("entry", ENTRIES, ids=lambda entry: f"{entry.seq}-{entry.author}")
def test_every_entry_can_be_written_as_json(channel: Channel, entry: Entry) -> None:
    messages = channel.encode(entry, to="ann")
    assert all(isinstance(message, dict) for message in messages)
    json.dumps(messages, allow_nan=False)


@every_channel
def test_the_bots_words_buttons_and_pictures_are_shown_in_order(channel: Channel) -> None:
    written = json.dumps(encode_all(channel, ENTRIES, to="ann"), ensure_ascii=False)
    places = [written.index(shown) for shown in ("Which one?", "/affirm", "I am Lin", "https://shop.example/a.png")]
    assert places == sorted(places)


@every_channel
def test_it_does_no_io(channel: Channel) -> None:
    assert not inspect.iscoroutinefunction(channel.decode)
    assert not inspect.iscoroutinefunction(channel.encode)


@pytest.mark.parametrize(
    ("credentials", "problem"),
    [
        ({"telefax": {}}, "credentials.yml: channel 'telefax' is unknown; known: native, rest, socketio"),
        ({"facebook": {}}, "credentials.yml: channel 'facebook' is not served: known are native, rest, socketio"),
        ({"rest": {"colour": "red"}}, "credentials.yml: rest: option 'colour' is unknown; known: none"),
        ({"rest": "yes"}, "credentials.yml: rest: expected options or nothing, found 'yes'"),
        ({"no.such.module.Channel": None}, "credentials.yml: no.such.module.Channel: No module named 'no'"),
        ({"json.JSONDecoder": None}, "credentials.yml: json.JSONDecoder: not a channel; missing: name"),
        ({"bot.channels.rest.Rest": None, "rest": None}, "credentials.yml: rest: there is already a channel named"),
    ],
)
def test_a_wrong_line_in_credentials_is_named(credentials: dict[str, object], problem: str) -> None:
    with pytest.raises(ConfigError) as caught:
        load_channels(credentials, max_text_chars=MAX_TEXT_CHARS)
    assert str(caught.value).startswith(problem)


def test_a_channel_may_come_from_anywhere_by_its_module_path() -> None:
    channels = load_channels({"bot.channels.rest.Rest": None}, max_text_chars=MAX_TEXT_CHARS)
    assert set(channels) == {"native", "rest"}
