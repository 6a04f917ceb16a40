"""The commands, as typed: train, test, chat, parse, validate, model; wrong input is one line, never a traceback."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
import rasa_sdk

ROOT = Path(__file__).parents[2]
RASA = Path(rasa_sdk.__file__).parent.parent / "rasa"


def xiaoer(project: Path, *arguments: str | Path, stdin: bytes = b"") -> subprocess.CompletedProcess[bytes]:
    env = {name: value for name, value in os.environ.items() if not name.startswith("XIAOER_")}
    command = [sys.executable, "-m", "bot", "--project", str(project), *map(str, arguments)]
    return subprocess.run(
        command, cwd=ROOT, input=stdin, capture_output=True, check=False, env={**env, "PYTHONUTF8": "1"}
    )


def said(done: subprocess.CompletedProcess[bytes]) -> str:
    assert done.returncode == 0, done.stderr.decode()
    assert done.stderr == b""
    return done.stdout.decode()


def complaint(done: subprocess.CompletedProcess[bytes]) -> str:
    assert done.returncode == 1
    lines = done.stderr.decode().strip().splitlines()
    assert not any("Traceback" in line for line in lines)
    assert len(lines) == 1, lines
    return lines[0]


def test_parse_prints_one_json_object_a_line(moodbot: Path):
    stdin = "hello\n\nsuper sad\r\n/restart\n你好 4\n".encode() + b"\xff\xfe\n" + b"a" * 100_000
    lines = said(xiaoer(moodbot, "parse", "-", stdin=stdin)).splitlines()
    results = [json.loads(line) for line in lines]
    assert [result["text"][:10] for result in results][:5] == ["hello", "", "super sad", "/restart", "你好 4"]
    assert len(results) == 7
    for result in results:
        assert result.keys() == {
            "text",
            "intent",
            "confidence",
            "ranking",
            "act",
            "act_confidence",
            "entities",
            "language",
        }
        assert (result["act"], result["act_confidence"]) == (None, 0.0)  # this project's examples say no acts
        assert 0 <= result["confidence"] <= 1
    assert results[0]["intent"] == results[0]["ranking"][0]["intent"] == "greet"
    assert results[3]["intent"] != "restart"
    assert [(entity["entity"], entity["value"]) for entity in results[4]["entities"]] == [("number", "4")]
    assert said(xiaoer(moodbot, "parse", "super sad")).startswith("mood_unhappy  0.")


def test_chat_goes_on_until_the_input_ends_and_a_number_presses_a_button(moodbot: Path):
    stdin = b"hello\n2\nbook a table\n4\nby the window\nlet me talk to a person\n"
    assert said(xiaoer(moodbot, "chat", stdin=stdin)).splitlines() == [
        "Hey! How are you?",
        "  1: great",
        "  2: super sad",
        "Here is something to cheer you up:",
        "[picture] https://i.imgur.com/nGF1K8f.jpg",
        "Did that help you?",
        "For how many?",
        "Any remark?",
        "A table for 4.",
        "(handed over: asked)",
    ]


def test_stories_pass_or_say_where_they_do_not(moodbot: Path, tmp_path: Path):
    assert said(xiaoer(moodbot, "test")) == "2 of 2 stories, 12 of 12 actions\n"
    story = (moodbot / "tests" / "test_stories.yml").read_text().replace("utter_booked", "utter_goodbye")
    (tmp_path / "test_wrong.yml").write_text(story)
    done = xiaoer(moodbot, "test", tmp_path / "test_wrong.yml")
    assert done.returncode == 1
    assert "- action: utter_goodbye  # predicted: utter_booked" in done.stdout.decode()
    assert "no such test stories" in complaint(xiaoer(moodbot, "test", tmp_path / "test_none.yml"))


def test_the_nlu_is_cross_validated(project: Path, tmp_path: Path):
    done = xiaoer(project, "test", "--nlu", "--folds", "2", "--errors", tmp_path / "errors.jsonl")
    assert "accuracy" in said(done).splitlines()[-1]
    errors = [json.loads(line) for line in (tmp_path / "errors.jsonl").read_text().splitlines()]
    assert all(error["intent"] != error["guess"] for error in errors)
    assert "fewer than 99 examples" in complaint(xiaoer(project, "test", "--nlu", "--folds", "99"))


def test_validate_lists_every_problem(project: Path):
    assert said(xiaoer(project, "validate")) == "project: no problem found\n"
    rules = (project / "data" / "rules.yml").read_text().replace("utter_iamabot", "utter_who_knows")
    (project / "data" / "rules.yml").write_text(rules)
    domain = (project / "domain.yml").read_text().replace("action_cards,", "action_cards, action_nobody_wrote,")
    (project / "domain.yml").write_text(domain)
    done = xiaoer(project, "validate")
    assert done.returncode == 1
    problems = done.stderr.decode()
    assert "action 'action_nobody_wrote' is in no class of actions/" in problems
    assert "utter_who_knows" in problems
    assert "Traceback" not in problems


def test_train_says_that_nothing_changed_and_models_can_be_listed_and_checked(project: Path):
    assert said(xiaoer(project, "train")).endswith("nothing has changed since it was trained\n")
    model = next((project / "models").glob("*.tar.gz"))
    assert said(xiaoer(project, "model", "list")).endswith(f"signed    {model.name}  <- newest\n")
    assert said(xiaoer(project, "model", "check", model)).endswith("signed with our key\n")
    with model.open("ab") as file:
        file.write(b"x")
    assert xiaoer(project, "model", "check", model).returncode == 1
    assert "signature does not match" in complaint(xiaoer(project, "parse", "hello"))


def test_no_project_no_model_and_neural_components_are_one_line(project: Path, tmp_path: Path):
    empty = tmp_path / "empty"
    empty.mkdir()
    assert "config.yml: missing" in complaint(xiaoer(empty, "train"))
    assert "no model" in complaint(xiaoer(empty, "parse", "hello"))
    config = (project / "config.yml").read_text().replace("RegexEntityExtractor", "DIETClassifier")
    (project / "config.yml").write_text(config)
    assert "DIETClassifier needs tensorflow" in complaint(xiaoer(project, "train"))
    assert "DIETClassifier needs tensorflow" in xiaoer(project, "validate").stderr.decode()


@pytest.mark.slow
def test_rasas_own_starter_project_works_once_its_neural_parts_are_named_otherwise(tmp_path: Path):
    starter = Path(shutil.copytree(RASA / "cli" / "initial_project", tmp_path / "starter"))
    assert "default for it needs TensorFlow" in xiaoer(starter, "train").stderr.decode()
    (starter / "config.yml").write_text(
        "recipe: default.v1\nassistant_id: starter\nlanguage: en\n"
        "pipeline:\n- name: WhitespaceTokenizer\n- name: RegexFeaturizer\n- name: LexicalSyntacticFeaturizer\n"
        "- name: CountVectorsFeaturizer\n- name: CountVectorsFeaturizer\n  analyzer: char_wb\n  min_ngram: 1\n"
        "  max_ngram: 4\n- name: LogisticRegressionClassifier\n- name: EntitySynonymMapper\n"
        "- name: FallbackClassifier\n  threshold: 0.3\n  ambiguity_threshold: 0.1\n"
        "policies:\n- name: MemoizationPolicy\n- name: RulePolicy\n"
    )
    said(xiaoer(starter, "train", "--quiet"))
    assert said(xiaoer(starter, "validate")) == "starter: no problem found\n"
    assert said(xiaoer(starter, "chat", stdin=b"hi\ngreat\n")).splitlines()[0] == "Hey! How are you?"
    assert "of 7 stories, 35 of 35 actions" in xiaoer(starter, "test").stdout.decode()
