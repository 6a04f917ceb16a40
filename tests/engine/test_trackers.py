"""The tracker that keeps its past gives exactly what Rasa's tracker works out from all events."""

from __future__ import annotations

from typing import Any

from hypothesis import example, given, settings
from hypothesis import strategies as st
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActionExecutionRejected,
    ActionReverted,
    ActiveLoop,
    AllSlotsReset,
    BotUttered,
    DefinePrevUserUtteredFeaturization,
    Event,
    FollowupAction,
    LoopInterrupted,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUtteranceReverted,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

from bot.engine.events import revive
from bot.engine.trackers import HotTracker

DOMAIN = Domain.from_dict(
    {
        "intents": ["ask", "tell"],
        "entities": ["thing"],
        "slots": {
            "a": {"type": "categorical", "values": ["x", "y"], "mappings": [{"type": "custom"}]},
            "b": {"type": "bool", "initial_value": True, "mappings": [{"type": "custom"}]},
            "c": {"type": "any", "influence_conversation": False, "mappings": [{"type": "custom"}]},
        },
        "forms": {"form_1": {"required_slots": ["a"]}, "form_2": {"required_slots": ["b"]}},
        "actions": ["action_1", "action_2"],
        "responses": {"utter_1": [{"text": "1"}]},
    }
)
RULE_ONLY = {"rule_only_slots": ["b"], "rule_only_loops": ["form_2"]}

actions = st.builds(
    ActionExecuted,
    st.sampled_from(["action_1", "action_2", "utter_1", "form_1", "form_2", "action_listen", "action_listen"]),
    hide_rule_turn=st.booleans(),
)
users = st.builds(
    lambda intent, entities: UserUttered("text", {"name": intent}, entities, {"intent": {"name": intent}}),
    st.sampled_from(["ask", "tell"]),
    st.sampled_from([[], [{"entity": "thing", "value": "1"}]]),
)
others = st.one_of(
    st.builds(SlotSet, st.just("a"), st.sampled_from(["x", "y", None])),
    st.builds(SlotSet, st.just("b"), st.sampled_from([True, False, None])),
    st.builds(ActiveLoop, st.sampled_from(["form_1", "form_2", None])),
    st.builds(ActionExecutionRejected, st.sampled_from(["form_1", "action_1"])),
    st.builds(DefinePrevUserUtteredFeaturization, st.booleans()),
    st.builds(LoopInterrupted, st.booleans()),
    st.builds(FollowupAction, st.just("action_1")),
    st.builds(BotUttered, st.just("hi")),
    st.builds(AllSlotsReset),
)
rare = st.one_of(
    st.builds(UserUtteranceReverted), st.builds(ActionReverted), st.builds(Restarted), st.builds(SessionStarted)
)
conversations = st.lists(st.one_of(actions, actions, users, others, others, rare), max_size=60)


def wires(events: list[Event]) -> list[dict[str, Any]]:
    return [event.as_dict() for event in events]


def rasas(events: list[dict[str, Any]]) -> DialogueStateTracker:
    return DialogueStateTracker.from_events("c", revive(events), DOMAIN.slots)


@settings(max_examples=150, deadline=None)
@given(conversations)
@example(
    [
        ActionExecuted("action_1"),
        UserUttered("text", {"name": "ask"}, [], {"intent": {"name": "ask"}}),
        ActionExecuted("action_listen"),
        DefinePrevUserUtteredFeaturization(False),
    ]
)
def test_applied_events_and_states_are_rasas_at_every_step(events: list[Event]):
    raw = wires(events)
    hot = HotTracker("c", DOMAIN.slots, domain=DOMAIN, window=None)
    for count, event in enumerate(revive(raw), start=1):
        hot.update(event)
        if count % 3 and count < len(raw):
            continue
        plain = rasas(raw[:count])
        assert wires(hot.applied_events()) == wires(plain.applied_events())
        assert hot.past_states(DOMAIN) == plain.past_states(DOMAIN)
        for rule_only in (None, RULE_ONLY):
            assert hot.past_states(DOMAIN, ignore_rule_only_turns=True, rule_only_data=rule_only) == plain.past_states(
                DOMAIN, ignore_rule_only_turns=True, rule_only_data=rule_only
            )
        assert hot.past_states(DOMAIN, omit_unset_slots=True) == plain.past_states(DOMAIN, omit_unset_slots=True)
        assert hot.current_state() == plain.current_state()
        assert wires(hot.events_after_latest_restart()) == wires(plain.events_after_latest_restart())


@settings(max_examples=80, deadline=None)
@given(conversations, st.integers(1, 8))
def test_a_window_gives_the_newest_states(events: list[Event], window: int):
    raw = wires(events)
    hot = HotTracker("c", DOMAIN.slots, domain=DOMAIN, window=window)
    for count, event in enumerate(revive(raw), start=1):
        hot.update(event)
        if count % 4 == 0 or count == len(raw):
            plain = rasas(raw[:count])
            assert hot.past_states(DOMAIN) == plain.past_states(DOMAIN)[-window - 1 :]
            ml = plain.past_states(DOMAIN, ignore_rule_only_turns=True, rule_only_data=RULE_ONLY)
            mine = hot.past_states(DOMAIN, ignore_rule_only_turns=True, rule_only_data=RULE_ONLY)
            assert mine == ml[-len(mine) :]
            assert len(mine) >= min(window, len(ml))


@settings(max_examples=150, deadline=None)
@given(conversations, st.integers(1, 4), conversations)
def test_a_conversation_read_at_once_has_the_states_of_one_that_was_lived(
    events: list[Event], window: int, more: list[Event]
):
    raw = wires(events + more)
    hot = HotTracker("c", DOMAIN.slots, domain=DOMAIN, window=window)
    for part in (raw[: len(events)], raw[len(events) :]):
        for event in revive(part):
            hot.update(event)
        plain = rasas(raw[: len(hot.events)])
        assert hot.past_states(DOMAIN) == plain.past_states(DOMAIN)[-window - 1 :]
        ml = plain.past_states(DOMAIN, ignore_rule_only_turns=True, rule_only_data=RULE_ONLY)
        mine = hot.past_states(DOMAIN, ignore_rule_only_turns=True, rule_only_data=RULE_ONLY)
        assert mine == ml[-len(mine) :]
        assert len(mine) >= min(window, len(ml))


@settings(max_examples=50, deadline=None)
@given(conversations, conversations)
def test_a_copy_goes_its_own_way(events: list[Event], more: list[Event]):
    hot = HotTracker("c", DOMAIN.slots, domain=DOMAIN, window=None)
    for event in revive(wires(events)):
        hot.update(event)
    hot.past_states(DOMAIN)
    before = (hot.current_state(), wires(hot.applied_events()), hot.past_states(DOMAIN))
    twin = hot.copy()
    for event in revive(wires(more)):
        twin.update(event)
    assert twin.past_states(DOMAIN) == rasas(wires(events) + wires(more)).past_states(DOMAIN)
    assert (hot.current_state(), wires(hot.applied_events()), hot.past_states(DOMAIN)) == before


def test_states_that_are_handed_out_may_be_changed():
    hot = HotTracker("c", DOMAIN.slots, domain=DOMAIN, window=None)
    for event in (ActionExecuted("action_listen"), UserUttered("x", {"name": "ask"}), ActionExecuted("action_1")):
        hot.update(event)
    before = hot.past_states(DOMAIN)
    for state in hot.past_states(DOMAIN):
        for part in state.values():
            part.clear()
    assert hot.past_states(DOMAIN) == before
