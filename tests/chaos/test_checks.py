"""The checks notice what they are there to notice: logs and books that break a promise, each in one way."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from chaos import book as promises
from chaos import checks
from chaos.accounts import Account
from chaos.book import Book
from chaos.lines import Budget
from chaos.phrases import Phrases
from chaos.plan import Scripted
from chaos.scripts import Customer
from chaos.ways import Poll, Rest
from tests.bank import PROJECT

ACCOUNT = Account("C50000", "P20261101001", 1000, "1000")


def line(kind: type[Any], book: Book) -> Any:
    return kind("http://127.0.0.1:9", book, Budget(1), name="one", identity=None, locale="en", patience_s=0.1)


def customer(script: str, kind: type[Any] = Poll) -> Customer:
    book = Book()
    scripted = Scripted(name="one", script=script, way="poll", language="en")
    return Customer(
        scripted, line(kind, book), book, ledger=None, phrases=Phrases(PROJECT), account=ACCOUNT, finished=True
    )


def said(author: str, text: str, seq: int, **more: Any) -> dict[str, Any]:
    return {"seq": seq, "author": author, "text": text, **more}


def log(*lines: tuple[str, str]) -> list[dict[str, Any]]:
    return [
        said(author, text, seq, **({"id": f"m{seq}"} if author == "customer" else {}))
        for seq, (author, text) in enumerate(lines, 1)
    ]


TWO = (
    ("customer", "count 7"),
    ("customer", "count 8"),
    ("bot", "I noted 7."),
    ("bot", "That makes 1."),
    ("bot", "I noted 8."),
    ("bot", "That makes 2."),
)


def without(*places: int) -> list[tuple[str, str]]:
    return [each for place, each in enumerate(TWO) if place not in places]


@pytest.mark.parametrize(
    ("lines", "broken"),
    [
        (TWO, []),
        (without(4, 5), [promises.ANSWERED]),
        ((*TWO, TWO[2], TWO[3]), [promises.ONCE]),
        ((*TWO[:2], *TWO[4:], *TWO[2:4]), [promises.ORDER]),
        ((*TWO[:3], ("bot", "That makes 2."), *TWO[4:]), [promises.ANSWERED]),
    ],
)
def test_answers_of_the_counting_bot(lines: Sequence[tuple[str, str]], broken: list[str]) -> None:
    one = customer("count")
    checks._counted(one, log(*lines))
    assert [each.promise for each in one.book.violations] == broken


def test_a_gap_and_a_changed_line_are_noticed() -> None:
    one = customer("count")
    whole = log(*TWO)
    one.line.log = {1: whole[0], 3: said("bot", "something else", 3)}  # type: ignore[attr-defined]
    checks._log(one, one.line, [*whole[:3], *whole[4:]])  # type: ignore[arg-type]
    assert [each.promise for each in one.book.violations] == [promises.LOG, promises.LOG]


def test_an_acknowledged_message_that_is_not_in_the_log_and_one_that_is_there_twice_are_noticed() -> None:
    one = customer("count")
    for seq in (1, 2):
        message = one.line.new("x")
        message.id, message.seq, message.acked_at = f"m{seq}", seq, 1.0
    checks._taken_once(one, [said("customer", "x", 1, id="m1"), said("customer", "x", 2, id="m1")])
    assert {each.promise for each in one.book.violations} == {promises.ONCE, promises.ANSWERED}


def test_with_the_shipped_bot_silence_and_repetition_are_noticed() -> None:
    one = customer("questions")
    asked = ("customer", "what is my balance")
    checks._turns(one, log(asked, asked, ("bot", "You have $1."), ("bot", "You have $1.")))
    assert [each.promise for each in one.book.violations] == [promises.ANSWERED, promises.ONCE]


def test_who_was_promised_a_person_must_be_in_line_once() -> None:
    for many, broken in ((0, [promises.STUCK]), (1, []), (2, [promises.ONCE])):
        one = customer("person")
        one.told.handed_over = True
        checks._handed_over(one, [said("system", "1st", seq, custom={"status": "queued"}) for seq in range(many)])
        assert [each.promise for each in one.book.violations] == broken


def test_two_answers_to_one_message_over_rest_are_noticed() -> None:
    one = customer("count", Rest)
    message = one.line.new("count 7")
    right = [{"text": "I noted 7."}, {"text": "That makes 1."}]
    one.line._answered(message, right)  # type: ignore[attr-defined]
    one.line._answered(message, [*right, *right])  # type: ignore[attr-defined]
    assert [each.promise for each in one.book.violations] == [promises.LOG]


def refund(number: str, **changes: Any) -> dict[str, Any]:
    return {"id": number, "payment_id": ACCOUNT.payment_id, "amount_minor": 1000, "status": "requested", **changes}


@pytest.mark.parametrize(
    ("told", "booked", "is_broken"),
    [
        (["R1"], [refund("R1")], False),
        (["R1"], [], True),
        ([], [refund("R1")], True),
        (["R1"], [refund("R1"), refund("R2")], True),
        (["R1"], [refund("R1", status="cancelled"), refund("R2")], True),
        (["R1"], [refund("R1", payment_id="P9")], True),
        (["R1"], [refund("R1", amount_minor=2000)], True),
    ],
)
def test_the_books_and_what_was_told_must_agree(told: list[str], booked: list[Any], is_broken: bool) -> None:
    one = customer("refund")
    one.told.refunds = told
    checks._refunds(one, booked, is_sure=True)
    assert bool(one.book.violations) is is_broken
    assert {each.promise for each in one.book.violations} <= {promises.MONEY}


def test_a_socket_line_out_of_turn_is_noticed_at_once() -> None:
    book = Book()
    one = line(Poll, book)
    one.take(said("bot", "a", 1), after=0)
    one.take(said("bot", "c", 3), after=1)
    one.take(said("bot", "A", 1), after=0)
    assert [each.promise for each in book.violations] == [promises.LOG, promises.LOG]


def test_responses_are_told_apart_by_their_words(tmp_path: Path) -> None:
    phrases = Phrases(PROJECT)
    assert phrases.name("Done. Your debit card ending 6621 works again.") == "card_unfrozen"
    assert phrases.name("您的可用余额是￥1.00。") == "balance"
    assert phrases.name("nothing anyone wrote down") == ""
