"""Rasa's own components with their per-message cost taken out; what they predict is the same.

Put in their place when a model is loaded, only for exactly these classes: a subclass is left as it is. Policies looked
at every rule at every prediction and copied all states for a debug line. `tests/engine/test_swift.py` holds them
against the originals.
"""

from __future__ import annotations

import base64
import re
import zlib
from collections import defaultdict
from collections.abc import Iterator
from typing import Any

from rasa.core.policies.memoization import AugmentedMemoizationPolicy, MemoizationPolicy
from rasa.core.policies.policy import PolicyPrediction
from rasa.core.policies.rule_policy import RulePolicy
from rasa.engine.graph import GraphSchema
from rasa.graph_components.providers.domain_provider import DomainProvider
from rasa.shared.core.constants import PREVIOUS_ACTION, SHOULD_NOT_BE_SET, USER
from rasa.shared.core.domain import Domain, State
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.nlu.constants import ACTION_NAME, INTENT

LINEAR = ("count_vectors_featurizer", "logistic_regression_classifier")
"""Modules of Rasa's whose classes `swift_linear` replaces."""


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
    if any(node.uses.__module__.rpartition(".")[2] in LINEAR for node in schema.nodes.values()):
        from bot.engine import swift_linear

        swift_linear.swap_in(schema)


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


class _Recall(MemoizationPolicy):
    def predict_action_probabilities(
        self, tracker: DialogueStateTracker, domain: Domain, rule_only_data: dict[str, Any] | None = None, **_: Any
    ) -> PolicyPrediction:
        states = self._prediction_states(tracker, domain, rule_only_data=rule_only_data)
        action = self.recall(states, tracker, domain, rule_only_data=rule_only_data)
        if action is None:
            return self._prediction(self._default_predictions(domain))
        return self._prediction(self._prediction_result(action, tracker, domain))


class _Memory(_Recall):
    pass


class _AugmentedMemory(_Recall, AugmentedMemoizationPolicy):
    """Does not look back ever less far where nothing that was memorised ends as the conversation does now."""

    def _recall_using_truncation(
        self,
        old_states: list[State],
        tracker: DialogueStateTracker,
        domain: Domain,
        rule_only_data: dict[str, Any] | None,
    ) -> str | None:
        last = old_states[-1] if old_states else {}
        action, intent = last.get(PREVIOUS_ACTION, {}).get(ACTION_NAME), last.get(USER, {}).get(INTENT)
        # Looking back less far may lose what the customer said, not what the bot did last.
        possible: set[Ending | None] = {(action, intent), (action, None), None}
        if old_states and self._memorised_endings().isdisjoint(possible):
            return None
        return super()._recall_using_truncation(old_states, tracker, domain, rule_only_data)

    def _memorised_endings(self) -> frozenset[Ending | None]:
        known: tuple[Any, frozenset[Ending | None]] | None = self.__dict__.get("_endings")
        if known is None or known[0] is not self.lookup:
            known = self._endings = (self.lookup, frozenset(_ending(key) for key in self._keys()))
        return known[1]

    def _keys(self) -> Iterator[str]:
        compressed = self.config["enable_feature_string_compression"]
        for key in self.lookup:
            yield zlib.decompress(base64.b64decode(key)).decode() if compressed else key


def _ending(key: str) -> Ending | None:
    """Of the last state of a memorised key, which is JSON without its quotes; None for one that is not that simple."""
    start = key.rfind("prev_action: ")
    if start < 0:
        return None, None
    found = _LAST_STATE.fullmatch(key, start)
    return (found["action"], found["intent"]) if found else None


_LAST_STATE = re.compile(
    r"prev_action: \{action_name: (?P<action>[^{},]*)\}(, slots: \{[^{}]*\})?"
    r"(, user: \{(entities: \[[^\]]*\], )?intent: (?P<intent>[^{},]*)\})?\}\]"
)


SWIFT: dict[type, type] = {
    RulePolicy: _Rules,
    MemoizationPolicy: _Memory,
    AugmentedMemoizationPolicy: _AugmentedMemory,
}

for _original, _swift in SWIFT.items():
    # A prediction carries its policy's name.
    _swift.__name__ = _original.__name__
