"""What kind of saying a message is, apart from what it is about."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pytest

import bot.engine  # noqa: F401  lets Rasa be imported without TensorFlow
from bot.errors import ConfigError
from bot.nlu import act_model, frames
from bot.nlu.acts import KINDS, act_of

THINGS = ("card", "refund", "limit", "account", "transfer", "phone", "address", "bill", "password", "receipt")
SAYINGS = {
    "request": ("change my {}", "please change my {}", "could you change my {}", "I want my {} changed"),
    "question": ("how do I change my {}", "what happens if I change my {}?", "can a {} be changed?"),
    "negated": ("don't change my {}", "do not change the {}", "I never asked to change my {}"),
    "status": ("is my {} changed?", "has my {} been changed yet", "did you change my {}?"),
}


@pytest.fixture(scope="module")
def learned() -> act_model.Acts:
    rows = [(said.format(thing), act, thing) for act, some in SAYINGS.items() for said in some for thing in THINGS]
    texts, acts, topics = zip(*rows, strict=True)
    return act_model.learn(texts, np.zeros((len(texts), 0), np.float32), acts, topics)


def likeliest(acts: act_model.Acts, text: str) -> str:
    return acts.names[int(acts.judge(text, np.zeros(0, np.float32)).argmax())]


def test_the_frame_is_what_all_topics_share() -> None:
    texts = [frames.said(said.format(thing)) for some in SAYINGS.values() for said in some for thing in THINGS]
    topics = [thing for some in SAYINGS.values() for _ in some for thing in THINGS]
    shared = frames.shared_words(texts, topics, share=0.2, at_least=3)
    assert {"my", "don", "t", "how", "is"} <= shared
    assert not shared & set(THINGS)
    assert frames.frame(frames.said("Don't change my card!"), shared) == [
        "<",
        "don",
        "t",
        "change",
        "my",
        "_",
        "!",
        ">",
    ]


def test_it_holds_for_things_that_were_never_spoken_of(learned: act_model.Acts) -> None:
    said = {
        "please change my umbrella": "request",
        "how do I change my umbrella": "question",
        "don't change my umbrella": "negated",
        "has my umbrella been changed yet": "status",
    }
    assert {text: likeliest(learned, text) for text in said} == said


def test_probabilities_sum_to_one_and_any_text_has_some(learned: act_model.Acts) -> None:
    for text in ("", "?", "冻结", "x" * 5000, "\ud800", "1 2 3", "don't " * 300):
        judged = learned.judge(text, np.zeros(0, np.float32))
        assert judged.sum() == pytest.approx(1)
        assert (judged >= 0).all()


def test_what_is_saved_judges_the_same(learned: act_model.Acts, tmp_path: Path) -> None:
    act_model.save(learned, tmp_path)
    again = act_model.load(tmp_path)
    for text in itertools.chain(*SAYINGS.values()):
        np.testing.assert_allclose(
            again.judge(text, np.zeros(0, np.float32)), learned.judge(text, np.zeros(0, np.float32)), atol=1e-3
        )


def test_an_act_that_is_none_is_named() -> None:
    from rasa.shared.nlu.training_data.message import Message

    example = Message(data={"intent": "freeze", "metadata": {"intent": {"act": "denied"}}})
    with pytest.raises(ConfigError, match=f"'freeze': metadata.act 'denied' is unknown; known: {KINDS[0]}, "):
        act_of(example)
