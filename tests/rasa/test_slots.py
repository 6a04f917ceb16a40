"""A project's own slots are its own, whatever they are called."""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.engine.checks import problems_in
from bot.errors import ConfigError
from tests.rasa.beside import Beside, trained, write

DEVELOPER = {
    "config.yml": """
        recipe: default.v1
        assistant_id: developer
        language: en
        pipeline:
        - name: WhitespaceTokenizer
        - name: RegexEntityExtractor
          use_word_boundaries: true
        - name: KeywordIntentClassifier
        policies:
        - name: MemoizationPolicy
        - name: RulePolicy
        """,
    "domain.yml": """
        version: "3.1"
        intents: [code_in, who, why]
        entities: [language, identity]
        slots:
          language:
            type: categorical
            values: [java, python]
            mappings: [{type: from_entity, entity: language}]
          identity:
            type: text
            mappings: [{type: from_entity, entity: identity}]
          handover_reason:
            type: text
            initial_value: none yet
            mappings: [{type: from_intent, intent: why, value: tired}]
          tried:
            type: list
            initial_value: [one]
            mappings: [{type: custom}]
        responses:
          utter_java: [{text: "Java, {identity}"}]
          utter_python: [{text: "Python, {identity}"}]
          utter_who: [{text: "You are {identity}."}]
          utter_why: [{text: "Because {handover_reason}"}]
        """,
    "data/nlu.yml": """
        version: "3.1"
        nlu:
        - intent: code_in
          examples: |
            - I code in [java](language)
            - code in
        - intent: who
          examples: |
            - i am [ann](identity)
            - i am
        - intent: why
          examples: |
            - why
        - lookup: language
          examples: |
            - java
            - python
        - lookup: identity
          examples: |
            - ann
            - ben
        """,
    "data/stories.yml": """
        version: "3.1"
        stories:
        - story: java
          steps:
          - intent: code_in
            entities: [{language: java}]
          - slot_was_set: [{language: java}]
          - action: utter_java
        - story: python
          steps:
          - intent: code_in
            entities: [{language: python}]
          - slot_was_set: [{language: python}]
          - action: utter_python
        - story: who
          steps:
          - intent: who
            entities: [{identity: ann}]
          - slot_was_set: [{identity: ann}]
          - action: utter_who
        - story: why
          steps:
          - intent: why
          - slot_was_set: [{handover_reason: tired}]
          - action: utter_why
        """,
}


@pytest.mark.parametrize("said", ["I code in java", "I code in python", "i am ann", "why"])
async def test_slots_named_like_the_engines_are_the_projects(said: str, developer: Beside) -> None:
    step = await developer.again().step(said)
    assert step.said, "a story says something"
    assert step.slots["tried"] == ["one"]


@pytest.fixture(scope="module")
async def developer(tmp_path_factory: pytest.TempPathFactory) -> Beside:
    return await Beside.of(write(tmp_path_factory.mktemp("developer"), DEVELOPER))


def test_a_project_that_gives_the_engine_some_slots_and_keeps_others_of_its_names_is_told(tmp_path: Path) -> None:
    domain = DEVELOPER["domain.yml"].replace("type: list", "type: bot.engine.slots.Kept")
    folder = write(tmp_path, {**DEVELOPER, "domain.yml": domain})
    told = [each for each in problems_in(folder) if "bot.engine.slots.Kept" in each]
    assert [each.split(":")[2].strip() for each in told] == ["language", "identity", "handover_reason"]
    with pytest.raises(ConfigError, match="slots: identity: of type text"):
        trained(folder)


def test_responses_by_language_need_the_engines_slot(tmp_path: Path) -> None:
    config = DEVELOPER["config.yml"] + "importers: [{name: bot.engine.languages.ResponsesByLanguage}]\n"
    responses = "responses: {utter_hello: [{text: Hello}]}"
    folder = write(tmp_path, {**DEVELOPER, "data/responses/en.yml": responses})
    (folder / "config.yml").write_text("\n".join(line.removeprefix("        ") for line in config.splitlines()))
    with pytest.raises(ConfigError, match="slots: language: data/responses/ is chosen from by it"):
        trained(folder)
