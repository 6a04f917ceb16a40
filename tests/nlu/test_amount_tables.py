"""Some 1,500 expressions a language from published tables and our own: how many are right, and that none is wrong.

Facts only, an expression and its value, rewritten: Microsoft Recognizers-Text (MIT), Duckling (BSD-3-Clause), NeMo Text
Processing (Apache-2.0), number-parser (BSD-3-Clause) and cn2an (MIT); `own` and `composed` are this project's. An empty
`minor` must not be read as an amount: the dialogue asks. Several amounts are parted by spaces.
"""

from __future__ import annotations

import csv
from collections import Counter
from pathlib import Path

import pytest

from tests.nlu.examples import values

Amounts = list[tuple[int, str | None]]


def table(language: str) -> list[tuple[str, Amounts]]:
    with (Path(__file__).parent / f"amounts_{language}.csv").open(encoding="utf-8", newline="") as rows:
        return [(row["text"], _told(row["minor"].split(), row["currency"].split())) for row in csv.DictReader(rows)]


def _told(minors: list[str], currencies: list[str]) -> Amounts:
    named: list[str | None] = [*currencies] or [None]
    return [(int(minor), named[min(at, len(named) - 1)]) for at, minor in enumerate(minors)]


@pytest.mark.parametrize("language", ["en", "zh"])
def test_no_amount_is_wrong_and_98_of_100_are_right(language: str) -> None:
    rows = table(language)
    wrong, outcomes = [], Counter[str]()
    for text, expected in rows:
        found = [(value["minor"], value["currency"]) for value in values(text, "amount")]
        outcome = "right" if found == expected else "wrong" if found else "none"
        outcomes[outcome] += 1
        if outcome == "wrong":
            wrong.append((text, expected, found))
    assert not wrong
    assert len(rows) >= 1500
    assert outcomes["right"] / len(rows) >= 0.98, outcomes
