"""Rasa's own tools beside the bot, without TensorFlow: as `xiaoer rasa ...`."""

from __future__ import annotations

import json
import os
import pty
import shutil
import sqlite3
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, BotUttered, UserUttered
from rasa.shared.core.trackers import DialogueStateTracker
from ruamel.yaml import YAML

from bot.cli import main
from bot.engine.tracker_store import ConversationTrackerStore
from tests.rasa.beside import trained, write
from tests.rasa.test_training import SMALL

ROOT = Path(__file__).parents[2]
STORIES = """
version: "3.1"
stories:
- story: one
  steps: [{intent: greet}, {action: utter_greet}]
- story: two
  steps: [{intent: bye}, {action: utter_bye}]
"""
OLD = """
version: "2.0"
intents: [greet]
entities: [name]
slots: {name: {type: text}}
"""
RIGHT = "stories: [{story: right, steps: [{user: hello, intent: greet}, {action: utter_greet}]}]"


def command(folder: Path, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "bot", "--project", str(folder), "rasa", *arguments]


def environment() -> dict[str, str]:
    return {**os.environ, "PYTHONPATH": str(ROOT)}


BATCH = """
import json, sys
from bot.cli import main
for arguments in json.loads(sys.argv[1]):
    code = main(["--project", ".", "rasa", *arguments])
    assert code == 0, (arguments, code)
"""


def rasa(folder: Path, *commands: str) -> str:
    """Several commands in one process, one after the other; what they said."""
    done = subprocess.run(
        [sys.executable, "-c", BATCH, json.dumps([each.split() for each in commands])],
        env={**environment(), "HOME": str(folder)},
        cwd=folder,
        capture_output=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    assert b"Traceback" not in done.stderr, done.stderr.decode()[-2000:]
    return done.stdout.decode() + done.stderr.decode()


@pytest.fixture(scope="module")
def small(tmp_path_factory: pytest.TempPathFactory) -> Path:
    files = {"stories/stories.yml": STORIES, "old/domain.yml": OLD, "tests/test_right.yml": RIGHT}
    folder = write(tmp_path_factory.mktemp("tools"), {**SMALL, **files})
    trained(folder)
    return folder


@pytest.fixture
def project(small: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(small, tmp_path / "project"))


@pytest.fixture(scope="module")
def done(small: Path) -> str:
    """What the commands said that need nothing but the project."""
    return rasa(
        small,
        "--version",
        "telemetry disable",
        "data split nlu --training-fraction 0.5",
        "data convert nlu -f json --data data/nlu.yml --out nlu.json",
        "data migrate --domain old/domain.yml --out new.yml",
        "data validate --max-history 3",
        "data validate stories --data stories data",
        "visualize --stories stories --out graph.html",
        "test nlu --nlu data/nlu.yml --no-plot",
        "test core --stories tests/test_right.yml --no-plot",
    )


def test_data_is_split(small: Path, done: str) -> None:
    parts = [YAML(typ="safe").load(path) for path in (small / "train_test_split").glob("*.yml")]
    examples = [each["examples"].count("- ") for part in parts for each in (part or {}).get("nlu", ())]
    assert sum(examples) == 10


def test_data_is_converted(small: Path, done: str) -> None:
    examples = json.loads((small / "nlu.json").read_text())["rasa_nlu_data"]["common_examples"]
    assert len(examples) == 10


def test_an_old_domain_is_migrated(small: Path, done: str) -> None:
    slots = YAML(typ="safe").load(small / "new.yml")["slots"]
    assert slots["name"]["mappings"] == [{"type": "from_entity", "entity": "name"}]


def test_stories_are_drawn(small: Path, done: str) -> None:
    assert "utter_bye" in (small / "graph.html").read_text()


def test_understanding_and_dialogue_are_tested(small: Path, done: str) -> None:
    assert "greet" in json.loads((small / "results/intent_report.json").read_text())
    assert json.loads((small / "results/story_report.json").read_text())["conversation_accuracy"]["correct"] == 1


def test_which_rasa_it_is_and_that_it_reports_to_nobody(small: Path, done: str) -> None:
    assert "3.6.21" in done
    assert "Disabled telemetry" in done
    assert "enabled: false" in (small / ".config/rasa/global.yml").read_text()


def at_a_terminal(folder: Path, *arguments: str, says: list[tuple[str, str]]) -> str:
    """What a command shows at a terminal, where each text is typed once another has been shown."""
    outer, inner = pty.openpty()
    process = subprocess.Popen(
        command(folder, *arguments), env={**environment(), "TERM": "xterm"}, stdin=inner, stdout=inner, stderr=inner
    )
    os.close(inner)
    shown = ""
    left = list(says)
    try:
        while True:
            try:
                piece = os.read(outer, 65536)
            except OSError:
                break
            if b"\x1b[6n" in piece:
                os.write(outer, b"\x1b[1;1R")
            shown += piece.decode("utf-8", "replace")
            if left and left[0][0] in shown:
                shown = shown.partition(left[0][0])[2] if len(left) > 1 else shown
                os.write(outer, left.pop(0)[1].encode() + b"\r")
    finally:
        process.kill()
        process.wait()
        os.close(outer)
    return shown


def test_it_is_talked_to_at_a_terminal(small: Path) -> None:
    shown = at_a_terminal(small, "shell", says=[("Your input ->", "hello"), ("Hello", "/stop")])
    assert "Hello" in shown


def test_it_understands_at_a_terminal(small: Path) -> None:
    asked = subprocess.run(
        command(small, "shell", "nlu"), env=environment(), input=b"hello\n", capture_output=True, check=False
    )
    assert b'"name": "greet"' in asked.stdout


async def test_markers_are_extracted_and_conversations_exported(project: Path, redis_url: str) -> None:
    write(
        project,
        {
            "markers.yml": "greeted:\n  seq:\n  - intent: greet\n  - action: utter_greet\n",
            "store.yml": f"""
                tracker_store:
                  type: bot.engine.tracker_store.ConversationTrackerStore
                  url: {redis_url}
                event_broker: {{type: sql, dialect: sqlite, db: broker.db}}
                """,
        },
    )
    store = ConversationTrackerStore(Domain.from_path(str(project / "domain.yml")), host=redis_url)
    heard = UserUttered("hello", {"name": "greet"})
    events = [ActionExecuted("action_listen"), heard, ActionExecuted("utter_greet"), BotUttered("Hello")]
    await store.save(DialogueStateTracker.from_events("a", events))
    await store.aclose()
    rasa(
        project,
        "evaluate markers all --config markers.yml --endpoints store.yml found.csv",
        "export --endpoints store.yml",
    )
    assert ",0,greeted," in (project / "found.csv").read_text()
    with closing(sqlite3.connect(project / "broker.db")) as broker:
        kinds = [json.loads(data)["event"] for (data,) in broker.execute("select data from events order by id")]
    assert sorted(kinds) == ["action", "action", "bot", "user"]


@pytest.mark.parametrize("arguments", [["train"], ["x"], ["init"]])
def test_what_would_make_an_unsigned_model_is_refused(
    arguments: list[str], small: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["--project", str(small), "rasa", *arguments]) == 1
    assert f"rasa {arguments[0]}: not here; use" in capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "files", "said"),
    [
        (["run", "--enable-api", "-i", "192.0.2.1"], {}, "needs --auth-token or --jwt-secret"),
        (["run", "--remote-storage", "aws"], {}, "models are taken from models/ only"),
        (["run", "-m", "stranger.tar.gz"], {"stranger.tar.gz": "x"}, "stranger.tar.gz"),
        (["run"], {"endpoints.yml": "models: {url: 'http://127.0.0.1:1'}"}, "models: no model server is asked"),
        (["run"], {"endpoints.yml": "event_broker: {type: pika}"}, "event_broker.type 'pika' needs aio_pika"),
        (["run"], {"endpoints.yml": "event_broker: {type: kafka}"}, "'kafka' needs confluent_kafka"),
        (["run"], {"endpoints.yml": "tracker_store: {type: mongod}"}, "'mongod' needs pymongo"),
        (["run"], {"endpoints.yml": "tracker_store: {type: dynamo}"}, "'dynamo' needs boto3"),
    ],
)
def test_what_is_not_installed_or_not_ours_is_refused_by_name(
    arguments: list[str], files: dict[str, str], said: str, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    write(project, files)
    assert main(["--project", str(project), "rasa", *arguments]) == 1
    assert said in capsys.readouterr().err
