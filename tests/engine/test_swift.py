"""Rasa's components with their cost taken out say exactly what Rasa's own say."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

import pytest
from rasa.core.policies.memoization import AugmentedMemoizationPolicy
from rasa.core.policies.rule_policy import RulePolicy
from rasa.nlu.featurizers.sparse_featurizer.count_vectors_featurizer import CountVectorsFeaturizer

from bot.engine import swift, swift_linear
from bot.engine.engine import Engine
from bot.engine.swift_training import examples_shared
from bot.engine.training import importer_of, train
from bot.settings import Settings
from tests.engine.conftest import Talk

TEXTS = [
    "hello", "HELLO there", "", "super sad and sorry", "你好", "yes", "no way", "qqqq", "4", "we are 12 people, really",
    "break a table please", "are you a bot or a human?", "bye bye", "…", "good morning, I want to book",
]  # fmt: skip
CONVERSATIONS = [
    ["hello", "super sad", "yes", "bye", "hello", "super sad", "no", "hello", "great"],
    ["book a table", "4", "at the window", "hello", "book a table", "are you a bot?", "12", "bye", "3", "none"],
    ["qqqq", "zzz", "hello", "we are 12", "yes", "no", "let me talk to a person", "hello", "great"],
]


@pytest.fixture(scope="module")
async def plain(moodbot: Path, model: Path, settings: Settings) -> Engine:
    """The same model with Rasa's own classes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(swift, "swap_in", lambda *_: None)
        return await Engine.load(project=moodbot, model=model, settings=settings)


def components(engine: Engine) -> list[object]:
    runner = engine.model._runner
    return [runner.component(name) for name in runner._nodes]


async def test_the_swift_classes_are_in_use_and_keep_their_names(engine: Engine, plain: Engine):
    mine, theirs = ([type(each).__name__ for each in components(each_engine)] for each_engine in (engine, plain))
    assert [name.replace("Provider", "") for name in mine] == [
        name.replace("DomainProvider", "").replace("Provider", "") for name in theirs
    ]
    assert not any(type(each) is RulePolicy for each in components(engine))
    assert any(type(each) is RulePolicy for each in components(plain))


@pytest.mark.parametrize("text", TEXTS)
async def test_texts_are_understood_the_same(engine: Engine, plain: Engine, text: str):
    mine, theirs = await engine.parse(text), await plain.parse(text)
    assert mine["intent"]["name"] == theirs["intent"]["name"]
    assert mine["entities"] == theirs["entities"]
    for guess, other in zip(mine["intent_ranking"], theirs["intent_ranking"], strict=True):
        assert guess["confidence"] == pytest.approx(other["confidence"], abs=1e-9)


@pytest.mark.parametrize("texts", CONVERSATIONS)
async def test_conversations_take_the_same_way(
    engine: Engine, plain: Engine, talk: Callable[..., Talk], texts: list[str]
):
    mine, theirs = talk(), talk(engine=plain)
    for text in texts:
        await mine.say(text)
        await theirs.say(text)
        assert mine.kinds == theirs.kinds
        assert [each.get("policy") for each in mine.result.events] == [
            each.get("policy") for each in theirs.result.events
        ]
        assert [each.get("hide_rule_turn") for each in mine.result.events] == [
            each.get("hide_rule_turn") for each in theirs.result.events
        ]


def test_features_of_single_tokens_are_left_out_only_where_nothing_reads_them(engine: Engine):
    featurizers = [each for each in components(engine) if isinstance(each, CountVectorsFeaturizer)]
    assert [each._sequences for each in featurizers] == [False, False]


async def test_features_are_those_of_the_vectorizer(plain: Engine):
    from rasa.nlu.tokenizers.tokenizer import Token
    from rasa.shared.nlu.training_data.message import Message

    for original in (each for each in components(plain) if isinstance(each, CountVectorsFeaturizer)):
        mine = swift_linear._CountVectors.__new__(swift_linear._CountVectors)
        mine.__dict__.update(original.__dict__)
        theirs, ours = (
            Message(
                {"text": "hello sad world", "text_tokens": [Token("hello", 0), Token("sad", 6), Token("world", 10)]}
            )
            for _ in range(2)
        )
        original.process([theirs])
        mine.process([ours])
        assert len(ours.features) == len(theirs.features) == 2
        for one, other in zip(ours.features, theirs.features, strict=True):
            assert (one.type, one.attribute, one.origin) == (other.type, other.attribute, other.origin)
            assert (one.features != other.features).nnz == 0


def test_the_domain_is_the_one_that_the_model_was_trained_with(engine: Engine, plain: Engine):
    assert engine.model.domain.as_dict() == plain.model.domain.as_dict()
    assert engine.model.domain.action_names_or_texts == plain.model.domain.action_names_or_texts


@pytest.fixture(scope="module")
async def augmented(moodbot: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Engine, Engine]:
    """With a memory that looks back less and less far, ours and Rasa's."""
    folder = tmp_path_factory.mktemp("augmented") / "project"
    shutil.copytree(moodbot, folder, ignore=shutil.ignore_patterns("models"))
    config = (folder / "config.yml").read_text()
    assert "MemoizationPolicy" in config
    memory = "AugmentedMemoizationPolicy\n  max_history: 3"
    (folder / "config.yml").write_text(config.replace("MemoizationPolicy", memory))
    settings = Settings.load(folder, {})
    model = train(settings)
    mine = await Engine.load(project=folder, model=model, settings=settings)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(swift, "swap_in", lambda *_: None)
        return mine, await Engine.load(project=folder, model=model, settings=settings)


@pytest.mark.parametrize("texts", [*CONVERSATIONS, [*CONVERSATIONS[0], *CONVERSATIONS[2], *CONVERSATIONS[0]]])
async def test_looking_back_less_far_finds_the_same(
    augmented: tuple[Engine, Engine], talk: Callable[..., Talk], texts: list[str]
):
    mine, theirs = (talk(engine=each) for each in augmented)
    for text in texts:
        await mine.say(text)
        await theirs.say(text)
        assert mine.kinds == theirs.kinds
        assert [each.get("policy") for each in mine.result.events] == [
            each.get("policy") for each in theirs.result.events
        ]


def test_every_memorised_key_says_how_it_ends(augmented: tuple[Engine, Engine]):
    (memory,) = (each for each in components(augmented[0]) if isinstance(each, AugmentedMemoizationPolicy))
    endings = memory._memorised_endings()
    assert len(endings) > 3 and None not in endings
    assert ("action_listen", "greet") in endings and ("utter_greet", "greet") in endings


def test_examples_that_are_shared_are_the_examples_rasa_copies(moodbot: Path) -> None:
    copied = importer_of(moodbot).get_nlu_data()
    with examples_shared():
        shared = importer_of(moodbot).get_nlu_data()
    assert [each.data for each in shared.training_examples] == [each.data for each in copied.training_examples]
    assert shared.fingerprint() == copied.fingerprint()
    again = shared.merge(copied)
    assert len(again.training_examples) == len(shared.training_examples)
    assert again.training_examples[0] is not shared.training_examples[0]
