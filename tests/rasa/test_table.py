"""docs/rasa.md is held to the tests it names, and to what it says is refused."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from bot.channels.registry import VENDORS, load_channels
from bot.engine import needs
from bot.errors import ConfigError, ModelError
from bot.rasa_endpoints import OUR_TRACKER_STORE, problems_in

ROOT = Path(__file__).parents[2]
ROW = re.compile(r"^\| (?P<feature>.+) \| (?P<state>.+) \| `(?P<test>tests/[^`]+)` \|$", re.MULTILINE)
TABLE = (ROOT / "docs" / "rasa.md").read_text("utf-8")
ROWS = [match.groupdict() for match in ROW.finditer(TABLE)]


def test_every_row_names_a_test_that_is_there() -> None:
    assert len(ROWS) == sum(line.startswith("| ") for line in TABLE.splitlines()) - TABLE.count("| feature |")
    for row in ROWS:
        path, _, name = row["test"].partition("::")
        tree = ast.parse((ROOT / path).read_text("utf-8"))
        functions = {each.name for each in ast.walk(tree) if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)}
        assert name in functions, row["test"]


def test_the_page_counts_what_its_rows_say() -> None:
    states = [row["state"] for row in ROWS if not row["state"].startswith("need TensorFlow")]
    here = sum(state.startswith("works") and "`xiaoer rasa" not in state for state in states)
    beside = sum(state.startswith("works") and "`xiaoer rasa" in state for state in states)
    told = f"Of {len(states)} rows {here + beside} work ({(here + beside) * 100 // len(states)} %)"
    assert told in TABLE, told
    assert f"{here} in the service itself, {beside} with `xiaoer rasa`; {len(states) - here - beside} are refused" in (
        " ".join(TABLE.split())
    ), (here, beside)


def test_every_row_has_a_state() -> None:
    assert [row for row in ROWS if not row["state"].startswith(("works", "refused", "need TensorFlow: refused"))] == []


@pytest.mark.parametrize("channel", VENDORS)
def test_a_vendors_channel_is_refused_by_name(channel: str) -> None:
    with pytest.raises(ConfigError, match=f"channel '{channel}' is not served"):
        load_channels({channel: {}}, max_text_chars=100)


@pytest.mark.parametrize("name", ["CRFEntityExtractor", "MitieNLP", "MitieTokenizer", "JiebaTokenizer"])
def test_a_component_that_cannot_run_is_refused_by_name(name: str) -> None:
    with pytest.raises(ModelError, match=rf"config.yml: pipeline\[0\]: {name} needs"):
        needs.check_config({"pipeline": [{"name": name}], "policies": []}, where="config.yml")


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("tracker_store", {"type": "SQL"}),
        ("tracker_store", {"type": "mongod"}),
        ("lock_store", {"type": "redis"}),
        ("event_broker", {"type": "file"}),
        ("event_broker", {"url": "x"}),
        ("models", {"url": "http://x"}),
        ("nlu", {"url": "http://x"}),
        ("nlg", {"url": "x"}),
        ("action_endpoint", "x"),
    ],
)
def test_what_endpoints_yml_would_not_do_is_refused_by_name(key: str, value: object) -> None:
    (problem,) = problems_in({key: value})
    assert problem.startswith(f"endpoints.yml: {key}")
    assert problems_in({"tracker_store": {"type": OUR_TRACKER_STORE, "url": "redis://x"}}) == []
