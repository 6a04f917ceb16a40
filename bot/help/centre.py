"""The help centre as a Rasa graph component: it finds the articles that answer a message, where one is wanted.

    pipeline:
      ...
      - name: bot.help.centre.HelpCentre      # after the featurizers, the intents and the acts

It asks the shelf for messages whose act is one of `acts` or whose intent is one of `intents`, and for those whose
metadata has `help: true`, and sets `help` in the parse result:

    {"answered": true, "articles": [{"id", "language", "title", "score", "heading", "passage", "audience"}, ...]}

`score` is the calibrated probability that the article is the right one; `answered` says whether the first reaches
`sure`. Articles come in the message's language where there are any.
"""

from __future__ import annotations

import json
from dataclasses import asdict
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

from bot.help import shelf as shelves
from bot.help.articles import Article, Passage
from bot.help.importer import HELP
from bot.help.shelf import Judge, Shelf, Words
from bot.nlu.classifier import table_of
from bot.nlu.table import Array

STRANGERS = 400
"""Texts without an article that are learned from at most."""
_PASSAGES = "passage"


class Library:
    """The articles, and the shelf they are found on."""

    def __init__(self, articles: list[Article], shelf: Shelf, kinds: list[tuple[str, int]]) -> None:
        self.articles, self.shelf, self._kinds = articles, shelf, kinds
        """`kinds` says of each text on the shelf what it is, and of a passage which one."""
        self.languages = {article.language for article in articles}

    def ask(self, text: str, dense: Array, *, language: str, day: date, most: int) -> list[dict[str, Any]]:
        among = np.array(
            [
                place
                for place, article in enumerate(self.articles)
                if article.valid_on(day) and (language not in self.languages or article.language == language)
            ],
            np.int64,
        )
        if not len(among):
            return []
        terms = shelves.terms_of(text)
        scores = self.shelf.ask(terms, dense, among=among)
        best = np.argsort(-scores, kind="stable")[:most]
        return [self._told(int(among[each]), float(scores[each]), terms, dense) for each in best]

    def _told(self, place: int, score: float, terms: list[str], dense: Array) -> dict[str, Any]:
        article = self.articles[place]
        own = np.flatnonzero(self.shelf.article == place)
        texts = np.array([text for text in own if self._kinds[text][0] == _PASSAGES], np.int64)
        passage = article.passages[self._kinds[self.shelf.best_text(terms, dense, texts)][1]]
        return {
            "id": article.id,
            "language": article.language,
            "title": article.title,
            "score": score,
            "heading": passage.heading,
            "passage": passage.text,
            "audience": article.audience,
        }

    def save(self, folder: Path) -> None:
        """Two files without code: `help.json` and `help.npz`."""
        shelf, words = self.shelf, self.shelf.words
        told = {
            "articles": [_plain(article) for article in self.articles],
            "kinds": self._kinds,
            "terms": list(words.places),
            "judge": asdict(shelf.judge),
        }
        (folder / "help.json").write_text(json.dumps(told, ensure_ascii=False), encoding="utf-8")
        np.savez(
            folder / "help.npz",
            article=shelf.article,
            dense=shelf.dense.astype(np.float16),
            centre=shelf.centre,
            rarity=words.rarity,
            data=words.weights.data,
            indices=words.weights.indices,
            indptr=words.weights.indptr,
        )

    @classmethod
    def load(cls, folder: Path) -> Library:
        told = json.loads((folder / "help.json").read_text(encoding="utf-8"))
        with np.load(folder / "help.npz", allow_pickle=False) as arrays:
            found = {name: arrays[name] for name in arrays.files}
        places = {term: place for place, term in enumerate(told["terms"])}
        weights = csr_matrix(
            (found["data"], found["indices"], found["indptr"]), shape=(len(places), len(found["article"]))
        )
        judge = Judge(weights=tuple(told["judge"]["weights"]), bias=told["judge"]["bias"])
        shelf = Shelf(
            article=found["article"],
            dense=found["dense"].astype(np.float32),
            centre=found["centre"],
            words=Words(places, found["rarity"], weights),
            judge=judge,
        )
        articles = [
            _article(each["id"], each["language"], {**each, "passages": [list(p.values()) for p in each["passages"]]})
            for each in told["articles"]
        ]
        return cls(articles, shelf, [(kind, place) for kind, place in told["kinds"]])


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class HelpCentre(GraphComponent):
    """Learns nothing and sets nothing where there are no articles."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            "acts": ["question"],
            "intents": ["nlu_fallback", "out_of_scope"],
            "sure": 0.5,
            "most": 3,  # articles that are named
        }

    def __init__(
        self, config: dict[str, Any], storage: ModelStorage, resource: Resource, library: Library | None = None
    ) -> None:
        self._config, self._storage, self._resource, self._library = config, storage, resource, library

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> HelpCentre:
        return cls(config, model_storage, resource)

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
            library = Library.load(folder) if (folder / "help.json").exists() else None
        return cls(config, model_storage, resource, library)

    def train(self, training_data: TrainingData) -> Resource:
        messages = [message for message in training_data.training_examples if message.get(HELP)]
        with self._storage.write_to(self._resource) as folder:
            if messages:
                strangers = [
                    each for each in training_data.intent_examples if each.get(INTENT) in self._config["intents"]
                ]
                library_of(messages, strangers).save(folder)
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            if self._library is not None and message.get(TEXT) and self._wanted(message):
                message.set(HELP, self._answer(message, self._library), add_to_output=True)
        return messages

    def _wanted(self, message: Message) -> bool:
        return (
            bool((message.get(METADATA) or {}).get(HELP))
            or (message.get("act") or {}).get("name") in self._config["acts"]
            or (message.get(INTENT) or {}).get("name") in self._config["intents"]
        )

    def _answer(self, message: Message, library: Library) -> dict[str, Any]:
        metadata = message.get(METADATA) or {}
        said = message.get("language") or ""
        language = said if said in library.languages else message.get("dominant_language") or said
        day = datetime.fromtimestamp(metadata["now"], UTC).date() if "now" in metadata else datetime.now(UTC).date()
        dense = table_of([message]).dense[0]
        articles = library.ask(message.get(TEXT), dense, language=language, day=day, most=self._config["most"])
        return {"answered": bool(articles) and self._config["sure"] <= articles[0]["score"], "articles": articles}


def library_of(messages: list[Message], strangers: list[Message]) -> Library:
    """The articles of featurized messages as `bot.help.importer.messages_of` makes them, and a shelf that has learned
    how sure it may be. `strangers` are featurized messages that no article answers."""
    articles: list[Article] = []
    places: dict[tuple[str, str], int] = {}
    for message in messages:
        whose = message.get(HELP)
        if "article" in whose:
            places[whose["language"], whose["id"]] = len(articles)
            articles.append(_article(whose["id"], whose["language"], whose["article"]))
    whose_place = [places[message.get(HELP)["language"], message.get(HELP)["id"]] for message in messages]
    dense = table_of(messages).dense
    shelf = Shelf.of([message.get(TEXT) for message in messages], dense, whose_place)
    kinds = [(message.get(HELP)["kind"], int(message.get(HELP).get("place", 0))) for message in messages]
    questions = np.array([place for place, (kind, _) in enumerate(kinds) if kind == "question"], np.int64)
    some = strangers[:: max(1, len(strangers) // STRANGERS)]
    apart = [(shelves.terms_of(each.get(TEXT)), table_of([each]).dense[0]) for each in some]
    order = sorted({article.language for article in articles})
    groups = np.array([order.index(article.language) for article in articles], np.int64)
    judge = shelves.learn(shelf, questions, apart, groups)
    learned = Shelf(article=shelf.article, dense=shelf.dense, centre=shelf.centre, words=shelf.words, judge=judge)
    return Library(articles, learned, kinds)


def _plain(article: Article) -> dict[str, Any]:
    told = asdict(article)
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
