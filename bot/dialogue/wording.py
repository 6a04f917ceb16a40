"""How amounts, days and moments are said in each language, and the words that stand on buttons.

Amounts are minor units with an ISO 4217 currency, days are "YYYY-MM-DD", moments are seconds since the Unix epoch.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

LANGUAGES = ("en", "zh")

_SIGNS: Mapping[str, Mapping[str, str]] = {
    "en": {"CNY": "¥", "USD": "$", "EUR": "€", "GBP": "£", "JPY": "JP¥", "HKD": "HK$"},
    "zh": {"CNY": "￥", "USD": "US$", "EUR": "€", "GBP": "£", "JPY": "JP¥", "HKD": "HK$"},
}
_NO_MINOR_UNIT = ("JPY", "KRW")
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")
_LONG_MONTHS = (
    "January", "February", "March", "April", "May", "June",
    "July", "August", "September", "October", "November", "December",
)  # fmt: skip
_WEEKDAYS = {"en": ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"), "zh": ("一", "二", "三", "四", "五", "六", "日")}


def money(minor: int, currency: str, language: str) -> str:
    """`money(19990, "CNY", "zh") == "￥199.90"`, `money(-500, "USD", "en") == "-$5.00"`."""
    sign = _SIGNS[language].get(currency, f"{currency} ")
    whole = currency in _NO_MINOR_UNIT
    figure = f"{abs(minor):,}" if whole else f"{abs(minor) // 100:,}.{abs(minor) % 100:02d}"
    return f"{'-' if minor < 0 else ''}{sign}{figure}"


def day(iso: str, language: str, *, today: date, weekday: bool = False) -> str:
    """`11月3日` or `Nov 3`; with its year if that is not this year; today, tomorrow and yesterday are called so."""
    when = date.fromisoformat(iso)
    near = _near((when - today).days, language)
    if near and not weekday:
        return near
    if language == "zh":
        text = f"{when.month}月{when.day}日"
        text = text if when.year == today.year else f"{when.year}年{text}"
        return f"{text}（周{_WEEKDAYS['zh'][when.weekday()]}）" if weekday else text
    text = f"{_MONTHS[when.month - 1]} {when.day}"
    text = text if when.year == today.year else f"{text}, {when.year}"
    return f"{_WEEKDAYS['en'][when.weekday()]}, {text}" if weekday else text


def _near(days: int, language: str) -> str:
    names = {-1: ("yesterday", "昨天"), 0: ("today", "今天"), 1: ("tomorrow", "明天")}
    return names[days][language == "zh"] if days in names else ""


def moment(at: float, language: str, *, now: float, zone: tzinfo) -> str:
    """`11月3日14:15` or `Nov 3, 2:15 PM`, on the clock of `zone`."""
    when = datetime.fromtimestamp(at, zone)
    said = day(when.date().isoformat(), language, today=datetime.fromtimestamp(now, zone).date())
    if language == "zh":
        return f"{said}{when:%H:%M}"
    hour = when.hour % 12 or 12
    return f"{said}, {hour}:{when:%M} {'AM' if when.hour < 12 else 'PM'}"


def clock(at: float, zone: tzinfo) -> str:
    """`14:15:07`: for telling apart what happened on one day."""
    return f"{datetime.fromtimestamp(at, zone):%H:%M:%S}"


def month(iso: str, language: str) -> str:
    """A month "2026-10": `2026年10月` or `October 2026`."""
    year, number = iso.split("-")
    return f"{year}年{int(number)}月" if language == "zh" else f"{_LONG_MONTHS[int(number) - 1]} {year}"


def zone(name: str) -> tzinfo:
    """The IANA time zone, or UTC if there is none of that name."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def day_of(at: float, where: tzinfo) -> str:
    """The day a moment falls on there."""
    return datetime.fromtimestamp(at, where).date().isoformat()


def listed(parts: list[str], language: str) -> str:
    """`a, b and c`, `a、b和c`."""
    if len(parts) < 2:
        return "".join(parts)
    joint = ("、", "和") if language == "zh" else (", ", " and ")
    return joint[0].join(parts[:-1]) + joint[1] + parts[-1]


def numbered(lines: list[str]) -> str:
    """One line each, counted, so that "the second one" means something to a voice caller too."""
    return "\n".join(f"{place}. {line}" for place, line in enumerate(lines, start=1))
