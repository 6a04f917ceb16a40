"""Channels by the lines of Rasa's `credentials.yml`: a built-in name, or the module path of a class."""

from __future__ import annotations

import importlib
import inspect
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bot.channels.base import Channel
from bot.channels.native import Native
from bot.channels.rest import Rest
from bot.channels.socketio import SocketIO
from bot.errors import ConfigError
from bot.files import read_yaml

BUILT_IN: Mapping[str, type[Channel]] = {channel.name: channel for channel in (Native, Rest, SocketIO)}
"""`native` is always there: the widget needs it."""

FILE = "credentials.yml"
NO_CHANNELS = ("rasa", "version", "cmdline")
"""Keys of Rasa's file that open no door: Rasa X's address, the format's version, and the terminal (`xiaoer chat`)."""
VENDORS = (
    *("facebook", "slack", "telegram", "mattermost", "twilio", "twilio_voice", "botframework", "rocketchat"),
    *("hangouts", "webexteams", "callback"),
)
"""Rasa's channels that are not served here."""


def load_channels(credentials: Mapping[str, Any], *, max_text_chars: int) -> dict[str, Channel]:
    """The channels `credentials` names, by name. Raises ConfigError with every problem found."""
    channels: dict[str, Channel] = {}
    problems: list[str] = []
    for key, options in {Native.name: None, **credentials}.items():
        try:
            channel = _channel(key, options, max_text_chars)
        except ConfigError as error:
            problems += error.problems
            continue
        if channel.name in channels:
            problems.append(f"{FILE}: {key}: there is already a channel named '{channel.name}'")
        channels[channel.name] = channel
    if problems:
        raise ConfigError(*problems)
    return channels


def read_channels(project: Path, *, max_text_chars: int) -> dict[str, Channel]:
    """The channels that the project's credentials.yml names. Raises ConfigError."""
    path = project / FILE
    raw = read_yaml(path) if path.exists() else None
    if raw is not None and not isinstance(raw, dict):
        raise ConfigError(f"{FILE}: expected channels and their options, found {type(raw).__name__}")
    credentials = {key: options for key, options in (raw or {}).items() if key not in NO_CHANNELS}
    return load_channels(credentials, max_text_chars=max_text_chars)


def _channel(key: str, options: Any, max_text_chars: int) -> Channel:
    if options is None:
        options = {}
    if not isinstance(options, Mapping):
        raise ConfigError(f"{FILE}: {key}: expected options or nothing, found {options!r}")
    made = BUILT_IN.get(key) or _by_module_path(key)
    parameters = inspect.signature(made).parameters
    unknown = [option for option in options if option not in parameters or option == "max_text_chars"]
    if unknown:
        known = ", ".join(name for name in parameters if name != "max_text_chars") or "none"
        raise ConfigError(f"{FILE}: {key}: option '{unknown[0]}' is unknown; known: {known}")
    limit = {"max_text_chars": max_text_chars} if "max_text_chars" in parameters else {}
    try:
        return made(**options, **limit)
    except (TypeError, ValueError) as error:
        raise ConfigError(f"{FILE}: {key}: {error}") from error


def _by_module_path(key: str) -> type[Channel]:
    if key in VENDORS:
        raise ConfigError(
            f"{FILE}: channel '{key}' is not served: known are {', '.join(BUILT_IN)}; write it as a class of its own "
            "(docs/reference/native-protocol.md) and name its module path, or remove it"
        )
    module_name, _, class_name = key.rpartition(".")
    if not module_name:
        raise ConfigError(f"{FILE}: channel '{key}' is unknown; known: {', '.join(BUILT_IN)}, or a class's module path")
    try:
        module = importlib.import_module(module_name)
    except ImportError as error:
        raise ConfigError(f"{FILE}: {key}: {error}") from error
    made = getattr(module, class_name, None)
    missing = [part for part in ("name", "transport", "decode", "encode", "example") if not hasattr(made, part)]
    if not isinstance(made, type) or missing:
        raise ConfigError(f"{FILE}: {key}: not a channel; missing: {', '.join(missing) or 'a class'}")
    return made
