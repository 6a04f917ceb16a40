"""Two featurizers for Rasa's graph: where a message lies among sentences, and what it is made of."""

from __future__ import annotations

import functools
import json
import os
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rasa.engine.graph import ExecutionContext, GraphComponent
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.engine.storage.resource import Resource
from rasa.engine.storage.storage import ModelStorage
from rasa.nlu.featurizers.dense_featurizer.dense_featurizer import DenseFeaturizer
from rasa.nlu.featurizers.sparse_featurizer.sparse_featurizer import SparseFeaturizer
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.features import Features
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData
from scipy.sparse import vstack

from bot.errors import ConfigError, ModelError
from bot.nlu.encoder import SentenceEncoder
from bot.nlu.ngrams import Plan, TermRows, TermWeights
from bot.nlu.several import with_parts
from bot.nlu.table import Table

IN_DOUBT = "in_doubt"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class EncoderFeaturizer(DenseFeaturizer, GraphComponent):
    """Sentence vectors of a frozen encoder as dense sentence features, float32 [1, size].

    With `when: doubt`, features for training are of the type IN_DOUBT, and a message gets a function instead: the
    text's vector, under IN_DOUBT, for whoever needs it. It is computed once. Training remembers the hash of the
    weights, and loading refuses other ones.
    """

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            "alias": None,
            "model": "all-MiniLM-L6-v2",  # a known name, a folder as Hugging Face lays it out, or a packed file
            "sha256": None,  # what the weights must hash to; known for known names
            "when": "always",  # or doubt: computed where a classifier that learned without it is not sure
            "reads_han": None,  # whether it reads Chinese characters; None: as known, a model of one's own does
            "precision": "int8",  # or int8_blocks, fp32
            "layers": [],  # layers whose mean token vectors are put behind the sentence vector
            "max_tokens": 64,
            "threads": 1,  # of one message
            "training_workers": None,  # texts at a time in training; None: one a core
            "remember": 1024,  # texts whose vectors are kept
            "cache": None,  # folder for the built graph; None: $XDG_CACHE_HOME/xiaoer or ~/.cache/xiaoer
        }

    def __init__(self, config: dict[str, Any], name: str, storage: ModelStorage, resource: Resource) -> None:
        super().__init__(name, config)
        self._storage, self._resource = storage, resource
        self._encoder = _encoder(config)
        """Opened where messages are processed; a training leaves it closed, 80 MB the less for what comes after it."""

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> EncoderFeaturizer:
        return cls(config, execution_context.node_name, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> EncoderFeaturizer:
        featurizer = cls.create(config, model_storage, resource, execution_context)
        with model_storage.read_from(resource) as folder:
            trained = json.loads((folder / "encoder.json").read_text())["sha256"]
        featurizer._encoder = _encoder(config).load()
        if trained != featurizer._encoder.sha256:
            raise ModelError(
                f"encoder model {config['model']!r}: this bot was trained with weights {trained[:12]}..., found "
                f"{featurizer._encoder.sha256[:12]}...; fix: train again, or put the old weights back"
            )
        return featurizer

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """The encoder names what else is wrong when it loads."""
        if config["when"] not in ("always", "doubt"):
            raise ConfigError(f"EncoderFeaturizer: when {config['when']!r} is unknown; known: always, doubt")

    @staticmethod
    def required_packages() -> list[str]:
        return ["onnxruntime", "tokenizers"]

    def train(self, training_data: TrainingData) -> Resource:
        with self._storage.write_to(self._resource) as folder:
            (folder / "encoder.json").write_text(json.dumps({"sha256": self._encoder.verify().sha256}))
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        messages = [message for message in training_data.training_examples if message.get(TEXT)]
        workers = self._config["training_workers"] or os.cpu_count() or 1
        vectors = (
            _encoder(self._config).load().encode_examples([message.get(TEXT) for message in messages], workers=workers)
        )
        kind = IN_DOUBT if self._config["when"] == "doubt" else FEATURE_TYPE_SENTENCE
        for message, vector in zip(messages, vectors, strict=True):
            message.add_features(Features(vector[None], kind, TEXT, self._identifier))
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        for message in with_parts(messages):
            vector = functools.partial(self._encoder.encode_one, message.get(TEXT) or "")
            if self._config["when"] == "doubt":
                message.set(IN_DOUBT, vector)
            else:
                message.add_features(Features(vector()[None], FEATURE_TYPE_SENTENCE, TEXT, self._identifier))
        return messages


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.MESSAGE_FEATURIZER, is_trainable=True)
class TermFeaturizer(SparseFeaturizer, GraphComponent):
    """Weighted counts of words, word pairs and character runs as sparse sentence features, csr [1, vocabulary]."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            "alias": None,
            "word_pairs": True,
            "shortest": 2,  # character runs, inclusive
            "longest": 5,
            "han_longest": 3,  # of Chinese character runs, which begin at 1
            "character_weight": 0.6,  # of a text's character runs beside its words
            "at_least": 2,  # texts a character run must occur in
        }

    def __init__(
        self, config: dict[str, Any], name: str, storage: ModelStorage, resource: Resource, rows: TermRows | None = None
    ) -> None:
        super().__init__(name, config)
        self._storage, self._resource, self._rows = storage, resource, rows

    @classmethod
    def create(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
    ) -> TermFeaturizer:
        return cls(config, execution_context.node_name, model_storage, resource)

    @classmethod
    def load(
        cls,
        config: dict[str, Any],
        model_storage: ModelStorage,
        resource: Resource,
        execution_context: ExecutionContext,
        **kwargs: Any,
    ) -> TermFeaturizer:
        with model_storage.read_from(resource) as folder:
            parts = []
            for part in ("words", "characters"):
                terms = json.loads((folder / f"{part}.json").read_text(encoding="utf-8"))
                parts.append(TermWeights(terms, np.load(folder / f"{part}.npy", allow_pickle=False)))
        rows = TermRows(plan=_plan(config), words=parts[0], characters=parts[1])
        return cls(config, execution_context.node_name, model_storage, resource, rows)

    @classmethod
    def validate_config(cls, config: dict[str, Any]) -> None:
        """Any positive lengths will do."""

    def train(self, training_data: TrainingData) -> Resource:
        texts = [message.get(TEXT) for message in training_data.nlu_examples if message.get(TEXT)]
        self._rows = TermRows.fit(texts, plan=_plan(self._config), at_least=self._config["at_least"])
        with self._storage.write_to(self._resource) as folder:
            for part, weights in (("words", self._rows.words), ("characters", self._rows.characters)):
                (folder / f"{part}.json").write_text(json.dumps(weights.terms), encoding="utf-8")
                np.save(folder / f"{part}.npy", weights.weights, allow_pickle=False)
        return self._resource

    def process_training_data(self, training_data: TrainingData) -> TrainingData:
        self._add(training_data.training_examples)
        return training_data

    def process(self, messages: list[Message]) -> list[Message]:
        self._add(with_parts(messages))
        return messages

    def _add(self, messages: list[Message]) -> None:
        assert self._rows is not None  # noqa: S101
        for message in messages:
            if message.get(TEXT) is not None:
                row = self._rows.row(message.get(TEXT))
                message.add_features(Features(row, FEATURE_TYPE_SENTENCE, TEXT, self._identifier))


def _plan(config: dict[str, Any]) -> Plan:
    return Plan(
        **{key: config[key] for key in ("word_pairs", "shortest", "longest", "han_longest", "character_weight")}
    )


def _encoder(config: dict[str, Any]) -> SentenceEncoder:
    return SentenceEncoder(
        config["model"],
        precision=config["precision"],
        layers=config["layers"],
        max_tokens=config["max_tokens"],
        threads=config["threads"],
        remember=config["remember"],
        cache=Path(config["cache"]).expanduser() if config["cache"] else None,
        sha256=config["sha256"],
        reads_han=config["reads_han"],
    )


def table_maker(pipeline: Sequence[Mapping[str, Any]]) -> Callable[[list[str]], Table]:
    """What this module's featurizers, set up as in `pipeline` (config.yml's), make of texts, without Rasa's graph."""

    def options(component: type[EncoderFeaturizer | TermFeaturizer]) -> list[dict[str, Any]]:
        name = f"{component.__module__}.{component.__name__}"
        return [{**component.get_default_config(), **each} for each in pipeline if each.get("name") == name]

    def make(texts: list[str]) -> Table:
        terms = next(iter(options(TermFeaturizer)), TermFeaturizer.get_default_config())
        rows = TermRows.fit(texts, plan=_plan(terms), at_least=terms["at_least"])
        sparse = vstack([rows.row(text) for text in texts], format="csr", dtype=np.float32)
        encoders = [_encoder(config).load() for config in options(EncoderFeaturizer)]
        dense = [encoder.encode_examples(texts, workers=os.cpu_count() or 1) for encoder in encoders]
        dense = dense or [np.zeros((len(texts), 0), np.float32)]
        return Table(sparse=sparse, dense=np.hstack(dense), widths=tuple(part.shape[1] for part in dense))

    return make
