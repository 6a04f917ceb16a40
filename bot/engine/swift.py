"""Rasa's own components with their per-message cost taken out; what they predict is the same.

Put in their place when a model is loaded, only for exactly these classes: a subclass is left as it is. What is saved:
policies looked at every rule at every prediction and copied all states for a debug line; the featurizer and classifier
built a dozen sparse matrices for one sentence. `tests/engine/test_swift.py` holds them against the originals.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

import numpy as np
import scipy.sparse
from rasa.core.policies.memoization import MemoizationPolicy
from rasa.core.policies.policy import Policy, PolicyPrediction
from rasa.core.policies.rule_policy import RulePolicy
from rasa.engine.graph import GraphSchema
from rasa.graph_components.providers.domain_provider import DomainProvider
from rasa.nlu.classifiers.fallback_classifier import FallbackClassifier
from rasa.nlu.classifiers.keyword_intent_classifier import KeywordIntentClassifier
from rasa.nlu.classifiers.logistic_regression_classifier import LogisticRegressionClassifier
from rasa.nlu.classifiers.regex_message_handler import RegexMessageHandler
from rasa.nlu.extractors.entity_synonyms import EntitySynonymMapper
from rasa.nlu.extractors.regex_entity_extractor import RegexEntityExtractor
from rasa.nlu.featurizers.sparse_featurizer.count_vectors_featurizer import CountVectorsFeaturizer
from rasa.nlu.featurizers.sparse_featurizer.lexical_syntactic_featurizer import LexicalSyntacticFeaturizer
from rasa.nlu.featurizers.sparse_featurizer.regex_featurizer import RegexFeaturizer
from rasa.nlu.tokenizers.tokenizer import Tokenizer
from rasa.shared.core.constants import PREVIOUS_ACTION, SHOULD_NOT_BE_SET, USER
from rasa.shared.core.domain import Domain, State
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ACTION_NAME, FEATURE_TYPE_SENTENCE, INTENT, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.utils.tensorflow.constants import RANKING_LENGTH


def swap_in(schema: GraphSchema, domain: Domain) -> None:
    """Let a trained model's graph use the classes below where it uses the originals.

    `domain` is the model's: Rasa's provider would read it again from YAML, six times over, for seconds.
    """

    class Provider(DomainProvider):
        @classmethod
        def load(cls, config: Any, model_storage: Any, resource: Any, *_: Any, **__: Any) -> DomainProvider:
            return cls(model_storage, resource, domain)

    for node in schema.nodes.values():
        node.uses = Provider if node.uses is DomainProvider else SWIFT.get(node.uses, node.uses)
    if all(_reads_sentences_only(node.uses) for name, node in schema.nodes.items() if name.startswith("run_")):
        for node in schema.nodes.values():
            if node.uses is _CountVectors:
                node.uses = _SentenceCountVectors


Ending = tuple[str | None, str | None]
"""Of a rule's last state: the previous action and the intent, None where it does not ask for one."""


class _Rules(RulePolicy):
    """Compares a conversation with the rules that end in the state it is in, not with all."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self._by_ending: dict[int, tuple[Any, dict[Ending, list[str]]]] = {}

    def _get_possible_keys(self, lookup: dict[str, str], states: list[State]) -> set[str]:
        if not states:
            return set(lookup)
        action = states[-1].get(PREVIOUS_ACTION, {}).get(ACTION_NAME)
        intent = states[-1].get(USER, {}).get(INTENT)
        by_ending = self._endings(lookup)
        endings = {(action, intent), (action, None), (None, intent), (None, None)}
        keys = {key for ending in endings for key in by_ending.get(ending, ())}
        for index, state in enumerate(reversed(states)):
            if not keys:
                break
            keys = {key for key in keys if self._is_rule_applicable(key, index, state)}
        return keys

    def _endings(self, lookup: dict[str, str]) -> dict[Ending, list[str]]:
        known = self._by_ending.get(id(lookup))
        if known is None or known[0] is not lookup:
            by_ending: dict[Ending, list[str]] = defaultdict(list)
            for key in lookup:
                last = self._rule_key_to_state(key)[-1]
                action = last.get(PREVIOUS_ACTION, {}).get(ACTION_NAME)
                by_ending[_asked(action), _asked(last.get(USER, {}).get(INTENT))].append(key)
            known = self._by_ending[id(lookup)] = (lookup, dict(by_ending))
        return known[1]

    @staticmethod
    def format_tracker_states(states: list[dict[str, Any]]) -> str:
        return ""


def _asked(value: Any) -> str | None:
    return value if isinstance(value, str) and value != SHOULD_NOT_BE_SET else None


class _Memory(MemoizationPolicy):
    def predict_action_probabilities(
        self, tracker: DialogueStateTracker, domain: Domain, rule_only_data: dict[str, Any] | None = None, **_: Any
    ) -> PolicyPrediction:
        states = self._prediction_states(tracker, domain, rule_only_data=rule_only_data)
        action = self.recall(states, tracker, domain, rule_only_data=rule_only_data)
        if action is None:
            return self._prediction(self._default_predictions(domain))
        return self._prediction(self._prediction_result(action, tracker, domain))


class _CountVectors(CountVectorsFeaturizer):
    """Counts with the trained vocabulary directly."""

    _sequences = True

    def process(self, messages: list[Message]) -> list[Message]:
        if self.vectorizers is None:
            return super().process(messages)
        for message in messages:
            for attribute in self._attributes:
                if message.get(attribute) is not None:
                    self._featurize(message, attribute)
        return messages

    def _featurize(self, message: Message, attribute: str) -> None:
        vectorizer = self.vectorizers.get(attribute)
        tokens = self._get_processed_message_tokens_by_attribute(message, attribute)
        if attribute != TEXT or not tokens or getattr(vectorizer, "binary", True):
            sequence, sentence = self._create_features(attribute, [tokens])
            self.add_features_to_message(sequence[0], sentence[0], attribute, message)
            return
        analyze = self._analyzer(attribute)
        together = _counts([" ".join(tokens)], analyze, vectorizer)
        each = _counts(tokens, analyze, vectorizer) if self._sequences else None
        self.add_features_to_message(each, together, attribute, message)

    def _analyzer(self, attribute: str) -> Any:
        kept = self.__dict__.setdefault("_analyzers", {})
        if attribute not in kept:
            kept[attribute] = self.vectorizers[attribute].build_analyzer()
        return kept[attribute]


class _SentenceCountVectors(_CountVectors):
    """For pipelines in which nothing looks at single tokens' features."""

    _sequences = False


def _counts(texts: list[str], analyze: Any, vectorizer: Any) -> scipy.sparse.coo_matrix:
    vocabulary = vectorizer.vocabulary_
    rows: list[int] = []
    columns: list[int] = []
    counts: list[int] = []
    for row, text in enumerate(texts):
        found: dict[int, int] = {}
        for feature in analyze(text):
            column = vocabulary.get(feature)
            if column is not None:
                found[column] = found.get(column, 0) + 1
        for column in sorted(found):
            rows.append(row)
            columns.append(column)
            counts.append(found[column])
    data = np.array(counts, dtype=vectorizer.dtype)
    shape = (len(texts), len(vocabulary))
    places = (np.array(rows, dtype=np.int32), np.array(columns, dtype=np.int32))
    return scipy.sparse.coo_matrix((data, places), shape=shape)


class _LogisticRegression(LogisticRegressionClassifier):
    """Multiplies only the columns that a sentence has."""

    def process(self, messages: list[Message]) -> list[Message]:
        if not self._is_softmax():
            return super().process(messages)
        for message in messages:
            decision = self.clf.intercept_ + self._weighted(message)
            exponents = np.exp(decision - decision.max())
            probabilities = exponents / exponents.sum()
            order = np.argsort(-probabilities, kind="stable")
            if self.config[RANKING_LENGTH] > 0:
                order = order[: self.config[RANKING_LENGTH]]
            ranking = [{"name": self.clf.classes_[i], "confidence": float(probabilities[i])} for i in order]
            message.set("intent", ranking[0], add_to_output=True)
            message.set("intent_ranking", ranking, add_to_output=True)
        return messages

    def _is_softmax(self) -> bool:
        """As scikit-learn decides it, with `multi_class="auto"`, which is what Rasa gives."""
        return hasattr(self.clf, "classes_") and self.clf.classes_.size > 2 and self.clf.solver != "liblinear"

    def _weighted(self, message: Message) -> Any:
        sentence = [f for f in message.features if f.attribute == TEXT and f.type == FEATURE_TYPE_SENTENCE]
        total, start = np.zeros(len(self.clf.classes_)), 0
        for feature in (*(f for f in sentence if f.is_sparse()), *(f for f in sentence if f.is_dense())):
            values = feature.features
            width = values.shape[1]
            weights = self.clf.coef_[:, start : start + width]
            if feature.is_sparse():
                values = values.tocoo()
                total += weights[:, values.col] @ values.data
            else:
                total += weights @ np.asarray(values).ravel()
            start += width
        return total


for _swift, _original in (
    (_Rules, RulePolicy),
    (_Memory, MemoizationPolicy),
    (_CountVectors, CountVectorsFeaturizer),
    (_SentenceCountVectors, CountVectorsFeaturizer),
    (_LogisticRegression, LogisticRegressionClassifier),
):
    # A prediction carries its policy's name, features their featurizer's.
    _swift.__name__ = _original.__name__

SWIFT: dict[type, type] = {
    RulePolicy: _Rules,
    MemoizationPolicy: _Memory,
    CountVectorsFeaturizer: _CountVectors,
    LogisticRegressionClassifier: _LogisticRegression,
}

_SENTENCE_READERS = (
    Tokenizer,
    CountVectorsFeaturizer,
    RegexFeaturizer,
    LexicalSyntacticFeaturizer,
    LogisticRegressionClassifier,
    KeywordIntentClassifier,
    FallbackClassifier,
    RegexEntityExtractor,
    EntitySynonymMapper,
    RegexMessageHandler,
    Policy,
)


def _reads_sentences_only(component: type) -> bool:
    return issubclass(component, _SENTENCE_READERS)
