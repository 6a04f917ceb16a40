"""The Rasa component on spaCy: words for the classifier and entities by rules, in English, Chinese and both at once."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, overload
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

import structlog
from rasa.engine.graph import ExecutionContext
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.tokenizers.tokenizer import Token, Tokenizer
from rasa.shared.nlu.constants import ENTITIES, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.errors import ConfigError
from bot.nlu.entities import ENTITIES as KNOWN
from bot.nlu.entities import Rules, as_rasa
from bot.nlu.text import MAX_CHARS, normalise
from bot.nlu.words import Words

log = structlog.get_logger()


@DefaultV1Recipe.register(
    [DefaultV1Recipe.ComponentType.MESSAGE_TOKENIZER, DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR],
    is_trainable=False,
)
class SpacyRules(Tokenizer):
    """Tokenizes every text and adds to a message's entities what the rules find in it.

    Reads of the message's metadata: `now` (seconds since the epoch, else the clock's), by which dates are resolved,
    and `expects` (an entity's name), what the dialogue has just asked for. Sets `truncated: true` in the parse result
    where only the first `max_chars` characters were read.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            "intent_tokenization_flag": False,
            "intent_split_symbol": "_",
            "token_pattern": None,
            "prefix_separator_symbol": None,
            # Which entities to look for.
            "entities": list(KNOWN),
            # The customers' time zone: which day "today" is.
            "timezone": "Asia/Shanghai",
            # Where a day without a year or week is looked for first: past, future.
            "prefer_dates_from": "past",
            # How 3/11 is read where both readings are possible: MDY, DMY.
            "date_order": "MDY",
            "max_chars": MAX_CHARS,
            # Full spaCy models in place of the blank pipelines: {"en": "en_core_web_md"}.
            "models": {},
        }

    @staticmethod
    def supported_languages() -> list[str] | None:
        return None

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> SpacyRules:
        return cls(config)

    def __init__(self, config: dict[str, Any], *, clock: Callable[[], float] = time.time) -> None:
        super().__init__(config)
        _check(config)
        self._clock = clock
        self._timezone = ZoneInfo(config["timezone"])
        self._max_chars = int(config["max_chars"])
        self._words = Words(config["models"])
        self._cut: Callable[[str], Sequence[Token]] = self._now
        self._rules = Rules(
            entities=config["entities"],
            prefer=config["prefer_dates_from"],
            order=config["date_order"],
            max_chars=self._max_chars,
        )

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        """Texts are cut when a component asks for their tokens, which bot.nlu's featurizers never do."""
        self._cut = self._later
        try:
            return super().process_training_data(training_data)
        finally:
            self._cut = self._now

    def tokenize(self, message: Message, attribute: str) -> Sequence[Token]:
        return self._cut(message.get(attribute) or "")

    def _later(self, text: str) -> Sequence[Token]:
        return TokensWhenAsked(self._now, text)

    def _now(self, text: str) -> list[Token]:
        normal = normalise(text, max_chars=self._max_chars)
        tokens = []
        for word in self._words.cut(normal.text):
            start, end = normal.span(word.idx, word.idx + len(word))
            data = {"pos": word.tag_} if word.tag_ else {}
            tokens.append(Token(word.text, start, end, data=data, lemma=word.lemma_ or word.lower_))
        return self._apply_token_pattern(tokens)

    def process(self, messages: list[Message]) -> list[Message]:
        super().process(messages)
        for message in messages:
            self._extract(message)
        return messages

    def _extract(self, message: Message) -> None:
        metadata = message.get("metadata") or {}
        normal = normalise(message.get(TEXT) or "", max_chars=self._max_chars)
        if normal.truncated:
            log.info("nlu.truncated", chars=len(normal.original), read=self._max_chars)
            message.set("truncated", True, add_to_output=True)
        now = datetime.fromtimestamp(_moment(metadata.get("now"), self._clock), self._timezone)
        found = self._rules.find_normal(normal, now=now, expects=str(metadata.get("expects") or ""))
        entities = [as_rasa(each, extractor=type(self).__name__) for each in found]
        message.set(ENTITIES, [*(message.get(ENTITIES) or []), *entities], add_to_output=True)


class TokensWhenAsked(Sequence[Token]):
    """A text's tokens, cut when the first is looked at: those of ten thousand examples take 40 MB."""

    __slots__ = ("_cut", "_text", "_tokens")

    def __init__(self, cut: Callable[[str], list[Token]], text: str) -> None:
        self._cut, self._text = cut, text
        self._tokens: list[Token] | None = None

    def _made(self) -> list[Token]:
        if self._tokens is None:
            self._tokens = self._cut(self._text)
        return self._tokens

    @overload
    def __getitem__(self, at: int) -> Token: ...
    @overload
    def __getitem__(self, at: slice) -> list[Token]: ...
    def __getitem__(self, at: int | slice) -> Token | list[Token]:
        return self._made()[at]

    def __len__(self) -> int:
        return len(self._made())

    def __deepcopy__(self, memo: dict[int, object]) -> TokensWhenAsked:
        return self

    def fingerprint(self) -> str:
        """Rasa's, of what identifies an example; the text does."""
        return self._text


def _moment(stated: object, clock: Callable[[], float]) -> float:
    """A `now` from metadata that no calendar has is as good as none."""
    usable = isinstance(stated, int | float) and not isinstance(stated, bool) and 0 <= stated < 4_000_000_000
    return float(stated) if usable and isinstance(stated, int | float) else clock()


def _check(config: dict[str, Any]) -> None:
    problems = []
    unknown = sorted(set(config["entities"]) - set(KNOWN))
    if unknown:
        problems.append(f"SpacyRules: entities {', '.join(unknown)} unknown; known: {', '.join(KNOWN)}")
    for option, choices in (("prefer_dates_from", ("past", "future")), ("date_order", ("MDY", "DMY"))):
        if config[option] not in choices:
            problems.append(f"SpacyRules: {option} {config[option]!r} is unknown; known: {', '.join(choices)}")
    languages = sorted(set(config["models"]) - {"en", "zh"})
    if languages:
        problems.append(f"SpacyRules: models for {', '.join(languages)}; known: en, zh")
    try:
        ZoneInfo(config["timezone"])
    except (ZoneInfoNotFoundError, ValueError):
        problems.append(f"SpacyRules: timezone {config['timezone']!r} is unknown; use a name such as Asia/Shanghai")
    if problems:
        raise ConfigError(*problems)
