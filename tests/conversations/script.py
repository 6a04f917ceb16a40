"""A conversation as it is written down: who, what they say, what they must hear, what the bank must show at the end.

- id: en-correction-03
  persona: a courier dictating between stops
  kind: correction
  customer: C1014
  turns:
  - say: put my daily limit to 3000
  - say: no wait, 2500
    hears: ["2,?500"]           # each is found in what the bot answers; hears_any: one of them; not_hears: none
  - goes_on:                    # up to five turns: the answer to the first expression that the bot's last text has
    - ["code", CODE]            # the one-time code from the phone
    - [".", "yes"]
  books:                        # what differs in the bank at the end; nothing else may
  - {table: customers, row: {id: C1014}, is: {daily_minor: 250000}}
  person: no                    # yes: they wait for one at the end; any
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

HERE = Path(__file__).parent
LANGUAGES = ("en", "zh")
CODE = "CODE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One turn: exactly one of `say`, `press`, `code` and `goes_on`."""

    say: str = ""
    press: str = ""
    or_say: str = ""
    """Where no such button is on offer."""
    code: bool = False
    goes_on: tuple[tuple[str, str], ...] = ()
    hears: tuple[str, ...] = ()
    hears_any: tuple[str, ...] = ()
    not_hears: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One expected difference: a row that `is` otherwise now, or, without `row`, a new one."""

    table: str
    row: Mapping[str, Any] = field(default_factory=dict)
    values: Mapping[str, Any] = field(default_factory=dict)

    @property
    def new(self) -> bool:
        return not self.row


@dataclass(frozen=True, slots=True, kw_only=True)
class Script:
    id: str
    kind: str
    customer: str
    turns: tuple[Line, ...]
    books: tuple[Row, ...]
    person: str

    @property
    def language(self) -> str:
        return self.id.partition("-")[0]


def scripts(which: str, language: str) -> Iterator[Script]:
    """`which`: `open`, or `kept`, which nobody reads who works on the bot."""
    for path in sorted((HERE / which / language).glob("*.yml")):
        for written in yaml.safe_load(path.read_text(encoding="utf-8")):
            yield _script(written)


def _script(written: Mapping[str, Any]) -> Script:
    person = {False: "no", True: "yes"}.get(written.get("person", "no"), written.get("person", "no"))
    return Script(
        id=written["id"],
        kind=written["kind"],
        customer=written["customer"],
        turns=tuple(_line(each) for each in written["turns"]),
        books=tuple(
            Row(table=each["table"], row=each.get("row") or {}, values=each.get("is") or each.get("new") or {})
            for each in written.get("books") or ()
        ),
        person=person,
    )


def _line(written: Mapping[str, Any]) -> Line:
    heard = {name: tuple(map(str, written.get(name) or ())) for name in ("hears", "hears_any", "not_hears")}
    goes_on = tuple((str(asked), str(answer)) for asked, answer in written.get("goes_on") or ())
    said = {name: str(written[name]) for name in ("say", "press", "or_say") if name in written}
    return Line(code=bool(written.get("code")), goes_on=goes_on, **said, **heard)
