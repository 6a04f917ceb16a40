"""Articles of the help centre: `data/help/<language>/<id>.md`, Markdown with a head.

    ---
    title: What happens when I freeze a card
    intents: [freeze_card, unfreeze_card]
    audience: everyone                  # or signed_in; everyone where it is left out
    valid_from: 2026-01-01              # both may be left out; half-open: valid_from <= day < valid_until
    valid_until: 2027-01-01
    questions:                          # as customers ask it; may be left out
    - can money still come in while my card is frozen
    ---
    A frozen card ...

    ## Payments that were already under way
    ...

The text is cut into passages at its second-level headings and at empty lines, so that an answer quotes what answers.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import Any

from bot.errors import ConfigError
from bot.files import parse_yaml

FOLDER = "help"
AUDIENCES = ("everyone", "signed_in")
PASSAGE_CHARS = 600
"""A passage is closed by the paragraph that makes it as long; a Chinese character counts as three."""
_ID = re.compile(r"[a-z0-9][a-z0-9-]{0,80}")
_KNOWN = ("title", "intents", "audience", "valid_from", "valid_until", "questions")
_LINK = re.compile(r"\[([^\]]+)\]\([^)\s]+\)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    heading: str
    """The second-level heading it stands under, "" before the first."""
    text: str
    """Markdown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Article:
    id: str
    """The file's name; the same article in another language has the same."""
    language: str
    title: str
    passages: tuple[Passage, ...]
    intents: tuple[str, ...] = ()
    """What it is about."""
    audience: str = "everyone"
    valid_from: date | None = None
    valid_until: date | None = None
    questions: tuple[str, ...] = ()

    def valid_on(self, day: date) -> bool:
        return (self.valid_from is None or self.valid_from <= day) and (
            self.valid_until is None or day < self.valid_until
        )


def read_all(folder: Path) -> list[Article]:
    """Every article below `folder`, by language and id. Raises ConfigError with one line for each that is broken."""
    articles: list[Article] = []
    problems: list[str] = []
    for path in sorted(folder.glob("*/*.md")):
        try:
            articles.append(read(path))
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(*problems)
    return articles


def read(path: Path) -> Article:
    """One article. Raises ConfigError naming file, line and what is expected."""
    place = f"data/{FOLDER}/{path.parent.name}/{path.name}"
    if not _ID.fullmatch(path.stem):
        raise ConfigError(
            f"{place}: the name is the article's id: letters a to z, digits and hyphens, as freezing-a-card.md"
        )
    try:
        text = path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigError(f"{place}: not UTF-8 at byte {error.start}; save it as UTF-8") from error
    lines = text.splitlines()
    if not lines or lines[0].strip() != "---":
        raise ConfigError(f"{place}:1: expected `---`, the head's first line, with `title:` in the next")
    end = next((number for number, line in enumerate(lines[1:], 1) if line.strip() == "---"), None)
    if end is None:
        raise ConfigError(f"{place}:{len(lines)}: the head does not end; expected a line `---` after it")
    head = _head(lines[1:end], place)
    body = "\n".join(lines[end + 1 :]).strip()
    if not body:
        raise ConfigError(f"{place}:{end + 1}: expected the article's text after the head")
    return Article(id=path.stem, language=path.parent.name, passages=tuple(passages(body)), **head)


def _head(lines: list[str], place: str) -> dict[str, Any]:
    # The empty line stands for the `---` above, so that errors name the file's own lines.
    head = parse_yaml("\n".join(["", *lines]), name=place)
    if not isinstance(head, dict):
        raise ConfigError(f"{place}:2: expected keys and values, as `title: ...`")

    def line_of(key: object) -> int:
        return next((number for number, line in enumerate(lines, 2) if line.split(":")[0].strip() == str(key)), 2)

    def wrong(key: object, expected: str) -> str:
        return f"{place}:{line_of(key)}: {key}: expected {expected}"

    problems = [
        f"{place}:{line_of(key)}: {key} is unknown; known: {', '.join(_KNOWN)}" for key in head if key not in _KNOWN
    ]
    title = head.get("title")
    if not isinstance(title, str) or not title.strip():
        problems.append(wrong("title", "a text"))
    for key in ("intents", "questions"):
        value = head.get(key, [])
        if not isinstance(value, list) or not all(isinstance(each, str) and each.strip() for each in value):
            problems.append(wrong(key, "a list of texts"))
    if head.get("audience", AUDIENCES[0]) not in AUDIENCES:
        problems.append(wrong("audience", " or ".join(AUDIENCES)))
    days = ("valid_from", "valid_until")
    problems += [wrong(key, "a day, as 2026-01-31") for key in days if not isinstance(head.get(key), date | None)]
    if problems:
        raise ConfigError(*problems)
    return _values(head)


def _values(head: Mapping[str, Any]) -> dict[str, Any]:
    values = {key: value for key, value in head.items() if value is not None}
    for key in ("intents", "questions"):
        values[key] = tuple(values.get(key, ()))
    return {**values, "title": values["title"].strip()}


def passages(body: str) -> Iterator[Passage]:
    """An article's text in pieces of some sentences each."""
    heading, held = "", ""
    for paragraph in re.split(r"\n\s*\n", body):
        first, _, rest = paragraph.strip().partition("\n")
        if first.startswith("#"):
            if held:
                yield Passage(heading=heading, text=held)
            heading, held = first.lstrip("# ").strip(), rest.strip()
        else:
            held = f"{held}\n\n{paragraph.strip()}".strip()
        if _length(held) >= PASSAGE_CHARS:
            yield Passage(heading=heading, text=held)
            held = ""
    if held:
        yield Passage(heading=heading, text=held)


def plain(text: str) -> str:
    """Markdown without its marks, for comparing and for channels that show none."""
    text = _LINK.sub(r"\1", text)
    text = re.sub(r"^\s*(?:[-*]|\d+\.|>|#+)\s+", "", text, flags=re.MULTILINE)
    return re.sub(r"[*_`|]{1,3}", "", text).strip()


def _length(text: str) -> int:
    return sum(3 if character > "\u2e80" else 1 for character in text)
