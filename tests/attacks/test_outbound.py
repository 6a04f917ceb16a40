"""What goes out to people: a customer's words, names and links reach the desk and the widget as what they are, and an
agent's words the customer."""

from __future__ import annotations

from typing import Any

import pytest
from rasa.shared.core.events import BotUttered

from bot.channels.rest import Rest
from bot.channels.socketio import SocketIO
from bot.desk.body import text_of, without_titles
from bot.engine.replies import replies_in
from bot.types import Button, Entry
from tests.attacks.doors import OK, NativeDoor
from tests.desk.people import OURS, person, waiting
from tests.serving import Gateway, token

TURNED = ("\u202a", "\u202b", "\u202c", "\u202d", "\u202e", "\u2066", "\u2067", "\u2068", "\u2069", "\u200e", "\u061c")


@pytest.mark.parametrize("sign", TURNED, ids=[f"U+{ord(sign):04X}" for sign in TURNED])
def test_what_an_agent_writes_turns_no_text_around(sign: str) -> None:
    assert text_of({"text": f"pay {sign}001{sign} now"}, "text", 100) == "pay 001 now"


TITLED = {
    "[https://bank.example](https://evil.example)": "https://bank.example https://evil.example",
    "[a](HTTPS://evil.example)": "a HTTPS://evil.example",
    "see [one](http://a.example) and [two](http://b.example)": "see one http://a.example and two http://b.example",
    "[x](javascript:alert(1))": "[x](javascript:alert(1))",
    "no link [here] (at all)": "no link [here] (at all)",
}


@pytest.mark.parametrize("said", TITLED)
def test_an_agents_link_shows_where_it_leads(said: str) -> None:
    assert without_titles(said) == TITLED[said]


@pytest.mark.parametrize("many", [1, 2000])
def test_brackets_without_end_take_no_time(many: int) -> None:
    assert without_titles("[" * many + "](http://a.example") == "[" * many + "](http://a.example"


SCRIPTS = (
    "<script>alert(1)</script>",
    '"><img src=x onerror=alert(1)>',
    "javascript:alert(1)",
    "{{constructor.constructor('alert(1)')()}}",
    "\u202eevil\u202c",
    "[https://bank.example](https://evil.example)",
)


@pytest.mark.parametrize("said", SCRIPTS)
async def test_a_customers_words_come_to_the_desk_as_json_and_unchanged(gateway: Gateway, said: str) -> None:
    """What is shown of them is the page's: it makes text nodes, and no titled links of a customer's."""
    handoff = await waiting(gateway, f"H{abs(hash(said))}")
    async with person(gateway, "lin") as lin:
        assert (await lin.post(f"handoffs/{handoff.id}/accept"))[0] == 200
        async with lin.client.get(f"/desk/api/handoffs/{handoff.id}") as answer:
            assert answer.content_type == "application/json"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
        await lin.post(f"handoffs/{handoff.id}/close", {"disposition": "done", "resolved": True})


@pytest.mark.parametrize("name", ["<b>Ann</b>", "\u202eAnn", "Ann\nLin", "a" * 2000, "Ann\x00", "小二"])
async def test_what_a_customer_is_called_is_a_name(gateway: Gateway, name: str) -> None:
    door = NativeDoor(gateway)
    code = await door.enter(proof=token(name=name))
    assert code in (OK, "identity_forged")
    identity = await door.identity()
    if identity is not None:
        assert "\n" not in identity.name and "\x00" not in identity.name and "\u202e" not in identity.name
        assert len(identity.name) <= 300
    await door.close()


LINKS: dict[str, Any] = {
    "a script": "javascript:alert(1)",
    "a file": "file:///etc/passwd",
    "data": "data:text/html,<script>",
    "a script in capitals": "JaVaScRiPt:alert(1)",
}


@pytest.mark.parametrize("url", LINKS.values(), ids=LINKS)
def test_a_link_button_of_another_kind_reaches_no_client(url: str) -> None:
    (reply,) = replies_in([BotUttered("see", {"buttons": [{"title": "x", "url": url}]})])
    assert [button.url for button in reply.buttons] == [None]


def test_a_reply_to_rasas_front_ends_holds_text_only() -> None:
    entry = Entry(seq=1, at=0.0, author="bot", text="<b>x</b>", buttons=(Button(title="<i>", payload="/a"),))
    for channel in (Rest(), SocketIO()):
        (wire, *_) = channel.encode(entry, to="ann")
        assert wire["text"] == "<b>x</b>"


async def test_an_agent_cannot_speak_as_the_bot_or_as_us(gateway: Gateway) -> None:
    handoff = await waiting(gateway, "H-author")
    async with person(gateway, "lin") as lin:
        await lin.post(f"handoffs/{handoff.id}/accept")
        body = {"id": "a1", "text": "Hi", "author": "bot", "name": "Bank", "custom": {"card": "refund"}, "buttons": [1]}
        status, said = await lin.post(f"handoffs/{handoff.id}/messages", body, headers=OURS)
        assert status == 200
        assert (said["author"], said["name"], said["custom"], said["buttons"]) == ("agent", "Lin", {}, [])
        await lin.post(f"handoffs/{handoff.id}/close", {"disposition": "done", "resolved": True})
