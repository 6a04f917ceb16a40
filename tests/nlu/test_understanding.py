"""The parts of the classifier, each by itself, and together in a Rasa project of their own."""

from __future__ import annotations

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_matrix
from scipy.sparse import random as sparse_random

import bot.engine  # noqa: F401  lets Rasa be imported without TensorFlow
from bot.errors import ModelError
from bot.nlu import kernel, model, weights
from bot.nlu.calibration import calibration_error, sharpness
from bot.nlu.encoder import SentenceEncoder
from bot.nlu.encoder_build import ensure
from bot.nlu.gloss import Gloss, dictionary
from bot.nlu.names import spoken
from bot.nlu.ngrams import Plan, TermRows
from bot.nlu.several import cut
from bot.nlu.solve import Packed
from bot.nlu.table import Table, directions, telling, unit

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
    return SentenceEncoder(gloss=Gloss(dictionary())).load()


@pytest.fixture(scope="session")
def rows() -> TermRows:
    return TermRows.fit(TEXTS, plan=Plan(), at_least=1)


def table(texts: list[str], encoder: SentenceEncoder, rows: TermRows) -> Table:
    from scipy.sparse import vstack

    return Table(sparse=vstack([rows.row(text) for text in texts], format="csr"), dense=encoder.encode(texts))


def test_vectors_are_those_of_the_published_model() -> None:
    path = Path(__file__).parents[3] / "shared" / "data" / "minilm_reference.npz"
    if not path.exists():
        # They are measuring data, not part of the repository; what they hold is checked wherever they lie beside it.
        pytest.skip("the reference vectors are not beside the project")
    with np.load(path) as reference:
        texts, wanted = list(reference["texts"]), reference["vectors"]
    near = {
        name: (SentenceEncoder(precision=name).load().encode(texts) * wanted).sum(axis=1) for name in ("int8", "fp32")
    }
    assert near["fp32"].min() > 0.9999
    assert near["int8"].mean() > 0.99


def test_encoding_many_at_a_time_changes_no_text_for_another(encoder: SentenceEncoder) -> None:
    together = encoder.encode([*TEXTS, ""], workers=2)
    alone = np.stack([encoder.encode_one(text) for text in [*TEXTS, ""]])
    assert np.array_equal(together, alone)
    assert not together[-1].any()


def test_chinese_lands_by_what_english_customers_ask(encoder: SentenceEncoder) -> None:
    chinese, same, other = encoder.encode(["我的退款到哪了", "where is my refund", "how do I freeze my card"])
    assert chinese @ same > 0.6 > chinese @ other
    assert "refund" in Gloss(dictionary())("我的退款到哪了")


def test_traditional_characters_lie_where_simplified_ones_do(encoder: SentenceEncoder) -> None:
    simplified, traditional, cantonese = encoder.encode(["我的钱没到账", "我的錢沒到賬", "我嘅錢冇到賬"])
    assert simplified @ traditional > 0.999
    assert simplified @ cantonese > 0.8


@pytest.mark.parametrize("text", ["", "\U0001f600\U0001f389", "a" * 400, "\u200b"])
def test_what_the_encoder_knows_no_piece_of_is_nowhere(encoder: SentenceEncoder, text: str) -> None:
    assert not encoder.encode([text]).any()


def test_missing_or_altered_weights_are_one_line_with_the_fix(tmp_path: Path) -> None:
    folder = weights.find("all-MiniLM-L6-v2").folder
    for name in ("config.json", "tokenizer.json"):
        shutil.copy(folder / name, tmp_path / name)
    with pytest.raises(ModelError, match=r"model\.safetensors is missing; fix: ") as missing:
        weights.find(str(tmp_path))
    (tmp_path / weights.FILE).write_bytes(b"not the weights")
    with pytest.raises(ModelError, match=r"was altered .*; fix: ") as altered:
        weights.find(str(tmp_path), sha256=weights.KNOWN["all-MiniLM-L6-v2"].sha256)
    with pytest.raises(ModelError, match="neither a known name"):
        weights.find("no-such-model")
    assert "\n" not in str(missing.value) + str(altered.value)


def test_a_damaged_graph_is_built_again(tmp_path: Path) -> None:
    found = weights.find("all-MiniLM-L6-v2")
    build: dict[str, Any] = {"cache": tmp_path, "precision": "int8", "layers": (), "max_tokens": 64}
    path = ensure(found, **build)
    sound = path.read_bytes()
    path.write_bytes(sound[:1000])
    assert ensure(found, **build).read_bytes() == sound
    assert sorted(each.suffix for each in tmp_path.iterdir()) == [".onnx", ".sha256"]


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
    found = unit(found, directions(found))
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
    learned, asked = unit(learned, np.eye(12, dtype=np.float32)), unit(asked, np.eye(12, dtype=np.float32))
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
    before, after = learned.judge(asked), model.load(tmp_path).judge(asked)
    assert np.allclose(before.probabilities, after.probabilities)
    assert [learned.intents[place] for place in before.probabilities.argmax(axis=1)][:3] == [
        "card_lost",
        "check_balance",
        "request_refund",
    ]
    assert before.outside[3] > before.outside[0]


PIPELINE = """\
recipe: default.v1
language: en
assistant_id: test
pipeline:
- name: bot.nlu.names.IntentNames
- name: bot.nlu.several.Splitter
- name: bot.nlu.features.EncoderFeaturizer
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
