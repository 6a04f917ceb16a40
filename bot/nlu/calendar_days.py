"""Days and half-open spans of days: the arithmetic under the date rules. Pure; *today* is always an argument."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Literal

Prefer = Literal["past", "future"]
Value = str | dict[str, str]


@dataclass(frozen=True, slots=True)
class When:
    """The days `start <= day < end`."""

    start: date
    end: date

    def value(self) -> Value:
        """ISO: one day as itself, more as {"from", "to"}, half-open."""
        if self.end - self.start == timedelta(days=1):
            return self.start.isoformat()
        return {"from": self.start.isoformat(), "to": self.end.isoformat()}


def day(at: date) -> When:
    return When(at, at + timedelta(days=1))


def days_from(today: date, count: int) -> When:
    return day(today + timedelta(days=count))


def months_from(at: date, count: int) -> date:
    """The same day `count` months later, or that month's last day."""
    year, month = divmod(at.year * 12 + at.month - 1 + count, 12)
    return date(year, month + 1, min(at.day, month_length(year, month + 1)))


def month_length(year: int, month: int) -> int:
    return (month_of(year, month).end - date(year, month, 1)).days


def month_of(year: int, month: int) -> When:
    return When(date(year, month, 1), date(year + month // 12, month % 12 + 1, 1))


def moved(at: date, unit: str, count: int) -> date:
    """`at` and `count` units (day, week, month, quarter, year) later; of hours and less, the same day."""
    if unit in ("month", "quarter", "year"):
        return months_from(at, count * {"month": 1, "quarter": 3, "year": 12}[unit])
    return at + timedelta(days=count * {"day": 1, "week": 7, "weekend": 7, "fortnight": 14}.get(unit, 0))


_ABOUT_DAYS = {"day": 1, "week": 7, "fortnight": 14, "weekend": 7, "month": 30, "quarter": 91, "year": 365}


def moved_by_part(at: date, unit: str, count: Decimal) -> date | None:
    """`at` and one and a half months later: of a month 30 days; whole months of a year. None for hours and less."""
    if unit == "year" and count * 12 == int(count * 12):
        return months_from(at, int(count * 12))
    if unit not in _ABOUT_DAYS:
        return None
    return at + timedelta(days=int(count * _ABOUT_DAYS[unit]))


def month_of_today(today: date, count: int) -> When:
    """The calendar month `count` from the present one."""
    first = months_from(today.replace(day=1), count)
    return When(first, months_from(first, 1))


def period(today: date, unit: str, count: int) -> When | None:
    """The calendar day, week (Monday first), weekend, month, quarter or year, `count` from the present one."""
    if unit == "day":
        return days_from(today, count)
    if unit == "fortnight" and count:
        ends = today + timedelta(days=1) if count < 0 else today + timedelta(days=15)
        return When(ends - timedelta(days=15), ends)
    if unit in ("week", "weekend"):
        monday = today - timedelta(days=today.weekday()) + timedelta(days=7 * count)
        return When(monday + timedelta(days=5 if unit == "weekend" else 0), monday + timedelta(days=7))
    if unit in ("month", "quarter", "year"):
        length = {"month": 1, "quarter": 3, "year": 12}[unit]
        first = date(today.year, (today.month - 1) // length * length + 1, 1)
        return When(months_from(first, count * length), months_from(first, (count + 1) * length))
    return None


def part(of: When, name: str) -> When:
    """The start, middle or end of a span: its thirds, to whole days. Of a month: from the 1st, 11th and 21st."""
    if (of.end - of.start).days in range(28, 32):
        cuts = [of.start, of.start + timedelta(days=10), of.start + timedelta(days=20), of.end]
    else:
        third = (of.end - of.start) // 3
        cuts = [of.start, of.start + third, of.start + 2 * third, of.end]
    at = {"start": 0, "first": 0, "middle": 1, "end": 2}[name]
    return When(cuts[at], cuts[at + 1])


def weekday(today: date, number: int, *, week: int | None, prefer: Prefer) -> When:
    """A day of the week, 0 is Monday: of the week `week` from this one, or the nearest one on the preferred side."""
    if week is not None:
        return days_from(today, number - today.weekday() + 7 * week)
    if prefer == "past":
        return days_from(today, -((today.weekday() - number) % 7))
    return days_from(today, (number - today.weekday()) % 7)


def day_of_month(today: date, number: int, *, prefer: Prefer) -> When | None:
    """The nearest such day, today included, on the preferred side; months too short for it are passed over."""
    step = -1 if prefer == "past" else 1
    for count in range(4):
        first = months_from(today.replace(day=1), step * count)
        if number <= month_length(first.year, first.month):
            found = first.replace(day=number)
            if (found <= today) if prefer == "past" else (today <= found):
                return day(found)
    return None


def month_day(today: date, month: int, number: int, *, year: int | None, prefer: Prefer) -> When | None:
    """That day of `year`, or the nearest one on the preferred side."""
    if not 1 <= month <= 12:
        return None
    step = -1 if prefer == "past" else 1
    for count in range(9):
        tried = year or today.year + step * count
        if 1 <= number <= month_length(tried, month):
            found = date(tried, month, number)
            if year or ((found <= today) if prefer == "past" else (today <= found)):
                return day(found)
        if year:
            return None
    return None


def named_month(today: date, month: int, *, year: int | None, prefer: Prefer) -> When | None:
    if not 1 <= month <= 12:
        return None
    if year is None:
        later, earlier = today.month < month, month < today.month
        year = today.year - later if prefer == "past" else today.year + earlier
    return month_of(year, month)
