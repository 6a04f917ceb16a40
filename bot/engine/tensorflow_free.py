"""Lets Rasa 3.6.21 be imported without TensorFlow and without the vendors' chat, broker and storage SDKs.

Rasa imports these packages at the top of modules that a bot of rules and linear models never uses. Once `activate()`
has been called, whatever of `LEFT_OUT` is not installed is stood in for, and only so far:

* only for the body of a module of Rasa itself: any other package that asks learns that it is absent;
* only while that body runs: afterwards nothing of it is left in `sys.modules`, and an import inside one of Rasa's
  functions fails as it does for any missing package.

A stand-in can be subclassed, used as a decorator, a type or a constant, which is all that importing needs. Nothing may
be computed with it, so `bot.engine.needs` refuses every component that would, before it is trained or loaded.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import sys
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from types import FrameType, ModuleType
from typing import Any

LEFT_OUT: dict[str, str] = {
    "tensorflow": "neural components",
    "tensorflow_text": "neural components",
    "tensorflow_hub": "neural components",
    "tensorflow_addons": "neural components",
    "keras": "neural components",
    "transformers": "language model featurizers",
    "sklearn_crfsuite": "CRFEntityExtractor",
    "matplotlib": "plots of evaluations",
    "fbmessenger": "the Facebook channel",
    "mattermostwrapper": "the Mattermost channel",
    "rocketchat_API": "the Rocket.Chat channel",
    "webexteamssdk": "the Webex channel",
    "twilio": "the Twilio channels",
    "slack_sdk": "the Slack channel",
    "aiogram": "the Telegram channel",
    "google": "the Hangouts channel and Google's storage",
    "aio_pika": "the RabbitMQ broker",
    "aiormq": "the RabbitMQ broker",
    "confluent_kafka": "the Kafka broker",
    "pymongo": "the MongoDB tracker store",
    "psycopg2": "the PostgreSQL tracker store",
    "boto3": "the DynamoDB tracker store",
    "botocore": "the DynamoDB tracker store",
    "sentry_sdk": "error reporting to Rasa",
    "structlog_sentry": "error reporting to Rasa",
}
"""Package to what Rasa uses it for. Of `google`, which many share, only the absent parts are stood in for."""


class _StandInType(type):
    def __getattr__(cls, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return StandIn

    def __getitem__(cls, key: Any) -> Any:
        return cls

    def __or__(cls, other: Any) -> Any:
        return cls

    __ror__ = __or__


class StandIn(metaclass=_StandInType):
    """In place of any class, function or constant of an absent package."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        pass

    def __init_subclass__(cls, **kwargs: Any) -> None:
        pass

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        decorated = len(args) == 1 and callable(args[0]) and not kwargs
        return args[0] if decorated else self

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return StandIn


class StandInModule(ModuleType):
    """In place of an absent package or one of its modules."""

    __version__ = "0"

    def __getattr__(self, name: str) -> Any:
        if name.startswith("__"):
            raise AttributeError(name)
        return StandIn


def package_of(thing: Any) -> str | None:
    """The absent package that `thing` stands in for; "" if unknown which, None for real things."""
    if isinstance(thing, StandInModule):
        return thing.__name__.partition(".")[0]
    if isinstance(thing, StandIn) or thing is StandIn:
        return ""
    return None


class _RasaLoader(importlib.abc.Loader):
    """Runs the body of one of Rasa's modules with the stand-ins in reach."""

    def __init__(self, finder: _Finder, loader: importlib.abc.Loader) -> None:
        self._finder = finder
        self._loader = loader

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType | None:
        return self._loader.create_module(spec)

    def exec_module(self, module: ModuleType) -> None:
        module.__loader__ = self._loader
        if module.__spec__ is not None:
            module.__spec__.loader = self._loader
        # Old libraries that Rasa imports deprecate each other at length, and change everybody's warning filters.
        with self._finder.standing_in(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._loader.exec_module(module)


class _StandInLoader(importlib.abc.Loader):
    def __init__(self, kept: dict[str, StandInModule]) -> None:
        self._kept = kept

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return self._kept.setdefault(spec.name, StandInModule(spec.name))

    def exec_module(self, module: ModuleType) -> None:
        module.__path__ = []


class _Finder(importlib.abc.MetaPathFinder):
    """Wraps the loaders of Rasa's modules. `absent` below answers for what no other finder has found."""

    def __init__(self) -> None:
        self._kept: dict[str, StandInModule] = {}
        self._depth = 0
        self.absent = _AbsentFinder(self)

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != "rasa" and not name.startswith("rasa."):
            return None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            spec.loader = _RasaLoader(self, spec.loader)
        return spec

    @contextmanager
    def standing_in(self) -> Iterator[None]:
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            if not self._depth:
                for name in self._kept:
                    sys.modules.pop(name, None)

    def stand_in(self, name: str) -> importlib.machinery.ModuleSpec | None:
        if not self._depth or name.partition(".")[0] not in LEFT_OUT or not _asked_by_body_of_rasa(sys._getframe(2)):
            return None
        return importlib.machinery.ModuleSpec(name, _StandInLoader(self._kept), is_package=True)


class _AbsentFinder(importlib.abc.MetaPathFinder):
    """Stands last in the line: what comes here is not installed."""

    def __init__(self, finder: _Finder) -> None:
        self._finder = finder

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        return self._finder.stand_in(name)


def _asked_by_body_of_rasa(frame: FrameType | None) -> bool:
    while frame is not None and frame.f_globals.get("__name__", "").startswith("importlib."):
        frame = frame.f_back
    return (
        frame is not None
        and frame.f_globals.get("__name__", "").startswith("rasa.")
        and frame.f_code.co_name == "<module>"
    )


_finder = _Finder()


def activate() -> None:
    """Make `import rasa` work. Safe to call again; does nothing until Rasa is imported."""
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)
        sys.meta_path.append(_finder.absent)
