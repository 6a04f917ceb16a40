"""Whatever the shipped bot may show at the desk has words for people, in English and in Chinese."""

from __future__ import annotations

import re
from pathlib import Path

import pytest
import yaml

from bot.dialogue import project
from bot.handoff.build import HIDDEN_SLOTS
from bot.handoff.reasons import REASONS as HANDOVER

ROOT = Path(__file__).parents[2]
DESK = ROOT / "web" / "src" / "desk"
LABELS, INTENTS, STRINGS = ((DESK / f"{name}.ts").read_text("utf-8") for name in ("labels", "intents", "strings"))
DOMAIN = yaml.safe_load((ROOT / "domain.yml").read_text("utf-8"))
DIALOGUE = project.load(ROOT)
FLOWS = DIALOGUE.flows.values()
HAN = re.compile(r"[\u4e00-\u9fff]")


def table(source: str, name: str) -> dict[str, tuple[str, str]]:
    block = re.search(rf"const {name}: [^=]+ = \{{\n(.*?)^\}};", source, flags=re.M | re.S)
    assert block, name
    rows = re.findall(r"(\w+): \[(['\"])(.*?)\2, (['\"])(.*?)\4\]", block[1])
    return {code: (english, chinese) for code, _, english, _, chinese in rows}


def codes() -> set[str]:
    """What account services refuse with, and what actions record."""
    sandbox = "".join(path.read_text("utf-8") for path in sorted((ROOT / "sandbox").rglob("*.py")))
    actions = "".join(path.read_text("utf-8") for path in sorted((ROOT / "actions").rglob("*.py")))
    refused = re.findall(r'(?:Refused|Refusal|refuse|conflict|Conflict)\(\s*(?:\d+, )?"([a-z_]+)"', sandbox + actions)
    recorded = re.findall(r'record\(\s*"(?:failed|refused)",\s*"([a-z_]+)"', actions)
    return {*refused, *recorded}


WANTED = {
    "ACTIONS": {*DOMAIN["actions"], *(each for flow in FLOWS for each in flow.actions if each.startswith("action_"))},
    "CODES": codes(),
    "SLOTS": {*DOMAIN["slots"]} - HIDDEN_SLOTS,
    "VALUES": {*DIALOGUE.words.codes("refund_reasons"), *DIALOGUE.words.codes("card_reasons")},
    "CARDS": {
        name
        for path in sorted((ROOT / "actions").rglob("*.py"))
        for name in re.findall(r'"card": "(\w+)"', path.read_text("utf-8"))
    },
}


@pytest.mark.parametrize("name", WANTED)
def test_every_code_has_words(name: str) -> None:
    assert WANTED[name], name
    assert WANTED[name] - table(LABELS, name).keys() == set()


def test_every_intent_has_words() -> None:
    intents = {*DOMAIN["intents"], *(intent for flow in FLOWS for intent in flow.triggers)}
    assert (intents | {"nlu_fallback"}) - table(INTENTS, "NAMES").keys() == set()


def test_words_are_english_and_chinese_and_no_codes() -> None:
    tables = [table(LABELS, name) for name in (*WANTED, "REFUSALS")] + [table(INTENTS, "NAMES")]
    for code, (english, chinese) in (row for each in tables for row in each.items()):
        assert not HAN.search(english), code
        assert HAN.search(chinese), code
        assert "_" not in english + chinese, code


def test_every_reason_for_a_handover_has_words() -> None:
    english, chinese = re.findall(r"  reasons: \{(.*?)\}", STRINGS, flags=re.S)
    for reason in HANDOVER:
        assert f"{reason}:" in english
        assert f"{reason}:" in chinese
