"""Training, validating and testing projects that are not ours: what is wrong is one line, what changed is trained."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from bot.cli import main
from bot.cli.test import story_files
from bot.engine.testing import cross_validate
from tests.rasa.beside import CONFIG, Ours, load, write

DOMAIN = """
version: "3.1"
intents: [greet, bye]
responses:
  utter_greet: [{text: Hello}]
  utter_bye: [{text: Bye}]
"""
NLU = """
version: "3.1"
nlu:
- intent: greet
  examples: |
    - hello
    - hi there
    - good day
    - hey
    - greetings
- intent: bye
  examples: |
    - bye
    - see you
    - good night
    - farewell
    - so long
"""
RULES = """
version: "3.1"
rules:
- rule: greet
  steps: [{intent: greet}, {action: utter_greet}]
- rule: bye
  steps: [{intent: bye}, {action: utter_bye}]
"""
SMALL = {"domain.yml": DOMAIN, "data/nlu.yml": NLU, "data/rules.yml": RULES}
LEARNED = CONFIG.replace(
    "- name: KeywordIntentClassifier", "- name: CountVectorsFeaturizer\n- name: LogisticRegressionClassifier"
)


def xiaoer(folder: Path, *arguments: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, list[str]]:
    code = main(["--project", str(folder), *arguments])
    captured = capsys.readouterr()
    return code, captured.out, captured.err.strip().splitlines()


def test_cross_validation_gives_every_fold_examples_of_its_own(tmp_path: Path) -> None:
    report = cross_validate(write(tmp_path, {**SMALL, "config.yml": LEARNED}), folds=5)
    assert report.examples == 10


CONFLICT = RULES + "- rule: greet otherwise\n  steps: [{intent: greet}, {action: utter_bye}]\n"
STORY = """
version: "3.1"
stories:
- story: against the rule
  steps: [{intent: greet}, {action: utter_bye}]
"""
ONE = NLU.partition("- intent: bye")[0]


@pytest.mark.parametrize(
    ("files", "said"),
    [
        ({"data/rules.yml": CONFLICT}, ["greet otherwise", "'greet'"]),
        ({"data/stories.yml": STORY}, ["against the rule"]),
        (
            {"config.yml": LEARNED.replace("- name: CountVectorsFeaturizer\n", "")},
            ["LogisticRegressionClassifier", "Featurizer"],
        ),
        ({"config.yml": LEARNED, "data/nlu.yml": ONE}, ["needs two intents", "only 'greet' has examples"]),
        ({"config.yml": CONFIG.replace("RulePolicy", "RulePolice")}, ["policies[0]", "RulePolice"]),
        (
            {"config.yml": CONFIG.replace("- name: WhitespaceTokenizer", "- name: WhitespaceTokenizer\n" * 2)},
            ["okenizer"],
        ),
        ({"data/rules.yml": RULES.replace("action: utter_bye", "action: utter_nobody")}, ["utter_nobody"]),
        ({"domain.yml": DOMAIN + "forms: {a_form: {required_slots: [nothing]}}\n"}, ["nothing"]),
        ({"data/nlu.yml": NLU.replace("- intent: bye", "- intnt: bye")}, ["nlu.yml"]),
        ({"data/nlu.yml": "nlu: [}"}, ["nlu.yml"]),
        ({"domain.yml": "responses: {utter_greet: [{txt: Hello}]}"}, ["domain.yml"]),
    ],
    ids=[
        *("two-rules", "rule-and-story", "no-featurizer", "one-intent", "no-policy", "two-tokenizers", "no-response"),
        *("no-slot", "wrong-key", "no-yaml", "wrong-response"),
    ],
)
def test_what_cannot_be_trained_is_said_before_and_when_it_is_tried(
    files: dict[str, str], said: list[str], tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = write(tmp_path, {**SMALL, **files})
    code, _, told = xiaoer(folder, "validate", capsys=capsys)
    assert code == 1
    assert all(word in "\n".join(told) for word in said), told
    code, _, told = xiaoer(folder, "train", capsys=capsys)
    if code:
        assert any(said[0] in line for line in told), told
        assert not any("Traceback" in line for line in told)


def test_texts_and_actions_that_servers_of_its_own_have_are_no_problem(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    files = {
        "domain.yml": """
            version: "3.1"
            intents: [greet, bye]
            actions: [utter_greet, action_somewhere]
            responses: {utter_bye: [{text: Bye}]}
            """,
        "data/rules.yml": RULES.replace("action: utter_bye}", "action: utter_bye}, {action: action_somewhere}"),
        "actions/__init__.py": "",
    }
    folder = write(tmp_path, {**SMALL, **files})
    code, _, told = xiaoer(folder, "validate", capsys=capsys)
    assert code == 1
    assert any("utter_greet" in line for line in told)
    assert any("action_somewhere" in line for line in told)
    write(
        folder,
        {"endpoints.yml": "nlg: {url: 'http://127.0.0.1:1'}\naction_endpoint: {url: 'http://127.0.0.1:1/webhook'}"},
    )
    assert xiaoer(folder, "validate", capsys=capsys)[2] == []


def test_a_change_in_what_config_yml_imports_is_trained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    main_config = CONFIG + "importers:\n- name: MultiProjectImporter\nimports:\n- skills/bye\n"
    folder = write(
        tmp_path,
        {
            "config.yml": main_config,
            "domain.yml": DOMAIN.replace("  utter_bye: [{text: Bye}]\n", "").replace(", bye", ""),
            "data/nlu.yml": ONE,
            "data/rules.yml": RULES.partition("- rule: bye")[0],
            "skills/bye/domain.yml": "intents: [bye]\nresponses: {utter_bye: [{text: Bye}]}",
            "skills/bye/data/nlu.yml": "nlu: [{intent: bye, examples: '- bye'}]",
            "skills/bye/data/rules.yml": "rules: [{rule: bye, steps: [{intent: bye}, {action: utter_bye}]}]",
        },
    )
    assert xiaoer(folder, "train", capsys=capsys)[0] == 0
    assert "nothing has changed" in xiaoer(folder, "train", capsys=capsys)[1]
    (folder / "skills/bye/domain.yml").write_text("intents: [bye]\nresponses: {utter_bye: [{text: Farewell}]}")
    assert "trained in" in xiaoer(folder, "train", capsys=capsys)[1]


async def test_what_an_imported_project_says_is_said(tmp_path: Path) -> None:
    folder = write(
        tmp_path,
        {
            **SMALL,
            "config.yml": CONFIG + "importers:\n- name: MultiProjectImporter\nimports:\n- skills/more\n",
            "skills/more/domain.yml": "intents: [more]\nresponses: {utter_more: [{text: More}]}",
            "skills/more/data/nlu.yml": "nlu: [{intent: more, examples: '- more'}]",
            "skills/more/data/rules.yml": "rules: [{rule: more, steps: [{intent: more}, {action: utter_more}]}]",
        },
    )
    ann = Ours(await load(folder))
    assert [await ann.texts("more"), await ann.texts("hello")] == [["More"], ["Hello"]]


ROME = {"start": 3, "end": 7, "entity": "city", "value": "Rome"}


async def test_a_change_in_a_lookup_tables_file_is_trained(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    data = {
        "rasa_nlu_data": {
            "common_examples": [
                {
                    "text": "to Rome",
                    "intent": "go",
                    "entities": [ROME],
                }
            ],
            "lookup_tables": [{"name": "city", "elements": "lists/cities.txt"}],
        }
    }
    folder = write(
        tmp_path,
        {
            "domain.yml": "intents: [go]\nentities: [city]\nresponses: {utter_go: [{text: Going}]}",
            "data/nlu.json": json.dumps(data),
            "data/rules.yml": "rules: [{rule: go, steps: [{intent: go}, {action: utter_go}]}]",
            "lists/cities.txt": "Rome\n",
        },
    )
    engine = await load(folder)
    assert (await engine.parse("Lima"))["entities"] == []
    (folder / "lists/cities.txt").write_text("Rome\nLima\n")
    engine = await load(folder)
    assert [each["value"] for each in (await engine.parse("Lima"))["entities"]] == ["Lima"]


@pytest.mark.parametrize(
    ("file", "said"),
    [
        (("stories.yml", ""), "expected `stories:`"),
        (("stories.yml", "storys: []"), "'storys' is unknown; known: stories, rules, version"),
        (("stories.yml", "stories: []"), "no conversation in it"),
        (("test_a.yml", "version: '3.1'"), "no conversation in it"),
        (("test_a.yml", "- a"), "found list"),
    ],
)
def test_nothing_run_is_a_failure(
    file: tuple[str, str], said: str, small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    name, content = file
    (tmp_path / name).write_text(content)
    code, out, told = xiaoer(small, "test", str(tmp_path / name), capsys=capsys)
    assert (code, out) == (1, "")
    assert said in told[0]


def test_a_named_file_is_run_whatever_it_is_called_and_so_are_sub_folders(
    small: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    failing = "stories: [{story: wrong, steps: [{user: hello, intent: greet}, {action: utter_bye}]}]"
    passing = "stories: [{story: right, steps: [{user: hello, intent: greet}, {action: utter_greet}]}]"
    write(tmp_path, {"wrong.yml": failing, "tests/a/b/test_right.yml": passing})
    code, out, _ = xiaoer(small, "test", str(tmp_path / "wrong.yml"), capsys=capsys)
    assert code == 1
    assert "0 of 1 stories" in out
    code, out, _ = xiaoer(small, "test", str(tmp_path / "tests"), capsys=capsys)
    assert code == 0
    assert "1 of 1 stories" in out
    assert story_files([tmp_path / "tests"]) == [tmp_path / "tests/a/b/test_right.yml"]


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = write(tmp_path_factory.mktemp("small"), SMALL)
    assert main(["--project", str(folder), "train", "--quiet"]) == 0
    return folder
