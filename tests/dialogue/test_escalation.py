"""When a person is brought without being asked for: the deciding part, which is pure."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rasa.shared.core.events import ActionExecuted, ConversationResumed, Event, SlotSet, UserUttered

from bot.engine.escalation import LOOKED_AT, NOT_QUESTIONS, Heard, Solved, history_of, reason_to_escalate


def heard(*intents: str) -> list[Heard | Solved]:
    return [Heard(intent) for intent in intents]


@pytest.mark.parametrize(
    ("history", "reason"),
    [
        (heard("check_balance", "refund_status"), None),
        (heard("refund_status", "greet", "refund_status", "refund_status"), "third_time"),
        ([*heard("refund_status", "refund_status"), Solved(("refund_status",)), Heard("refund_status")], None),
        ([Heard("refund_status", (number,)) for number in ("R1", "R2", "R3")], None),
        (heard("not_solved", "check_balance", "not_solved"), "third_time"),
        (heard("express_anger"), None),
        (heard("express_anger", "check_balance", "express_anger"), "anger"),
        ([Heard("check_balance", anger=0.7), Heard("check_balance", anger=0.7)], "anger"),
        ([Heard("express_anger", anger=0.9)], "anger"),
        ([Heard("check_balance", anger=0.9)], None),
        # Jokes, emoji and what was not understood bring nobody who was not asked for.
        (heard("out_of_scope", "out_of_scope", "out_of_scope", "nlu_fallback", "nlu_fallback"), None),
        ([], None),
    ],
)
def test_reasons(history: list[Heard | Solved], reason: str | None) -> None:
    assert reason_to_escalate(history) == reason


@given(
    st.lists(st.sampled_from(sorted(NOT_QUESTIONS - {"express_anger", "not_solved", "nlu_fallback", "out_of_scope"})))
)
def test_courtesy_and_answers_never_bring_a_person(intents: list[str]) -> None:
    assert reason_to_escalate(heard(*intents)) is None


@given(st.integers(3, 20))
def test_no_question_is_asked_for_ever(times: int) -> None:
    assert reason_to_escalate(heard(*["payment_pending"] * times)) == "third_time"


def said(intent: str, *, metadata: dict[str, bool] | None = None, **ours: bool) -> UserUttered:
    return UserUttered("...", {"name": intent}, parse_data={"metadata": metadata or {}, **ours})


def test_what_a_client_writes_into_its_metadata_hides_no_message() -> None:
    events = [said("refund_status", metadata={"accepted_offer": True}) for _ in range(3)]
    assert history_of(events) == heard("refund_status", "refund_status", "refund_status")


def test_a_history_begins_where_a_person_gave_the_conversation_back() -> None:
    events: list[Event] = [
        said("check_limits"),
        ConversationResumed(),
        said("check_balance"),
        SlotSet("solved", ["check_balance"]),
        said("request_refund"),
        said("request_refund", accepted_offer=True),
        said("deny"),
        ActionExecuted("action_listen"),
        said("thank"),
    ]
    assert history_of(events) == [
        Heard("check_balance"),
        Solved(("check_balance",)),
        Heard("request_refund"),
        Heard("deny"),
        Heard("thank"),
    ]


@pytest.mark.parametrize("act", ["negated", "undo", "correction", "answer", "other_person"])
def test_what_asks_for_nothing_is_not_asked_again(act: str) -> None:
    events = [UserUttered("...", {"name": "freeze_card"}, parse_data={"act": {"name": act}})] * 3
    assert reason_to_escalate(history_of(events)) is None


def test_only_the_end_of_a_long_conversation_is_read() -> None:
    class Counted(list[Event]):
        read = 0

        def __reversed__(self) -> Iterator[Event]:
            for event in super().__reversed__():
                self.read += 1
                yield event

    events = Counted([said("check_balance")] * 20_000)
    assert len(history_of(events)) == LOOKED_AT
    assert events.read == LOOKED_AT
