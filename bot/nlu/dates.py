"""Days and spans of days that customers name, as patterns over atoms.

What they mean is in `day_rules` and `span_rules`.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from typing import Any

from bot.nlu.atoms import Atom
from bot.nlu.calendar_days import When, day_of_month, month_day, named_month, weekday
from bot.nlu.date_reading import Context, Rule, whole
from bot.nlu.day_rules import RULES as DAY_RULES
from bot.nlu.found import NAMED, SHAPED, Found
from bot.nlu.span_rules import RULES as SPAN_RULES

Pattern = list[dict[str, Any]]
RULES: dict[str, Rule] = {**DAY_RULES, **SPAN_RULES}


def _tag(name: str, op: str = "{1}") -> dict[str, Any]:
    return {"TAG": name, "OP": op}


def _is(word: str, op: str = "{1}") -> dict[str, Any]:
    return {"ORTH": word, "OP": op}


def _unit(lemma: str) -> dict[str, Any]:
    return {"TAG": "PERIOD", "LEMMA": lemma}


_THE, _OF, _DE = _is("the", "?"), _is("of", "?"), _is("的", "?")
# 一个半月, 一年半, `two months and a half`.
_PART_OF_PERIOD: list[Pattern] = [
    [_tag("NUM"), _is("个"), _tag("HALF"), _tag("PERIOD")],
    [_tag("NUM"), _tag("PERIOD"), _tag("HALF")],
    [_tag("NUM"), _tag("PERIOD"), _is("and"), _is("a"), _tag("HALF")],
]

PATTERNS: dict[str, list[Pattern]] = {
    "day": [[_tag("DAY")]],
    "weekday": [
        [_tag("REL", "?"), _tag("WEEKDAY")], [_tag("RECENT"), _tag("WEEKDAY")],
        [_tag("REL"), _tag("REL"), _tag("WEEKDAY")],
        [_tag("REL"), _unit("week"), _DE, _tag("WEEKDAY")],
        [_tag("WEEKDAY"), _OF, _THE, _tag("REL"), _unit("week")],
    ],
    "period": [[_tag("REL"), _tag("PERIOD")], [_tag("YEAR")], [_unit("weekend")]],
    "month_day": [
        [_tag("YEAR", "?"), _DE, _tag("NUM"), _is("月"), _tag("NUM"), _tag("DAYMARK", "?")],
        [_tag("NUM"), _is("年"), _tag("NUM"), _is("月"), _tag("NUM"), _tag("DAYMARK", "?")],
    ],
    "english_month_day": [
        [_tag("MONTH"), _is(".", "?"), _THE, _tag(number), _is(",", "?"), _tag("NUM", "?")] for number in ("NUM", "ORD")
    ] + [
        [_tag("ORD"), _OF, _tag("MONTH"), _is(",", "?"), _tag("NUM", "?")],
        [_tag("NUM"), _OF, _tag("MONTH"), _is(",", "?"), _tag("NUM", "?")],
        [_tag("MONTH"), _is(".", "?"), _THE, _tag("ORD"), _tag("REL"), _unit("year")],
    ],
    "day_of_month": [
        [_tag("NUM"), _is("号")], [_tag("NUM"), _is("號")], [_tag("NUM"), _is("日")],
        [_tag("REL"), _unit("month"), _DE, _tag("NUM"), _tag("DAYMARK")],
        [_is("the"), _tag("ORD")], [_is("on"), _tag("ORD")],
        [_is("the"), _tag("ORD"), _is("of"), _is("the", "?"), _tag("REL"), _unit("month")],
        [_is("the"), _tag("ORD"), _tag("REL"), _unit("month")],
    ],
    "ago": [
        [_tag("NUM"), _tag("PERIOD"), _is("之", "?"), _tag("AGO")],
        [_is("a"), _tag("PERIOD"), _tag("AGO")], [_is("an"), _tag("PERIOD"), _tag("AGO")],
        [_tag("HALF"), _tag("PERIOD"), _tag("AGO")],
        [_is("a", "?"), _tag("FEW"), _OF, _tag("PERIOD"), _tag("AGO")],
        [*_PART_OF_PERIOD[0], _is("之", "?"), _tag("AGO")], [*_PART_OF_PERIOD[1], _is("之", "?"), _tag("AGO")],
        [*_PART_OF_PERIOD[2], _tag("AGO")],
        *([_is(article), *_PART_OF_PERIOD[2][1:], _tag("AGO")] for article in ("a", "an")),
    ],
    "weekday_ago": [
        *([count, _unit(unit), _tag("AGO"), _is("on", "?"), _tag("WEEKDAY")]
          for count in (_is("a"), _tag("NUM")) for unit in ("week", "fortnight")),
        *([_tag("WEEKDAY"), count, _unit(unit), _tag("AGO")]
          for count in (_is("a"), _tag("NUM")) for unit in ("week", "fortnight")),
        [_tag("WEEKDAY"), _tag("BEFORELAST")],
    ],
    "before_last": [[_THE, _tag("PERIOD"), _tag("BEFORELAST")]],
    "half_year": [[_tag("YEAR", "?"), _tag("HALFYEAR")]],
    "compound_ago": [
        [_tag(first), _tag("PERIOD"), _is("and", "?"), _tag("NUM"), _tag("PERIOD"), _tag("AGO")]
        for first in ("NUM", "OF")
    ],
    "ahead": [
        [_is("in"), _tag("NUM"), _tag("PERIOD")],
        [_tag("NUM"), _tag("PERIOD"), _tag("LATER")],
        [*_PART_OF_PERIOD[0], _is("之", "?"), _tag("LATER")], [*_PART_OF_PERIOD[1], _is("之", "?"), _tag("LATER")],
        *([_is("in"), _is(article), *_PART_OF_PERIOD[2][1:]] for article in ("a", "an")),
    ],
    "trailing": [
        [_tag("REL"), _tag("NUM"), _tag("PERIOD")], [_tag("RECENT"), _tag("NUM"), _tag("PERIOD")],
        [_tag("RECENT"), _tag("PERIOD")], [_tag("REL"), _tag("FEW"), _tag("PERIOD")],
        [_tag("RECENT"), _tag("FEW"), _tag("PERIOD")], [_tag("RECENT"), _tag("HALF"), _tag("PERIOD")],
        [_is("前"), _tag("NUM"), _tag("PERIOD")], [_tag("OTHERDAY")],
        *([_tag(opening), *part] for opening in ("REL", "RECENT") for part in _PART_OF_PERIOD[:2]),
        *([_tag(opening), *_PART_OF_PERIOD[2][1:]] for opening in ("REL", "RECENT")),
    ],
    "holiday": [[_tag("YEAR", "?"), _DE, _tag("HOLIDAY")], [_tag("REL"), _unit("year"), _tag("HOLIDAY")],
                [_tag("REL"), _tag("HOLIDAY")],
                [_tag("HOLIDAY"), _tag("REL"), _unit("year")], [_tag("HOLIDAY"), _tag("NUM")],
                [_tag("NUM"), _is("年"), _DE, _tag("HOLIDAY")]],
    "named_month": [
        [_tag("YEAR", "?"), _DE, _tag("NUM"), _is("月")], [_tag("YEAR", "?"), _tag("NUM"), _is("月份")],
        [_tag("NUM"), _is("年"), _tag("NUM"), _is("月")], [_tag("NUM"), _is("年"), _tag("NUM"), _is("月份")],
        [_is("in"), _tag("MONTH")], [_is("since"), _tag("MONTH")], [_is("from"), _tag("MONTH")],
        [_tag("REL"), _tag("MONTH")], [_is("for"), _tag("MONTH")], [_is("during"), _tag("MONTH")],
        [_tag("MONTH"), _is("of", "?"), _tag("NUM")], [_tag("MONTH"), _is("of", "?"), _tag("REL"), _unit("year")],
    ],
    "month_range": [[_tag("MONTH"), _tag("TO"), _tag("MONTH")],
                    [_is("between"), _tag("MONTH"), _is("and"), _tag("MONTH")]],
    "named_year": [[_tag("NUM"), _is("年")], [_is("in"), _tag("NUM")]],
    "part": [
        [_THE, _tag("PART"), _OF, _THE, _tag("REL"), _tag("PERIOD")],
        [_THE, _tag("PART"), _is("of"), _is("the"), _tag("PERIOD")],
        [_tag("REL"), _tag("PERIOD"), _DE, _tag("PART")], [_tag("REL"), _tag("PART")], [_tag("PART")],
        [_tag("NUM"), _is("月"), _tag("PART")], [_tag("NUM"), _is("月份"), _tag("PART")],
        [_tag("PART"), _is("-", "?"), _OF, _tag("MONTH")], [_tag("YEAR"), _tag("PART")],
        [_tag("MONTH"), _tag("PART")], [_tag("PART"), _OF, _tag("PERIOD")], [_tag("NUM"), _tag("PART")],
    ],
}  # fmt: skip

_ISO = re.compile(r"(?<![\d/.-])((?:19|20)\d\d)([-/.年] ?)(\d{1,2})(?:\2|[-/.月] ?)(\d{1,2})(?![\d/]|[-.]\d)")
_COMPACT = re.compile(r"(?<![A-Za-z0-9_.])(20[2-3]\d)(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?![A-Za-z0-9_]|\.\d)")
_SLASHED = re.compile(
    r"(?<![A-Za-z0-9_/.,$¥€£])(?<![^\d]-)(\d{1,2})([/.-])(\d{1,2})(?:\2((?:20)?\d\d))?"
    r"(?![A-Za-z0-9_/%]|\.\d|-\d+(?![\d/]))(?! ?(?:of|%))"
)


def find_shaped(text: str, context: Context) -> Iterator[Found]:
    """`2026-11-03`, `2026/11/3`, `20261103`, `3/11`, `11/3/26`."""
    for match in _ISO.finditer(text):
        yield from _calendar(match, int(match.group(1)), int(match.group(3)), int(match.group(4)), context)
    for match in _COMPACT.finditer(text):
        yield from _calendar(match, int(match.group(1)), int(match.group(2)), int(match.group(3)), context)
    for match in _SLASHED.finditer(text):
        yield from _slashed(match, context)


def _slashed(match: re.Match[str], context: Context) -> Iterator[Found]:
    """Month and day in the configured order, in the other where only that can be; `24/7` is no date."""
    first, second, year = int(match.group(1)), int(match.group(3)), match.group(4)
    if match.group() in ("24/7", "50/50") or (match.group(2) != "/" and not year):
        return
    month, number = (first, second) if context.order == "MDY" else (second, first)
    if month > 12:
        month, number = number, month
    full_year = None if year is None else int(year) + (2000 if len(year) == 2 else 0)
    yield from _calendar(match, full_year, month, number, context)


def _calendar(match: re.Match[str], year: int | None, month: int, number: int, context: Context) -> Iterator[Found]:
    when = month_day(context.today, month, number, year=year, prefer=context.prefer)
    if when is not None:
        yield _found(match.start(), match.end(), when, rank=SHAPED if year is None else NAMED)


def resolve(name: str, atoms: Sequence[Atom], start: int, end: int, context: Context) -> Found | None:
    """What `atoms[start:end]`, matched by the pattern `name`, means on `context.today`."""
    try:
        when = RULES[name](atoms, start, end, context)
    except (OverflowError, ValueError):  # beyond the calendar: "a million years ago"
        return None
    if when is None:
        return None
    first = start + 1 if atoms[start].text.lower() in ("on", "in", "since", "from", "for", "during", "的") else start
    while atoms[end - 1].text in (",", "，", "."):
        end -= 1
    return _found(atoms[first].start, atoms[end - 1].end, when, part=name)


def _found(start: int, end: int, when: When, *, rank: int = NAMED, part: str = "") -> Found:
    value = when.value()
    unit = "day" if isinstance(value, str) else "range"
    return Found(entity="date", start=start, end=end, value=value, unit=unit, rank=rank, part=part)


def bare(atom: Atom, context: Context) -> Found | None:
    """A lone number where the dialogue has asked for a date: `11.15` is month and day, `15` a day of the month."""
    parts = re.fullmatch(r"(\d{1,2})(?:\.(\d{1,2}))?", atom.text)
    if parts is None:
        return None
    first, second = int(parts.group(1)), parts.group(2)
    if second is None:
        when = day_of_month(context.today, first, prefer=context.prefer) if first else None
    else:
        when = month_day(context.today, first, int(second), year=None, prefer=context.prefer)
    return None if when is None else _found(atom.start, atom.end, when)


def bare_month(atom: Atom, context: Context) -> Found | None:
    """`September` where it is all the message says."""
    when = named_month(context.today, int(atom.lemma), year=None, prefer=context.prefer)
    return None if when is None or atom.text == "may" else _found(atom.start, atom.end, when)


def join_ranges(found: list[Found], atoms: Sequence[Atom], today: date) -> list[Found]:
    """`11月1号到5号`, `from Monday to Friday`, `since Monday`, `昨天以来`: two dates, or one and today, as one span.

    `found` is in order and without overlaps; so is the result.
    """
    starts = [atom.start for atom in atoms]
    joined: list[Found] = []
    for each in found:
        before = joined[-1] if joined else None
        if each.entity == "date" and before is not None and before.entity == "date":
            between = atoms[bisect_left(starts, before.end) : bisect_left(starts, each.start)]
            opening = atoms[max(0, bisect_left(starts, before.start) - 2) : bisect_left(starts, before.start)]
            merged = _between(before, each, between, opened=any(atom.tag == "SINCE" for atom in opening))
            if merged is not None:
                joined[-1] = merged
                continue
        joined.append(_with_last_day(each, atoms, starts) if each.entity == "date" else each)
    return [_since(each, atoms, starts, today) if each.entity == "date" else each for each in joined]


def _between(first: Found, second: Found, between: Sequence[Atom], *, opened: bool) -> Found | None:
    joins = len(between) == 1 and (between[0].tag == "TO" or (opened and between[0].tag == "ALONGSIDE"))
    if not joins:
        return None
    start, (last, end) = _bounds(first)[0], _bounds(second)
    if second.part == "day_of_month":
        end = _next(_later_day(start, last.day))
    elif second.part == "weekday":
        end = _next(weekday(start, last.weekday(), week=None, prefer="future").start)
    elif end <= start:  # the second was looked for in the past of today, not of the first
        later = month_day(start, last.month, last.day, year=None, prefer="future")
        end = start if later is None else later.end
    return None if end <= start else _spanning(first, second.end, start, end)


def _spanning(first: Found, end_at: int, start: date, end: date) -> Found:
    value = {"from": start.isoformat(), "to": end.isoformat()}
    return replace(first, end=end_at, value=value, unit="range")


def _later_day(start: date, number: int) -> date:
    """The first day with that number from `start` on."""
    found = day_of_month(start, number, prefer="future")
    return start if found is None else found.start


def _with_last_day(found: Found, atoms: Sequence[Atom], starts: Sequence[int]) -> Found:
    """`March 2 to 6`, `April 1-10`: a bare number that ends a span which a day has begun."""
    at = bisect_left(starts, found.end)
    if found.part not in ("english_month_day", "month_day") or found.unit != "day" or at + 1 >= len(atoms):
        return found
    number = whole(atoms[at + 1], 1, 31)
    goes_on = at + 2 < len(atoms) and atoms[at + 2].tag in (
        "PERIOD",
        "COUNTED",
        "CUR",
        "SUB",
        "AMPM",
        "MONTH",
        "DAYMARK",
    )
    if atoms[at].tag != "TO" or number is None or goes_on:
        return found
    start = _bounds(found)[0]
    return _spanning(found, atoms[at + 1].end, start, _next(_later_day(start, number)))


def _next(at: date) -> date:
    return date.fromordinal(at.toordinal() + 1)


def _bounds(found: Found) -> tuple[date, date]:
    if isinstance(found.value, str):
        return date.fromisoformat(found.value), _next(date.fromisoformat(found.value))
    return date.fromisoformat(found.value["from"]), date.fromisoformat(found.value["to"])


def _since(found: Found, atoms: Sequence[Atom], starts: Sequence[int], today: date) -> Found:
    """`since Monday` and `周一以来` run until today, today included."""
    start, end = _bounds(found)
    at, beyond = bisect_left(starts, found.start), bisect_left(starts, found.end)
    opens = at > 0 and atoms[at - 1].text.lower() in ("since", "自从", "自")
    goes_on = beyond < len(atoms) and atoms[beyond].tag == "ONWARDS"
    if today < start or today < end or not (opens or goes_on):
        return found
    value = {"from": start.isoformat(), "to": _next(today).isoformat()}
    return replace(found, value=value, unit="range")
