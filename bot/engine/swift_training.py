"""Rasa's reading of training data with its copying taken out; what is read is the same.

Rasa merges the examples of each importer with those of the next, seven times for one project, and every time copies all
of them and hashes each copy with its features. A training has one reader of them, the graph.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from rasa.shared.nlu.constants import INTENT, RESPONSE
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from rasa.shared.nlu.training_data.util import check_duplicate_synonym


@contextmanager
def examples_shared() -> Iterator[None]:
    """While it lasts, merged training data shares its examples with what it was merged from."""
    originals = TrainingData.merge, TrainingData.sanitize_examples
    TrainingData.merge = _merge
    TrainingData.sanitize_examples = staticmethod(_sanitize)
    try:
        yield
    finally:
        TrainingData.merge = originals[0]
        TrainingData.sanitize_examples = staticmethod(originals[1])


def _merge(self: TrainingData, *others: TrainingData | None) -> TrainingData:
    parts = [self, *filter(None, others)]
    synonyms = dict(self.entity_synonyms)
    for part in parts[1:]:
        for text, synonym in part.entity_synonyms.items():
            check_duplicate_synonym(synonyms, text, synonym, "merging training data")
        synonyms.update(part.entity_synonyms)
    return TrainingData(
        [example for part in parts for example in part.training_examples],
        synonyms,
        [dict(feature) for part in parts for feature in part.regex_features],
        [dict(table) for part in parts for table in part.lookup_tables],
        {name: list(said) for part in parts for name, said in part.responses.items()},
    )


def _sanitize(examples: list[Message]) -> list[Message]:
    """Setting what is there already would make Rasa forget the example's hash."""
    for example in examples:
        for attribute in (INTENT, RESPONSE):
            said = example.get(attribute)
            if said and said != said.strip():
                example.set(attribute, said.strip())
    return list(dict.fromkeys(examples))
