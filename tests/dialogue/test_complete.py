"""Nothing can be heard that has no answer, and nothing is said that has no words in every language."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Any

import pytest
import yaml

from bot.dialogue import project, prove
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
DIALOGUE = project.load(PROJECT)
FLOWS = DIALOGUE.flows
PATHS = [*(PROJECT / "actions").glob("*.py"), *(PROJECT / "bot" / "dialogue").glob("*.py")]
SOURCES = {path: path.read_text() for path in PATHS}
DECLARED = "\n".join(path.read_text() for path in (PROJECT / "data" / "flows").glob("*.yml"))
STORIES = sorted((PROJECT / "tests").glob("test_*.yml"))
ANSWERS = {"affirm", "deny", "stop", "nlu_fallback"}
"""What they do depends on what they answer: `bot.dialogue.hearing`."""


def test_every_intent_starts_a_flow_or_a_rule() -> None:
    started = {rule["steps"][0].get("intent") for rule in RULES} | {
        each for flow in FLOWS.values() for each in flow.triggers
    }
    assert set(DOMAIN["intents"]) - started == ANSWERS


def test_flows_words_and_responses_fit_together() -> None:
    articles = {path.stem for path in (PROJECT / "data" / "help").glob("*/*.md")}
    assert list(project.problems_in(DIALOGUE, RESPONSES["en"], articles)) == []


def test_every_wish_can_be_offered_by_name() -> None:
    wishes = {intent for flow in FLOWS.values() for intent in flow.triggers if intent not in NOT_QUESTIONS}
    flows = [FLOWS.started_by(intent) for intent in wishes]
    assert [flow.id for flow in flows if flow and not DIALOGUE.words.has_title(flow.id)] == []


def test_whatever_actions_say_by_name_has_words() -> None:
    said = {name for source in SOURCES.values() for name in re.findall(r'(?<!f)"(utter_\w+)"', source)}
    said |= {step["action"] for rule in RULES for step in rule["steps"] if step.get("action", "").startswith("utter_")}
    assert said - RESPONSES["en"].keys() == {"utter_ask_", "utter_invalid_"} & said


@pytest.mark.parametrize("language", sorted(RESPONSES))
def test_every_response_is_said_somewhere(language: str) -> None:
    written = "\n".join([*SOURCES.values(), DECLARED, str(RULES), "utter_back_with_assistant utter_something_failed"])
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


def test_every_refusal_the_bank_documents_has_words() -> None:
    table = (PROJECT / "docs" / "reference" / "sandbox.md").read_text()
    rows = [line.split("|")[3] for line in table.splitlines() if line.startswith("| `POST")]
    documented = {code for row in rows for code in re.findall(r"`(\w+)`", row)}
    codes_of_a_code = {
        "code_wrong",
        "code_locked",
        "code_expired",
        "code_used",
        "too_soon",
        *prove.STOPPED,
        *prove.OUTDATED,
    }
    assert {f"utter_refused_{code}" for code in documented - codes_of_a_code} <= RESPONSES["en"].keys()


async def test_every_action_of_the_flows_can_be_run(engine: Engine) -> None:
    names = {each for flow in FLOWS.values() for each in flow.actions if not each.startswith("utter_")}
    assert names <= set(engine.model.domain.action_names_or_texts)
    for name in {*DOMAIN["actions"], *names}:
        classes = [source for source in SOURCES.values() if f'called = "{name}"' in source]
        assert len(classes) == 1, name


@pytest.mark.parametrize("path", STORIES, ids=lambda path: path.stem)
async def test_stories(engine: Engine, path: Path) -> None:
    report = await run_stories(engine, [path])
    assert report.failed == ()
