"""The intent classifier as a Rasa graph component."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.nlu.featurizers.featurizer import Featurizer
from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME as FALLBACK
from rasa.shared.nlu.constants import INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.sparse import csr_matrix, vstack

from bot.nlu import model
from bot.nlu.model import Understanding
from bot.nlu.several import PARTS, several
from bot.nlu.table import Table

log = logging.getLogger(__name__)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class CalibratedClassifier(IntentClassifier, GraphComponent):
    """Intents with probabilities that mean what they say, from whatever sentence features stand before it.

    Sets `intent` and `intent_ranking` as Rasa's classifiers do, and `out_of_scope`, 0 to 1. From 0.5 on the message
    belongs to no intent: it gets the intent `nlu_fallback`, or the one named in `out_of_scope_intent` if that is the
    likeliest, and the ranking keeps the others in order behind it. If a Splitter stands before it, `intents` lists what
    each part of the message asks: `[{"name", "confidence", "text"}]`, two or more or none.
    """

    @classmethod
    def required_components(cls) -> list[type]:
        return [Featurizer]

    @staticmethod
    def required_packages() -> list[str]:
        return ["scipy"]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            "ranking_length": 10,  # 0: all
            "out_of_scope_intent": "out_of_scope",  # its examples, if there are any, teach what belongs nowhere
            "false_alarms": 0.05,  # share of messages that do belong somewhere and may be turned away
        }

    def __init__(
        self, config: dict[str, Any], storage: ModelStorage, resource: Resource, learned: Understanding | None = None
    ) -> None:
        self._config, self._storage, self._resource, self._model = config, storage, resource, learned

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> CalibratedClassifier:
        return cls(config, model_storage, resource)

    def train(self, training_data: TrainingData) -> Resource:
        examples = [each for each in training_data.intent_examples if each.get(TEXT) and each.get(INTENT)]
        names = [each.get(INTENT) for each in examples]
        with self._storage.write_to(self._resource) as folder:
            if len(set(names)) < 2:
                log.warning("nlu.too_few_intents: %d, two are needed to tell them apart", len(set(names)))
                return self._resource
            self._model, _, _ = model.learn(
                table_of(examples),
                names,
                outside=self._config["out_of_scope_intent"] or "",
                false_alarms=self._config["false_alarms"],
            )
            model.save(self._model, folder)
        return self._resource

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> CalibratedClassifier:
        with model_storage.read_from(resource) as folder:
            learned = model.load(folder) if (folder / "model.json").exists() else None
        return cls(config, model_storage, resource, learned)

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            ranking, outside = self._rank(message)
            message.set(INTENT, ranking[0] if ranking else {"name": None, "confidence": 0.0}, add_to_output=True)
            message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
            message.set("out_of_scope", outside, add_to_output=True)
            parts = message.get(PARTS)
            if parts:
                found = [(part.get(TEXT), self._rank(part)[0][0]) for part in parts]
                message.set("intents", several(found), add_to_output=True)
        return messages

    def _rank(self, message: Message) -> tuple[list[dict[str, Any]], float]:
        if self._model is None or not message.features:
            return [], 1.0
        judged = self._model.judge(table_of([message]))
        probabilities, outside = judged.probabilities[0], float(judged.outside[0])
        best = np.argsort(-probabilities)[: self._config["ranking_length"] or None]
        ranking = [{"name": self._model.intents[each], "confidence": float(probabilities[each])} for each in best]
        if outside >= 0.5 and ranking[0]["name"] != self._config["out_of_scope_intent"]:
            ranking.insert(0, {"name": FALLBACK, "confidence": outside})
        return ranking, outside


def table_of(messages: list[Message]) -> Table:
    """The sentence features of `messages`, side by side: all sparse ones, all dense ones."""
    sparse, dense = [], []
    for message in messages:
        _, of_terms = message.get_sparse_features(TEXT)
        _, of_meaning = message.get_dense_features(TEXT)
        sparse.append(of_terms.features if of_terms else csr_matrix((1, 0), dtype=np.float32))
        dense.append(of_meaning.features[0] if of_meaning else np.zeros(0, np.float32))
    stacked = sparse[0].tocsr() if len(messages) == 1 else vstack(sparse, format="csr", dtype=np.float32)
    return Table(sparse=stacked, dense=np.asarray(dense, np.float32))
