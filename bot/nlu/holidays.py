"""The shopping days and holidays customers date their payments by."""

from __future__ import annotations

from datetime import date, timedelta

from bot.nlu.calendar_days import Prefer, When, day

# Month and day by year, of feasts on the lunar calendar, as proclaimed or computed.
_LUNAR = {
    "spring": {2023: "01-22", 2024: "02-10", 2025: "01-29", 2026: "02-17", 2027: "02-06", 2028: "01-26", 2029: "02-13",
               2030: "02-03"},
    "dragon": {2023: "06-22", 2024: "06-10", 2025: "05-31", 2026: "06-19", 2027: "06-09", 2028: "05-28", 2029: "06-16",
               2030: "06-05"},
    "moon": {2023: "09-29", 2024: "09-17", 2025: "10-06", 2026: "09-25", 2027: "09-15", 2028: "10-03", 2029: "09-22",
             2030: "09-12"},
}  # fmt: skip


def on(name: str, year: int) -> date | None:
    """`name` is month-day ("11-11") or a rule's name. None for a lunar feast beyond the table."""
    if name in _LUNAR:
        found = _LUNAR[name].get(year)
        return date.fromisoformat(f"{year}-{found}") if found else None
    first = date(year, 11, 1)
    thanksgiving = first + timedelta(days=(3 - first.weekday()) % 7 + 21)
    if name in ("thanksgiving", "black friday", "cyber monday"):
        return thanksgiving + timedelta(days={"thanksgiving": 0, "black friday": 1, "cyber monday": 4}[name])
    month, number = name.split("-")
    return date(year, int(month), int(number))


def holiday(today: date, name: str, *, year: int | None, prefer: Prefer) -> When | None:
    if year is not None:
        found = on(name, year)
        return day(found) if found else None
    years = (today.year, today.year - 1) if prefer == "past" else (today.year, today.year + 1)
    for each in years:
        found = on(name, each)
        if found and ((found <= today) if prefer == "past" else (today <= found)):
            return day(found)
    return None
