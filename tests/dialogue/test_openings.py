"""What stands on the pages to be tapped first only starts a talk: one tap changes nothing at the bank."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from actions.service import SHOWN_FIRST
from bot.dialogue.buttons import payload
from tests.bank import PROJECT
from tests.dialogue.talking import Talk


def openings() -> Iterator[tuple[str, str]]:
    """(language, text) of the widget's starters and the demo shop's prompts."""
    starters = re.findall(r"starters: \[(.*?)\]", _page("widget/strings.ts"))
    assert len(starters) == 2
    for language, found in zip(("en", "zh"), starters, strict=True):
        yield from ((language, text) for text in re.findall(r"'([^']+)'", found))
    for english, chinese in re.findall(r"\{ en: '([^']+)', zh: '([^']+)' \},", _page("shop/strings.ts")):
        yield from (("en", english), ("zh", chinese))


def _page(name: str) -> str:
    return Path(PROJECT, "web", "src", name).read_text(encoding="utf-8")


@pytest.mark.parametrize(("language", "text"), list(openings()))
async def test_the_first_tap_starts_a_talk_and_does_nothing(talk: Talk, language: str, text: str) -> None:
    customer = talk("C1001", language)
    before = await customer.bank.client.cards("C1001")
    assert await customer.say(text)
    assert not [each for each in customer.slot("tried") or [] if each["outcome"] == "done"]
    assert await customer.bank.client.cards("C1001") == before


@pytest.mark.parametrize("intent", SHOWN_FIRST)
async def test_a_button_of_the_greeting_does_nothing_by_itself(talk: Talk, intent: str) -> None:
    customer = talk("C1001")
    await customer.say("hello")
    before = await customer.bank.client.cards("C1001")
    assert await customer.send(payload(intent))
    assert not [each for each in customer.slot("tried") or [] if each["outcome"] == "done"]
    assert await customer.bank.client.cards("C1001") == before
