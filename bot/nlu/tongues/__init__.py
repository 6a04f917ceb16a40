"""What a language's writers call numbers and money: one TOML file beside this one for each language.

A language whose numbers are words between spaces has `grammar = "words"`, one of numerals in a row `"characters"`; the
grammars themselves are in `bot.nlu.numerals`.
"""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path
from typing import Any


@cache
def tongues() -> tuple[dict[str, Any], ...]:
    """Every language's tables, in order of the files' names."""
    return tuple(tomllib.loads(path.read_text("utf-8")) for path in sorted(Path(__file__).parent.glob("*.toml")))


def numbers(grammar: str) -> list[dict[str, Any]]:
    """The tables of numbers that are read by `grammar`."""
    return [each["numbers"] for each in tongues() if each["numbers"]["grammar"] == grammar]


def merged(section: str) -> dict[str, str]:
    """A section of lines of words of all languages as one; lines of one key are joined."""
    joint: dict[str, str] = {}
    for each in tongues():
        for key, line in each[section].items():
            joint[key] = f"{joint[key]}{'|' if section == 'phrases' else ' '}{line}" if key in joint else line
    return joint


def habits(name: str) -> frozenset[str]:
    """A list of words of all languages' habits."""
    found: set[str] = set()
    for each in tongues():
        words = each["habits"].get(name, "")
        found.update(words.split() if isinstance(words, str) else words)
    return frozenset(found)
