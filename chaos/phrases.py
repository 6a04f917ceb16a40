"""Which of the shipped bot's responses a line of its is: customers of a run tell them apart by their words alone."""

from __future__ import annotations

import re
from pathlib import Path

import yaml

LANGUAGES = ("en", "zh")
FEW = 3
"""Characters: what has fewer of its own is nothing but places to fill."""


class Phrases:
    def __init__(self, project: Path) -> None:
        self._known: list[tuple[str, re.Pattern[str]]] = []
        for language in LANGUAGES:
            path = project / "data" / "responses" / f"{language}.yml"
            responses = yaml.safe_load(path.read_text(encoding="utf-8"))["responses"]
            for name, variations in responses.items():
                texts = [each["text"] for each in variations if len(_own_words(each.get("text") or "")) >= FEW]
                self._known += [(name, _pattern(text)) for text in texts]
        self._known.sort(key=lambda known: -len(known[1].pattern))

    def name(self, text: str) -> str:
        """The response's name without `utter_`, or "" for what is none."""
        return next((name.removeprefix("utter_") for name, pattern in self._known if pattern.fullmatch(text)), "")


def _own_words(text: str) -> str:
    return re.sub(r"{\w+}|\W", "", text)


def _pattern(text: str) -> re.Pattern[str]:
    return re.compile(".*".join(re.escape(part) for part in re.split(r"{\w+}", text.strip())), re.DOTALL)
