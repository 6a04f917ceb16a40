"""Days and working days in a customer's time zone. Pure: time is an argument."""

from __future__ import annotations

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

DAY_S = 86_400.0


def day_of(at: float, timezone: str) -> str:
    """The day, as YYYY-MM-DD, that the moment falls on there."""
    return _local(at, timezone).date().isoformat()


def month_of(at: float, timezone: str) -> str:
    return day_of(at, timezone)[:7]


def day_bounds(at: float, timezone: str) -> tuple[float, float]:
    """First moment of the day and of the next one."""
    day = _local(at, timezone).date()
    return _midnight(day, timezone), _midnight(day + timedelta(days=1), timezone)


def month_bounds(month: str, timezone: str) -> tuple[float, float]:
    """First moment of the month (YYYY-MM) and of the next one. Raises ValueError or OverflowError for what is none."""
    first = date.fromisoformat(f"{month}-01")
    following = (first + timedelta(days=31)).replace(day=1)
    return _midnight(first, timezone), _midnight(following, timezone)


def month_before(month: str) -> str:
    return (date.fromisoformat(f"{month}-01") - timedelta(days=1)).isoformat()[:7]


def working_days_after(at: float, days: int, timezone: str, *, hour: int) -> float:
    """The moment `hour` o'clock on the `days`-th working day (Monday to Friday) after the moment's own day."""
    day = _local(at, timezone).date()
    while days > 0:
        day += timedelta(days=1)
        if day.weekday() < 5:
            days -= 1
    return datetime(day.year, day.month, day.day, hour, tzinfo=ZoneInfo(timezone)).timestamp()


def at_hour(now: float, days_ago: float, timezone: str, *, hour: int, minute: int = 0) -> float:
    """`hour:minute` on the day that was `days_ago` days ago there."""
    day = _local(now - days_ago * DAY_S, timezone).date()
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=ZoneInfo(timezone)).timestamp()


def _local(at: float, timezone: str) -> datetime:
    return datetime.fromtimestamp(at, ZoneInfo(timezone))


def _midnight(day: date, timezone: str) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(timezone)).timestamp()
