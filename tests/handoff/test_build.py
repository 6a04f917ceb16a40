"""A person knows what the bot knew, and nothing that it did not."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any

import pytest

from bot.handoff.build import NOT_WISHES, build
from bot.handoff.estimate import expected_wait_s
from bot.handoff.reasons import REASONS
from bot.handoff.routing import Routing
from bot.handoff.summary import money, summaries
from bot.handoff.texts import DEEDS, DETAILS, LINES, OUTCOMES, SUMMARY, WHY, WISHES
from bot.settings import HandoffSettings, QueueSettings
from bot.store.nouns import Conversation
from bot.types import Entry, Guess, Handoff, Identity, Level
from tests.store.makers import identity, turn

NOW = 1_800_000_000.0
ROUTING = Routing(
    HandoffSettings(
        queues=(
            QueueSettings(name="security", service_level_s=30, reasons=("security",), intents=("card_lost",)),
            QueueSettings(name="cards", skills=("cards",), intents=("freeze_card", "card_lost")),
            QueueSettings(name="general", service_level_s=180),
        )
    )
)


@dataclass
class Result:
    events: list[dict[str, Any]] = field(default_factory=list)
    identity: Identity | None = None
    language: str = "en"
    handover_reason: str | None = "asked"
    intents: tuple[Guess, ...] = (Guess(intent="request_human", confidence=0.97),)


def said(intent: str, *others: str) -> dict[str, Any]:
    ranking = [{"name": name, "confidence": 0.9 - n / 10} for n, name in enumerate((intent, *others))]
    return {"event": "user", "parse_data": {"intent": ranking[0], "intent_ranking": ranking}}


def slot(name: str, value: Any) -> dict[str, Any]:
    return {"event": "slot", "name": name, "value": value}


def tried(action: str, outcome: str, detail: str = "") -> dict[str, Any]:
    return {"action": action, "outcome": outcome, "at": NOW, "detail": detail}


def made(before: list[dict[str, Any]], result: Result | None = None, **other: Any) -> Handoff:
    conversation = Conversation(id="c1", channel="web", **other)
    return build(conversation, turn("c1", seq=7), result or Result(), before, [], routing=ROUTING, now=NOW)


def test_the_last_thing_that_was_wanted_is_the_subject_not_the_call_for_a_person() -> None:
    handoff = made([said("check_balance"), said("freeze_card", "card_lost"), said("affirm"), said("request_human")])
    assert [guess.intent for guess in handoff.intents] == ["freeze_card", "card_lost"]
    assert (handoff.queue, handoff.skills) == ("cards", ("cards", "lang:en"))
    assert handoff.summary.startswith("Wanted: freeze a card.")


def test_the_summary_tells_what_was_wanted_who_it_is_what_was_tried_and_why() -> None:
    before = [
        said("request_refund"),
        slot("order_number", "P20261103001"),
        slot("amount", {"minor": 129900, "currency": "CNY"}),
        slot("tried", [tried("action_request_refund", "failed", "service_down")] * 2),
    ]
    known = identity("C1", Level.STEPPED_UP, name="李雷", stepped_up_until=NOW + 60)
    english = made(before, Result(identity=known, handover_reason="action_failed"))
    assert english.summary == (
        "Wanted: get a refund (number P20261103001, amount CNY 1299.00). "
        "Customer: 李雷, signed in and confirmed by a one-time code. "
        "Tried: request the refund: failed ×2. Handed over because an action failed twice."
    )
    chinese = made(before, Result(identity=known, language="zh", handover_reason="action_failed"))
    assert chinese.summary == (
        "诉求：申请退款（单号 P20261103001，金额 CNY 1299.00）。客户：李雷，已登录并通过验证码核验。"
        "已尝试：提交退款申请: 失败 ×2。转人工原因：操作连续失败。"
    )
    assert (english.value, english.value_currency, english.priority) == (129900, "CNY", REASONS["action_failed"])


def test_nothing_is_invented_where_nothing_is_known() -> None:
    handoff = made([said("greet"), said("out_of_scope")], Result(handover_reason="fallback", intents=()))
    assert handoff.summary == (
        "What the customer wants was not understood. Customer: name unknown, not signed in. Nothing was tried. "
        "Handed over because the bot did not understand."
    )
    assert (handoff.intents, handoff.tried, handoff.slots, handoff.queue) == ((), (), {}, "general")


def test_a_step_up_that_has_run_out_is_not_claimed() -> None:
    known = identity("C1", Level.STEPPED_UP, stepped_up_until=NOW - 1)
    assert "Customer: name unknown, signed in." in made([], Result(identity=known)).summary


def test_one_time_codes_and_book_keeping_are_not_shown() -> None:
    hidden = [slot(name, "123456") for name in ("code", "requested_slot", "dialogue", "identity", "tried")]
    hidden[-1]["value"] = []
    handoff = made([*hidden, slot("card_ending", "4821"), slot("reason", None), slot("my_own", 3)])
    assert handoff.slots == {"card_ending": "4821", "my_own": 3}
    assert "123456" not in repr(handoff)


def test_what_was_wanted_before_a_restart_or_in_an_earlier_session_is_over() -> None:
    for end in ({"event": "restart"}, {"event": "session_started"}):
        assert "not understood" in made([said("freeze_card"), end]).summary


def test_security_is_first_in_line_whatever_the_reason() -> None:
    asked = made([said("card_lost"), said("request_human")])
    assert (asked.queue, asked.priority, asked.due_at) == ("security", REASONS["security"], NOW + 30)
    assert made([], Result(handover_reason="security")).queue == "security"
    assert sorted(REASONS, key=lambda reason: REASONS[reason])[-2:] == ["security", "care"]


def test_a_turn_that_is_run_again_hands_over_the_same() -> None:
    assert made([said("freeze_card")]) == made([said("freeze_card")])
    assert made([]).id == "c1-7"


def test_the_transcript_and_the_conversation_come_along() -> None:
    lines = [Entry(seq=1, at=NOW, author="customer", text="你好")]
    conversation = Conversation(id="c1", channel="rest", language="zh")
    handoff = build(conversation, turn("c1"), Result(language=""), [], lines, routing=ROUTING, now=NOW)
    assert (handoff.transcript, handoff.channel, handoff.language) == (tuple(lines), "rest", "zh")


def test_unknown_intents_and_actions_are_shown_by_name() -> None:
    handoff = made([said("book_table"), slot("tried", [tried("action_book_table", "refused", "full")])])
    assert handoff.summary.startswith("Wanted: book table. ")
    assert "Tried: book table: refused." in handoff.summary


@pytest.mark.parametrize("table", [LINES, SUMMARY, WHY, OUTCOMES, DETAILS, WISHES, DEEDS])
def test_every_text_is_there_in_both_languages_with_the_same_places(table: dict[str, tuple[str, str]]) -> None:
    def places(text: str) -> list[str]:
        return sorted(part.partition("}")[0] for part in text.split("{")[1:])

    for english, chinese in table.values():
        assert english and chinese and english != chinese
        assert places(english) == places(chinese)
    assert set(WHY) == set(REASONS)


def test_money_is_written_in_major_units() -> None:
    assert [money(5, "CNY"), money(-1250, "USD"), money(300, "JPY"), money(100, "")] == [
        "CNY 0.05",
        "USD -12.50",
        "JPY 300",
        "1.00",
    ]


def test_the_wait_is_estimated_from_how_the_queue_moved_or_not_at_all() -> None:
    assert expected_wait_s(1, [], NOW) is None
    assert expected_wait_s(1, [NOW - 10, NOW - 20], NOW) is None
    assert expected_wait_s(1, [NOW - 1000, NOW - 2000, NOW - 3000], NOW) is None
    accepts = [NOW - 60, NOW - 120, NOW - 180]
    assert (expected_wait_s(1, accepts, NOW), expected_wait_s(3, accepts, NOW)) == (60, 180)
    assert (expected_wait_s(1, accepts, NOW + 300) or 0) > 60


def test_a_summary_has_no_codes_and_is_there_in_each_language_of_the_desk() -> None:
    deeds = [
        tried("action_verify_code", "refused", "code_wrong"),
        tried("action_request_refund", "failed", "service_down"),
    ]
    handoff = made([said("request_refund"), slot("tried", deeds)])
    both = summaries(handoff, not_wishes=NOT_WISHES)
    assert both["en"] == handoff.summary
    assert "核验验证码: 被拒绝" in both["zh"]
    assert "提交退款申请: 失败" in both["zh"]
    assert not re.search(r"[a-z]+_[a-z]+", str(both))
