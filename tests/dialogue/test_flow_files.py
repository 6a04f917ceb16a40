"""What is wrong in a flow's file is told with file and line, at `xiaoer validate` and at training."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.dialogue import flow_files, project
from bot.dialogue.conditions import Condition
from bot.dialogue.state import Done, Frame, Left, Offer, Otp, Retry, Said, State, Topic
from bot.errors import ConfigError

FLOW = """\
flows:
  post:
    nlu_trigger:
    - intent: post
    effect: reversible
    steps:
    - collect: weight
      utter: utter_ask_weight
    - action: action_post
"""


def read(folder: Path, text: str) -> project.Dialogue:
    path = folder / "data" / "flows" / "post.yml"
    path.parent.mkdir(parents=True)
    path.write_text(dedent(text), encoding="utf-8")
    return project.load(folder)


@pytest.mark.parametrize(
    ("wrong", "told"),
    [
        (FLOW.replace("reversible", "nice"), "flows/post.yml:5: flow post: effect 'nice': one of none, reversible"),
        (FLOW.replace("reversible", "irreversible"), "flow post"),
        (FLOW.replace("effect", "affect"), "flows/post.yml:5: flow post: unknown key affect"),
        (FLOW.replace("effect: reversible", "undo: unpost"), "flow post: undo: there is no flow unpost"),
        (FLOW.replace("effect: reversible", "status: where"), "flow post: status: there is no flow where"),
        (FLOW.replace("effect: reversible", "follow_ups: [same]"), "post.yml:5: flow post: follow_ups 'same'"),
        (
            FLOW.replace("effect: reversible", "level: root"),
            "post.yml:5: flow post: level 'root': one of none, signed_in",
        ),
        (FLOW.replace("- collect: weight", "- gather: weight"), "post.yml:7"),
        ("flows: [post]", "expected `flows:` with a flow for each id"),
        (FLOW.replace("    steps:", "    steps: ["), "post.yml"),
    ],
)
def test_what_is_wrong_is_named_with_its_place(tmp_path: Path, wrong: str, told: str) -> None:
    with pytest.raises(ConfigError) as refused:
        read(tmp_path, wrong)
    assert told in str(refused.value)


def test_what_does_not_fit_together_is_told(tmp_path: Path) -> None:
    dialogue = read(tmp_path, FLOW.replace("effect: reversible", "article: posting"))
    told = list(project.problems_in(dialogue, {"utter_ask_weight"}, articles=set()))
    assert any("flow post: article: there is no data/help/<language>/posting.md" in each for each in told)
    assert any("post.yml:7" in each for each in project.problems_in(dialogue, set(), {"posting"}))


@pytest.mark.parametrize(
    ("text", "slots", "holds"),
    [
        ("slots.amount > 50", {"amount": 51}, True),
        ("amount > 50", {"amount": None}, False),
        ('slots.reason is not "other" and amount <= 10', {"reason": "faulty", "amount": 10}, True),
        ('reason in ["a", "b"]', {"reason": "b"}, True),
        ('not reason contains "x"', {"reason": "axe"}, False),
        ('code matches "^[0-9]{3}$"', {"code": "123"}, True),
        ("confirm is true", {"confirm": True}, True),
        ("slots.it is null", {}, True),
    ],
)
def test_conditions_are_read_as_rasa_writes_them(text: str, slots: dict[str, object], holds: bool) -> None:
    assert Condition(text).holds(slots) is holds


@pytest.mark.parametrize("text", ["", "amount >", "__import__('os')", "amount.__class__", "f(1)", "a if b else c"])
def test_what_is_no_condition_is_refused(text: str) -> None:
    with pytest.raises(ValueError):
        Condition(text)


_WORD = st.text(max_size=8)
_WORDS = st.lists(_WORD, max_size=2).map(tuple)
_ENTITIES = st.lists(st.fixed_dictionaries({"entity": _WORD, "value": _WORD}), max_size=2).map(tuple)
_SAID = st.builds(Said, text=_WORD, intent=_WORD, entities=_ENTITIES, pressed=st.booleans())
_FRAME = st.builds(
    Frame, flow=_WORD, at=_WORD, opening=st.none() | _SAID, offered=_WORDS,
    values=st.dictionaries(_WORD, _WORD, max_size=2), misses=st.integers(0, 3),
)  # fmt: skip
_DONE = st.builds(Done, flow=_WORD, due=_WORD, undone=st.booleans(), entities=_ENTITIES)
_STATE = st.builds(
    State,
    stack=st.lists(_FRAME, max_size=3).map(tuple),
    offer=st.none() | st.builds(Offer, flow=_WORD, said=st.none() | _SAID, guesses=_WORDS),
    wishes=st.lists(_SAID, max_size=2).map(tuple),
    topic=st.none() | st.builds(Topic, flow=_WORD, entities=_ENTITIES, article=_WORD),
    deeds=st.lists(_DONE, max_size=2).map(tuple),
    left=st.none() | st.builds(Left, flow=_WORD),
    otp=st.none() | st.builds(Otp, id=_WORD, to=_WORD, purpose=_WORD, deed=st.just({"action": "refund"}), digest=_WORD),
    retry=st.none() | st.builds(Retry, action=_WORD, key=_WORD),
    about=_WORD,
)  # fmt: skip


@given(_STATE)
def test_what_a_conversation_keeps_comes_back_as_it_was(state: State) -> None:
    assert State.from_wire(state.to_wire()) == state


def test_the_frameworks_own_flows_are_read() -> None:
    assert "pattern_human_handoff" in flow_files.read([project.OWN])


def test_a_pattern_that_counts_its_groups_is_refused(tmp_path: Path) -> None:
    words = tmp_path / "data" / "words" / "en.yml"
    words.parent.mkdir(parents=True)
    words.write_text("language: en\nphrases:\n  twice: ['(\\w+) \\1']\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"twice: .* counts its groups"):
        project.load(tmp_path)
