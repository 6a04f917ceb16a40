"""Rasa's linear models of sentences with their per-message cost taken out; what they predict is the same.

The featurizer and the classifier built a dozen sparse matrices for one sentence. Only imported for a model that has one
of them: they bring scikit-learn, which is a seventh of a worker's memory.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse
from rasa.core.policies.policy import Policy
from rasa.engine.graph import GraphSchema
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
from rasa.shared.nlu.constants import FEATURE_TYPE_SENTENCE, TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.utils.tensorflow.constants import RANKING_LENGTH


def swap_in(schema: GraphSchema) -> None:
    for node in schema.nodes.values():
        node.uses = SWIFT.get(node.uses, node.uses)
    if all(_reads_sentences_only(node.uses) for name, node in schema.nodes.items() if name.startswith("run_")):
        for node in schema.nodes.values():
            node.uses = SENTENCES_ONLY.get(node.uses, node.uses)


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


class _NoLexicalSyntactic(LexicalSyntacticFeaturizer):
    """Its features are of single tokens alone."""

    def process(self, messages: list[Message]) -> list[Message]:
        return messages


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
    (_CountVectors, CountVectorsFeaturizer),
    (_SentenceCountVectors, CountVectorsFeaturizer),
    (_NoLexicalSyntactic, LexicalSyntacticFeaturizer),
    (_LogisticRegression, LogisticRegressionClassifier),
):
    # Features carry their featurizer's name.
    _swift.__name__ = _original.__name__

SWIFT: dict[type, type] = {
    CountVectorsFeaturizer: _CountVectors,
    LogisticRegressionClassifier: _LogisticRegression,
}

SENTENCES_ONLY: dict[type, type] = {
    _CountVectors: _SentenceCountVectors,
    LexicalSyntacticFeaturizer: _NoLexicalSyntactic,
}
"""For pipelines in which nothing looks at single tokens' features."""

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
