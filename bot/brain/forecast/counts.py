"""Counts per interval in a CSV file, as a table of days by slots; what is not in the file is not a number."""

from __future__ import annotations

import csv
from datetime import date, datetime
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.errors import ConfigError

Table = NDArray[np.float64]
_STARTS, _COUNTS = ("start", "datetime"), ("count", "calls", "offered")


def read_counts(path: Path, *, interval_min: int) -> tuple[date, Table]:
    """The first day, and counts summed to `interval_min`; columns `start,count` or `date,time,calls`."""
    seen: dict[datetime, float] = {}
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            for number, row in enumerate(csv.DictReader(file), start=2):
                start, count = _row(row, f"{path}:{number}")
                if start in seen:
                    raise ConfigError(f"{path}:{number}: {start.isoformat()} stands here a second time; expected once")
                seen[start] = count
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path}: not UTF-8 at byte {error.start}; expected UTF-8 text") from error
    except OSError as error:
        raise ConfigError(f"{path}: cannot be read ({error.strerror}); expected a CSV file") from error
    if not seen:
        raise ConfigError(f"{path}:2: no counts; expected rows of start,count")
    first = min(seen).date()
    table = np.full(((max(seen).date() - first).days + 1, 1440 // interval_min), np.nan)
    for start, count in seen.items():
        at = (start.date() - first).days, (start.hour * 60 + start.minute) // interval_min
        table[at] = count if np.isnan(table[at]) else table[at] + count
    return first, table


def _row(row: dict[str, str], place: str) -> tuple[datetime, float]:
    start = next((row[each] for each in _STARTS if row.get(each)), "")
    if row.get("date") and row.get("time"):
        start = f"{row['date']}T{row['time']}"
    try:
        moment = datetime.fromisoformat(start)
    except ValueError as error:
        raise ConfigError(f"{place}: start '{start}'; expected local ISO time, such as 2026-11-26T09:30") from error
    if moment.tzinfo is not None:
        raise ConfigError(f"{place}: start '{start}' names a zone; expected local time without one")
    given = next((row[each] for each in _COUNTS if row.get(each)), "")
    try:
        count = float(given)
    except ValueError:
        count = np.nan
    if not 0 <= count < 1e7:
        raise ConfigError(f"{place}: count '{given}'; expected a number from 0 to below 10000000")
    return moment, count
