"""Refuses components that need a package which is left out, before they are trained or loaded."""

from __future__ import annotations

import importlib.util
import sys
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from bot.engine import tensorflow_free
from bot.errors import ModelError, NeedsTensorFlow

INSTEAD = {
    "DIETClassifier": "LogisticRegressionClassifier, or bot.nlu's classifier, and RegexEntityExtractor",
    "ResponseSelector": "one intent and one rule for each answer",
    "TEDPolicy": "RulePolicy and MemoizationPolicy",
    "UnexpecTEDIntentPolicy": "FallbackClassifier and RulePolicy",
    "ConveRTFeaturizer": "CountVectorsFeaturizer or SpacyFeaturizer",
    "LanguageModelFeaturizer": "bot.nlu's sentence encoder, CountVectorsFeaturizer or SpacyFeaturizer",
    "CRFEntityExtractor": "RegexEntityExtractor, or bot.nlu's entity rules",
    "JiebaTokenizer": "bot.nlu's tokenizer",
    "MitieTokenizer": "WhitespaceTokenizer",
    "MitieFeaturizer": "CountVectorsFeaturizer",
    "MitieIntentClassifier": "LogisticRegressionClassifier",
    "MitieEntityExtractor": "RegexEntityExtractor",
    "MitieNLP": "SpacyNLP",
}


def check_config(config: Mapping[str, Any], *, where: str) -> None:
    """Raise NeedsTensorFlow with a line for each `pipeline` and `policies` entry that cannot run here.

    An absent `pipeline` or `policies` is refused too: Rasa would fill in its default, which is neural. Names that are
    no component raise ModelError, if they are all that is wrong.
    """
    problems: list[Problem] = []
    for section in ("pipeline", "policies"):
        if config.get(section) is None:
            problems.append(
                Problem(
                    f"{where}: {section} is missing; Rasa's default for it needs TensorFlow, which is left out: "
                    "write it out, or `[]` for none"
                )
            )
            continue
        for index, entry in enumerate(config[section]):
            name = entry.get("name", "") if isinstance(entry, Mapping) else str(entry)
            problems += _problems(name, place=f"{where}: {section}[{index}]")
    _refuse(problems)


def check_classes(paths: Iterable[str], *, where: str) -> None:
    """The same for the module paths of a trained model's components."""
    _refuse([problem for path in dict.fromkeys(paths) for problem in _problems(path, place=where)])


@dataclass(frozen=True)
class Problem:
    text: str
    unknown: bool = False
    """Not a component that needs something, but no component at all."""


def _refuse(problems: list[Problem]) -> None:
    if problems:
        kind = ModelError if all(problem.unknown for problem in problems) else NeedsTensorFlow
        raise kind("\n".join(problem.text for problem in problems))


def _problems(name: str, *, place: str) -> list[Problem]:
    try:
        component = _class_of(name)
    except ModuleNotFoundError as error:
        package = (error.name or "").partition(".")[0]
        if package not in tensorflow_free.LEFT_OUT:
            return [Problem(f"{place}: cannot import '{name}': {error}", unknown=True)]
        absent, lineage = [package], []
    except Exception as error:
        return [Problem(f"{place}: '{name}' is not a component: {' '.join(str(error).split())}", unknown=True)]
    else:
        absent, lineage = sorted(absent_packages(component)), [base.__name__ for base in component.__mro__]
    if not absent:
        return []
    instead = next((INSTEAD[base] for base in lineage if base in INSTEAD), "a component without it")
    needs = f"{name.rpartition('.')[2]} needs {' and '.join(absent)}, which is left out or not installed"
    return [Problem(f"{place}: {needs}; use {instead} instead")]


def _class_of(name: str) -> type:
    from rasa.engine.recipes.default_recipe import DefaultV1Recipe
    from rasa.shared.utils.common import class_from_module_path

    if "." in name:
        component: type = class_from_module_path(name)
        return component
    registered: type = DefaultV1Recipe._from_registry(name).clazz
    return registered


def absent_packages(component: type) -> set[str]:
    """Packages that a component says it requires, or that its module and its bases' modules hold a stand-in for."""
    required: list[str] = getattr(component, "required_packages", list)()
    absent = {package for package in required if not _installed(package)}
    for base in component.__mro__:
        module = sys.modules.get(base.__module__)
        for thing in vars(module).values() if module else ():
            package = tensorflow_free.package_of(thing)
            if package is not None:
                absent.add(package or "tensorflow")
    return absent


def _installed(package: str) -> bool:
    try:
        return importlib.util.find_spec(package) is not None
    except (ImportError, ValueError):
        return False
