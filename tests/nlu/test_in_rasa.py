"""docs/entities.md is true: its pipeline trains in a stranger's Rasa project, and each of its examples is so read."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest

import bot.engine  # noqa: F401  lets Rasa be imported without TensorFlow
from bot.nlu.scripts import identify
from bot.nlu.spacy_pipeline import SpacyRules
from tests.nlu.examples import find, values

DOC = (Path(__file__).parents[2] / "docs" / "entities.md").read_text(encoding="utf-8")
EXAMPLES = """\
version: "3.1"
nlu:
- intent: refund
  examples: |
    - refund 200 please
    - 退我两百块
    - where is my refund
    - 我的退款呢
- intent: greet
  examples: |
    - hello there
    - 你好
    - good morning
    - 早上好
"""


def rows(heading: str) -> list[list[str]]:
    """The cells of the table under a heading, without their back-ticks."""
    section = DOC.split(f"# {heading}\n", 1)[1].split("\n#", 1)[0]
    lines = [line for line in section.splitlines() if line.startswith("|")][2:]
    return [[cell.strip().strip("`") for cell in line.strip("|").split("|")] for line in lines]


@pytest.mark.parametrize(("text", "language", "dominant"), rows("Language"))
def test_language_examples(text: str, language: str, dominant: str) -> None:
    assert (identify(text).language, identify(text).dominant) == (language, dominant)


@pytest.mark.parametrize(
    ("text", "entity", "value"),
    [
        *((text, "amount", value) for text, value in rows("amount")),
        *((text, "date", value) for text, value in rows("date")),
        *rows("order_number, card_ending, phone_number, code"),
    ],
)
def test_entity_examples(text: str, entity: str, value: str) -> None:
    assert values(text, entity) == ([] if value == "none" else [json.loads(value)])


@pytest.mark.parametrize(("text", "least", "most"), rows("anger"))
def test_anger_examples(text: str, least: str, most: str) -> None:
    angers = [found.value for found in find(text) if found.entity == "anger"]
    assert float(least) <= sum(angers) <= float(most)


def test_every_option_is_told() -> None:
    told = {row[0] for row in rows("In your own Rasa project")}
    inherited = {"intent_tokenization_flag", "intent_split_symbol", "token_pattern", "prefix_separator_symbol"}
    assert set(SpacyRules.get_default_config()) - inherited <= told


async def test_the_pipeline_trains_and_parses_in_a_rasa_project_of_its_own(tmp_path: Path) -> None:
    from rasa.core.agent import Agent
    from rasa.model_training import train_nlu

    [config] = re.findall(r"```yaml\n(.*?)```", DOC, re.DOTALL)
    (tmp_path / "config.yml").write_text(config, encoding="utf-8")
    (tmp_path / "nlu.yml").write_text(EXAMPLES, encoding="utf-8")
    model = await _train(train_nlu, tmp_path)
    told = await Agent.load(model).parse_message("我想refund 200块, paid last Friday")
    assert told["intent"]["name"] == "refund"
    assert (told["language"], told["dominant_language"]) == ("mixed", "en")
    assert [entity["entity"] for entity in told["entities"]] == ["amount", "date"]


async def _train(train_nlu: Any, folder: Path) -> str:
    import asyncio

    # Rasa's training runs an event loop of its own.
    trained: str = await asyncio.to_thread(
        train_nlu, str(folder / "config.yml"), str(folder / "nlu.yml"), str(folder / "models")
    )
    return trained
