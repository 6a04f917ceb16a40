"""The act of a message beside its intent, as a Rasa graph component.

    pipeline:
      ...
      - name: bot.nlu.acts.ActClassifier      # after the featurizers and the intent classifier

Examples say their act where they stand, in Rasa's own form:

    nlu:
    - intent: freeze_card
      metadata:
        act: negated
      examples: |
        - don't freeze my card
"""

from __future__ import annotations

import logging
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, METADATA, METADATA_INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.errors import ConfigError
from bot.nlu import act_model
from bot.nlu.act_model import Acts
from bot.nlu.classifier import late_of, table_of
from bot.nlu.features import IN_DOUBT

log = logging.getLogger(__name__)

ACT = "act"
RANKING = "act_ranking"
KINDS = (
    "request",
    "question",
    "status",
    "report",
    "negated",
    "undo",
    "correction",
    "answer",
    "other_person",
    "social",
)
"""After ISO 24617-2's dialogue acts, as far as they fit; `docs/nlu.md` says what each means."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class ActClassifier(GraphComponent):
    """Sets `act` (`{"name", "confidence"}`, calibrated) and `act_ranking`. Where no example says its act it learns
    nothing and sets nothing."""

    def __init__(self, storage: ModelStorage, resource: Resource, learned: Acts | None = None) -> None:
        self._storage, self._resource, self._acts = storage, resource, learned

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> ActClassifier:
        return cls(model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> ActClassifier:
        with model_storage.read_from(resource) as folder:
            learned = act_model.load(folder) if (folder / "acts.json").exists() else None
        return cls(model_storage, resource, learned)

    def train(self, training_data: TrainingData) -> Resource:
        examples = [(each, act_of(each)) for each in training_data.intent_examples if each.get(TEXT)]
        told = [(each, act) for each, act in examples if act]
        with self._storage.write_to(self._resource) as folder:
            if len({act for _, act in told}) < 2:
                log.warning("nlu.too_few_acts: %d, two are needed to tell them apart", len({act for _, act in told}))
                return self._resource
            self._acts = act_model.learn(
                [each.get(TEXT) for each, _ in told],
                table_of([each for each, _ in told]).dense,
                [act for _, act in told],
                [each.get(INTENT) for each, _ in told],
                late_of([each for each, _ in told]),
            )
            act_model.save(self._acts, folder)
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            if self._acts is not None and message.get(TEXT):
                ranking = self._ranking(message, self._acts)
                message.set(ACT, ranking[0], add_to_output=True)
                message.set(RANKING, ranking, add_to_output=True)
        return messages

    def _ranking(self, message: Message, acts: Acts) -> list[dict[str, Any]]:
        probabilities = acts.judge(message.get(TEXT), table_of([message]).dense[0], message.get(IN_DOUBT))
        order = np.argsort(-probabilities)
        return [{"name": acts.names[each], "confidence": float(probabilities[each])} for each in order]


def act_of(example: Message) -> str | None:
    """The act that the training data states for an example. Raises ConfigError for one that is not in KINDS."""
    stated = ((example.get(METADATA) or {}).get(METADATA_INTENT) or {}).get(ACT)
    if stated is not None and stated not in KINDS:
        raise ConfigError(
            f"data: intent {example.get(INTENT)!r}: metadata.act {stated!r} is unknown; known: {', '.join(KINDS)}"
        )
    return stated
