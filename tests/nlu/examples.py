"""One set of rules and one moment for all tests of entities: Sunday, 22 November 2026, noon in Shanghai."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from bot.nlu.entities import Rules
from bot.nlu.found import Found

NOW = datetime(2026, 11, 22, 12, 0, tzinfo=ZoneInfo("Asia/Shanghai"))
RULES = Rules()


def find(text: str, *, expects: str = "", now: datetime = NOW) -> list[Found]:
    return RULES.find(text, now=now, expects=expects)


def values(text: str, entity: str, **options: Any) -> list[Any]:
    return [found.value for found in find(text, **options) if found.entity == entity]


def surfaces(text: str, entity: str) -> list[str]:
    return [text[found.start : found.end] for found in find(text) if found.entity == entity]


def money(text: str, **options: Any) -> list[str]:
    """Amounts as a person reads them: `199.90 CNY`, `5000.00 ?` where no currency was said, `200 JPY`."""
    told = []
    for value in values(text, "amount", **options):
        number = value["minor"] if value["currency"] in ("JPY", "KRW") else f"{value['minor'] / 100:.2f}"
        told.append(f"{number} {value['currency'] or '?'}")
    return told


def dates(text: str, **options: Any) -> list[str]:
    """Dates as `2026-11-03`, spans as `2026-11-01..2026-12-01`, the last day not in it."""
    return [
        value if isinstance(value, str) else f"{value['from']}..{value['to']}"
        for value in values(text, "date", **options)
    ]
