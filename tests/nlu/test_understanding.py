"""The parts of the classifier, each by itself, and together in a Rasa project of their own."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from scipy.sparse import random as sparse_random

import bot.engine  # noqa: F401  lets Rasa be imported without TensorFlow
from bot.nlu import cascade, kernel, model
from bot.nlu.calibration import calibration_error, sharpness
from bot.nlu.encoder import SentenceEncoder
from bot.nlu.names import spoken
from bot.nlu.ngrams import Plan, TermRows
from bot.nlu.several import cut
from bot.nlu.solve import Packed
from bot.nlu.table import Space, Table, telling, unit

EXAMPLES = {
    "card_lost": [
        "I lost my card",
        "my card is gone",
        "card was stolen",
        "can't find my card",
        "我的卡丢了",
        "卡不见了",
    ],
    "check_balance": ["what is my balance", "how much money do I have", "show balance", "账户里还有多少钱", "查余额"],
    "request_refund": [
        "I want a refund",
        "give me my money back",
        "refund this order please",
        "我要退款",
        "把钱退给我",
    ],
    "greet": ["hello", "hi there", "good morning", "你好", "早上好", "hey"],
}
TEXTS = [text for texts in EXAMPLES.values() for text in texts]
LABELS = [name for name, texts in EXAMPLES.items() for _ in texts]


@pytest.fixture(scope="session")
def encoder() -> SentenceEncoder:
    return SentenceEncoder("multilingual-e5-small").load()


@pytest.fixture(scope="session")
def rows() -> TermRows:
    return TermRows.fit(TEXTS, plan=Plan(), at_least=1)


def table(texts: list[str], encoder: SentenceEncoder, rows: TermRows) -> Table:
    from scipy.sparse import vstack

    return Table(sparse=vstack([rows.row(text) for text in texts], format="csr"), dense=encoder.encode(texts))


@given(st.text(max_size=300))
def test_any_text_can_be_counted(text: str) -> None:
    row = TermRows.fit(TEXTS, plan=Plan(), at_least=1).row(text)
    assert np.isfinite(row.data).all()


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("freeze my card and tell me my balance", ["freeze my card", "tell me my balance"]),
        ("帮我冻结卡片，另外查一下余额", ["帮我冻结卡片", "查一下余额"]),
        ("what is my balance", []),
        ("black and white", []),
    ],
)
def test_several_wishes(text: str, parts: list[str]) -> None:
    assert cut(text) == parts


def test_names_are_examples() -> None:
    assert [spoken(name) for name in ("card_arrival", "CardArrival", "faq/card-arrival")] == ["card arrival"] * 3


def test_conjugate_gradients_find_what_the_direct_solution_finds() -> None:
    random = np.random.default_rng(0)
    centres = random.normal(size=(12, 32))
    labels = random.integers(0, 12, 900)
    dense = (centres[labels] + random.normal(size=(900, 32))).astype(np.float32)
    found = Table(sparse=csr_matrix((900, 0), dtype=np.float32), dense=dense)
    found = unit(found, Space.of(found))
    direct = kernel.learn(found, labels, intents=12)
    approached = kernel.learn(found, labels, intents=12, exact=0)
    texts = kernel.Texts.of(found)
    scores = [texts.resemblance(each.kernel, found) @ each.weights for each in (direct, approached)]
    assert np.mean(scores[0].argmax(axis=1) == scores[1].argmax(axis=1)) > 0.97


def test_a_packed_matrix_multiplies_as_the_whole_one() -> None:
    random = np.random.default_rng(2)
    vectors = random.normal(size=(620, 8)).astype(np.float32)
    whole = np.exp(-((vectors[:, None] - vectors[None]) ** 2).sum(axis=2) / 8)
    packed = Packed(620, lambda start, stop: whole[start:stop, :stop].copy())
    other = random.normal(size=(620, 5)).astype(np.float32)
    assert np.abs(packed.dot(other) - whole @ other).max() < 620 * 2 / 65_535


def test_few_texts_are_compared_as_many_are() -> None:
    random = np.random.default_rng(3)
    learned, asked = (
        Table(
            sparse=sparse_random(rows, 90, density=0.2, format="csr", dtype=np.float32, random_state=4),
            dense=random.normal(size=(rows, 12)).astype(np.float32),
        )
        for rows in (40, kernel.FEW + 3)
    )
    space = Space.of(learned)
    learned, asked = unit(learned, space), unit(asked, space)
    texts = kernel.Texts.of(learned)
    together = texts.resemblance(kernel.CHOICES[0], asked)
    alone = np.concatenate(
        [texts.resemblance(kernel.CHOICES[0], asked.rows(slice(at, at + 2))) for at in range(0, len(asked), 2)]
    )
    assert np.abs(together - alone).max() < 1e-5


def test_columns_that_most_texts_have_tell_nothing_unless_an_intent_is_that_large() -> None:
    columns = csr_matrix(np.array([[1, 1, 0], [1, 0, 1], [1, 0, 0], [1, 0, 0]] * 25, np.float32))
    many, two = np.arange(100) % 50, np.arange(100) % 2
    assert telling(columns, many).tolist() == [False, False, False]
    assert telling(columns, two).tolist() == [True, True, True]


def test_what_was_learned_word_for_word_is_no_stranger(encoder: SentenceEncoder, rows: TermRows) -> None:
    learned, _, _ = model.learn(table(TEXTS, encoder, rows), LABELS, outside="", false_alarms=0.05)
    assert (learned.judge(table(TEXTS, encoder, rows)).outside < 0.5).all()


def test_confidence_means_what_it_says() -> None:
    random = np.random.default_rng(1)
    truth = random.normal(size=(4000, 5))
    odds = np.exp(truth) / np.exp(truth).sum(axis=1, keepdims=True)
    labels = np.array([random.choice(5, p=row) for row in odds])
    found = sharpness(truth * 7, labels)
    assert found == pytest.approx(1 / 7, rel=0.1)
    shares = np.exp(truth * 7 * found)
    shares /= shares.sum(axis=1, keepdims=True)
    assert calibration_error(shares.max(axis=1), shares.argmax(axis=1) == labels) < 0.03


def test_what_is_learned_survives_saving(encoder: SentenceEncoder, rows: TermRows, tmp_path: Path) -> None:
    learned, _, _ = model.learn(table(TEXTS, encoder, rows), LABELS, outside="", false_alarms=0.05)
    model.save(learned, tmp_path)
    asked = table(["where did my card go", "我的余额", "退款", "", "😀😀"], encoder, rows)
    kept = model.load(tmp_path)
    assert kept is not None
    before, after = learned.judge(asked), kept.judge(asked)
    assert np.allclose(before.probabilities, after.probabilities)
    assert [learned.intents[place] for place in before.probabilities.argmax(axis=1)][:3] == [
        "card_lost",
        "check_balance",
        "request_refund",
    ]
    assert before.outside[3] > before.outside[0]


def test_the_second_encoder_is_asked_only_where_the_first_is_not_sure() -> None:
    random = np.random.default_rng(5)
    centres = random.normal(size=(4, 16))
    labels = np.arange(400) % 4
    clear = (centres[labels] + 0.1 * random.normal(size=(400, 16))).astype(np.float32)
    clear[300:] = 0  # what the first encoder cannot read
    late = (centres[labels][:, ::-1] + 0.3 * random.normal(size=(400, 16))).astype(np.float32)
    told = Table(sparse=csr_matrix((400, 0), dtype=np.float32), dense=clear)
    names = [f"intent_{label}" for label in labels]
    learned = cascade.learn(told, names, late=late, outside="", false_alarms=0.05)
    asked: list[int] = []

    def later(places: Sequence[int]) -> Any:
        asked.extend(places)
        return late[list(places)]

    judged = learned.judge(told, later)
    assert [learned.intents[place] for place in judged.probabilities.argmax(axis=1)] == names
    assert set(range(300, 400)) <= set(asked)
    assert len(asked) < 200
    assert np.allclose(judged.probabilities.sum(axis=1), 1)


def test_a_text_that_one_encoder_cannot_read_is_left_to_the_other() -> None:
    random = np.random.default_rng(6)
    vectors = random.normal(size=(50, 10)).astype(np.float32)
    vectors[0, :6] = 0
    told = Table(sparse=csr_matrix((50, 0), dtype=np.float32), dense=vectors, widths=(6, 4))
    placed = unit(told, Space.of(told)).dense
    assert np.linalg.norm(placed, axis=1) == pytest.approx(1, abs=1e-4)


def test_examples_that_say_the_same_do_not_make_it_surer() -> None:
    random = np.random.default_rng(7)
    centres = random.normal(size=(6, 24))
    labels = np.repeat(np.arange(6), 20)
    own = centres[labels] + 1.5 * random.normal(size=(120, 24))
    copied = np.repeat(own[::4], 4, axis=0) + 0.05 * random.normal(size=(120, 24))
    sure = []
    for dense in (own, copied):
        told = Table(sparse=csr_matrix((120, 0), dtype=np.float32), dense=dense.astype(np.float32))
        learned, _, _ = model.learn(told, [f"i{label}" for label in labels], outside="", false_alarms=0.05)
        fresh = (centres[labels] + 1.5 * random.normal(size=(120, 24))).astype(np.float32)
        asked = learned.judge(Table(sparse=csr_matrix((120, 0), dtype=np.float32), dense=fresh)).probabilities
        right = asked.argmax(axis=1) == labels
        sure.append(asked.max(axis=1).mean() - right.mean())
    assert sure[1] < 0.15


PIPELINE = """\
recipe: default.v1
language: en
assistant_id: test
pipeline:
- name: bot.nlu.names.IntentNames
- name: bot.nlu.several.Splitter
- name: bot.nlu.features.EncoderFeaturizer
- name: bot.nlu.features.EncoderFeaturizer
  model: multilingual-e5-small
  when: doubt
- name: bot.nlu.features.TermFeaturizer
- name: bot.nlu.classifier.CalibratedClassifier
  false_alarms: 0.0
policies: []
"""
ODD = [
    "",
    "😀😀😀",
    "x" * 10_000,
    "مرحبا كيف حالك " * 700,
    "\0\0\0",
    "１２３４",
    "a\u200bb",
    "\ud800",
    "刷" * 10_000,
    "a b " * 2500,
]


@pytest.fixture(scope="session")
def parse(tmp_path_factory: pytest.TempPathFactory) -> Any:
    from bot.engine import signing, training
    from bot.engine.model import Model
    from bot.settings import Settings

    folder = tmp_path_factory.mktemp("project")
    (folder / "config.yml").write_text(PIPELINE)
    (folder / "domain.yml").write_text('version: "3.1"\n')
    (folder / "data").mkdir()
    told = [{"text": text, "intent": name, "entities": []} for text, name in zip(TEXTS, LABELS, strict=True)]
    (folder / "data" / "nlu.json").write_text(json.dumps({"rasa_nlu_data": {"common_examples": told}}))
    settings = Settings.load(folder, {})
    loaded = Model.load(training.train(settings), key=signing.verify_key(settings))
    tracker = loaded.new_tracker("test")
    return lambda text: loaded.understand(text, tracker, metadata={})


def test_a_rasa_project_of_these_components_alone(parse: Any) -> None:
    told = parse("hello, my card was stolen")
    assert told["intent"]["name"] in EXAMPLES
    assert told["intent"] == told["intent_ranking"][0]
    assert sum(each["confidence"] for each in told["intent_ranking"]) == pytest.approx(1, abs=1e-6)
    wishes = parse("my card was stolen and what is my balance")["intents"]
    assert [wish["name"] for wish in wishes] in (["card_lost", "check_balance"], [])


@pytest.mark.parametrize("text", ODD, ids=lambda text: ascii(text[:6]))
def test_odd_input_is_parsed(parse: Any, text: str) -> None:
    told = parse(text)
    assert told["text"] == text
    assert 0 <= told["intent"]["confidence"] <= 1
