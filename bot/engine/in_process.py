"""Custom actions (rasa_sdk) run in this process, on a view of the tracker that is made as far as it is looked at."""

from __future__ import annotations

import copy
import importlib
import inspect
import pkgutil
import sys
from collections.abc import Iterable, MutableSequence
from pathlib import Path
from types import ModuleType
from typing import Any

import rasa.core.actions.action
import rasa.core.actions.forms
from rasa.core.actions.action import Action, ActionExecutionRejection, RemoteAction, action_for_name_or_text
from rasa.core.actions.forms import FormAction
from rasa.core.channels.channel import OutputChannel
from rasa.core.nlg import NaturalLanguageGenerator
from rasa.shared.core.constants import REQUESTED_SLOT
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecuted, Event, SlotSet
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig
from rasa_sdk import Action as SdkAction
from rasa_sdk import Tracker
from rasa_sdk.executor import ActionExecutor, CollectingDispatcher
from rasa_sdk.interfaces import ActionExecutionRejection as SdkRejection
from rasa_sdk.utils import all_subclasses, call_potential_coroutine

from bot.dialogue import run  # noqa: F401  The framework's actions are those of its modules.
from bot.dialogue.project import Dialogue, enter
from bot.engine.events import revive
from bot.engine.trackers import HotTracker
from bot.errors import ModelError
from bot.settings import Settings


class InProcess(EndpointConfig):
    """Stands where Rasa expects the address of an action server."""

    def __init__(self, executor: ActionExecutor, domain: Domain, dialogue: Dialogue | None = None) -> None:
        super().__init__(url=None)
        self._executor = executor
        self._dialogue = dialogue or Dialogue()
        self._domain = domain.as_dict()

    @property
    def names(self) -> frozenset[str]:
        return frozenset(self._executor.actions)

    async def perform(self, name: str, tracker: DialogueStateTracker) -> tuple[list[Event], list[dict[str, Any]]]:
        """Run an action; returns its events and its messages. Raises what the action raises."""
        action = self._executor.actions.get(name)
        if action is None:
            raise ModelError(f"domain.yml names action '{name}', which no class in actions/ has")
        dispatcher = CollectingDispatcher()
        enter(self._dialogue)
        try:
            raw = await call_potential_coroutine(action(dispatcher, _View(tracker), self._domain))
        except SdkRejection as error:
            raise ActionExecutionRejection(error.action_name, error.message) from error
        return revive(self._executor.validate_events(raw or [], name)), dispatcher.messages


class _View(Tracker):
    """The tracker as actions know it."""

    def __init__(self, tracker: DialogueStateTracker) -> None:
        loop = tracker.active_loop
        super().__init__(
            tracker.sender_id,
            tracker.current_slot_values(),
            dict(tracker._latest_message_data() or {}),
            _Wires(tracker.events),
            tracker.is_paused(),
            tracker.followup_action,
            dict(vars(loop)) if loop else {},
            tracker.latest_action_name,
        )


class _Wires(MutableSequence[dict[str, Any]]):
    """Events as dicts, each made when it is first looked at: few actions look further back than the last turn."""

    def __init__(self, events: Iterable[Event]) -> None:
        self._items: list[Event | dict[str, Any]] = list(events)

    def __len__(self) -> int:
        return len(self._items)

    def __getitem__(self, index: Any) -> Any:
        if isinstance(index, slice):
            return [self[each] for each in range(*index.indices(len(self)))]
        item = self._items[index]
        if isinstance(item, Event):
            item = self._items[index] = item.as_dict()
        return item

    def __setitem__(self, index: Any, value: Any) -> None:
        self._items[index] = value

    def __delitem__(self, index: Any) -> None:
        del self._items[index]

    def insert(self, index: int, value: dict[str, Any]) -> None:
        self._items.insert(index, value)

    def __deepcopy__(self, memo: dict[int, Any]) -> list[dict[str, Any]]:
        return copy.deepcopy(self[:], memo)


class LocalAction(RemoteAction):
    """A custom action: in this process where its endpoint says so, over HTTP as Rasa does it otherwise."""

    async def run(
        self,
        output_channel: OutputChannel,
        nlg: NaturalLanguageGenerator,
        tracker: DialogueStateTracker,
        domain: Domain,
    ) -> list[Event]:
        if not isinstance(self.action_endpoint, InProcess):
            return await super().run(output_channel, nlg, tracker, domain)
        events, messages = await self.action_endpoint.perform(self._name, tracker)
        return [*await self._utter_responses(messages, output_channel, nlg, tracker), *events]


class LocalForm(FormAction):
    """A form whose temporary tracker is a copy, not a replay of the conversation."""

    def _temporary_tracker(
        self, current_tracker: DialogueStateTracker, additional_events: list[Event], domain: Domain
    ) -> DialogueStateTracker:
        if not isinstance(current_tracker, HotTracker):
            return super()._temporary_tracker(current_tracker, additional_events, domain)
        tracker = current_tracker.copy()
        for event in (
            SlotSet(REQUESTED_SLOT, self.get_slot_to_fill(current_tracker)),
            ActionExecuted(self.name()),
            *additional_events,
        ):
            tracker.update(event)
        return tracker


# Rasa's forms and slot extraction construct these classes by name. For any other endpoint they do what Rasa's did.
rasa.core.actions.action.RemoteAction = LocalAction
rasa.core.actions.forms.RemoteAction = LocalAction
rasa.core.actions.forms.FormAction = LocalForm


class Actions:
    """The actions of one model, made once each."""

    def __init__(self, domain: Domain, endpoint: EndpointConfig | None) -> None:
        self._domain = domain
        self._endpoint = endpoint
        self._names = list(domain.action_names_or_texts)
        self._made: dict[str, Action] = {}
        retrieval = {f"utter_{intent}" for intent in domain.retrieval_intents}
        self._keep = {name for name in self._names if name not in retrieval}

    def at(self, index: int) -> Action:
        return self.named(self._names[index])

    def named(self, name: str) -> Action:
        action = self._made.get(name)
        if action is None:
            action = action_for_name_or_text(name, self._domain, self._endpoint)
            if name in self._keep:
                self._made[name] = action
        return action

    def __contains__(self, name: str) -> bool:
        return name in self._domain.action_names_or_texts


def custom_actions(domain: Domain) -> list[str]:
    """The actions that classes have to have: no responses, forms or actions of Rasa's own."""
    return [name for name in domain.user_actions if not name.startswith("utter_") and name not in domain.responses]


def demand(executor: ActionExecutor, domain: Domain, *, where: str) -> None:
    """Raises ModelError where the model's domain names actions that this process lacks: it would find out in the
    middle of a turn."""
    missing = [name for name in custom_actions(domain) if name not in executor.actions]
    if missing:
        raise ModelError(
            f"{where}: its domain names actions that this process lacks ({', '.join(missing)}); start anew"
        )


def register(project: Path) -> ActionExecutor:
    """The framework's actions, and the project's: every rasa_sdk Action in its package (or module) `actions`.

    Raises ModelError when `actions` cannot be imported, or belongs to another project in this process.
    """
    executor = ActionExecutor()
    modules = {name for name in sys.modules if name.startswith("bot.dialogue.")}
    if any((project / name).exists() for name in ("actions", "actions.py")):
        modules |= _import(project)
    known = (each for each in all_subclasses(SdkAction) if each.__module__ in modules and _stands(each))
    ours = [each for each in known if not inspect.isabstract(each)]
    for action in sorted(
        ours, key=lambda each: not each.__module__.startswith("bot.")
    ):  # A project's goes before ours.
        executor.register_action(action)
    return executor


def begin(project: Path, settings: Settings) -> None:
    """Give the settings this process has to the project's actions, where their package asks for them with a function
    `begin(settings)`. It is called whenever a model is loaded. After `register`."""
    package = sys.modules.get("actions")
    if package is not None and _belongs(package, project) and hasattr(package, "begin"):
        package.begin(settings)


def _import(project: Path) -> set[str]:
    loaded = sys.modules.get("actions")
    if loaded is not None and not _belongs(loaded, project):
        for name in [each for each in sys.modules if each == "actions" or each.startswith("actions.")]:
            del sys.modules[name]
    sys.path.insert(0, str(project))
    try:
        importlib.invalidate_caches()
        package = importlib.import_module("actions")
        if not _belongs(package, project):
            raise ModelError(f"{project}: another project's actions are in the way: {package.__file__}")
        for module in pkgutil.walk_packages(getattr(package, "__path__", []), "actions."):
            importlib.import_module(module.name)
    except (ImportError, SyntaxError) as error:
        raise ModelError(f"{project / 'actions'}: cannot be imported: {error}") from error
    finally:
        sys.path.remove(str(project))
    return {name for name in sys.modules if name == "actions" or name.startswith("actions.")}


def _stands(action: type[SdkAction]) -> bool:
    """It is in the module it names: a project that this process has left had modules of the same names."""
    return any(value is action for value in vars(sys.modules[action.__module__]).values())


def _belongs(module: ModuleType, project: Path) -> bool:
    """Its own folder, also where the project has but a link to it."""
    places = [*getattr(module, "__path__", []), *([module.__file__] if module.__file__ else [])]
    homes = [project.resolve(), (project / "actions").resolve()]
    return any(Path(place).resolve().is_relative_to(home) for place in places for home in homes)
