"""`xiaoer validate`: what is wrong with a project's files, before any training."""

from __future__ import annotations

import contextlib
import io
import warnings
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from bot.engine import project, quiet
from bot.errors import ConfigError, ModelError, XiaoerError
from bot.settings import Settings

if TYPE_CHECKING:
    from rasa.shared.core.domain import Domain
    from rasa.shared.importers.importer import TrainingDataImporter

_NO_PROBLEM = ("is not used in any story or rule", "is not found in the NLU training data")
"""Actions utter responses, and forms take intents, that no rule names; buttons and reminders have intents of their
own that nobody writes."""


def problems_in(folder: Path) -> list[str]:
    """One line for each problem; empty for a project that can be trained. Never raises for what the files contain."""
    quiet.hush()
    from bot.engine import swift_training

    with swift_training.examples_shared():
        return _problems_in(folder)


def _problems_in(folder: Path) -> list[str]:
    from bot.engine import needs
    from bot.engine.training import importer_of

    problems: list[str] = []
    try:
        config = project.config_of(folder)
        needs.check_config(config, where="config.yml")
    except ConfigError as error:
        return [*error.problems]
    except ModelError as error:
        problems += str(error).splitlines()
    try:
        importer = importer_of(folder)
        domain = importer.get_domain()
    except ConfigError as error:
        return [*problems, *error.problems]
    except XiaoerError as error:
        return [*problems, str(error)]
    except Exception as error:
        return [*problems, f"{_where(error)}{_one_line(error)}"]
    said_elsewhere = _said_elsewhere(folder, domain)
    problems += [] if said_elsewhere.actions else _actions(folder, domain)
    problems += _flows(folder, domain)
    with contextlib.chdir(folder):
        problems += [line for line in _rasa(importer) if not said_elsewhere.answers(line)]
        return list(dict.fromkeys([*problems, *_trainable(importer)]))


@dataclass(frozen=True)
class _Elsewhere:
    """What endpoints.yml leaves to servers of the project's own."""

    actions: bool
    responses: frozenset[str]

    def answers(self, line: str) -> bool:
        return any(f"'{name}'" in line for name in self.responses)


def _said_elsewhere(folder: Path, domain: Domain) -> _Elsewhere:
    try:
        settings = Settings.load(folder)
    except ConfigError:
        return _Elsewhere(actions=False, responses=frozenset())
    texts = domain.user_actions if settings.rasa.get("nlg") else ()
    return _Elsewhere(
        actions=settings.action_endpoint_url is not None,
        responses=frozenset(name for name in texts if name.startswith("utter_") and name not in domain.responses),
    )


def _trainable(importer: TrainingDataImporter) -> list[str]:
    """What training would fail with."""
    from bot.engine import trainable

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return list(trainable.problems_in(importer))
        except Exception as error:
            return [_one_line(error)]


def _flows(folder: Path, domain: Domain) -> list[str]:
    from bot.engine import trainable

    try:
        return list(trainable.in_flows(folder, domain))
    except ConfigError as error:
        return [*error.problems]


def _actions(folder: Path, domain: Domain) -> list[str]:
    """Actions that the domain names and no class has."""
    from bot.engine import in_process

    if not any((folder / name).exists() for name in ("actions", "actions.py")):
        return []
    try:
        known = in_process.register(folder).actions
    except ModelError as error:
        return [str(error)]
    custom = in_process.custom_actions(domain)
    return [f"domain: action '{name}' is in no class of actions/" for name in custom if name not in known]


def _rasa(importer: TrainingDataImporter) -> list[str]:
    """Rasa's own validator, which reports by warnings and log lines."""
    from rasa.validator import Validator
    from structlog.testing import capture_logs

    said = io.StringIO()
    with warnings.catch_warnings(record=True) as caught, capture_logs() as logged, contextlib.redirect_stdout(said):
        warnings.simplefilter("always", UserWarning)
        try:
            validator = Validator.from_importer(importer)
            validator.verify_domain_validity()
            validator.verify_intents_in_stories(ignore_warnings=False)
            validator.verify_example_repetition_in_intents(ignore_warnings=False)
            validator.verify_utterances_in_stories(ignore_warnings=False)
            validator.verify_actions_in_stories_rules()
            validator.verify_forms_in_stories_rules()
            validator.verify_form_slots()
            validator.verify_slot_mappings()
        except Exception as error:
            return [_one_line(error)]
    messages = [_one_line(each.message) for each in caught if issubclass(each.category, UserWarning)]
    messages += [
        _one_line(entry.get("event_info") or entry["event"])
        for entry in logged
        if entry["log_level"] in ("warning", "error", "critical")
    ]
    return [message for message in dict.fromkeys(messages) if not any(each in message for each in _NO_PROBLEM)]


def _where(error: Exception) -> str:
    name = getattr(error, "filename", None)
    return f"{name}: " if name else ""


def _one_line(message: object) -> str:
    return " ".join(str(message).split())
