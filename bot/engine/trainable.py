"""Whether a project's files can be trained: what `validate` says beforehand is what `train` would fail with."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from rasa.core.policies.rule_policy import RulePolicy
from rasa.engine.exceptions import GraphSchemaValidationException
from rasa.engine.graph import ExecutionContext, GraphModelConfiguration, GraphSchema
from rasa.engine.storage.local_model_storage import LocalModelStorage
from rasa.engine.storage.resource import Resource
from rasa.graph_components.validators.default_recipe_validator import DefaultV1RecipeValidator
from rasa.nlu.classifiers.logistic_regression_classifier import LogisticRegressionClassifier
from rasa.nlu.classifiers.sklearn_intent_classifier import SklearnIntentClassifier
from rasa.shared.core.domain import Domain
from rasa.shared.core.generator import TrainingDataGenerator
from rasa.shared.exceptions import RasaException
from rasa.shared.importers.importer import TrainingDataImporter

from bot.dialogue import project as dialogue
from bot.engine import slots
from bot.engine.training import configuration_of, kind_of
from bot.errors import ConfigError

LINEAR = (LogisticRegressionClassifier, SklearnIntentClassifier)
"""Classifiers that tell intents apart, and so need two."""


def problems_in(importer: TrainingDataImporter) -> Iterator[str]:
    """One line for each. Reads all the data, and lays the rules beside the stories."""
    domain = importer.get_domain()
    yield from slots.problems_in(domain)
    try:
        configuration = configuration_of(importer, kind=kind_of(importer))
    except ConfigError as error:
        yield from error.problems
        return
    except (RasaException, GraphSchemaValidationException) as error:
        yield f"config.yml: {in_one_line(error)}"
        return
    yield from few_intents(importer, configuration.train_schema)
    try:
        DefaultV1RecipeValidator(configuration.train_schema).validate(importer)
    except RasaException as error:
        yield f"config.yml and data: {in_one_line(error)}"
        return
    yield from _rules(importer, configuration)


def in_flows(folder: Path, domain: Domain) -> Iterator[str]:
    """What is wrong between flows, words, responses and help articles."""
    articles = {path.stem for path in folder.glob("data/help/*/*.md")}
    yield from dialogue.problems_in(dialogue.load(folder), domain.responses, articles)


def few_intents(importer: TrainingDataImporter, schema: GraphSchema) -> Iterator[str]:
    """A line for a classifier that has nothing to tell apart."""
    found = sorted({node.uses.__name__ for node in schema.nodes.values() if issubclass(node.uses, LINEAR)})
    intents = {each for each in importer.get_nlu_data().number_of_examples_per_intent if each}
    if found and len(intents) < 2:
        have = f"only '{intents.pop()}' has examples" if intents else "no intent has examples"
        yield f"data: {have}, and {found[0]} needs two intents or more: write examples of another, or of none"


def _rules(importer: TrainingDataImporter, configuration: GraphModelConfiguration) -> Iterator[str]:
    """Rules that contradict each other, or stories."""
    nodes = configuration.train_schema.nodes.values()
    options = next(
        (node.config for node in nodes if node.uses is RulePolicy and "training_trackers" in node.needs), None
    )
    if options is None:
        return
    domain = importer.get_domain()
    trackers = TrainingDataGenerator(importer.get_stories(), domain, augmentation_factor=0).generate()
    with tempfile.TemporaryDirectory() as folder:
        policy = _policy({**RulePolicy.get_default_config(), **options}, Path(folder), configuration)
        try:
            policy.train(trackers, domain)
        except RasaException as error:
            yield f"data: rules and stories: {in_one_line(error)}"


def _policy(options: Mapping[str, Any], folder: Path, configuration: GraphModelConfiguration) -> RulePolicy:
    context = ExecutionContext(graph_schema=configuration.train_schema)
    return RulePolicy.create(dict(options), LocalModelStorage(folder), Resource("rules"), context)


def in_one_line(error: object) -> str:
    return " ".join(str(error).split())
