"""What the shipped bot makes of texts by somebody who saw neither its examples nor its code (tests/nlu/others).

The bounds stand a little below what was measured, so that they fail when understanding gets worse, and are raised when
it gets better.
"""

from __future__ import annotations

import csv
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.metrics import f1_score

from bot.engine.engine import Engine
from tests.bank import RunningBank
from tests.dialogue.talking import Customer

OTHERS = Path(__file__).parents[1] / "nlu" / "others"
Talk = Callable[..., Customer]


def rows(name: str, language: str) -> list[dict[str, str]]:
    with (OTHERS / f"{name}_{language}.csv").open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


async def each(asked: list[dict[str, str]], parse: Callable[..., Awaitable[Any]], **more: Any) -> list[dict[str, Any]]:
    return [await parse(row["text"], **more) for row in asked]


@pytest.mark.parametrize(("language", "f1", "topic"), [("en", 0.87, 0.87), ("zh", 0.84, 0.86)])
async def test_it_tells_what_kind_of_saying_a_message_is(
    engine: Engine, language: str, f1: float, topic: float
) -> None:
    asked = rows("acts", language)
    parsed = await each(asked, engine.parse)
    true, said = [row["act"] for row in asked], [its["act"]["name"] for its in parsed]
    assert f1_score(true, said, average="macro", labels=sorted(set(true))) > f1
    assert np.mean([row["intent"] == its["intent"]["name"] for row, its in zip(asked, parsed, strict=True)]) > topic


@pytest.mark.parametrize(("language", "least"), [("en", 0.92), ("zh", 0.88)])
async def test_it_understands_how_strangers_begin(engine: Engine, language: str, least: float) -> None:
    asked = rows("questions", language)
    said = [its["intent"]["name"].replace("nlu_fallback", "out_of_scope") for its in await each(asked, engine.parse)]
    assert np.mean([row["intent"] == intent for row, intent in zip(asked, said, strict=True)]) > least


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_the_right_article_comes_first_and_nothing_answers_what_none_does(engine: Engine, language: str) -> None:
    asked = rows("help", language)
    found = [its["help"] for its in await each(asked, engine.parse, help=True)]
    first = [
        its["articles"][0]["id"] == row["article"] for row, its in zip(asked, found, strict=True) if row["article"]
    ]
    strangers = [its["answered"] for row, its in zip(asked, found, strict=True) if not row["article"]]
    assert np.mean(first) > 0.86
    assert np.mean(strangers) < 0.1


BOOKS = ("customers", "payments", "refunds", "transfers", "cards", "replacements", "cases", "phone_changes")


def books(bank: RunningBank) -> dict[str, list[tuple[Any, ...]]]:
    return {table: [tuple(row) for row in bank.db.all(f"SELECT * FROM {table}")] for table in BOOKS}  # noqa: S608


@pytest.mark.parametrize("language", ["en", "zh"])
async def test_nothing_is_done_that_is_denied_asked_about_or_only_imagined(
    talk: Talk, served: RunningBank, language: str
) -> None:
    customer_id = {"en": "C1006", "zh": "C1001"}[language]
    before = books(served)
    done = []
    for row in rows("effects", language):
        await talk(customer_id, language).say(row["text"])
        if (now := books(served)) != before:
            done.append(row["text"])
            before = now
    assert len(done) == 0, f"{len(done)} of 150"
