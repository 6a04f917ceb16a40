"""What a pattern for a span of days means, given today. `RULES` names them as `dates.PATTERNS` does."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal

from bot.nlu import calendar_days as calendar
from bot.nlu.atoms import Atom
from bot.nlu.calendar_days import When
from bot.nlu.date_reading import Context, Rule, fraction, is_english, one, the, whole, year_number, year_of


def _period(atoms: Sequence[Atom], start: int, end: int, context: Context) -> When | None:
    span = atoms[start:end]
    year = one(span, "YEAR")
    if year is not None:
        return calendar.period(context.today, "year", int(year.lemma))
    unit, relative = the(span, "PERIOD"), one(span, "REL")
    if relative is None:
        return _bare_weekend(context)
    text = relative.text + unit.text
    if text in ("当天", "这天", "本天", "上天", "下天", "本日", "上年"):
        return None
    if unit.lemma == "day":  # "next day delivery"; 当天 is of some other day
        return None
    return calendar.period(context.today, unit.lemma, int(relative.lemma))


def _bare_weekend(context: Context) -> When | None:
    this = calendar.period(context.today, "weekend", 0)
    if this is not None and context.prefer == "past" and context.today < this.start:
        return calendar.period(context.today, "weekend", -1)
    return this


def _until_today(context: Context, start: date) -> When:
    return When(start, context.today + timedelta(days=1))


def _trailing(atoms: Sequence[Atom], start: int, end: int, context: Context) -> When | None:
    """`the last 3 days`, `最近三个月`, `近一周`, `past few weeks`, `前几天`: up to and with today."""
    span = atoms[start:end]
    unit, number, relative = one(span, "PERIOD"), one(span, "NUM"), one(span, "REL")
    if unit is None:
        return _until_today(context, context.today - timedelta(days=7))
    direction = "-1" if relative is None else relative.lemma
    if (part := fraction(span)) is not None:
        return _part_of_period(context, unit.lemma, part, back=direction == "-1")
    count = 3 if one(span, "FEW") is not None else 1 if number is None else whole(number, 1, 1200)
    adjective = count != 1 and number is not None and unit.text.lower() in ("day", "week", "month", "year")
    if count is None or adjective or direction not in ("-1", "0", "1") or unit.text in ("月", "月份"):
        return None  # "the next three day weekend" is no three days
    if direction == "1":
        return When(context.today, calendar.moved(context.today, unit.lemma, count) + timedelta(days=1))
    return _back_from_today(context, unit.lemma, count, half=one(span, "HALF") is not None)


def _part_of_period(context: Context, unit: str, count: Decimal, *, back: bool) -> When | None:
    """最近一个半月, `the past year and a half`."""
    at = calendar.moved_by_part(context.today, unit, -count if back else count)
    if at is None:
        return None
    return _until_today(context, at) if back else When(context.today, at + timedelta(days=1))


def _before_last(atoms: Sequence[Atom], start: int, end: int, context: Context) -> When | None:
    """`the week before last`."""
    unit = the(atoms[start:end], "PERIOD").lemma
    return calendar.period(context.today, unit, -2) if unit in ("week", "weekend", "month", "quarter", "year") else None


def _half_year(atoms: Sequence[Atom], start: int, end: int, context: Context) -> When | None:
    """上半年, 去年下半年."""
    named, year = the(atoms[start:end], "HALFYEAR"), one(atoms[start:end], "YEAR")
    first = context.today.replace(month=1, day=1)
    first = calendar.months_from(
        first, 12 * (0 if year is None else int(year.lemma)) + (0 if named.lemma == "1" else 6)
    )
    return When(first, calendar.months_from(first, 6))


def _back_from_today(context: Context, unit: str, count: int, *, half: bool) -> When | None:
    if half:
        days = {"year": 182, "month": 15}.get(unit)
        return None if days is None else _until_today(context, context.today - timedelta(days=days))
    if unit in ("hour", "minute", "second"):
        hours = count if unit == "hour" else 0
        return _until_today(context, (context.now - timedelta(hours=hours)).date())
    return _until_today(context, calendar.moved(context.today, unit, -count))


def _named_month(atoms: Sequence[Atom], start: int, end: int, context: Context) -> When | None:
    """`in October`, `10月份`, `去年三月`, `October 2025`, `last May`."""
    span = atoms[start:end]
    named, relative = one(span, "MONTH"), one(span, "REL")
    year = year_of(span, context)
    if named is None:
        return _chinese_month(atoms, start, end, context, year)
    month = int(named.lemma)
    after = atoms[end] if end < len(atoms) else None
    if after is not None and after.tag in ("NUM", "ORD") and whole(after, 1, 31) and named is span[-1]:
        return None
    if named.text == "may" and named is span[-1] and span[0].text.lower() not in ("in", "since", "last"):
        return None
    if (numbered := one(span, "NUM")) is not None:
        year = year_number(numbered) if len(numbered.digits) == 4 else None
        if year is None:
            return None
    if relative is not None and year is None:
        return _relative_month(context, month, int(relative.lemma))
    return calendar.named_month(context.today, month, year=year, prefer=context.prefer)


def _month_range(atoms: Sequence[Atom], start: int, end: int, context: Context) -> When | None:
    """`from March to May`: the latest of each, or the next where `prefer` is future."""
    first, last = (int(atom.lemma) for atom in atoms[start:end] if atom.tag == "MONTH")
    begins = calendar.named_month(context.today, first, year=None, prefer=context.prefer)
    if begins is None:
        return None
    months = (last - first) % 12 + 1
    return When(begins.start, calendar.months_from(begins.start, months))


def _relative_month(context: Context, month: int, relative: int) -> When | None:
    """`last May` is before this month, `this` and `next May` from this month on."""
    if relative >= 0:
        return calendar.named_month(context.today, month, year=None, prefer="future" if relative else context.prefer)
    earlier = calendar.months_from(context.today.replace(day=1), -1)
    return calendar.named_month(earlier, month, year=None, prefer="past")


def _chinese_month(atoms: Sequence[Atom], start: int, end: int, context: Context, year: int | None) -> When | None:
    at = next(index for index in range(start, end) if atoms[index].lemma == "month")
    month = whole(atoms[at - 1], 1, 12)
    after = atoms[end] if end < len(atoms) else None
    if (
        month is None
        or (after is not None and after.tag in ("NUM", "AGO", "LATER", "RECENT"))
        or atoms[at - 1].text == "两"
    ):
        return None
    if at >= 2 and atoms[at - 2].tag in ("RECENT", "NUM"):
        return None
    return calendar.named_month(context.today, month, year=year, prefer=context.prefer)


def _named_year(atoms: Sequence[Atom], start: int, end: int, context: Context) -> When | None:
    """`2025年`, `in 2025`."""
    number = one(atoms[start:end], "NUM")
    year = year_number(number) if number is not None and len(number.digits) == 4 else None
    return None if year is None else When(date(year, 1, 1), date(year + 1, 1, 1))


def _part(atoms: Sequence[Atom], start: int, end: int, context: Context) -> When | None:
    """`the end of last month`, `月底`, `11月初`, `early November`, `mid-October`, `年底`."""
    span = atoms[start:end]
    named = the(span, "PART")
    relative, unit, month = (one(span, tag) for tag in ("REL", "PERIOD", "MONTH"))
    part = named.lemma
    if unit is None and (
        named.text in ("底", "末", "初") or (len(span) > 1 and span[0].tag == "NUM" and named.text[0] != "月")
    ):
        return None
    whole_span: When | None
    if month is not None:
        whole_span = calendar.named_month(context.today, int(month.lemma), year=None, prefer=context.prefer)
    elif one(span, "NUM") is not None:
        numbered = whole(one(span, "NUM"), 1, 12)
        whole_span = (
            None
            if numbered is None
            else calendar.named_month(context.today, numbered, year=None, prefer=context.prefer)
        )
    elif (year := one(span, "YEAR")) is not None:
        whole_span = calendar.period(context.today, "year", int(year.lemma))
    else:
        whole_span = _span_of(named, unit, relative, span, context)
    return None if whole_span is None else calendar.part(whole_span, part)


def _span_of(
    named: Atom, unit: Atom | None, relative: Atom | None, span: Sequence[Atom], context: Context
) -> When | None:
    """The month of 月底 and 上个月底, the year of 年底, the period of `the end of the month`."""
    count = 0 if relative is None else int(relative.lemma)
    if unit is not None:
        if unit.lemma not in ("week", "month", "quarter", "year"):
            return None
        if relative is None and not any(atom.text.lower() == "the" for atom in span):
            return None
        return calendar.period(context.today, unit.lemma, count)
    if is_english(named):
        return None
    return calendar.period(context.today, "year" if named.text.startswith("年") else "month", count)


RULES: dict[str, Rule] = {
    "period": _period,
    "trailing": _trailing,
    "named_month": _named_month,
    "month_range": _month_range,
    "named_year": _named_year,
    "part": _part,
    "before_last": _before_last,
    "half_year": _half_year,
}
