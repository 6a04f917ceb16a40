"""Articles are Markdown with a head; what is broken names its file, its line and what was expected."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from bot.errors import ConfigError
from bot.help.articles import Passage, plain, read, read_all

GOOD = """---
title: What freezing does
intents: [freeze_card]
valid_from: 2026-01-01
valid_until: 2027-01-01
questions:
- can money still come in
---
A frozen card pays nothing.

## Money that comes in
It still **comes in**. See [lost cards](lost-card.md).
"""


def written(folder: Path, text: str, name: str = "freezing.md") -> Path:
    path = folder / "en" / name
    path.parent.mkdir(exist_ok=True)
    path.write_text(text, encoding="utf-8")
    return path


def test_an_article_has_a_head_and_passages(tmp_path: Path) -> None:
    article = read(written(tmp_path, GOOD))
    assert (article.id, article.language, article.title) == ("freezing", "en", "What freezing does")
    assert (article.intents, article.questions) == (("freeze_card",), ("can money still come in",))
    assert article.passages == (
        Passage(heading="", text="A frozen card pays nothing."),
        Passage(heading="Money that comes in", text="It still **comes in**. See [lost cards](lost-card.md)."),
    )
    assert plain(article.passages[1].text) == "It still comes in. See lost cards."


def test_it_is_valid_from_its_first_day_until_before_its_last(tmp_path: Path) -> None:
    article = read(written(tmp_path, GOOD))
    days = (date(2025, 12, 31), date(2026, 1, 1), date(2026, 12, 31), date(2027, 1, 1))
    assert [article.valid_on(day) for day in days] == [False, True, True, False]


def test_a_long_article_is_cut_at_paragraphs(tmp_path: Path) -> None:
    paragraph = "This sentence is about forty characters. " * 10
    article = read(written(tmp_path, f"---\ntitle: Long\n---\n{paragraph}\n\n{paragraph}\n\n{paragraph}"))
    assert [len(each.text) for each in article.passages] == [2 * len(paragraph.strip()) + 2, len(paragraph.strip())]


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("title: x\n", "data/help/en/freezing.md:1: expected `---`"),
        ("---\ntitle: x\n", "data/help/en/freezing.md:2: the head does not end"),
        ("---\ntitle: x\n---\n", "data/help/en/freezing.md:3: expected the article's text"),
        ("---\ntitle: [x\n---\ntext", "not YAML"),
        ("---\ntext\n---\ntext", "data/help/en/freezing.md:2: expected keys and values"),
        ("---\nintents: []\n---\ntext", "data/help/en/freezing.md:2: title: expected a text"),
        ("---\ntitle: x\nintents: freeze\n---\ntext", "data/help/en/freezing.md:3: intents: expected a list of texts"),
        ("---\ntitle: x\naudience: all\n---\ntext", "data/help/en/freezing.md:3: audience: expected everyone or"),
        ("---\ntitle: x\nvalid_from: soon\n---\ntext", "data/help/en/freezing.md:3: valid_from: expected a day"),
        ("---\ntitle: x\nauthor: me\n---\ntext", "data/help/en/freezing.md:3: author is unknown; known: title, "),
    ],
)
def test_what_is_broken_is_named_with_its_line(tmp_path: Path, text: str, said: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read(written(tmp_path, text))
    assert said in str(refused.value)


def test_every_broken_article_is_named_at_once(tmp_path: Path) -> None:
    written(tmp_path, "text", "one.md")
    written(tmp_path, "text", "Two Words.md")
    written(tmp_path, GOOD)
    with pytest.raises(ConfigError) as refused:
        read_all(tmp_path)
    assert len(refused.value.problems) == 2
