"""One turn: what goes in, what comes out, and what a customer cannot make the bot do."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.engine import in_process
from bot.types import Button, Holder, Identity, Level, to_wire
from tests.engine.conftest import Talk

ROOT = Path(__file__).parents[2]

Start = Callable[..., Talk]


def somebody(customer_id: str = "C1001") -> Identity:
    now = time.time()
    return Identity(
        customer_id=customer_id, level=Level.SIGNED_IN, method="jwt", proven_at=now, expires_at=now + 3600, name="Ann"
    )


async def test_a_first_message_starts_a_session_and_is_answered(talk: Start):
    ann = talk()
    result = await ann.say("hello")
    assert ann.kinds == [
        "action action_session_start",
        "session_started",
        "action action_listen",
        "slot language",
        "user",
        "user_featurization",
        "action utter_greet",
        "bot",
        "action action_listen",
    ]
    assert [reply.text for reply in result.replies] == ["Hey! How are you?"]
    assert result.replies[0].buttons == (
        Button(title="great", payload="/mood_great"),
        Button(title="super sad", payload="/mood_unhappy"),
    )
    assert result.intents[0].intent == "greet"
    assert result.version == len(result.events)


async def test_only_new_events_come_out(talk: Start):
    ann = talk()
    await ann.say("hello")
    await ann.say("super sad")
    assert ann.kinds[0] == "user"
    assert [event["event"] for event in ann.stored].count("user") == 2


@pytest.mark.parametrize("hot", [True, False])
async def test_stories_and_forms_go_on_whether_the_tracker_was_kept_or_is_read_back(talk: Start, hot: bool):
    ann = talk(hot=hot)
    assert await ann.texts("hello") == ["Hey! How are you?"]
    assert await ann.texts("super sad") == ["Here is something to cheer you up:", "Did that help you?"]
    assert await ann.texts("yes") == ["Great, carry on!"]
    assert await ann.texts("book a table") == ["For how many?"]
    assert await ann.texts("we are 12") == ["at most ten", "For how many?"]
    assert await ann.texts("4") == ["Any remark?"]
    assert await ann.texts("at the window") == ["A table for 4."]
    assert ann.slot("remark") == "at the window"


async def test_both_ways_give_the_same_events(talk: Start):
    hot, cold = talk(hot=True), talk(hot=False)
    for text in ("hello", "super sad", "qqqq", "book a table", "we are 12", "who are you, a bot?", "4", "fine", "bye"):
        await hot.say(text)
        await cold.say(text)
        assert hot.kinds == cold.kinds


@pytest.mark.parametrize("text", ["/restart", "/mood_great", '/inform{"amount": 1}', "/session_start", "/back", "/"])
async def test_a_text_that_looks_like_a_command_is_only_a_text(talk: Start, text: str):
    ann = talk()
    await ann.say("hello")
    result = await ann.say(text)
    assert result.intents[0].confidence < 1
    assert next(event for event in result.events if event["event"] == "user")["text"] == text
    assert "restart" not in ann.kinds


async def test_a_trusted_payload_is_an_intent_with_entities(talk: Start):
    ann = talk()
    await ann.say("book a table")
    assert await ann.texts("four of us", payload='/inform_number{"number": 4}') == ["Any remark?"]
    assert ann.result.intents[0].confidence == 1
    assert ann.slot("people") == 4
    assert next(event for event in ann.result.events if event["event"] == "user")["text"] == "four of us"


@pytest.mark.parametrize("payload", ["/drop_table", "/greet{broken", "/greet[1]", "greet", "//", '/inform_number["x"]'])
async def test_a_payload_that_the_model_does_not_know_is_understood_by_its_text(talk: Start, payload: str):
    ann = talk()
    assert await ann.texts("hello", payload=payload) == ["Hey! How are you?"]


@pytest.mark.parametrize("text", ["", " ", "\x00\x01", "a" * 100_000, "🤷" * 50, "\ud800"])
async def test_odd_texts_are_answered(talk: Start, text: str):
    ann = talk()
    result = await ann.say(text)
    assert result.events[-1]["name"] == "action_listen"


async def test_a_failing_action_is_one_apology_a_record_and_the_end_of_the_turn(talk: Start):
    ann = talk(language="zh")
    result = await ann.say("please break something")
    assert len(result.replies) == 1
    assert result.replies[0].text.startswith("很抱歉")
    assert [(tried["action"], tried["outcome"], tried["detail"]) for tried in ann.slot("tried")] == [
        ("action_explode", "failed", "RuntimeError")
    ]
    assert ann.kinds[-1] == "action action_listen"
    assert await ann.texts("bye") == ["再见"]


async def test_messages_of_actions_become_replies(talk: Start):
    result = await talk().say("show cards")
    card, picture, choice, response, elements = result.replies
    assert card.custom == {"card": "refund", "items": []}
    assert (picture.text, picture.attachment) == ("a picture", "https://example.org/a.png")
    assert choice.buttons == (Button(title="One", payload="/affirm"),)
    assert response.text == "A table for nobody."
    assert elements.custom == {"elements": [{"title": "an element"}]}


async def test_the_identity_slot_is_the_conversations_and_follows_it(talk: Start):
    ann = talk(identity=somebody())
    await ann.say("hello")
    assert ann.slot("identity") == to_wire(ann.conversation.identity)
    ann.change(identity=None)
    await ann.say("hello")
    assert ann.slot("identity") is None


async def test_no_action_but_the_step_up_may_set_reserved_slots(talk: Start):
    ann = talk(identity=somebody())
    before = ann.conversation.identity
    result = await ann.say("become somebody else")
    assert result.replies[0].text == "tried with m1"
    assert result.identity == before
    assert ann.slot("identity") == to_wire(before)
    assert ann.slot("language") == "en"
    assert ann.slot("remark") == "mine"
    result = await ann.say("verify me now")
    assert result.identity is not None
    assert (result.identity.level, result.identity.method, result.identity.customer_id) == (
        Level.STEPPED_UP,
        "otp",
        "C1001",
    )
    assert ann.slot("identity")["level"] == 2
    result = await ann.say("become somebody else")
    assert result.identity is not None and result.identity.level == Level.STEPPED_UP


async def test_the_language_is_the_customers_and_switches_when_they_do(talk: Start):
    ann = talk()
    assert await ann.texts("你好") == ["你好，今天怎么样？"]
    assert ann.result.language == "zh"
    ben = talk(language="zh")
    assert await ben.texts("hello") == ["你好，今天怎么样？"], "this pipeline tells no language: it stays what it was"


async def test_reserved_slots_survive_a_restart_and_a_rewind(talk: Start):
    ann = talk(identity=somebody(), language="zh")
    await ann.say("hello", payload="/restart")
    assert ann.slot("language") is None or ann.slot("language") == "zh"
    await ann.say("hello")
    assert ann.slot("language") == "zh"
    assert ann.slot("identity")["customer_id"] == "C1001"
    await ann.say("ok", payload="/back")
    assert ann.slot("language") == "zh"
    assert ann.slot("identity")["customer_id"] == "C1001"


async def test_a_handover_pauses_the_bot_which_listens_in_silence_until_it_is_given_back(talk: Start):
    ann = talk()
    await ann.say("book a table")
    result = await ann.say("let me talk to a person")
    assert result.handover_reason == "asked"
    ann.change(holder=Holder.AGENT)
    result = await ann.say("hello?")
    assert (result.replies, result.handover_reason) == ([], None)
    assert ann.kinds == ["user"]
    assert result.intents[0].intent == "greet"
    ann.change(holder=Holder.BOT)
    result = await ann.say("", kind="resume", metadata={"note": "was kind"})
    assert [reply.text for reply in result.replies] == ["You are back with the assistant."]
    assert (ann.slot("handover_reason"), ann.slot("agent_note")) == (None, "was kind")
    assert result.tracker is not None and result.tracker.active_loop_name is None
    assert await ann.texts("hello") == ["Hey! How are you?"]


async def test_a_conversation_that_comes_back_without_a_word_is_answered(talk: Start):
    ann = talk()
    await ann.say("let me talk to a person")
    assert await ann.texts("hello") == ["Hey! How are you?"]
    assert ann.slot("handover_reason") is None


async def test_the_circuit_breaker_ends_a_turn_that_does_not_end_itself(talk: Start):
    ann = talk()
    await ann.say("hello")
    events = [*ann.stored, {"event": "followup", "name": "action_loop", "timestamp": time.time()}]
    ann.stored, ann.hot = events, False
    ann.engine.forget(ann.conversation.id)
    ann.change(version=len(events))
    await ann.say("hello")
    assert ann.kinds.count("action action_loop") <= 20
    assert ann.kinds[-1] == "action action_listen"
    assert await ann.texts("hello") == ["Hey! How are you?"]


async def test_a_session_that_is_long_over_starts_anew_and_carries_its_slots(talk: Start):
    ann = talk(language="zh")
    await ann.say("book a table")
    await ann.say("4")
    result = await ann.say("hello", at=time.time() + 3 * 3600)
    assert ann.kinds[:2] == ["action action_session_start", "session_started"]
    assert ann.slot("people") == 4
    assert result.replies[0].text == "你好，今天怎么样？"
    assert result.tracker is not None and result.tracker.active_loop_name is None


async def test_a_model_that_fails_to_understand_still_answers(talk: Start, monkeypatch: pytest.MonkeyPatch):
    ann = talk()
    await ann.say("hello")

    def broken(*_: object, **__: object) -> None:
        raise ValueError("a component broke")

    monkeypatch.setattr(ann.engine.model._runner, "_call_loaded", broken)
    result = await ann.say("super sad")
    assert len(result.replies) == 1
    assert result.replies[0].text.startswith("I'm sorry")
    monkeypatch.undo()
    assert await ann.texts("hello") == ["Hey! How are you?"]


def test_actions_of_a_project_that_was_left_serve_no_other(tmp_path: Path) -> None:
    """Their modules had the same names."""
    for name, answers in (("first", "action_verify_code"), ("second", "action_greet_twice")):
        (tmp_path / name / "actions").mkdir(parents=True)
        (tmp_path / name / "actions" / "__init__.py").write_text(
            f"from rasa_sdk import Action\nclass A(Action):\n    def name(self):\n        return {answers!r}\n"
        )
    shipped = in_process.register(ROOT).actions.keys()
    here = {name: module for name, module in sys.modules.items() if name.partition(".")[0] == "actions"}
    try:
        in_process.register(tmp_path / "first")
        second = in_process.register(tmp_path / "second").actions
        first = in_process.register(tmp_path / "first").actions
    finally:
        for name in [each for each in sys.modules if each.partition(".")[0] == "actions"]:
            del sys.modules[name]
        sys.modules.update(here)
    assert in_process.register(ROOT).actions.keys() == shipped
    assert "action_greet_twice" in second
    assert "action_greet_twice" not in first
    assert type(first["action_verify_code"].__self__).__module__ == "actions"
    assert type(second["action_verify_code"].__self__).__module__.startswith("bot.")
