"""Nothing can be heard that has no answer, and nothing is said that has no words in every language."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from actions.intents import LABELS
from actions.refusals import CODES
from actions.words import TOPICS

from actions import prove
from bot.engine.engine import Engine
from bot.engine.escalation import NOT_QUESTIONS
from bot.engine.testing import run_stories
from tests.bank import PROJECT

DOMAIN: dict[str, Any] = yaml.safe_load((PROJECT / "domain.yml").read_text())
RESPONSES = {
    language: yaml.safe_load((PROJECT / "data" / "responses" / f"{language}.yml").read_text())["responses"]
    for language in ("en", "zh")
}
FILES = (PROJECT / "data" / "rules").glob("*.yml")
RULES = [rule for path in FILES for rule in yaml.safe_load(path.read_text())["rules"]]
SOURCES = {path: path.read_text() for path in (PROJECT / "actions").glob("*.py")}
STORIES = sorted((PROJECT / "tests").glob("test_*.yml"))


def test_every_intent_has_a_rule() -> None:
    started = {rule["steps"][0].get("intent") for rule in RULES}
    assert set(DOMAIN["intents"]) <= started


def test_every_form_is_submitted_and_has_a_name_to_come_back_to() -> None:
    submitted = {rule["steps"][0].get("action") for rule in RULES}
    assert set(DOMAIN["forms"]) <= submitted
    assert set(DOMAIN["forms"]) == {*TOPICS, "code_form"}


def test_every_wish_can_be_offered_by_name() -> None:
    assert set(LABELS) == set(DOMAIN["intents"]) - NOT_QUESTIONS | {"help", "request_human"}


def test_whatever_actions_say_by_name_has_words() -> None:
    said = {name for source in SOURCES.values() for name in re.findall(r'(?<!f)"(utter_\w+)"', source)}
    said |= {f"utter_refused_{code}" for code in CODES}
    said |= {step["action"] for rule in RULES for step in rule["steps"] if step.get("action", "").startswith("utter_")}
    assert said - RESPONSES["en"].keys() == set()


@pytest.mark.parametrize("language", sorted(RESPONSES))
def test_every_response_is_said_somewhere(language: str) -> None:
    written = "\n".join(SOURCES.values()) + str(RULES) + "utter_back_with_assistant utter_something_failed"
    stems = set(re.findall(r'f"(utter_\w+)_?\{', written))
    unused = [
        name for name in RESPONSES[language] if name not in written and not any(name.startswith(stem) for stem in stems)
    ]
    assert unused == []


def test_both_languages_say_the_same_facts() -> None:
    def facts(language: str, name: str) -> set[str]:
        return set(re.findall(r"{(\w+)}", RESPONSES[language][name][0]["text"]))

    different = [name for name in RESPONSES["en"] if facts("en", name) != facts("zh", name)]
    assert different == []


def test_chinese_is_written_as_chinese() -> None:
    """Full-width punctuation, and the polite form."""
    for name, (response, *_) in RESPONSES["zh"].items():
        text = re.sub(r"{\w+}|https?://\S+", "", response["text"])
        assert not re.search(r"[\u4e00-\u9fff][,;:?!]|你", text), name


def test_no_response_is_asked_by_rasa_itself() -> None:
    """A response `utter_ask_<slot>` would be said a second time by the form."""
    slots = {*DOMAIN["slots"], *(f"{form}_{slot}" for form in DOMAIN["forms"] for slot in DOMAIN["slots"])}
    assert {f"utter_ask_{slot}" for slot in slots} & RESPONSES["en"].keys() == set()


def test_every_refusal_the_bank_documents_has_words() -> None:
    table = (PROJECT / "docs" / "reference" / "sandbox.md").read_text()
    rows = [line.split("|")[3] for line in table.splitlines() if line.startswith("| `POST")]
    documented = {code for row in rows for code in re.findall(r"`(\w+)`", row)}
    codes_of_a_code = {"code_wrong", "code_locked", "code_expired", "code_used", "too_soon", *prove.STOPPED}
    assert documented - codes_of_a_code <= CODES


async def test_every_action_of_the_domain_can_be_run(engine: Engine) -> None:
    endpoint = engine.model.domain
    assert set(DOMAIN["actions"]) <= set(endpoint.action_names_or_texts)
    for name in DOMAIN["actions"]:
        classes = [source for source in SOURCES.values() if f'called = "{name}"' in source]
        assert len(classes) == 1, name


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
async def test_stories(engine: Engine, path: Path) -> None:
    report = await run_stories(engine, [path])
    assert report.failed == ()
