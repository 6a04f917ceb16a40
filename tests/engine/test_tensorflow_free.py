"""Rasa without TensorFlow: imports work, nothing pretends to be TensorFlow later, neural components are refused."""

from __future__ import annotations

import importlib
import json
import subprocess
import sys
from pathlib import Path

import pytest

from bot.engine import needs, tensorflow_free
from bot.errors import ModelError, NeedsTensorFlow

ROOT = Path(__file__).parents[2]


def in_fresh_python(code: str) -> str:
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return done.stdout


def test_importing_the_engine_package_is_light_and_imports_no_rasa():
    out = in_fresh_python(
        "import sys, bot.engine; print([m for m in sys.modules if m.split('.')[0] in ('rasa', 'numpy')])"
    )
    assert out.strip() == "[]"


def test_loading_the_engine_leaves_no_tensorflow_in_sys_modules_and_says_nothing():
    out = in_fresh_python(
        "import sys, json, bot.engine\n"
        "bot.engine.Engine, bot.engine.Worker, bot.engine.Models\n"
        "import rasa.engine.recipes.default_components, rasa.core.agent, rasa.core.test\n"
        "print(json.dumps(sorted({m.split('.')[0] for m in sys.modules})))"
    )
    assert not set(json.loads(out)) & (tensorflow_free.LEFT_OUT.keys() - {"google"})


def test_every_module_of_rasa_can_be_imported():
    out = in_fresh_python(
        "import importlib, pkgutil, bot.engine, rasa\n"
        "names = [m.name for m in pkgutil.walk_packages(rasa.__path__, 'rasa.') if not m.name.endswith('__main__')]\n"
        "for name in names: importlib.import_module(name)\n"
        "print(len(names))"
    )
    assert int(out) > 200


def test_other_packages_are_told_that_tensorflow_is_absent():
    import rasa.nlu.classifiers.diet_classifier  # noqa: F401

    with pytest.raises(ModuleNotFoundError):
        importlib.import_module("tensorflow")


def test_the_loader_of_a_rasa_module_is_the_ordinary_one():
    """So that its source and its data files are found as ever."""
    import inspect

    import rasa.core.policies.rule_policy as module

    assert type(module.__loader__).__name__ == "SourceFileLoader"
    assert "class RulePolicy" in inspect.getsource(module)


@pytest.mark.parametrize(
    ("component", "package"),
    [
        ("DIETClassifier", "tensorflow"),
        ("ResponseSelector", "tensorflow"),
        ("rasa.nlu.classifiers.diet_classifier.DIETClassifier", "tensorflow"),
        ("LanguageModelFeaturizer", "transformers"),
        ("CRFEntityExtractor", "sklearn_crfsuite"),
        ("JiebaTokenizer", "jieba"),
        ("tests.engine.neural.Subclass", "tensorflow"),
        ("tests.engine.neural_import.Direct", "tensorflow"),
    ],
)
def test_a_component_that_needs_what_is_left_out_is_refused_with_the_reason(component: str, package: str):
    config = {"pipeline": [{"name": "WhitespaceTokenizer"}, {"name": component}], "policies": []}
    with pytest.raises(NeedsTensorFlow) as refused:
        needs.check_config(config, where="config.yml")
    message = str(refused.value)
    assert message.startswith("config.yml: pipeline[1]: ")
    assert component.rpartition(".")[2] in message
    assert package in message
    assert "use " in message


def test_policies_are_refused_too_and_all_problems_are_listed():
    config = {"pipeline": [{"name": "DIETClassifier"}], "policies": ["TEDPolicy", {"name": "no.Such"}]}
    with pytest.raises(NeedsTensorFlow) as refused:
        needs.check_config(config, where="config.yml")
    assert len(str(refused.value).splitlines()) == 3
    assert "RulePolicy" in str(refused.value)


def test_a_config_without_a_pipeline_is_refused_because_the_default_is_neural():
    with pytest.raises(NeedsTensorFlow, match="pipeline is missing"):
        needs.check_config({"policies": []}, where="config.yml")


def test_a_name_that_is_no_component_is_another_error():
    with pytest.raises(ModelError, match=r"pipeline\[0\]: 'Nope' is not a component") as refused:
        needs.check_config({"pipeline": [{"name": "Nope"}], "policies": []}, where="config.yml")
    assert not isinstance(refused.value, NeedsTensorFlow)


def test_components_that_need_nothing_of_it_pass():
    names = (
        "WhitespaceTokenizer RegexFeaturizer LexicalSyntacticFeaturizer CountVectorsFeaturizer SpacyNLP SpacyTokenizer "
        "SpacyFeaturizer LogisticRegressionClassifier SklearnIntentClassifier KeywordIntentClassifier "
        "FallbackClassifier RegexEntityExtractor SpacyEntityExtractor EntitySynonymMapper DucklingEntityExtractor"
    )
    policies = ["RulePolicy", "MemoizationPolicy", "AugmentedMemoizationPolicy"]
    needs.check_config(
        {"pipeline": [{"name": name} for name in names.split()], "policies": policies}, where="config.yml"
    )


def test_the_engine_is_spared_what_serving_does_not_need():
    out = in_fresh_python(
        "import sys, json, bot.engine\n"
        "bot.engine.Engine, bot.engine.Worker, bot.engine.Models\n"
        "import spacy\n"
        "print(json.dumps([[m for m in sys.modules if m.split('.')[0] in "
        "('sklearn', 'sanic', 'questionary', 'sqlalchemy', 'typer')], len(spacy.blank('en')('two words'))]))"
    )
    assert json.loads(out) == [[], 2]


def test_what_was_spared_is_there_for_whoever_asks_later():
    out = in_fresh_python(
        "import bot.engine\n"
        "bot.engine.Engine\n"
        "import io, sys; sys.stderr = io.StringIO()  # libraries deprecate each other\n"
        "import rasa.core.test, rasa.core.agent, sanic, sklearn.model_selection, spacy.cli\n"
        "from rasa.nlu.test import determine_token_labels\n"
        "print(rasa.core.test.EvaluationStore.__name__, sanic.Sanic.__name__, spacy.cli.download.__name__,\n"
        "      sklearn.model_selection.train_test_split.__name__, determine_token_labels.__name__)"
    )
    assert out == "EvaluationStore Sanic download train_test_split determine_token_labels\n"
