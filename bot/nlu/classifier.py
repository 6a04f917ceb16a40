"""The intent classifier as a Rasa graph component."""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
import numpy.typing as npt
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.classifiers.classifier import IntentClassifier
from rasa.nlu.featurizers.featurizer import Featurizer
from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME as FALLBACK
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, INTENT, INTENT_RANKING_KEY, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.sparse import csr_matrix, hstack

from bot.nlu import cascade
from bot.nlu.cascade import Cascade
from bot.nlu.features import IN_DOUBT
from bot.nlu.several import PARTS, several
from bot.nlu.table import Array, Table, stacked

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
        self, config: dict[str, Any], storage: ModelStorage, resource: Resource, learned: Cascade | None = None
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
            self._model = cascade.learn(
                table_of(examples),
                names,
                late=late_of(examples),
                outside=self._config["out_of_scope_intent"] or "",
                false_alarms=self._config["false_alarms"],
            )
            cascade.save(self._model, folder)
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
            return cls(config, model_storage, resource, cascade.load(folder))

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            parts = message.get(PARTS) or []
            (ranking, outside), *of_parts = self._rank([message, *parts])
            message.set(INTENT, ranking[0] if ranking else {"name": None, "confidence": 0.0}, add_to_output=True)
            message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
            message.set("out_of_scope", outside, add_to_output=True)
            if parts:
                found = [(part.get(TEXT), its[0]) for part, (its, _) in zip(parts, of_parts, strict=True) if its]
                message.set("intents", several(found), add_to_output=True)
        return messages

    def _rank(self, messages: list[Message]) -> list[tuple[list[dict[str, Any]], float]]:
        """Of each message its ranking and how far out of scope it is."""
        if self._model is None or not messages[0].features:
            return [([], 1.0)] * len(messages)
        vectors = [message.get(IN_DOUBT) for message in messages]
        later = None if None in vectors else lambda places: np.stack([vectors[place]() for place in places])
        judged = self._model.judge(table_of(messages), later)
        return [
            (self._ranking(probabilities, float(outside)), float(outside))
            for probabilities, outside in zip(judged.probabilities, judged.outside, strict=True)
        ]

    def _ranking(self, probabilities: npt.NDArray[np.float64], outside: float) -> list[dict[str, Any]]:
        assert self._model is not None  # noqa: S101
        best = np.argsort(-probabilities)[: self._config["ranking_length"] or None]
        ranking = [{"name": self._model.intents[each], "confidence": float(probabilities[each])} for each in best]
        if outside >= 0.5 and ranking[0]["name"] != self._config["out_of_scope_intent"]:
            ranking.insert(0, {"name": FALLBACK, "confidence": outside})
        return ranking


def table_of(messages: list[Message]) -> Table:
    """The sentence features of `messages`, side by side: all sparse ones, all dense ones."""
    rows = [_sentence_features(message) for message in messages]
    dense = np.asarray([np.concatenate(parts) if len(parts) > 1 else parts[0] for _, parts in rows], np.float32)
    return Table(
        sparse=stacked([sparse for sparse, _ in rows]), dense=dense, widths=tuple(len(part) for part in rows[0][1])
    )


def late_of(messages: list[Message]) -> Array | None:
    """The vectors of an encoder that is asked in doubt, if there is one."""
    found = [[each.features[0] for each in message.features if each.type == IN_DOUBT] for message in messages]
    return np.asarray([np.concatenate(vectors) for vectors in found], np.float32) if found[0] else None


def dense_of(message: Message) -> list[Array]:
    """Its sentence vectors, one of each encoder."""
    return _sentence_features(message)[1]


def _sentence_features(message: Message) -> tuple[csr_matrix, list[Array]]:
    """Not by Rasa's `get_sparse_features`, which copies what it combines."""
    found = [each for each in message.features if each.type == FEATURE_TYPE_SENTENCE and each.attribute == TEXT]
    sparse = [each.features for each in found if each.is_sparse()] or [csr_matrix((1, 0), dtype=np.float32)]
    dense = [each.features[0] for each in found if each.is_dense()] or [np.zeros(0, np.float32)]
    return sparse[0].tocsr() if len(sparse) == 1 else hstack(sparse, format="csr"), dense
