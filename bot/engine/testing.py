"""`xiaoer test`: Rasa's test stories, and cross-validation of the NLU pipeline, both on the graphs that serve."""

from __future__ import annotations

import contextlib
import copy
import io
import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from rasa.core import test as rasa_test
from rasa.core.actions.action import Action
from rasa.core.channels.channel import UserMessage
from rasa.core.policies.policy import PolicyPrediction
from rasa.engine.graph import ExecutionContext
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.training.graph_trainer import GraphTrainer
from rasa.exceptions import ActionLimitReached
from rasa.nlu.test import generate_folds
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, UserUttered
from rasa.shared.core.generator import TrainingDataGenerator
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.shared.core.training_data.story_reader.yaml_story_reader import YAMLStoryReader
from rasa.shared.core.training_data.story_writer.yaml_story_writer import YAMLStoryWriter
from rasa.shared.data import TrainingType
from rasa.shared.exceptions import RasaException
from rasa.shared.importers.importer import TrainingDataImporter
from rasa.shared.importers.utils import story_graph_from_paths
from rasa.shared.nlu.constants import TEXT
from rasa.shared.nlu.training_data.message import Message
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.engine import needs, project, swift
from bot.engine.engine import Engine
from bot.engine.graph_runner import DirectGraphRunner
from bot.engine.in_process import Actions
from bot.engine.model import Model
from bot.engine.training import TrainingGraph, configuration_of, importer_of
from bot.engine.turn import MAX_ACTIONS
from bot.errors import ConfigError
from bot.files import read_yaml

_STORIES = ("stories", "rules")
_KEYS = (*_STORIES, "version")


@dataclass(frozen=True)
class StoryReport:
    stories: int
    actions: int
    wrong_actions: int
    failed: tuple[str, ...]
    """The failed stories in Rasa's YAML; a comment stands where the prediction was another."""


async def run_stories(engine: Engine, files: Sequence[Path]) -> StoryReport:
    """Predict every step of test stories (`tests/test_*.yml`).

    As Rasa does it: custom actions are predicted, not run, and what they set stands in the story. Entities are compared
    where the story annotates them. Raises ConfigError for a file that is no test story.
    """
    domain = engine.model.domain
    trackers = _trackers(files, domain)
    agent = _Agent(domain, _Processor(engine.model, trackers))
    with contextlib.redirect_stderr(io.StringIO()):
        evaluation, count, _ = await rasa_test._collect_story_predictions(trackers, agent, use_e2e=True)
    wrong = [each for each in evaluation.action_list if each["action"] != each["predicted"]]
    failed = [
        YAMLStoryWriter().dumps(tracker.as_story(include_source=True).story_steps, is_test_story=True)
        for tracker in evaluation.failed_stories
    ]
    return StoryReport(count, len(evaluation.action_list), len(wrong), tuple(failed))


def _trackers(files: Sequence[Path], domain: Domain) -> list[DialogueStateTracker]:
    problems = [problem for file in files for problem in _no_stories(file)]
    if problems:
        raise ConfigError(*problems)
    try:
        graph = story_graph_from_paths([str(file) for file in files], domain)
    except RasaException as error:
        raise ConfigError(" ".join(str(error).split())) from error
    generator = TrainingDataGenerator(graph, domain, use_story_concatenation=False, augmentation_factor=0)
    trackers: list[DialogueStateTracker] = generator.generate_story_trackers()
    return trackers


def _no_stories(file: Path) -> list[str]:
    """Why a file would be passed over in silence."""
    content = read_yaml(file)
    if not isinstance(content, dict):
        found = "nothing" if content is None else type(content).__name__
        return [f"{file}: expected `stories:` with a list of conversations, found {found}"]
    unknown = [key for key in content if key not in _KEYS]
    if unknown:
        return [f"{file}: '{unknown[0]}' is unknown; known: {', '.join(_KEYS)}"]
    if not any(content.get(key) for key in _STORIES):
        return [f"{file}: no conversation in it: expected `stories:` with `story:` and `steps:`"]
    return []


@dataclass(frozen=True)
class _Agent:
    """What Rasa's evaluation asks of its Rasa agent."""

    domain: Domain
    processor: _Processor


class _Processor:
    def __init__(self, model: Model, trackers: Sequence[DialogueStateTracker]) -> None:
        self.domain = model.domain
        self._model = model
        self._actions = Actions(model.domain, None)
        self._annotated: dict[str, set[str]] = {}
        for tracker in trackers:
            for event in tracker.events:
                if isinstance(event, UserUttered) and event.text:
                    types = {entity["entity"] for entity in event.entities}
                    self._annotated.setdefault(event.text, set()).update(types)

    async def parse_message(self, message: UserMessage) -> dict[str, Any]:
        if self._model.command(message.text) is not None:
            unpacked = YAMLStoryReader.unpack_regex_message(Message({TEXT: message.text}), self.domain)
            return unpacked.as_dict(only_output_properties=True)
        tracker = DialogueStateTracker.from_events("test", [])
        parsed = self._model.understand(message.text, tracker, metadata={})
        wanted = self._annotated.get(message.text, set())
        parsed["entities"] = [entity for entity in parsed["entities"] if entity["entity"] in wanted]
        return parsed

    def predict_next_with_tracker_if_should(self, tracker: DialogueStateTracker) -> tuple[Action, PolicyPrediction]:
        done = 0
        for event in reversed(tracker.events):
            if isinstance(event, ActionExecuted):
                if event.action_name == ACTION_LISTEN_NAME:
                    break
                done += 1
        prediction = self._model.predict(tracker) if done < MAX_ACTIONS else None
        if prediction is None:
            raise ActionLimitReached(f"{done} actions and no end")
        return self._actions.at(prediction.max_confidence_index), prediction


@dataclass(frozen=True)
class NluReport:
    examples: int
    correct: int
    by_intent: Mapping[str, tuple[int, int]]
    """Intent to (correct, all)."""
    confused: Sequence[tuple[str, str, int]]
    """(intent, taken for, how often), the most frequent first."""
    errors: Sequence[tuple[str, str, str, float]]
    """(text, intent, taken for, confidence)."""

    @property
    def accuracy(self) -> float:
        return self.correct / self.examples if self.examples else 0.0


def cross_validate(
    folder: Path, *, folds: int = 5, progress: Callable[[int, int, str], None] = lambda *_: None
) -> NluReport:
    """Train the NLU pipeline on all folds but one and understand that one, for each.

    Raises ConfigError when an intent has fewer examples than there are folds.
    """
    needs.check_config(project.config_of(folder), where="config.yml")
    with contextlib.chdir(folder):
        return _cross_validate(importer_of(folder), folds, progress)


def _cross_validate(importer: TrainingDataImporter, folds: int, progress: Callable[[int, int, str], None]) -> NluReport:
    data = importer.get_nlu_data()
    if not data.intent_examples:
        raise ConfigError("data: no NLU examples to test with")
    few = sorted(name for name, number in data.number_of_examples_per_intent.items() if number < folds)
    if few:
        raise ConfigError(f"data: fewer than {folds} examples for {', '.join(few)}; use fewer folds")
    guesses = []
    for number, (train, test) in enumerate(generate_folds(folds, data)):
        progress(number, folds, "")
        guesses += list(_fold(importer, train, test))
    progress(folds, folds, "")
    return _report(guesses)


Guessed = tuple[str, str, str, float]


def _fold(importer: TrainingDataImporter, train: TrainingData, test: TrainingData) -> Iterator[Guessed]:
    with tempfile.TemporaryDirectory() as folder:
        part = _Part(importer, train)
        configuration = configuration_of(part, kind=TrainingType.NLU)
        storage = LocalModelStorage(Path(folder))
        package = Path(folder).with_suffix(".tar.gz")
        trainer = GraphTrainer(storage, None, TrainingGraph(lambda *_: None))
        try:
            metadata = trainer.train(configuration, part, package, force_retraining=True)
        finally:
            package.unlink(missing_ok=True)
        swift.swap_in(metadata.predict_schema, metadata.domain)
        context = ExecutionContext(graph_schema=metadata.predict_schema, model_id=metadata.model_id)
        model = Model(package, metadata, DirectGraphRunner.create(metadata.predict_schema, storage, context))
        tracker = DialogueStateTracker.from_events("test", [])
        for example in test.intent_examples:
            text, intent = example.get("text"), example.get("intent")
            guess = model.understand(text, tracker, metadata={})["intent"]
            yield text, intent, str(guess.get("name")), float(guess.get("confidence") or 0.0)


class _Part(TrainingDataImporter):
    """A project of whose NLU examples some are kept back."""

    def __init__(self, whole: TrainingDataImporter, part: TrainingData) -> None:
        self._whole = whole
        # Components leave features on examples: each part has its own.
        self._part = TrainingData(
            training_examples=[_bare(example) for example in part.training_examples],
            entity_synonyms=part.entity_synonyms,
            regex_features=part.regex_features,
            lookup_tables=part.lookup_tables,
            responses=part.responses,
        )

    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        return self._part

    def get_domain(self) -> Domain:
        return self._whole.get_domain()

    def get_stories(self, exclusion_percentage: int | None = None) -> Any:
        return self._whole.get_stories(exclusion_percentage)

    def get_config(self) -> dict[str, Any]:
        config: dict[str, Any] = self._whole.get_config()
        return config

    def get_config_file_for_auto_config(self) -> str | None:
        return None


def _bare(example: Message) -> Message:
    """What was written, without what components made of it."""
    written = copy.deepcopy(example.data)
    return Message(written, output_properties=set(example.output_properties), time=example.time)


def _report(guesses: Sequence[Guessed]) -> NluReport:
    total: Counter[str] = Counter(intent for _, intent, _, _ in guesses)
    right: Counter[str] = Counter(intent for _, intent, guess, _ in guesses if guess == intent)
    wrong = [each for each in guesses if each[1] != each[2]]
    confused = Counter((intent, guess) for _, intent, guess, _ in wrong).most_common()
    return NluReport(
        examples=len(guesses),
        correct=sum(right.values()),
        by_intent={intent: (right[intent], number) for intent, number in sorted(total.items())},
        confused=[(intent, guess, number) for (intent, guess), number in confused],
        errors=sorted(wrong, key=lambda each: -each[3]),
    )
