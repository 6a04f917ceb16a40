"""Which one is meant: by number, amount, day, name, or place in the list."""

from __future__ import annotations

import pytest

from bot.dialogue.candidates import Candidate, Reference
from tests.dialogue.talking import WORDS


def candidate(number: str, name: str, minor: int, day: str) -> Candidate:
    return Candidate(id=number, title=name, line=name, name=name, amount_minor=minor, currency="CNY", day=day)


LIST = [
    candidate("P20261120001", "京东商城", 19990, "2026-11-20"),
    candidate("P20261119002", "Starbucks Coffee", 6800, "2026-11-19"),
    candidate("P20261103001", "海底捞火锅", 6800, "2026-11-03"),
]


def picked(text: str = "", *, number: str | None = None, amount: int | None = None, when: object = None) -> list[str]:
    amounts = ({"minor": amount, "currency": None},) if amount else ()
    found = Reference(number, amounts, (when,) if when else (), text).narrow(LIST)
    return [each.id for each in found or []]


@pytest.mark.parametrize(
    ("said", "found"),
    [
        ({"number": "P20261120001"}, ["P20261120001"]),
        ({"number": "p20261120001"}, ["P20261120001"]),
        ({"number": "20261119002"}, ["P20261119002"]),
        ({"number": "P1"}, []),
        ({"amount": 19990}, ["P20261120001"]),
        ({"amount": 6800}, ["P20261119002", "P20261103001"]),
        ({"amount": 6800, "when": "2026-11-03"}, ["P20261103001"]),
        ({"when": {"from": "2026-11-19", "to": "2026-11-21"}}, ["P20261120001", "P20261119002"]),
        ({"text": "the starbucks one"}, ["P20261119002"]),
        ({"text": "京东那笔"}, ["P20261120001"]),
        ({"text": "海底捞"}, ["P20261103001"]),
        ({"text": "火锅那笔"}, ["P20261103001"]),
        ({"text": "商城的订单"}, []),
        ({"text": "我要退款"}, []),
        # What contradicts itself is asked about.
        ({"text": "starbucks", "amount": 19990}, ["P20261120001", "P20261119002"]),
    ],
)
def test_narrowing(said: dict[str, object], found: list[str]) -> None:
    assert picked(**said) == found  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("text", "place"),
    [
        ("the second one", 1),
        ("第二笔", 1),
        ("2", 1),
        ("第一个", 0),
        ("the latest", 0),
        ("最近那笔", 0),
        ("3.", 2),
        ("9", None),
    ],
)
def test_a_place_in_the_list(text: str, place: int | None) -> None:
    expected = None if place is None else LIST[place]
    assert Reference(None, (), (), text).place(LIST, WORDS) == expected


def test_nothing_said_is_nothing_narrowed() -> None:
    assert Reference(None, (), (), "").narrow(LIST) is None


@pytest.mark.parametrize("text", ["no, the other one", "不是这笔", "换一笔", "a different card", "别的那个"])
def test_not_this_one(text: str) -> None:
    assert WORDS.says("other", text)
