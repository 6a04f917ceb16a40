"""Lets Rasa 3.6.21 be imported without TensorFlow and without the vendors' chat, broker and storage SDKs.

Rasa imports these packages at the top of modules that a bot of rules and linear models never uses. Once `activate()`
has been called, whatever of `LEFT_OUT` is not installed is stood in for, and only so far:

* only for the body of a module of Rasa itself: any other package that asks learns that it is absent;
* only while that body runs: afterwards nothing of it is left in `sys.modules`, and an import inside one of Rasa's
  functions fails as it does for any missing package.

A stand-in can be subclassed, used as a decorator, a type or a constant, which is all that importing needs. Nothing may
be computed with it, so `bot.engine.needs` refuses every component that would, before it is trained or loaded.

Serving is spared more: what only training and Rasa's own server use costs a worker 100 MB and a second. `SPARED` is
stood in for though it is installed, only where it says so; `LATER` is loaded when it is first used.
"""

from __future__ import annotations

import importlib.abc
import importlib.machinery
import importlib.util
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

SPARED: dict[str, tuple[str, ...]] = {
    "rasa.utils.tensorflow.model_data": ("sklearn",),
    "rasa.utils.endpoints": ("sanic",),
    "rasa.core.utils": ("sanic",),
    "rasa.core.channels": ("sanic", "questionary", "prompt_toolkit"),
    "rasa.server": ("sanic", "sanic_cors", "sanic_jwt"),
    "rasa_sdk.plugin": ("sanic",),
    "spacy": ("spacy.cli",),
}
"""Modules, with what is below those of Rasa, to what they import for neural components, servers and terminals."""

LATER = {"rasa.core.test", "rasa.nlu.test", "rasa.utils.train_utils"}
"""Modules of Rasa that serving ones name and do not use: evaluation, and with it agents, stores and schedulers."""


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
        with self._finder.standing_in(module.__name__), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            self._loader.exec_module(module)


class _StandInLoader(importlib.abc.Loader):
    def __init__(self, kept: dict[str, StandInModule]) -> None:
        self._kept = kept

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> ModuleType:
        return self._kept.setdefault(spec.name, StandInModule(spec.name))

    def exec_module(self, module: ModuleType) -> None:
        module.__path__ = []
        if module.__name__ == "spacy.cli.info":
            module.info = _spacy_info  # type: ignore[attr-defined]


def _spacy_info(*args: Any, **kwargs: Any) -> Any:
    """`spacy.info`, which Rasa's SpacyNLP asks for a model's version: spaCy's command is loaded for it then."""
    return importlib.import_module("spacy.cli.info").info(*args, **kwargs)


class _Finder(importlib.abc.MetaPathFinder):
    """Wraps the loaders of Rasa's modules. `absent` below answers for what no other finder has found."""

    def __init__(self) -> None:
        self._kept: dict[str, StandInModule] = {}
        self._depth = 0
        self.absent = _AbsentFinder(self)

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name not in SPARED and not f"{name}.".startswith("rasa."):
            return self._spare(name) if self._depth else None
        spec = importlib.machinery.PathFinder.find_spec(name, path, target)
        if spec is not None and spec.loader is not None:
            loader = _RasaLoader(self, spec.loader)
            spec.loader = importlib.util.LazyLoader(loader) if name in LATER else loader
        return spec

    @contextmanager
    def standing_in(self, module: str) -> Iterator[None]:
        """While the body of `module` runs."""
        self._depth += 1
        try:
            yield
        finally:
            self._depth -= 1
            spared = _spared(module)
            for name in self._kept:
                over = not self._depth or _is_below(name, spared)
                if over and isinstance(sys.modules.get(name), StandInModule):
                    del sys.modules[name]

    def stand_in(self, name: str) -> importlib.machinery.ModuleSpec | None:
        if not self._depth or name.partition(".")[0] not in LEFT_OUT:
            return None
        if not _asking(sys._getframe(2)).startswith("rasa."):
            return None
        return importlib.machinery.ModuleSpec(name, _StandInLoader(self._kept), is_package=True)

    def _spare(self, name: str) -> importlib.machinery.ModuleSpec | None:
        if not _is_below(name, _EVER_SPARED) or not _is_below(name, _spared(_asking(sys._getframe(2)))):
            return None
        return importlib.machinery.ModuleSpec(name, _StandInLoader(self._kept), is_package=True)


_EVER_SPARED = tuple({name for names in SPARED.values() for name in names})


def _spared(module: str) -> tuple[str, ...]:
    """What the body of a module is spared."""
    while module and module not in SPARED:
        module = module.rpartition(".")[0] if module.startswith("rasa.") else ""
    return SPARED.get(module, ())


def _is_below(name: str, packages: tuple[str, ...]) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


class _AbsentFinder(importlib.abc.MetaPathFinder):
    """Stands last in the line: what comes here is not installed."""

    def __init__(self, finder: _Finder) -> None:
        self._finder = finder

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        return self._finder.stand_in(name)


def _asking(frame: FrameType | None) -> str:
    """The module whose body asks for an import; "" if a function does."""
    while frame is not None and frame.f_globals.get("__name__", "").startswith("importlib."):
        frame = frame.f_back
    if frame is None or frame.f_code.co_name != "<module>":
        return ""
    return str(frame.f_globals.get("__name__", ""))


_finder = _Finder()


def activate() -> None:
    """Make `import rasa` work. Safe to call again; does nothing until Rasa is imported."""
    if _finder not in sys.meta_path:
        sys.meta_path.insert(0, _finder)
        sys.meta_path.append(_finder.absent)


_CAUGHT = {
    "botocore.exceptions": ("BotoCoreError",),
    "pymongo.errors": ("ConnectionFailure", "OperationFailure"),
    "aio_pika.exceptions": ("AMQPConnectionError",),
    "aiormq.exceptions": ("ChannelNotFoundEntity",),
}
"""Errors that Rasa names inside functions, where it makes a tracker store or an event broker, to catch them."""
_CAUGHT_MANY = {"aio_pika.exceptions": "CONNECTION_EXCEPTIONS"}


def spare_nothing() -> None:
    """For a process that runs Rasa's own commands, before Rasa is imported: it needs what serving does without."""
    SPARED.clear()
    LATER.clear()


def name_errors() -> None:
    """The same, once Rasa is imported: what it would catch, as errors that nobody raises, where nothing else is."""
    for module, names in _CAUGHT.items():
        package, _, rest = module.partition(".")
        if package in sys.modules or importlib.util.find_spec(package) is not None:
            continue
        sys.modules[package] = outer = ModuleType(package)
        sys.modules[module] = made = ModuleType(module)
        setattr(outer, rest, made)
        for name in names:
            setattr(made, name, type(name, (Exception,), {}))
        if module in _CAUGHT_MANY:
            setattr(made, _CAUGHT_MANY[module], ())
