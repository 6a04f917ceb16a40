"""Several wishes in one message: "cancel my order and tell me my points"."""

from __future__ import annotations

import re
from typing import Any

from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME as FALLBACK
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.nlu.scripts import han_runs, has_han
from bot.nlu.text import normalise

PARTS = "parts"
MOST_PARTS = 3
_CUTS = re.compile(
    r"[;?；？\n]+|,\s*(?:and|also|then)\s|\.\s+(?:and|also|then)\s|\s(?:and then|and also|and|also|plus)\s"
    r"|[，,、]?(?:另外|还有|然后|顺便|以及|并且|同时|再)|[，,](?=(?:请|帮|我|麻烦|查|把))",
    re.IGNORECASE,
)
_DENIES = re.compile(
    r"(?:^|[,.;:!?]\s*)(?:(?:please|i|i'?m|i am|it'?s|that'?s|but|and|no)\s+)*"
    r"(?:don'?t|do not|not|never|no need|haven'?t|hadn'?t|didn'?t|stop (?:asking|telling|saying|doing))\b"
    r"|(?:^|[，,。；;！!\s])(?:我|这|那|可|又|也|就|先|请|真的|并)*(?:别|不要|不用|不是|不想|没|无需|唔使|唔好|唔系)",
    re.IGNORECASE,
)
"""One clause says what is not wanted: then each clause is looked at by itself."""
_CLAUSES = re.compile(r"[,.;:!?，。；：！？、\n]+(?!\d)|\s(?:but|just)\s", re.IGNORECASE)
_WORDS, _CHARACTERS = 3, 4
_LONGEST = 120
"""A longer text (a Chinese character counting as three) tells one story, whose sentences are no wishes of their own."""


def cut(text: str) -> list[str]:
    """The parts of a text that could each be a wish, in order; empty if there are not two to MOST_PARTS of them.

    A part of fewer than three words (four Chinese characters) says no wish of its own.
    """
    text = normalise(text).text
    if len(text) + 2 * sum(end - start for is_han, start, end in han_runs(text) if is_han) > _LONGEST:
        return []
    cuts = _CLAUSES if _DENIES.search(text) else _CUTS
    parts = [part.strip(" ,，、.") for part in cuts.split(text) if part]
    parts = [part for part in parts if _says_something(part)]
    return parts if 2 <= len(parts) <= MOST_PARTS else []


def _says_something(part: str) -> bool:
    return len(part) >= _CHARACTERS if has_han(part) else len(part.split()) >= _WORDS


def several(found: list[tuple[str, dict[str, Any]]], *, sure: float = 0.6) -> list[dict[str, Any]]:
    """The different wishes among (part, its likeliest intent), in order; empty if fewer than two are sure."""
    wishes: dict[str, dict[str, Any]] = {}
    for text, intent in found:
        if intent["name"] != FALLBACK and sure <= intent["confidence"]:
            wishes.setdefault(intent["name"], {**intent, "text": text})
    return list(wishes.values()) if len(wishes) > 1 else []


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=False)
class Splitter(GraphComponent):
    """Put before bot.nlu's featurizers, lets bot.nlu's classifier judge each part of a message too."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> Splitter:
        return cls()

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        for message in messages:
            message.set(PARTS, [Message(data={TEXT: part}) for part in cut(message.get(TEXT) or "")])
        return messages


def with_parts(messages: list[Message]) -> list[Message]:
    """`messages` and their parts."""
    return [each for message in messages for each in (message, *(message.get(PARTS) or ()))]
