"""What is personal in a text is found, in both languages; what the dialogue works with and ordinary talk is left."""

from __future__ import annotations

import re
import time
from pathlib import Path
from typing import Any

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from bot.privacy import NEVER_KEPT, find, mask
from bot.privacy.checks import is_card, is_chinese_id

ROOT = Path(__file__).parents[2]
DIGIT = "(?:[0-9零〇一幺二三四五六七八九]|(?:double |triple )?(?:oh|zero|one|two|three|four|five|six|seven|eight|nine))"
OPEN: list[dict[str, Any]] = yaml.safe_load(Path(__file__).with_name("open.yml").read_text("utf-8"))


@pytest.mark.parametrize("item", OPEN, ids=lambda item: str(item["text"]))
def test_the_open_list_is_found_whole_and_nothing_else(item: dict[str, Any]) -> None:
    text = item["text"]
    found = [(span.kind, text[span.start : span.end]) for span in find(text)]
    assert found == [(span["kind"], span["value"]) for span in item["spans"]]


def test_of_a_card_its_ending_stays() -> None:
    assert mask("card 4111 1111 1111 1111") == "card •••• •••• •••• 1111"


def test_only_the_kinds_that_are_asked_for_are_masked() -> None:
    assert mask("13812345678, code 482913", kinds=NEVER_KEPT) == "13812345678, code ••••••"


def test_a_customers_own_name_is_found_where_it_is_known() -> None:
    assert mask("Grace here, from before", names=("Grace",)) == "••••• here, from before"
    assert mask("Graceful", names=("Grace",)) == "Graceful"


@given(st.integers(min_value=10**14, max_value=10**15 - 1).map(lambda n: f"4{n}"))
def test_a_card_number_is_found_whatever_it_is_and_one_digit_off_it_is_none(body: str) -> None:
    card = next(f"{body}{last}" for last in range(10) if is_card(f"{body}{last}"))
    assert [span.kind for span in find(f"is {card} ok")] == ["card"]
    assert not is_card(card[:-1] + str((int(card[-1]) + 1) % 10))


@given(st.text(max_size=200))
def test_any_text_is_read_and_stays_as_long_as_it_was(text: str) -> None:
    assert len(mask(text)) == len(text)


def test_a_chinese_id_with_a_wrong_check_digit_is_none() -> None:
    assert is_chinese_id("11010519491231002X")
    assert not is_chinese_id("110105194912310021")


def test_ordinary_chat_is_left_alone() -> None:
    """The training data's examples without six digits in a row or more: under one in a thousand is touched."""
    texts = [text for text in examples() if not re.search(rf"(?:{DIGIT}[\s,-]{{0,2}}){{6}}", text, re.IGNORECASE)]
    touched = [text for text in texts if find(text)]
    assert len(texts) > 10_000
    assert len(touched) < len(texts) / 1_000, touched


def test_amounts_and_references_in_the_training_data_are_left_alone() -> None:
    texts = [text for text in examples() if re.search(r"[$¥€£]\s?\d|\d\s?(?:元|块|usd|dollars)|[A-Z]{2}-?\d", text)]
    touched = [text for text in texts if find(text)]
    assert len(texts) > 200
    assert len(touched) < len(texts) / 100, touched[:5]


def test_long_text_is_read_quickly() -> None:
    began = time.perf_counter()
    for text in ("1 2 3 " * 700, "一" * 4000, "a@" * 2000, "路" * 4000, "Main " * 800, "one " * 1000, "中" * 4000):
        mask(text)
    assert time.perf_counter() - began < 5


def examples() -> list[str]:
    """What customers say in the training data, with the marks of entities taken off."""
    lines = (line for path in (ROOT / "data/nlu").rglob("*.yml") for line in path.read_text("utf-8").splitlines())
    said = (match[1] for line in lines if (match := re.match(r"\s+- (?!intent|lookup)(.+)", line)))
    return [re.sub(r"\[([^\]]*)\](?:\([^)]*\)|\{[^}]*\})", r"\1", each.strip().strip('"')) for each in said]
