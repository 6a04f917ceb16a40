"""The help centre as a Rasa graph component: it finds the articles that answer a message, where one is wanted.

    pipeline:
      ...
      - name: bot.help.centre.HelpCentre      # after the featurizers, the intents and the acts

It asks the shelf for messages whose act is one of `acts` or whose intent is one of `intents`, and for those whose
metadata has `help: true`, and sets `help` in the parse result:

    {"answered": true, "articles": [{"id", "language", "title", "score", "heading", "passage", "audience"}, ...]}

`score` says how surely the article answers; `answered` whether the first reaches `sure`. Articles come in the message's
language where there are any.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, METADATA, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.sparse import csr_matrix

from bot.help.articles import Article, Passage
from bot.help.importer import HELP
from bot.help.shelf import Line, Shelf, View, Words
from bot.nlu.classifier import dense_of, late_of
from bot.nlu.features import IN_DOUBT
from bot.nlu.table import Array

ABOUT = "about"
"""In a message's metadata, the article about what is spoken of; in the answer, that article, whatever its score."""
OF_INTENT = "of_intent"
"""In the answer, the likeliest article that names the message's intent."""
STRANGERS = 400
"""Texts without an article that are learned from at most."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Library:
    """The articles of a language, and the shelf they are found on."""

    articles: tuple[Article, ...]
    shelf: Shelf
    passages: tuple[int, ...]
    """Of each text on the shelf which passage it is, -1 for titles and questions."""

    def ask(self, text: str, vectors: Sequence[Array], *, day: date) -> Iterator[dict[str, Any]]:
        """Every valid article, the likeliest first."""
        nearness = self.shelf.nearness(text, vectors)
        sure = self.shelf.line.surely(self.shelf.scores(nearness))
        for place in np.argsort(-sure, kind="stable"):
            if self.articles[place].valid_on(day):
                yield self._told(int(place), float(sure[place]), nearness)

    def _told(self, place: int, score: float, nearness: Array) -> dict[str, Any]:
        article = self.articles[place]
        own = [text for text in np.flatnonzero(self.shelf.article == place) if self.passages[text] >= 0]
        passage = article.passages[self.passages[max(own, key=lambda text: nearness[text])]]
        return {
            "id": article.id,
            "language": article.language,
            "title": article.title,
            "score": score,
            "heading": passage.heading,
            "passage": passage.text,
            "audience": article.audience,
            "intents": article.intents,
        }

    @classmethod
    def of(cls, messages: Sequence[Message], strangers: Sequence[Message]) -> Library:
        """From featurized messages as `bot.help.importer.messages_of` makes them. `strangers` are featurized messages
        that no article answers."""
        whose = [message.get(HELP) for message in messages]
        articles = tuple(_article(each["id"], each["language"], each["article"]) for each in whose if "article" in each)
        places = {article.id: place for place, article in enumerate(articles)}
        shelf = Shelf.of(
            [message.get(TEXT) for message in messages],
            [np.array(dense) for dense in zip(*map(_learned_vectors, messages), strict=True)],
            [places[each["id"]] for each in whose],
        ).learned([(each.get(TEXT), _learned_vectors(each)) for each in strangers])
        return cls(articles=articles, shelf=shelf, passages=tuple(int(each.get("place", -1)) for each in whose))

    def save(self, path: Path) -> None:
        """Two files without code: `path` with the endings .json and .npz."""
        words = self.shelf.words
        told = {
            "articles": [_plain(article) for article in self.articles],
            "passages": self.passages,
            "terms": list(words.places),
            "line": asdict(self.shelf.line),
        }
        path.with_suffix(".json").write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
        arrays = {"article": self.shelf.article, "rarity": words.rarity, "data": words.weights.data}
        arrays |= {"indices": words.weights.indices, "indptr": words.weights.indptr}
        for number, view in enumerate(self.shelf.views):
            arrays |= {f"dense{number}": view.dense.astype(np.float16), f"centre{number}": view.centre}
        np.savez(path.with_suffix(".npz"), **arrays)

    @classmethod
    def load(cls, path: Path) -> Library:
        told = json.loads(path.with_suffix(".json").read_text(encoding="utf-8"))
        with np.load(path.with_suffix(".npz"), allow_pickle=False) as arrays:
            found = {name: arrays[name] for name in arrays.files}
        places = {term: place for place, term in enumerate(told["terms"])}
        shape = (len(places), len(found["article"]))
        weights = csr_matrix((found["data"], found["indices"], found["indptr"]), shape=shape)
        views = [
            View(dense=found[f"dense{number}"].astype(np.float32), centre=found[f"centre{number}"])
            for number in range(sum(name.startswith("dense") for name in found))
        ]
        shelf = Shelf(
            article=found["article"],
            views=tuple(views),
            words=Words(places, found["rarity"], weights),
            line=Line(**told["line"]),
        )
        articles = tuple(_article(each["id"], each["language"], each) for each in told["articles"])
        return cls(articles=articles, shelf=shelf, passages=tuple(told["passages"]))


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class HelpCentre(GraphComponent):
    """Learns nothing and sets nothing where there are no articles."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            "acts": ["question", "status", "negated"],
            "act_in_doubt": 0.8,
            "intents": ["nlu_fallback", "out_of_scope"],
            "sure": 0.5,
            "most": 3,  # articles that are named
        }

    def __init__(
        self, config: dict[str, Any], storage: ModelStorage, resource: Resource, libraries: Mapping[str, Library]
    ) -> None:
        self._config, self._storage, self._resource, self._libraries = config, storage, resource, libraries

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> HelpCentre:
        return cls(config, model_storage, resource, {})

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> HelpCentre:
        with model_storage.read_from(resource) as folder:
            libraries = {path.stem: Library.load(path) for path in sorted(folder.glob("*.json"))}
        return cls(config, model_storage, resource, libraries)

    def train(self, training_data: TrainingData) -> Resource:
        messages = [message for message in training_data.training_examples if message.get(HELP)]
        outside = [each for each in training_data.intent_examples if each.get(INTENT) in self._config["intents"]]
        with self._storage.write_to(self._resource) as folder:
            for language in sorted({message.get(HELP)["language"] for message in messages}):
                own = [message for message in messages if message.get(HELP)["language"] == language]
                strangers = [each for each in outside if each.get("language", language) == language]
                Library.of(own, strangers[:: max(1, len(strangers) // STRANGERS)]).save(folder / f"{language}.json")
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            if self._libraries and message.get(TEXT) and self._wanted(message):
                message.set(HELP, self._answer(message), add_to_output=True)
        return messages

    def _wanted(self, message: Message) -> bool:
        return (
            bool((message.get(METADATA) or {}).get(HELP))
            or (message.get("act") or {}).get("name") in self._config["acts"]
            or (message.get("act") or {}).get("confidence", 1.0) < self._config["act_in_doubt"]
            or (message.get(INTENT) or {}).get("name") in self._config["intents"]
        )

    def _answer(self, message: Message) -> dict[str, Any]:
        now = (message.get(METADATA) or {}).get("now")
        day = (datetime.now(UTC) if now is None else datetime.fromtimestamp(now, UTC)).date()
        spoken = [message.get("language"), message.get("dominant_language")]
        language = next((each for each in spoken if each in self._libraries), "")
        asked = [self._libraries[language]] if language else self._libraries.values()
        vectors = _vectors(message)
        found = [each for library in asked for each in library.ask(message.get(TEXT), vectors, day=day)]
        articles = sorted(found, key=lambda each: -each["score"])[: self._config["most"]]
        about = (message.get(METADATA) or {}).get(ABOUT)
        meant = next((each for each in found if each["id"] == about), None) if about else None
        answered = bool(articles) and self._config["sure"] <= articles[0]["score"]
        intent = (message.get(INTENT) or {}).get("name")
        of_intent = next((each for each in found if intent in each.pop("intents")), None)
        for each in found:
            each.pop("intents", None)
        more = {ABOUT: meant, OF_INTENT: of_intent}
        return {"answered": answered, "articles": articles, **{name: each for name, each in more.items() if each}}


def _vectors(message: Message) -> list[Array]:
    """A message's, one of each encoder; the one that is asked in doubt is asked."""
    late = message.get(IN_DOUBT)
    return [*dense_of(message), *([late()] if late is not None else [])]


def _learned_vectors(message: Message) -> list[Array]:
    """The same of a text of the training data."""
    late = late_of([message])
    return [*dense_of(message), *([late[0]] if late is not None else [])]


def _plain(article: Article) -> dict[str, Any]:
    told = asdict(article)
    told["passages"] = [[passage.heading, passage.text] for passage in article.passages]
    for key in ("valid_from", "valid_until"):
        told[key] = told[key].isoformat() if told[key] else ""
    return told


def _article(name: str, language: str, told: dict[str, Any]) -> Article:
    def day(text: str) -> date | None:
        return date.fromisoformat(text) if text else None

    return Article(
        id=name,
        language=language,
        title=told["title"],
        intents=tuple(told["intents"]),
        audience=told["audience"],
        valid_from=day(told["valid_from"]),
        valid_until=day(told["valid_until"]),
        passages=tuple(Passage(heading=heading, text=text) for heading, text in told["passages"]),
    )
