"""The intent classifier as a Rasa graph component."""

from __future__ import annotations

import json
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

from bot.nlu import ensemble
from bot.nlu.ensemble import Ensemble
from bot.nlu.linear import Table, View

log = logging.getLogger(__name__)


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.INTENT_CLASSIFIER, is_trainable=True)
class CalibratedClassifier(IntentClassifier, GraphComponent):
    """Intents with probabilities that mean what they say, over whatever sentence features stand before it.

    Sets `intent` and `intent_ranking` as Rasa's classifiers do. A message that belongs to no intent gets the intent
    `nlu_fallback`; the ranking keeps the intents in order behind it.
    """

    @classmethod
    def required_components(cls) -> list[type]:
        return [Featurizer]

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            "ranking_length": 10,
            "folds": 3,  # texts are left out in turn to learn how much to trust the scores
            "threshold": 0.3,  # below this probability a message belongs to no intent
        }

    def __init__(
        self,
        config: dict[str, Any],
        storage: ModelStorage,
        resource: Resource,
        intents: list[str] | None = None,
        model: Ensemble | None = None,
    ) -> None:
        self._config, self._storage, self._resource = config, storage, resource
        self._intents, self._model = intents or [], model

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
        examples = [message for message in training_data.intent_examples if message.get(TEXT) and message.get(INTENT)]
        names = [message.get(INTENT) for message in examples]
        self._intents = sorted(set(names))
        if len(self._intents) < 2:
            log.warning("nlu.too_few_intents: %d, two are needed to tell them apart", len(self._intents))
        else:
            places = {name: place for place, name in enumerate(self._intents)}
            labels = np.array([places[name] for name in names], np.int64)
            table = table_of(examples)
            self._model, _ = ensemble.fit(table, labels, intents=len(self._intents), folds=self._config["folds"])
        self._save()
        return self._resource

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            if self._model is None or not message.features:
                name = self._intents[0] if len(self._intents) == 1 else None
                message.set(INTENT, {"name": name, "confidence": float(name is not None)}, add_to_output=True)
                message.set(INTENT_RANKING_KEY, [], add_to_output=True)
                continue
            probabilities = np.exp(self._model.log_probabilities(table_of([message]))[0])
            best = np.argsort(-probabilities)[: self._config["ranking_length"] or None]
            ranking = [{"name": self._intents[each], "confidence": float(probabilities[each])} for each in best]
            if ranking[0]["confidence"] < self._config["threshold"]:
                ranking.insert(0, {"name": FALLBACK, "confidence": 1.0 - ranking[0]["confidence"]})
            message.set(INTENT, ranking[0], add_to_output=True)
            message.set(INTENT_RANKING_KEY, ranking, add_to_output=True)
        return messages

    def _save(self) -> None:
        arrays = {}
        for number, view in enumerate(self._model.views if self._model else ()):
            parts = {"sparse": view.sparse, "dense": view.dense, "bias": view.bias}
            arrays.update({f"{number}.{part}": value for part, value in parts.items()})
        meta = {"intents": self._intents, "sharpness": list(self._model.sharpness) if self._model else []}
        with self._storage.write_to(self._resource) as folder:
            (folder / "classifier.json").write_text(json.dumps(meta), encoding="utf-8")
            np.savez(folder / "classifier.npz", **arrays)

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
            meta = json.loads((folder / "classifier.json").read_text(encoding="utf-8"))
            with np.load(folder / "classifier.npz", allow_pickle=False) as arrays:
                views = tuple(
                    View(**{part: arrays[f"{number}.{part}"] for part in ("sparse", "dense", "bias")})
                    for number in range(len(arrays.files) // 3)
                )
        model = Ensemble(views=views, sharpness=tuple(meta["sharpness"])) if views else None
        return cls(config, model_storage, resource, meta["intents"], model)


def table_of(messages: list[Message]) -> Table:
    """The sentence features of `messages`, side by side: all sparse ones, all dense ones."""
    sparse, dense = [], []
    for message in messages:
        _, sparse_features = message.get_sparse_features(TEXT)
        _, dense_features = message.get_dense_features(TEXT)
        sparse.append(sparse_features.features if sparse_features else csr_matrix((1, 0), dtype=np.float32))
        dense.append(dense_features.features[0] if dense_features else np.zeros(0, np.float32))
    if len(messages) == 1:
        return Table(sparse=sparse[0].tocsr(), dense=np.asarray(dense, np.float32))
    return Table(sparse=vstack(sparse, format="csr", dtype=np.float32), dense=np.asarray(dense, np.float32))
