"""Words apart from code: a catalogue for each language, `data/words/<language>.yml`, over the framework's own.

    language: en
    flows:
      request_refund: {title: Get a refund, name: your refund}
    buttons:
      yes: Yes
    refund_reasons:
      faulty: {say: Faulty or wrong item, heard: ["\\bbroken?\\b", faulty]}
    phrases:
      hesitates: ["h+m+", "one (sec|second)"]

A table has words by code; where an entry is also recognised, `say` is what it is called and `heard` are regular
expressions. `phrases` are patterns of what people say in the middle of anything; those of all languages count at once,
since people mix them. A project's catalogue adds to the framework's tables and patterns.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any

from bot.errors import ConfigError
from bot.files import read_yaml

FOLDER = "words"
OWN = Path(__file__).parent / FOLDER
DEFAULT = "en"
NEVER = re.compile(r"(?!)")
_NUMBERED = re.compile(r"(?<!\\)(?:\\\\)*\\[1-9]")
"""A group referred to by its number."""


class Words:
    """The catalogues of all languages."""

    def __init__(self, tables: Mapping[str, Mapping[str, Mapping[str, Any]]] | None = None) -> None:
        self._tables = tables or {}
        self._phrases: dict[str, re.Pattern[str]] = {}
        self._whole: dict[str, re.Pattern[str]] = {}
        self._heard: dict[str, dict[str, re.Pattern[str]]] = {}

    @property
    def languages(self) -> tuple[str, ...]:
        """Those that are spoken."""
        return tuple(each for each in self._tables if "buttons" in self._tables[each])

    def word(self, table: str, code: str | None, language: str) -> str:
        """What the code is called; a code nobody has named yet is said plainly, without its underscores."""
        said = self._entry(table, code or "", language)
        if isinstance(said, Mapping):
            said = said.get("say", said.get("title"))
        return str(said) if said is not None else (code or "").replace("_", " ")

    def title(self, flow: str, language: str) -> str:
        """A flow as a button says it: `Get a refund`."""
        return self.word("flows", flow, language)

    def name(self, flow: str, language: str) -> str:
        """A flow inside a sentence: `your refund`."""
        said = self._entry("flows", flow, language)
        return str(said["name"]) if isinstance(said, Mapping) and "name" in said else self.title(flow, language)

    def has_title(self, flow: str) -> bool:
        return any(flow in each.get("flows", {}) for each in self._tables.values())

    def codes(self, table: str) -> tuple[str, ...]:
        return tuple(dict.fromkeys(code for each in self._tables.values() for code in each.get(table, {})))

    def heard(self, table: str) -> Mapping[str, re.Pattern[str]]:
        """By code, how an entry of the table sounds in passing, in any language; the likeliest first."""
        if table not in self._heard:
            patterns: dict[str, list[str]] = {}
            for each in self._tables.values():
                for code, said in each.get(table, {}).items():
                    patterns.setdefault(code, []).extend(said.get("heard", ()) if isinstance(said, Mapping) else ())
            found = {code: re.compile("|".join(each), re.IGNORECASE) for code, each in patterns.items() if each}
            self._heard[table] = found
        return self._heard[table]

    def called(self, table: str, text: str) -> str | None:
        """The code that is called just so, in any language."""
        spoken = plain(text)
        for language in self._tables:
            for code in self.codes(table):
                if spoken == plain(self.word(table, code, language)):
                    return code
        return None

    def says(self, phrase: str, text: str) -> bool:
        """Whether the text has the phrase anywhere in it."""
        return self._pattern(phrase).search(text) is not None

    def begins(self, phrase: str, text: str) -> str | None:
        """What stands after the phrase, if the text begins with it."""
        found = re.compile(rf"\W*(?:{self._pattern(phrase).pattern})(?![a-z])[\s.,!;:。，！；：、~～]*", re.I).match(
            text
        )
        return text[found.end() :] if found and found[0].strip() else None

    def just(self, phrase: str, text: str) -> bool:
        """Whether the text is nothing but the phrase, said once or more, with courtesy around it."""
        if phrase not in self._whole:
            padding = self._pattern("padding").pattern
            self._whole[phrase] = re.compile(
                rf"\W*(?:(?:{padding})\W*)*(?:(?:{self._pattern(phrase).pattern})\W*(?:(?:{padding})\W*)*)+",
                re.IGNORECASE,
            )
        return self._whole[phrase].fullmatch(text) is not None

    def _pattern(self, phrase: str) -> re.Pattern[str]:
        if phrase not in self._phrases:
            found = [one for each in self._tables.values() for one in each.get("phrases", {}).get(phrase, ())]
            self._phrases[phrase] = re.compile("|".join(found), re.IGNORECASE) if found else NEVER
        return self._phrases[phrase]

    def _entry(self, table: str, code: str, language: str) -> Any:
        own = self._tables.get(language) or self._tables.get(DEFAULT) or {}
        return own.get(table, {}).get(code)


def plain(text: str) -> str:
    """For comparing what is typed with what was offered: letters, digits and signs of money."""
    return re.sub(r"[^\w$€£¥￥.]+", " ", text.casefold()).strip(" .")


def read(files: Iterable[Path]) -> Words:
    """The framework's catalogues and those of a project. Raises ConfigError, a line for each thing that is wrong."""
    tables: dict[str, dict[str, dict[str, Any]]] = {}
    spoken: set[str] = set()
    problems: list[str] = []
    for path in files:
        raw = read_yaml(path)
        name = "/".join(path.parts[-3:])
        if not isinstance(raw, dict) or not all(
            isinstance(each, dict) for key, each in raw.items() if key != "language"
        ):
            problems.append(f"{name}: expected tables of words by code")
            continue
        problems += [f"{name}: {problem}" for problem in _wrong_patterns(raw)]
        named = str(raw.get("language") or path.stem)
        spoken |= {named} if path.parent != OWN else set()
        language = tables.setdefault(named, {})
        for table, entries in raw.items():
            if table == "phrases":
                for phrase, patterns in entries.items():
                    known = language.setdefault("phrases", {}).setdefault(phrase, [])
                    known.extend(patterns)
            elif table != "language":
                language.setdefault(table, {}).update(entries)
    for named in tables.keys() - spoken if spoken else ():  # Not the project's: it may be understood, not spoken.
        tables[named] = {"phrases": tables[named].get("phrases", {})}
    problems += list(_missing({each: tables[each] for each in spoken or tables}))
    if problems:
        raise ConfigError(*problems)
    return Words(tables)


def word_files(roots: Iterable[Path]) -> list[Path]:
    found = {path for root in roots for path in (root.rglob(f"{FOLDER}/*.y*ml") if root.is_dir() else [root])}
    return [*sorted(OWN.glob("*.yml")), *sorted(path for path in found if path.parent.name == FOLDER)]


def _wrong_patterns(raw: Mapping[str, Any]) -> Iterator[str]:
    for table, entries in raw.items():
        for code, said in entries.items() if table != "language" else ():
            patterns = said if table == "phrases" else said.get("heard", ()) if isinstance(said, Mapping) else ()
            for pattern in patterns:
                if isinstance(pattern, str) and _NUMBERED.search(pattern):
                    yield f"{table}: {code}: {pattern!r} counts its groups, and patterns are joined: (?P<name>...)"
                try:
                    re.compile(pattern)
                except (re.error, TypeError) as error:
                    yield f"{table}: {code}: {pattern!r} is not a regular expression: {error}"


def _missing(tables: Mapping[str, Mapping[str, Mapping[str, Any]]]) -> Iterator[str]:
    """What one language has a word for and another has not."""
    names = {table for each in tables.values() for table in each} - {"phrases"}
    for table in sorted(names):
        codes = {code for each in tables.values() for code in each.get(table, {})}
        for language, each in tables.items():
            for code in sorted(codes - each.get(table, {}).keys()):
                yield f"words: {language}: {table}: {code} is missing, another language has it"
