"""`xiaoer rasa ...`: Rasa's own command for the project, without TensorFlow: data, evaluate markers, export, run.

What it serves is Rasa's own server: `xiaoer run` is what answers exactly once. It loads only models that our key
signed, and listens on this machine unless it is told an address and a secret.
"""

from __future__ import annotations

import argparse
import contextlib
import importlib.util
import sys
import warnings
from collections.abc import Iterator, Mapping, Sequence
from http import HTTPStatus
from pathlib import Path
from typing import Any

from bot.errors import ConfigError, ModelError
from bot.files import read_yaml
from bot.settings import Settings

REFUSED = {
    "train": "`xiaoer train`, which signs what it makes",
    "init": "a folder with config.yml, domain.yml and data/, or the starter in docs/start.md",
    "x": "the desk, `xiaoer run`",
}
"""Commands that would make what is not served here, and what is there instead."""
NEEDS = {
    ("tracker_store", "mongod"): "pymongo",
    ("tracker_store", "dynamo"): "boto3",
    ("event_broker", ""): "aio_pika",
    ("event_broker", "pika"): "aio_pika",
    ("event_broker", "kafka"): "confluent_kafka",
}
"""What Rasa needs for it that is left out; by the key of endpoints.yml and its `type`."""
LOADS_A_MODEL = ("run", "shell", "test", "interactive")
_MODEL = ("-m", "--model")
_SECRETS = ("-t", "--auth-token", "--jwt-secret")
_HERE = ("127.0.0.1", "::1", "localhost")


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    # Nothing begins an option here: all of it is for Rasa's own parser.
    parser = subparsers.add_parser(
        "rasa", help="Rasa's own command, without TensorFlow", add_help=False, prefix_chars="\0"
    )
    parser.add_argument("arguments", nargs="*", help="as for `rasa`: data split nlu, and so on")


def run(args: argparse.Namespace) -> int:
    from bot.engine import quiet, tensorflow_free

    quiet.hush()
    tensorflow_free.spare_nothing()
    with (
        contextlib.chdir(args.project),
        warnings.catch_warnings(),
        prepared(args.arguments, project=args.project) as arguments,
    ):
        warnings.simplefilter("ignore")
        from rasa.__main__ import main

        tensorflow_free.name_errors()
        keep_to_signed(args.project)
        check_channels(_value(arguments, ("--credentials",)) or "credentials.yml")
        sys.argv = ["rasa", *arguments]
        try:
            main()
        except SystemExit as end:
            return end.code if isinstance(end.code, int) else int(end.code is not None)
    return 0


@contextlib.contextmanager
def prepared(arguments: Sequence[str], *, project: Path) -> Iterator[list[str]]:
    """The arguments as Rasa gets them. Raises ConfigError for what is not here, ModelError without a model of ours."""
    command, *rest = [each for each in arguments if not each.startswith("-")] or [""]
    if command in REFUSED:
        raise ConfigError(f"rasa {command}: not here; use {REFUSED[command]}")
    if "--remote-storage" in arguments:
        raise ConfigError("rasa --remote-storage: models are taken from models/ only, signed; remove it")
    if command in ("run", "shell", "interactive", "evaluate", "export"):
        _check_endpoints(_value(arguments, ("--endpoints",)) or "endpoints.yml")
    if command not in LOADS_A_MODEL or rest[:1] == ["actions"] or {"-h", "--help"} & set(arguments):
        yield list(arguments)
        return
    address = _address(arguments) if command == "run" else []
    with _model(_value(arguments, _MODEL), project) as model:
        yield [*_without(arguments, _MODEL), *address, "--model", str(model)]


def check_channels(credentials: str) -> None:
    """Refuse a channel whose SDK is stood in for: it would do nothing, without a word."""
    from rasa.core.channels import BUILTIN_CHANNELS

    from bot.engine import needs

    for key in _read(credentials):
        absent = needs.absent_packages(BUILTIN_CHANNELS[key]) if key in BUILTIN_CHANNELS else set()
        if absent:
            raise ConfigError(f"{credentials}: channel '{key}' needs {' and '.join(sorted(absent))}: install it")


def _check_endpoints(endpoints: str) -> None:
    named = _read(endpoints)
    if named.get("models"):
        raise ConfigError(f"{endpoints}: models: no model server is asked: signed packages are taken from models/")
    for key in ("tracker_store", "event_broker"):
        options = named.get(key)
        kind = str(options.get("type") or "") if isinstance(options, Mapping) else "none"
        package = NEEDS.get((key, kind.lower()))
        if package and importlib.util.find_spec(package) is None:
            raise ConfigError(f"{endpoints}: {key}.type '{kind}' needs {package}: install it")


def _read(path: str) -> Mapping[str, Any]:
    named = read_yaml(Path(path)) if Path(path).exists() else None
    return named if isinstance(named, Mapping) else {}


@contextlib.contextmanager
def _model(named: str | None, project: Path) -> Iterator[Path]:
    """A copy of the named model, or the newest that our key signed, that is byte for byte what was signed."""
    from bot.engine import folders, package, signing
    from bot.engine.shelf import Shelf

    settings = Settings.load(project)
    path = Path(named) if named else Shelf(settings).newest()
    with folders.temporary("model") as temporary:
        yield package.verified_copy(path, signing.verify_key(settings), temporary, at_most=settings.model.max_mb << 20)


def keep_to_signed(project: Path) -> None:
    """What the HTTP API is told to load is looked at, too: a model server's or a cloud's models are none of ours."""
    import rasa.server
    from rasa.server import ErrorResponse

    load = rasa.server._load_agent

    async def load_signed(
        model_path: str | None = None, model_server: Any = None, remote_storage: Any = None, endpoints: Any = None
    ) -> Any:
        if model_server or remote_storage or not model_path:
            raise ErrorResponse(HTTPStatus.BAD_REQUEST, "BadRequest", "model_file: expected a package that was signed")
        try:
            with _model(model_path, project) as model:
                return await load(str(model), None, None, endpoints)
        except ModelError as error:
            raise ErrorResponse(HTTPStatus.BAD_REQUEST, "BadRequest", str(error)) from error

    rasa.server._load_agent = load_signed


def _address(arguments: Sequence[str]) -> list[str]:
    """This machine's own, unless one is named: to open the HTTP API to others takes a secret."""
    address = _value(arguments, ("-i", "--interface"))
    if address is None:
        return ["--interface", _HERE[0]]
    if "--enable-api" in arguments and address not in _HERE and _value(arguments, _SECRETS) is None:
        raise ConfigError(f"rasa run --enable-api --interface {address}: needs --auth-token or --jwt-secret")
    return []


def _value(arguments: Sequence[str], names: Sequence[str]) -> str | None:
    """What an option is given as, behind it or behind `=`."""
    for index, each in enumerate(arguments):
        name, equals, value = each.partition("=")
        if name in names:
            return value if equals else next(iter(arguments[index + 1 :]), None)
    return None


def _without(arguments: Sequence[str], names: Sequence[str]) -> list[str]:
    kept: list[str] = []
    left = iter(arguments)
    for each in left:
        name, equals, _ = each.partition("=")
        if name not in names:
            kept.append(each)
        elif not equals:
            next(left, None)
    return kept
