"""What is asked about, not wanted or somebody else's is not done."""

from __future__ import annotations

from typing import Any

import pytest

from bot.engine.acts import ActsPolicy, aside_for

CONFIG = {
    **ActsPolicy.get_default_config(),
    "effects": ["freeze_card", "request_refund"],
    "at_once": ["freeze_card"],
    "asides": {"question": "action_answer_question", "negated": "action_not_wanted"},
    "answers": "action_answer_question",
}


def parsed(intent: str, act: str, confidence: float = 0.9, **more: Any) -> dict[str, Any]:
    return {"intent": {"name": intent}, "act": {"name": act, "confidence": confidence}, **more}


@pytest.mark.parametrize(
    ("act", "action"),
    [("request", ""), ("report", ""), ("question", "action_answer_question"), ("negated", "action_not_wanted")],
)
def test_only_what_is_asked_for_goes_to_the_intents_rule(act: str, action: str) -> None:
    assert aside_for(parsed("freeze_card", act), CONFIG) == action


def test_what_changes_nothing_is_left_to_its_rule() -> None:
    assert aside_for(parsed("check_balance", "question"), CONFIG) == ""


def test_an_act_that_is_not_sure_decides_nothing_where_the_rule_asks_first() -> None:
    assert aside_for(parsed("request_refund", "negated", 0.4), CONFIG) == ""
    assert aside_for(parsed("freeze_card", "negated", 0.4), CONFIG) == "action_not_wanted"


def test_a_pressed_button_and_an_accepted_offer_are_meant() -> None:
    assert aside_for({"intent": {"name": "freeze_card"}}, CONFIG) == ""
    assert aside_for(parsed("freeze_card", "negated", metadata={"accepted_offer": True}), CONFIG) == ""


@pytest.mark.parametrize("intent", ["nlu_fallback", "out_of_scope"])
def test_what_no_intent_covers_is_answered_where_an_article_does(intent: str) -> None:
    for answered in (True, False):
        found = parsed(intent, "question", help={"answered": answered, "articles": []})
        assert aside_for(found, CONFIG) == ("action_answer_question" if answered else "")


def test_a_question_without_an_answer_is_left_to_a_rule_that_asks_first_and_to_no_other() -> None:
    assert aside_for(parsed("request_refund", "question"), CONFIG) == ""
    assert aside_for(parsed("freeze_card", "question"), CONFIG) == "action_answer_question"
    answered = parsed("request_refund", "question", help={"answered": True, "articles": []})
    assert aside_for(answered, CONFIG) == "action_answer_question"


@pytest.mark.parametrize("act", ["status", "undo", "other_person"])
def test_what_is_done_at_once_is_done_only_where_it_is_asked_for(act: str) -> None:
    assert aside_for(parsed("freeze_card", act, 0.3), CONFIG) == "action_answer_question"
    assert aside_for(parsed("request_refund", act, 0.3), CONFIG) == ""
