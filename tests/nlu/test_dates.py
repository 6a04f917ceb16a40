"""Dates in both languages as seen from Sunday, 22 November 2026."""

from __future__ import annotations

from datetime import datetime

import pytest

from bot.nlu.entities import Rules
from tests.nlu.examples import NOW, dates, surfaces

DAYS = [
    ("yesterday", "2026-11-21"),
    ("today", "2026-11-22"),
    ("tomorrow", "2026-11-23"),
    ("last night around ten", "2026-11-21"),
    ("this morning", "2026-11-22"),
    ("the day before yesterday", "2026-11-20"),
    ("yesterday's order", "2026-11-21"),
    ("Tuesday", "2026-11-17"),
    ("on friday", "2026-11-20"),
    ("last Friday", "2026-11-20"),
    ("last Sunday", "2026-11-15"),
    ("on the last saturday", "2026-11-21"),
    ("this Friday", "2026-11-27"),
    ("next Monday", "2026-11-23"),
    ("Friday last week", "2026-11-13"),
    ("last week Friday", "2026-11-13"),
    ("Monday of this week", "2026-11-16"),
    ("on the 3rd", "2026-11-03"),
    ("the 25th", "2026-10-25"),
    ("the 31st", "2026-10-31"),
    ("the 1st of this month", "2026-11-01"),
    ("the 5th of last month", "2026-10-05"),
    ("Nov 3", "2026-11-03"),
    ("November 3rd", "2026-11-03"),
    ("3 November", "2026-11-03"),
    ("the 3rd of November", "2026-11-03"),
    ("Dec 25", "2025-12-25"),
    ("December 25th, 2024", "2024-12-25"),
    ("3 Nov 2025", "2025-11-03"),
    ("March 3rd last year", "2025-03-03"),
    ("may 5", "2026-05-05"),
    ("Feb 29", "2024-02-29"),
    ("2026-11-05", "2026-11-05"),
    ("2026/11/5", "2026-11-05"),
    ("20261105", "2026-11-05"),
    ("11/15", "2026-11-15"),
    ("3/11", "2026-03-11"),
    ("25/12/2025", "2025-12-25"),
    ("11/3/26", "2026-11-03"),
    ("two weeks ago", "2026-11-08"),
    ("10 days ago", "2026-11-12"),
    ("a month ago", "2026-10-22"),
    ("a year and two months ago", "2025-09-22"),
    ("2 weeks 3 days ago", "2026-11-05"),
    ("five minutes ago", "2026-11-22"),
    ("13 hours ago", "2026-11-21"),
    ("in 3 days", "2026-11-25"),
    ("two days later", "2026-11-24"),
    ("black friday", "2025-11-28"),
    ("on singles day", "2026-11-11"),
    ("christmas 2024", "2024-12-25"),
    ("昨天", "2026-11-21"),
    ("前天晚上", "2026-11-20"),
    ("大前天", "2026-11-19"),
    ("今天早上", "2026-11-22"),
    ("明天", "2026-11-23"),
    ("昨晚十点多", "2026-11-21"),
    ("周五", "2026-11-20"),
    ("星期一", "2026-11-16"),
    ("禮拜天", "2026-11-22"),
    ("上周五", "2026-11-13"),
    ("上个星期五", "2026-11-13"),
    ("上上周三", "2026-11-04"),
    ("这周二", "2026-11-17"),
    ("下周一", "2026-11-23"),
    ("3号", "2026-11-03"),
    ("应该是12号", "2026-11-12"),
    ("30号", "2026-10-30"),
    ("上个月15号", "2026-10-15"),
    ("这个月一号", "2026-11-01"),
    ("11月3号", "2026-11-03"),
    ("11月3日", "2026-11-03"),
    ("十一月三号", "2026-11-03"),
    ("12月25号", "2025-12-25"),
    ("去年12月25号", "2025-12-25"),
    ("2025年3月8日", "2025-03-08"),
    ("２０２５年３月８日", "2025-03-08"),
    ("二〇二五年三月八日", "2025-03-08"),
    ("三天前", "2026-11-19"),
    ("两周前", "2026-11-08"),
    ("两个月前", "2026-09-22"),
    ("半个月前", "2026-11-07"),
    ("半年前", "2026-05-22"),
    ("三天后", "2026-11-25"),
    ("双十一", "2026-11-11"),
    ("双11那天", "2026-11-11"),
    ("去年双十一", "2025-11-11"),
    ("国庆", "2026-10-01"),
    ("春节", "2026-02-17"),
    ("中秋节那天", "2026-09-25"),
]

SPANS = [
    ("last week", "2026-11-09..2026-11-16"),
    ("this week", "2026-11-16..2026-11-23"),
    ("last weekend", "2026-11-14..2026-11-16"),
    ("last month", "2026-10-01..2026-11-01"),
    ("last month's bill", "2026-10-01..2026-11-01"),
    ("last year", "2025-01-01..2026-01-01"),
    ("last quarter", "2026-07-01..2026-10-01"),
    ("in October", "2026-10-01..2026-11-01"),
    ("in December", "2025-12-01..2026-01-01"),
    ("September", "2026-09-01..2026-10-01"),
    ("October 2025", "2025-10-01..2025-11-01"),
    ("in 2025", "2025-01-01..2026-01-01"),
    ("end of October", "2026-10-21..2026-11-01"),
    ("the end of last month", "2026-10-21..2026-11-01"),
    ("beginning of the month", "2026-11-01..2026-11-11"),
    ("the last 3 days", "2026-11-19..2026-11-23"),
    ("the past two weeks", "2026-11-08..2026-11-23"),
    ("a few days ago", "2026-11-15..2026-11-20"),
    ("the other day", "2026-11-15..2026-11-23"),
    ("since Monday", "2026-11-16..2026-11-23"),
    ("from Monday to Friday", "2026-11-16..2026-11-21"),
    ("between Nov 1 and Nov 5", "2026-11-01..2026-11-06"),
    ("Nov 3 - Nov 5", "2026-11-03..2026-11-06"),
    ("march 2 to 6th", "2026-03-02..2026-03-07"),
    ("april 1-10", "2026-04-01..2026-04-11"),
    ("from march to may", "2026-03-01..2026-06-01"),
    ("Oct 28 to Nov 3", "2026-10-28..2026-11-04"),
    ("上周", "2026-11-09..2026-11-16"),
    ("上个礼拜", "2026-11-09..2026-11-16"),
    ("这周", "2026-11-16..2026-11-23"),
    ("上周末", "2026-11-14..2026-11-16"),
    ("上个月", "2026-10-01..2026-11-01"),
    ("本月账单", "2026-11-01..2026-12-01"),
    ("十月份", "2026-10-01..2026-11-01"),
    ("10月的账单", "2026-10-01..2026-11-01"),
    ("去年三月", "2025-03-01..2025-04-01"),
    ("今年", "2026-01-01..2027-01-01"),
    ("去年", "2025-01-01..2026-01-01"),
    ("2025年", "2025-01-01..2026-01-01"),
    ("月底", "2026-11-21..2026-12-01"),
    ("月初", "2026-11-01..2026-11-11"),
    ("上个月底", "2026-10-21..2026-11-01"),
    ("10月底", "2026-10-21..2026-11-01"),
    ("最近三天", "2026-11-19..2026-11-23"),
    ("近三个月的流水", "2026-08-22..2026-11-23"),
    ("过去一周", "2026-11-15..2026-11-23"),
    ("前几天", "2026-11-15..2026-11-23"),
    ("11月1号到5号", "2026-11-01..2026-11-06"),
    ("10月28号到11月3号", "2026-10-28..2026-11-04"),
    ("12月28号到1月3号", "2025-12-28..2026-01-04"),
    ("从周一到周三", "2026-11-16..2026-11-19"),
    ("last 24 hours", "2026-11-21..2026-11-23"),
    ("前两个月", "2026-09-22..2026-11-23"),
    ("11/3-11/5", "2026-11-03..2026-11-06"),
    ("上周五以来", "2026-11-13..2026-11-23"),
]

NOT_DATES = [
    "I waited 3 days",
    "open 24/7",
    "50/50",
    "1/2 of the money",
    "the 3rd time",
    "for the second time",
    "next day delivery",
    "you may 3 times",
    "the first one",
    "a second please",
    "三天没到账",
    "一个月了",
    "订单号",
    "3号楼",
    "第一次",
    "几号",
    "一周五次",
    "日常消费",
    "提前还款",
    "目前",
    "两三天前",
    "$1 more, this may be wrong",
]


@pytest.mark.parametrize(("text", "told"), [*DAYS, *SPANS])
def test_a_date_is_resolved(text: str, told: str) -> None:
    assert dates(text) == [told]


@pytest.mark.parametrize("text", NOT_DATES)
def test_a_duration_or_an_ordinal_is_no_date(text: str) -> None:
    assert dates(text) == []


@pytest.mark.parametrize(
    ("text", "surface"),
    [
        ("I paid on Nov 3, 2026, thanks", "Nov 3, 2026"),
        ("I paid on Nov 3, 20 dollars", "Nov 3"),
        ("我上周五付的", "上周五"),
        ("from Monday to Friday please", "Monday to Friday"),
        ("上个月15号那笔", "上个月15号"),
    ],
)
def test_the_span_is_the_customers_own_words(text: str, surface: str) -> None:
    assert surfaces(text, "date") == [surface]


@pytest.mark.parametrize(
    ("text", "told"), [("Friday", "2026-11-27"), ("on the 3rd", "2026-12-03"), ("Nov 3", "2027-11-03")]
)
def test_a_bot_that_books_ahead_looks_forward(text: str, told: str) -> None:
    [found] = Rules(prefer="future").find(text, now=NOW)
    assert found.value == told


def test_the_order_of_day_and_month_is_configurable() -> None:
    [found] = Rules(order="DMY").find("3/11", now=NOW)
    assert found.value == "2026-11-03"


@pytest.mark.parametrize(("text", "told"), [("11.15", "2026-11-15"), ("15", "2026-11-15"), ("3号", "2026-11-03")])
def test_a_bare_number_is_a_date_where_a_date_was_asked_for(text: str, told: str) -> None:
    assert dates(text, expects="date") == [told]


def test_the_last_of_a_long_month_is_counted_back_into_a_short_one() -> None:
    assert dates("a month ago", now=datetime(2026, 3, 31, tzinfo=NOW.tzinfo)) == ["2026-02-28"]


def test_beyond_the_calendar_there_are_no_dates() -> None:
    assert dates("9999 years ago") == dates("a million years ago") == dates("一亿年前") == []
