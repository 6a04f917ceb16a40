"""Amounts, days and moments as each language says them."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue import wording

TODAY = date(2026, 11, 22)


@pytest.mark.parametrize(
    ("minor", "currency", "language", "said"),
    [
        (19990, "CNY", "zh", "￥199.90"),
        (19990, "CNY", "en", "¥199.90"),
        (123456789, "USD", "en", "$1,234,567.89"),
        (5, "USD", "zh", "US$0.05"),
        (-500, "USD", "en", "-$5.00"),
        (1200, "JPY", "en", "JP¥1,200"),
        (100, "CHF", "en", "CHF 1.00"),
    ],
)
def test_money(minor: int, currency: str, language: str, said: str) -> None:
    assert wording.money(minor, currency, language) == said


@pytest.mark.parametrize(
    ("iso", "language", "said"),
    [
        ("2026-11-03", "zh", "11月3日"),
        ("2026-11-03", "en", "Nov 3"),
        ("2025-12-31", "zh", "2025年12月31日"),
        ("2025-12-31", "en", "Dec 31, 2025"),
        ("2026-11-22", "zh", "今天"),
        ("2026-11-21", "en", "yesterday"),
        ("2026-11-23", "en", "tomorrow"),
    ],
)
def test_days(iso: str, language: str, said: str) -> None:
    assert wording.day(iso, language, today=TODAY) == said


def test_days_to_come_carry_their_weekday() -> None:
    assert wording.day("2026-11-27", "zh", today=TODAY, weekday=True) == "11月27日（周五）"
    assert wording.day("2026-11-27", "en", today=TODAY, weekday=True) == "Fri, Nov 27"


def test_moments_are_told_by_the_customers_own_clock() -> None:
    at, now = 1793693700.0, 1795350000.0
    assert wording.moment(at, "zh", now=now, zone=wording.zone("Asia/Shanghai")) == "11月3日16:15"
    assert wording.moment(at, "en", now=now, zone=wording.zone("America/New_York")) == "Nov 3, 3:15 AM"
    assert wording.moment(at, "en", now=now, zone=wording.zone("Mars/Olympus")) == "Nov 3, 8:15 AM"


def test_months_and_lists() -> None:
    assert wording.month("2026-10", "zh") == "2026年10月"
    assert wording.month("2026-10", "en") == "October 2026"
    assert wording.listed(["a", "b", "c"], "en") == "a, b and c"
    assert wording.listed(["甲", "乙", "丙"], "zh") == "甲、乙和丙"


@given(st.integers(0, 10**12), st.sampled_from(["CNY", "USD", "EUR"]), st.sampled_from(wording.LANGUAGES))
def test_money_says_every_minor_unit(minor: int, currency: str, language: str) -> None:
    digits = "".join(character for character in wording.money(minor, currency, language) if character.isdigit())
    assert int(digits) == minor
