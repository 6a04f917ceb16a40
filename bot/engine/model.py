"""A trained Rasa model, unpacked and ready: it understands a text and predicts what to do next."""

from __future__ import annotations

import base64
import json
import re
import zlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from rasa.core.channels.channel import UserMessage
from rasa.core.policies.memoization import AugmentedMemoizationPolicy, MemoizationPolicy
from rasa.core.policies.policy import Policy, PolicyPrediction
from rasa.core.policies.rule_policy import RulePolicy
from rasa.engine.constants import PLACEHOLDER_MESSAGE, PLACEHOLDER_TRACKER
from rasa.engine.graph import ExecutionContext
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.storage import ModelMetadata
from rasa.exceptions import UnsupportedModelVersionError
from rasa.graph_components.providers.domain_provider import DomainProvider
from rasa.shared.core.constants import FOLLOWUP_ACTION, PREVIOUS_ACTION
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.exceptions import RasaException

from bot.engine import folders, needs, package, swift
from bot.engine.graph_runner import DirectGraphRunner
from bot.engine.trackers import HotTracker
from bot.errors import ModelError

_PAYLOAD = re.compile(r"^/(?P<intent>[^@{\s]+)(@(?P<confidence>[0-9.]+))?\s*(?P<entities>\{.*\})?\s*$", re.DOTALL)
_HISTORY_MARGIN = 3
MOST_BYTES = 2 << 30


class Model:
    """Holds no conversation and is never changed once loaded."""

    def __init__(
        self,
        path: Path,
        metadata: ModelMetadata,
        runner: DirectGraphRunner,
        *,
        made_by: Mapping[str, str] | None = None,
    ) -> None:
        self.path = path
        self.made_by = made_by or {}
        """Which code made it (see `project.code`)."""
        self.id: str = metadata.model_id
        self.domain: Domain = _domain(metadata, runner)
        self.window = _window(metadata, runner)
        self._runner = runner
        self._core_target = metadata.core_target
        self._nlu_target = _text_target(metadata)
        self._slots = self.domain.slots

    @classmethod
    def load(
        cls, path: Path, *, key: Ed25519PublicKey, code: Mapping[str, str] | None = None, at_most: int = MOST_BYTES
    ) -> Model:
        """Check the signature, unpack, construct every component. With `code` (see `project.code`), only if that made
        the model; of a package of at most so many bytes.

        Raises UnsignedModel, NeedsTensorFlow, OtherCode, or ModelError for what is no model or of another version of
        Rasa.
        """
        with folders.temporary("model") as temporary:
            copy = package.verified_copy(path, key, temporary, at_most=at_most)
            unpacked = temporary / "unpacked"
            unpacked.mkdir()
            package.unpack(copy, unpacked)
            copy.unlink()
            needs.check_classes(_component_paths(unpacked, where=path.name), where=path.name)
            made_by = package.made_by(unpacked)
            if code is not None:
                package.check_code(made_by, code, where=path.name)
            try:
                metadata = _metadata(unpacked)
                swift.swap_in(metadata.predict_schema, metadata.domain)
                context = ExecutionContext(graph_schema=metadata.predict_schema, model_id=metadata.model_id)
                storage = LocalModelStorage(unpacked / "components")
                runner = DirectGraphRunner.create(metadata.predict_schema, storage, context)
            except (RasaException, UnsupportedModelVersionError, ValueError, KeyError, OSError) as error:
                raise ModelError(f"{path}: cannot be loaded: {_reason(error)}") from error
        return cls(path, metadata, runner, made_by=made_by)

    def new_tracker(self, conversation_id: str) -> HotTracker:
        return HotTracker(conversation_id, self._slots, domain=self.domain, window=self.window)

    def understand(
        self, text: str, tracker: DialogueStateTracker, *, metadata: Mapping[str, Any], channel: str = ""
    ) -> dict[str, Any]:
        """What the NLU pipeline makes of a text. `/restart` is a text like any other."""
        data: dict[str, Any] = {"text": text, "intent": {"name": None, "confidence": 0.0}, "entities": []}
        if self._nlu_target is None:
            return data
        message = UserMessage(text, None, tracker.sender_id, input_channel=channel, metadata=dict(metadata))
        inputs = {PLACEHOLDER_MESSAGE: [message], PLACEHOLDER_TRACKER: tracker}
        parsed = self._runner.run(inputs=inputs, targets=[self._nlu_target])[self._nlu_target][0]
        data.update(plain(parsed.as_dict(only_output_properties=True)))
        data["text"] = text
        return data

    def command(self, payload: str) -> dict[str, Any] | None:
        """What a trusted payload (`/inform{"order_number": "P1"}`) says; None if this model does not know it."""
        match = _PAYLOAD.match(payload)
        if match is None or match["intent"] not in self.domain.intents:
            return None
        try:
            values = json.loads(match["entities"] or "{}")
        except ValueError:
            return None
        if not isinstance(values, dict):
            return None
        intent = {"name": match["intent"], "confidence": 1.0}
        entities = [
            {"entity": name, "value": value, "start": 0, "end": 0, "extractor": "payload"}
            for name, each in values.items()
            for value in (each if isinstance(each, list) else [each])
        ]
        return {"text": payload, "intent": intent, "intent_ranking": [intent], "entities": entities}

    def predict(self, tracker: DialogueStateTracker) -> PolicyPrediction | None:
        """The policies' choice of the next action, or the action that an event asked for. None without policies."""
        followup = tracker.followup_action
        if followup:
            tracker.clear_followup_action()
            if followup in self.domain.action_names_or_texts:
                return PolicyPrediction.for_action_name(self.domain, followup, FOLLOWUP_ACTION)
        if not self._core_target:
            return None
        prediction: PolicyPrediction = self._runner.run(
            inputs={PLACEHOLDER_TRACKER: tracker}, targets=[self._core_target]
        )[self._core_target]
        return prediction


def plain(value: Any) -> Any:
    """JSON types: NumPy's numbers become Python's."""
    if isinstance(value, dict):
        return {key: plain(each) for key, each in value.items()}
    if isinstance(value, (list, tuple)):
        return [plain(each) for each in value]
    if value is None or isinstance(value, (str, bool, int)):
        return value
    if isinstance(value, float):
        return float(value)
    return value.item() if hasattr(value, "item") else value


def _metadata(unpacked: Path) -> ModelMetadata:
    """Without the graph that trained it: that one names, and would import, all of Rasa's components."""
    serialized = json.loads((unpacked / package.METADATA).read_text(encoding="utf-8"))
    return ModelMetadata.from_dict({**serialized, "train_schema": {"nodes": {}}})


def _component_paths(unpacked: Path, *, where: str) -> list[str]:
    """The module paths of the components that will be constructed, read without constructing any."""
    try:
        metadata = json.loads((unpacked / package.METADATA).read_text(encoding="utf-8"))
        return [node["uses"] for node in metadata["predict_schema"]["nodes"].values()]
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise ModelError(f"{where}: not a model package of Rasa 3: {_reason(error)}") from error


def _text_target(metadata: ModelMetadata) -> str | None:
    """The node before the one that would read commands out of texts."""
    nodes = metadata.predict_schema.nodes
    if metadata.nlu_target not in nodes:
        return None
    target: str = nodes[metadata.nlu_target].needs["messages"]
    return target


def _domain(metadata: ModelMetadata, runner: DirectGraphRunner) -> Domain:
    """The very object that the policies are given, so that what is kept for one domain is recognised."""
    providers = (runner.component(name) for name in metadata.predict_schema.nodes)
    provider = next((each for each in providers if isinstance(each, DomainProvider)), None)
    return provider.provide_inference() if provider is not None else metadata.domain


def _window(metadata: ModelMetadata, runner: DirectGraphRunner) -> int | None:
    """How many past states the policies look at; None if one of them looks at all.

    A policy of one's own says it in an attribute `looks_back`; one that reads events instead of states says 0.
    """
    lengths: list[int | None] = []
    for name in metadata.predict_schema.nodes:
        policy = runner.component(name)
        if hasattr(policy, "looks_back"):
            lengths.append(policy.looks_back)
        elif isinstance(policy, RulePolicy):
            lengths.append(_longest_rule(policy))
        elif isinstance(policy, AugmentedMemoizationPolicy):
            lengths.append(policy.config.get("max_history"))
        elif isinstance(policy, MemoizationPolicy):
            lengths.append(policy.config.get("max_history") or _longest_memory(policy))
        elif isinstance(policy, Policy):
            lengths.append(getattr(policy.featurizer, "max_history", None))
    known = [length for length in lengths if length is not None]
    return None if len(known) < len(lengths) else max(known, default=0) + _HISTORY_MARGIN


def _longest_rule(policy: RulePolicy) -> int:
    rules = [key for kind in ("rules", "rules_for_loop_unhappy_path") for key in policy.lookup.get(kind, {})]
    return max((len(json.loads(key)) for key in rules), default=0)


def _longest_memory(policy: MemoizationPolicy) -> int:
    """With unlimited history a conversation longer than all that was memorised matches none of it, however it began."""
    compressed = policy.config["enable_feature_string_compression"]
    keys = (zlib.decompress(base64.b64decode(key)).decode() if compressed else key for key in policy.lookup)
    # Every state but a conversation's first has a previous action.
    return max((key.count(PREVIOUS_ACTION) + 1 for key in keys), default=0)


def _reason(error: BaseException) -> str:
    cause = error.__cause__ or error
    return " ".join(f"{type(cause).__name__}: {cause}".split())
