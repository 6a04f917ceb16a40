"""What an intent is called is one more example of it: `card_arrival` is "card arrival"."""

from __future__ import annotations

import re
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.nlu.constants import INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

_CAMEL = re.compile(r"(?<=[a-z])(?=[A-Z])")
_BREAKS = re.compile(r"[\W_]+")


def spoken(name: str) -> str:
    """An intent's name as words: `card_arrival`, `CardArrival` and `faq/card-arrival` are "card arrival"."""
    return _BREAKS.sub(" ", _CAMEL.sub(" ", name.rpartition("/")[2])).strip().lower()


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class IntentNames(GraphComponent):
    """Put before the featurizers, adds each intent's name to the training data as an example of it.

    Worth half a point where intents have ten examples, and nothing where they have hundreds. Not for intents with
    names that mean nothing.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"except": ["out_of_scope"]}

    def __init__(self, config: dict[str, Any]) -> None:
        self._except = frozenset(config["except"])

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> IntentNames:
        return cls(config)

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        named = {example.get(INTENT) for example in training_data.intent_examples} - self._except
        extra = [Message(data={TEXT: spoken(name), INTENT: name}) for name in sorted(named) if spoken(name)]
        # Not TrainingData.merge, which copies every example it is given.
        return TrainingData(
            training_examples=[*training_data.training_examples, *extra],
            entity_synonyms=training_data.entity_synonyms,
            regex_features=training_data.regex_features,
            lookup_tables=training_data.lookup_tables,
            responses=training_data.responses,
        )

    def process(self, messages: list[Message]) -> list[Message]:
        return messages
