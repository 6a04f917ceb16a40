"""What a pattern for one day means, given today. `RULES` names them as `dates.PATTERNS` does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import lru_cache

from dateparser.date import DateDataParser

from bot.nlu import calendar_days as calendar
from bot.nlu.atoms import Atom
from bot.nlu.calendar_days import When
from bot.nlu.date_reading import Context, Rule, fraction, is_english, one, the, whole, year_number, year_of
from bot.nlu.holidays import holiday
from bot.nlu.wordlist import forms


def _day(atoms: Sequence[Atom], start: int, end: int, context: Context) -> When | None:
    atom = atoms[start]
    if atom.text in ("今", "昨"):  # 今 and 昨 alone are parts of other words
        return None
    return calendar.days_from(context.today, int(atom.lemma))


def _weekday(atoms: Sequence[Atom], start: int, end: int, context: Context) -> When | None:
    span = atoms[start:end]
    number = one(span, "WEEKDAY")
    relatives = [int(atom.lemma) if atom.tag == "REL" else -1 for atom in span if atom.tag in ("REL", "RECENT")]
    if number is None or (start and atoms[start - 1].tag == "NUM" and not is_english(number)):
        return None
    after_on = start > 0 and atoms[start - 1].text.lower() == "on"
    if number.text in ("sun", "sat", "mon", "wed") and not relatives and not after_on:
        return None  # the star, the past of "sit", ...
    day, today, in_week = int(number.lemma), context.today, one(span, "PERIOD") is not None
    if not relatives:
        return calendar.weekday(today, day, week=None, prefer=context.prefer)
    if not is_english(number) or in_week:
        return calendar.weekday(today, day, week=sum(relatives), prefer=context.prefer)
    return _english_weekday(today, day, sum(relatives))


def _english_weekday(today: date, day: int, relative: int) -> When:
    """`last Friday` is the latest one before today, `this Friday` the first from today on, `next` is next week's."""
    if relative < 0:
        return calendar.weekday(today - timedelta(days=1), day, week=None, prefer="past")
    return calendar.weekday(today, day, week=relative or None, prefer="future")


def _month_day(atoms: Sequence[Atom], start: int, end: int, context: Context) -> When | None:
    span = atoms[start:end]
    at = next(index for index, atom in enumerate(span) if atom.text == "月")
    month, number = whole(span[at - 1], 1, 12), whole(span[at + 1], 1, 31)
    if month is None or number is None or (span[-1].tag != "DAYMARK" and not _ends(atoms, end)):
        return None
    return calendar.month_day(context.today, month, number, year=year_of(span, context), prefer=context.prefer)


def _ends(atoms: Sequence[Atom], end: int) -> bool:
    """11月3 is a date unless the 3 belongs to what follows: 11月3笔."""
    return end == len(atoms) or atoms[end].tag not in ("COUNTED", "PERIOD", "CUR", "SUB", "AMPM")


def _english_month_day(atoms: Sequence[Atom], start: int, end: int, context: Context) -> When | None:
    """`Nov 3`, `the 3rd of November, 2025`, `March 3rd last year`."""
    span = [atom for atom in atoms[start:end] if atom.tag in ("MONTH", "ORD", "NUM")]
    month = one(span, "MONTH")
    beside = [atom for atom in span if atom is not month]
    number = whole(beside[0], 1, 31)
    year = year_of(atoms[start:end], context)
    if len(beside) > 1:
        year = year_number(beside[1]) if len(beside[1].digits) == 4 else None
        if year is None:
            return None
    if month is None or number is None or (atoms[end - 1].tag == "NUM" and not _ends(atoms, end)):
        return None
    if month.text == "may" and month is span[0] and start and atoms[start - 1].text.lower() in _SUBJECTS:
        return None  # "you may 3 times" against "from may 3"
    return calendar.month_day(context.today, int(month.lemma), number, year=year, prefer=context.prefer)


def _day_of_month(atoms: Sequence[Atom], start: int, end: int, context: Context) -> When | None:
    """`3号`, `on the 3rd`, `上个月15号`, `the 3rd of last month`."""
    span = atoms[start:end]
    named = one(span, "ORD") or one(span, "NUM")
    number, relative = whole(named, 1, 31), one(span, "REL")
    if named is None or number is None or named.text.startswith("第") or not _names_a_day(atoms, start, end, named):
        return None
    if relative is None:
        return calendar.day_of_month(context.today, number, prefer=context.prefer)
    month = calendar.month_of_today(context.today, int(relative.lemma))
    return calendar.day(month.start.replace(day=number))


def _names_a_day(atoms: Sequence[Atom], start: int, end: int, named: Atom) -> bool:
    """`the 3rd time`, `the first of all`, `3号楼` and 2025年3月3日's tail name no day of the month."""
    after = atoms[end] if end < len(atoms) else None
    if start and atoms[start - 1].text in ("月", "年", "#", "第"):
        return False
    if named.tag == "ORD" and is_english(named):
        if not named.text[0].isdigit() and one(atoms[start:end], "REL") is None:
            return False
        return (
            after is None
            or after.tag in ("OTHER", "MONTH", "DAY", "ALONGSIDE", "SINCE", "TO", "AGO")
            or (after.text.lower() in _AFTER_A_DAY or (after.tag == "OF" and not after.text.isalpha()))
        )
    return after is None or after.tag != "COUNTED" or after.text in ("个", "笔", "单")


_SUBJECTS = frozenset(["i", "you", "it", "we", "they", "he", "she", "that", "this", "which", "who"])
_AFTER_A_DAY = frozenset(
    forms(
        "at in i it my for from but because so when then please the is was we you he she they there still around "
        "about by which that this and or has have had why what how can could would will did do a"
    )
)


def _ago(atoms: Sequence[Atom], start: int, end: int, context: Context) -> When | None:
    """`two weeks ago`, `三天前`, `半个月前`, `a few days ago`: the day itself, or the week around "a few"."""
    span = atoms[start:end]
    unit, number = the(span, "PERIOD"), one(span, "NUM")
    if (unit.text in ("月", "月份", "周末") and one(span, "HALF") is None) or (
        unit.text == "年" and number and len(number.digits) == 4
    ):
        return None
    if unit.lemma in ("hour", "minute", "second") and number is None:
        return calendar.day(context.today)
    if one(span, "FEW") is not None:
        if start and atoms[start - 1].tag == "NUM":
            return None  # 十几天前
        counts = (4, 1) if "couple" in (atom.text.lower() for atom in span) else (7, 2)
        return When(*(calendar.moved(context.today, unit.lemma, -count) for count in counts))
    part = fraction(span)
    if part is not None or one(span, "HALF") is not None:
        return _half_ago(context.today, unit.lemma) if part is None else _part_ago(context, unit.lemma, part)
    count = 1 if number is None else whole(number, 0, 1200)
    return None if count is None else calendar.day(_back(context, unit.lemma, count))


def _part_ago(context: Context, unit: str, count: Decimal) -> When | None:
    """`a month and a half ago`, 两个半小时前."""
    if unit in _SECONDS:
        return calendar.day((context.now - timedelta(seconds=int(count * _SECONDS[unit]))).date())
    at = calendar.moved_by_part(context.today, unit, -count)
    return None if at is None else calendar.day(at)


_SECONDS = {"hour": 3600, "minute": 60, "second": 1}


def _back(context: Context, unit: str, count: int) -> date:
    if unit in _SECONDS:
        return (context.now - timedelta(seconds=count * _SECONDS[unit])).date()
    return calendar.moved(context.today, unit, -count)


def _half_ago(today: date, unit: str) -> When | None:
    if unit == "year":
        return calendar.day(calendar.months_from(today, -6))
    if unit in ("hour", "day", "minute"):
        return calendar.day(today)
    return calendar.days_from(today, -15) if unit == "month" else None


def _compound_ago(atoms: Sequence[Atom], start: int, end: int, context: Context) -> When | None:
    """`a year and two months ago`, `2 weeks 3 days ago`: dateparser adds up the parts."""
    words = [
        "1" if atom.text.lower() in ("a", "an") else str(atom.number or atom.lemma) for atom in atoms[start : end - 1]
    ]
    found = _by_dateparser(" ".join([*(word for word in words if word not in ("and", "of")), "ago"]), context.today)
    return calendar.day(found) if found is not None and found < context.today else None


@lru_cache(maxsize=4096)
def _by_dateparser(text: str, today: date) -> date | None:
    # dateparser keeps one Settings for each base it has seen: a date, not a moment, so one a day.
    settings = {"RELATIVE_BASE": datetime.combine(today, time()), "PARSERS": ["relative-time"]}
    found = DateDataParser(languages=["en"], settings=settings).get_date_data(text).date_obj
    return None if found is None else found.date()


def prepare() -> None:
    """Have dateparser load its language now (0.1 s), not at a customer's message."""
    _by_dateparser("1 year 1 day ago", date(2026, 1, 1))


def _ahead(atoms: Sequence[Atom], start: int, end: int, context: Context) -> When | None:
    """`in 3 days`, `in a week`, `三天后`."""
    span = atoms[start:end]
    unit, number = the(span, "PERIOD"), one(span, "NUM")
    if (part := fraction(span)) is not None:
        at = calendar.moved_by_part(context.today, unit.lemma, part)
        return None if at is None else calendar.day(at)
    count = 1 if number is None else whole(number, 1, 1200)
    if count is None or unit.lemma in ("hour", "minute", "second") or unit.text in ("月", "月份", "周末"):
        return None
    return calendar.day(calendar.moved(context.today, unit.lemma, count))


def _weekday_ago(atoms: Sequence[Atom], start: int, end: int, context: Context) -> When | None:
    """`a week ago Tuesday`, `Friday two weeks ago`, `the Friday before last`: so many weeks before the latest one."""
    span = atoms[start:end]
    unit, number, named = one(span, "PERIOD"), one(span, "NUM"), the(span, "WEEKDAY")
    weeks = 1 if number is None else whole(number, 1, 52)
    if weeks is None or (unit is not None and unit.lemma not in ("week", "fortnight")):
        return None
    weeks *= 2 if unit is not None and unit.lemma == "fortnight" else 1
    before = context.today - timedelta(days=1) if unit is None else context.today
    latest = calendar.weekday(before, int(named.lemma), week=None, prefer="past")
    return calendar.day(latest.start - timedelta(days=7 * weeks))


def _holiday(atoms: Sequence[Atom], start: int, end: int, context: Context) -> When | None:
    span = atoms[start:end]
    name, number, relative = the(span, "HOLIDAY"), one(span, "NUM"), one(span, "REL")
    year = year_of(span, context)
    if number is not None and year is None:
        year = year_number(number)
        if year is None:
            return None
    prefer = context.prefer
    if relative is not None and year is None:
        prefer = "future" if int(relative.lemma) > 0 else "past"
    return holiday(context.today, name.lemma, year=year, prefer=prefer)


RULES: dict[str, Rule] = {
    "day": _day,
    "weekday": _weekday,
    "month_day": _month_day,
    "english_month_day": _english_month_day,
    "day_of_month": _day_of_month,
    "ago": _ago,
    "compound_ago": _compound_ago,
    "ahead": _ahead,
    "weekday_ago": _weekday_ago,
    "holiday": _holiday,
}
