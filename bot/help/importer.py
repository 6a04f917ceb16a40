"""The articles as Rasa's training data, so that every featurizer of the pipeline sees their texts as it sees examples.

importers:
- name: bot.engine.languages.ResponsesByLanguage
- name: bot.help.importer.HelpArticles
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

from rasa.shared.core.domain import Domain
from rasa.shared.core.training_data.structures import StoryGraph
from rasa.shared.importers.importer import TrainingDataImporter
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.help.articles import FOLDER, Article, plain, read_all

HELP = "help"
"""Under this key a message says whose text it is."""


class HelpArticles(TrainingDataImporter):
    """Nothing but the texts of the articles in the `help` folders of the training data."""

    def __init__(
        self,
        config_file: str | None = None,
        domain_path: str | None = None,
        training_data_paths: list[str] | str | None = None,
    ) -> None:
        roots = [training_data_paths] if isinstance(training_data_paths, str) else training_data_paths or []
        self._folders = [Path(root) / FOLDER for root in roots if (Path(root) / FOLDER).is_dir()]

    def get_domain(self) -> Domain:
        return Domain.empty()

    def get_stories(self, exclusion_percentage: int | None = None) -> StoryGraph:
        return StoryGraph([])

    def get_conversation_tests(self) -> StoryGraph:
        return StoryGraph([])

    def get_config(self) -> dict[str, Any]:
        return {}

    def get_config_file_for_auto_config(self) -> str | None:
        return None

    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        articles = [article for folder in self._folders for article in read_all(folder)]
        return TrainingData([message for article in articles for message in messages_of(article)])


def messages_of(article: Article) -> Iterator[Message]:
    """Its title, its questions, its passages; the first carries the article itself."""
    whose = {"id": article.id, "language": article.language}
    told = {
        "title": article.title,
        "intents": list(article.intents),
        "audience": article.audience,
        "valid_from": article.valid_from.isoformat() if article.valid_from else "",
        "valid_until": article.valid_until.isoformat() if article.valid_until else "",
        "passages": [[each.heading, each.text] for each in article.passages],
    }
    yield Message(data={TEXT: article.title, HELP: {**whose, "kind": "title", "article": told}})
    for question in article.questions:
        yield Message(data={TEXT: question, HELP: {**whose, "kind": "question"}})
    for place, passage in enumerate(article.passages):
        text = " ".join(each for each in (passage.heading, plain(passage.text)) if each)
        yield Message(data={TEXT: text, HELP: {**whose, "kind": "passage", "place": place}})
