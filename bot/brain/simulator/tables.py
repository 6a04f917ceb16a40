"""Reads call logs, staff and forecasts. What is wrong is said with file, line and what is expected.

Moments are the site's wall clock, as seconds since 1970-01-01 00:00 of that clock: a zone in the file is left out.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import pairwise
from pathlib import Path

from bot.errors import ConfigError

QUARTER_S = 900
_YES = {
    "1",
    "true",
    "t",
    "yes",
    "y",
    "served",
    "answered",
    "answer",
    "agent",
    "handled",
    "completed",
    "connected",
    "是",
    "接通",
}
_NO = {
    "0",
    "false",
    "f",
    "no",
    "n",
    "abandoned",
    "abandon",
    "hang",
    "hangup",
    "left",
    "lost",
    "unserved",
    "missed",
    "否",
    "放弃",
}
_DAY_S = 86400


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    at: float
    queue: str
    kind: str
    """The customer's class."""
    served: bool
    wait_s: float
    """Until served, or gone."""
    handle_s: float | None
    """None where nobody served."""


def read_log(path: Path) -> list[Call]:
    """In order of arrival. Raises ConfigError."""
    calls = [_call(row) for row in _rows(path, ("arrived", "queue", "class", "served", "wait_s", "handle_s"))]
    if not any(call.served for call in calls):
        raise ConfigError(f"{path.name}: no call was served; handle times cannot be learned from it")
    return sorted(calls, key=lambda call: call.at)


def read_staff(path: Path) -> dict[int, int]:
    """People by quarter hour (wall-clock seconds over 900). Raises ConfigError."""
    staff: dict[int, int] = {}
    for row in _rows(path, ("start", "agents")):
        at = row.moment("start")
        if at % QUARTER_S:
            raise row.wrong("start", "the start of a quarter hour, such as 2026-11-02T09:15")
        if int(at) // QUARTER_S in staff:
            raise row.wrong("start", "each quarter hour once")
        staff[int(at) // QUARTER_S] = round(row.number("agents", most=100_000))
    return staff


def read_forecast(path: Path) -> list[tuple[float, float]]:
    """Start and expected contacts of each interval; the column is `mean`, `count`, `offered`, `calls` or `forecast`."""
    with_header = _header(path)
    column = next((each for each in ("mean", "count", "offered", "calls", "forecast") if each in with_header), "count")
    rows = [(row.moment("start"), row.number(column, most=1e7)) for row in _rows(path, ("start", column))]
    for line, ((a, _), (b, _)) in enumerate(pairwise(rows), start=3):
        if b <= a:
            raise ConfigError(f"{path.name}: line {line}: start is not after the one before; expected rising starts")
    return rows


@dataclass(frozen=True, slots=True)
class _Row:
    name: str
    line: int
    cells: dict[str, str]

    def wrong(self, column: str, expected: str) -> ConfigError:
        return ConfigError(f"{self.name}: line {self.line}: {column} is {self.cells[column]!r}; expected {expected}")

    def moment(self, column: str) -> float:
        try:
            at = datetime.fromisoformat(self.cells[column])
        except ValueError as error:
            raise self.wrong(column, "ISO 8601, year first, such as 2026-11-02T09:15:30") from error
        if not 1970 < at.year < 2200:
            raise self.wrong(column, "a year from 1971 to 2199")
        return at.replace(tzinfo=UTC).timestamp()

    def number(self, column: str, *, most: float) -> float:
        try:
            value = float(self.cells[column])
        except ValueError:
            value = math.nan
        if not 0 <= value <= most:
            raise self.wrong(column, f"a number from 0 to {most:g}")
        return value

    def truth(self, column: str) -> bool:
        word = self.cells[column].casefold().removesuffix(".0")
        if word not in _YES | _NO:
            raise self.wrong(column, "1 or 0, true or false, yes or no, served or abandoned")
        return word in _YES


def _call(row: _Row) -> Call:
    served = row.truth("served")
    handled = row.number("handle_s", most=_DAY_S) if served else None
    for column in ("queue", "class"):
        if len(row.cells[column]) > 200:
            raise row.wrong(column, "a name of at most 200 characters")
    return Call(
        at=row.moment("arrived"),
        queue=row.cells["queue"],
        kind=row.cells["class"] or "unknown",
        served=served,
        wait_s=row.number("wait_s", most=_DAY_S),
        handle_s=handled,
    )


def _header(path: Path) -> list[str]:
    return [each.strip().casefold() for each in next(csv.reader(_text(path).splitlines()), [])]


def _rows(path: Path, columns: Sequence[str]) -> Iterator[_Row]:
    header = _header(path)
    if missing := [each for each in columns if each not in header]:
        raise ConfigError(
            f"{path.name}: line 1: no column {', '.join(missing)}; expected {','.join(columns)}, parted by commas"
        )
    reader = csv.reader(_text(path).splitlines())
    next(reader)
    count = 0
    for cells in reader:
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(header):
            raise ConfigError(f"{path.name}: line {reader.line_num}: {len(cells)} cells; expected {len(header)}")
        count += 1
        yield _Row(path.name, reader.line_num, dict(zip(header, (cell.strip() for cell in cells), strict=True)))
    if not count:
        raise ConfigError(f"{path.name}: no rows; expected {','.join(columns)}")


def _text(path: Path) -> str:
    try:
        content = path.read_bytes()
    except OSError as error:
        raise ConfigError(f"{path.name}: cannot read {path}: {error.strerror}") from error
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = content[: error.start].count(b"\n") + 1
        raise ConfigError(f"{path.name}: line {line}: not UTF-8; save it as UTF-8") from error
