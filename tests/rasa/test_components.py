"""Rasa's components that need no TensorFlow: what they understand here is what they understand with Rasa."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs

import pytest
import spacy
from rasa.core.agent import Agent

from bot.engine.engine import Engine
from tests.rasa.beside import trained, write

PROJECT = {
    "domain.yml": """
        version: "3.1"
        intents: [greet, bye, travel]
        entities: [city, code]
        """,
    "data/nlu.yml": """
        version: "3.1"
        nlu:
        - intent: greet
          examples: |
            - hello
            - hi there
            - good day
            - hey
        - intent: bye
          examples: |
            - bye
            - see you
            - good night
            - farewell
        - intent: travel
          examples: |
            - fly me to [Rome](city)
            - a trip to [Lima]{"entity": "city", "value": "lima"}
            - take me to [Oslo](city) please
            - I want to go to [Cairo](city)
            - my ticket is [AB12](code)
            - ticket [CD34](code)
        - synonym: Rome
          examples: |
            - the eternal city
        - regex: code
          examples: |
            - [A-Z]{2}[0-9]{2}
        - lookup: city
          examples: |
            - Rome
            - Lima
            - Oslo
            - Cairo
            - the eternal city
        """,
}
SAID = (
    *("hello", "good night then", "fly me to Oslo", "a trip to the eternal city", "ticket ZZ99"),
    *("Take me to ROME and Lima!", "flying", "12:30", "\u4f60\u597d"),
)
COUNTS = ["{name: CountVectorsFeaturizer}", "{name: CountVectorsFeaturizer, analyzer: char_wb, max_ngram: 4}"]
FEATURES = ["{name: RegexFeaturizer}", "{name: LexicalSyntacticFeaturizer}", *COUNTS]
SPACY = ["{name: SpacyNLP, model: ./words}", "{name: SpacyTokenizer}", "{name: SpacyFeaturizer}"]
PIPELINES: dict[str, list[str]] = {
    "keywords": ["{name: WhitespaceTokenizer}", "{name: KeywordIntentClassifier}"],
    "keywords-of-any-case": [
        "{name: WhitespaceTokenizer, intent_tokenization_flag: true}",
        "{name: KeywordIntentClassifier, case_sensitive: false}",
    ],
    "expressions": [
        "{name: WhitespaceTokenizer, token_pattern: '[a-zA-Z0-9]+'}",
        "{name: RegexEntityExtractor, case_sensitive: false, use_word_boundaries: true}",
        "{name: EntitySynonymMapper}",
    ],
    "logistic": ["{name: WhitespaceTokenizer}", *FEATURES, "{name: LogisticRegressionClassifier, max_iter: 200}"],
    "fallback": [
        "{name: WhitespaceTokenizer}",
        *COUNTS,
        "{name: LogisticRegressionClassifier}",
        "{name: FallbackClassifier, threshold: 0.6, ambiguity_threshold: 0.2}",
    ],
    "spacy": [*SPACY, "{name: LogisticRegressionClassifier}", "{name: SpacyEntityExtractor, dimensions: [GPE]}"],
    "sklearn": [*SPACY, *FEATURES, "{name: SklearnIntentClassifier, kernels: [linear]}"],
}


def words(folder: Path) -> None:
    """A spaCy model of a few words with vectors, and names of places."""
    language = spacy.blank("en")
    ruler = language.add_pipe("entity_ruler")
    ruler.add_patterns([{"label": "GPE", "pattern": "Oslo"}, {"label": "PERSON", "pattern": "Lima"}])
    for index, word in enumerate(("hello", "hi", "bye", "night", "fly", "trip", "ticket", "take")):
        vector = [0.0] * 8
        vector[index] = 1.0
        language.vocab.set_vector(word, spacy.util.get_current_ops().xp.asarray(vector, dtype="f"))
    language.to_disk(folder / "words")


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return write(tmp_path, PROJECT)


def config(pipeline: list[str]) -> str:
    entries = "\n".join(f"- {each}" for each in pipeline)
    return f"recipe: default.v1\nassistant_id: parts\nlanguage: en\npipeline:\n{entries}\npolicies: []\n"


async def both(project: Path, pipeline: list[str]) -> list[dict[str, Any]]:
    """What the engine makes of all that is said; Rasa's own makes the same of it."""
    (project / "config.yml").write_text(config(pipeline))
    settings, model = trained(project)
    engine = await Engine.load(project=project, model=model, settings=settings)
    stock = Agent.load(str(model))
    assert stock.processor is not None
    understood = []
    for text in SAID:
        ours, theirs = await engine.parse(text), await stock.parse_message(text)
        for each in (ours, theirs):
            each.pop("text_tokens", None)
        assert same(ours, theirs), f"{text!r}: {ours} is not {theirs}"
        understood.append(ours)
    return understood


def same(one: Any, other: Any) -> bool:
    """Equal, numbers to a part in a million."""
    if isinstance(one, dict) and isinstance(other, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if isinstance(one, list | tuple) and isinstance(other, list | tuple):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, float) or isinstance(other, float):
        return bool(one == pytest.approx(float(other), rel=1e-6, abs=1e-9))
    return bool(one == other)


@pytest.mark.parametrize("pipeline", PIPELINES)
async def test_a_component_understands_what_it_does_with_rasa(pipeline: str, project: Path) -> None:
    words(project)
    understood = await both(project, PIPELINES[pipeline])
    assert any(each["intent"]["name"] or each["entities"] for each in understood)


class Duckling(BaseHTTPRequestHandler):
    """Speaks Duckling's format: each number in a text is one."""

    def do_POST(self) -> None:
        asked = parse_qs(self.rfile.read(int(self.headers["Content-Length"])).decode())
        text, locale = asked["text"][0], asked["locale"][0]
        found = [
            {
                "body": word,
                "start": text.index(word),
                "end": text.index(word) + len(word),
                "dim": "number",
                "latent": False,
                "value": {"value": float(word), "type": "value", "locale": locale},
            }
            for word in text.split()
            if word.isdecimal()
        ]
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.end_headers()
        self.wfile.write(json.dumps(found).encode())

    def log_message(self, *args: Any) -> None:
        pass


@pytest.fixture
def duckling() -> Iterator[str]:
    server = ThreadingHTTPServer(("127.0.0.1", 0), Duckling)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    thread.join()
    server.server_close()


async def test_duckling_is_asked(duckling: str, project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.rasa.test_components.SAID", ("send 20 to Ann", "nothing"))
    asked = f"{{name: DucklingEntityExtractor, url: '{duckling}', dimensions: [number], locale: en_GB}}"
    understood = await both(project, ["{name: WhitespaceTokenizer}", "{name: KeywordIntentClassifier}", asked])
    assert [[(each["entity"], each["value"]) for each in one["entities"]] for one in understood] == [
        [("number", 20)],
        [],
    ]
