"""Reads a project's YAML as Rasa does: YAML 1.2, so `Yes` and `12:30` are text, and `${NAME}` from the environment.

Only a value without quotes is looked at for `${NAME}`, and a key that stands twice is an error.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from ruamel.yaml import YAML, YAMLError
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.nodes import ScalarNode
from ruamel.yaml.resolver import VersionedResolver

from bot.errors import ConfigError

_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_TAG = "!env_var"


def read_yaml(path: Path, *, env: Mapping[str, str] | None = None) -> Any:
    """What the file holds; None for an empty one. Raises ConfigError naming the file, the line and what is wrong."""
    try:
        content = path.read_text(encoding="utf-8")
    except OSError as error:
        raise ConfigError(f"{path.name}: cannot read {path}: {error.strerror}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(f"{path.name}: not UTF-8: {error}") from error
    return parse_yaml(content, name=path.name, env=env)


def parse_yaml(content: str, *, name: str, env: Mapping[str, str] | None = None) -> Any:
    """The same for a text; `name` is what errors call it."""
    reader = YAML(typ="safe", pure=True)
    reader.version = (1, 2)
    reader.Resolver = _Resolver
    reader.Constructor = _constructor(os.environ if env is None else env)
    try:
        return reader.load(content)
    except _NotSet as error:
        raise ConfigError(f"{name}: {error}") from error
    except (YAMLError, ValueError, RecursionError) as error:
        raise ConfigError(f"{name}: not YAML: {' '.join(str(error).split())}") from error


class _NotSet(Exception):
    """A variable that the environment does not have."""


class _Resolver(VersionedResolver):  # type: ignore[misc]
    pass


_Resolver.add_implicit_resolver(_TAG, re.compile(r"^.*\$\{[^}]*\}.*$", re.DOTALL), None)


def _constructor(env: Mapping[str, str]) -> type[SafeConstructor]:
    def expand(constructor: SafeConstructor, node: ScalarNode) -> str:
        value = str(constructor.construct_scalar(node))
        for variable in _VARIABLE.findall(value):
            if variable not in env:
                line = node.start_mark.line + 1
                raise _NotSet(f"line {line}: ${{{variable}}}: the environment variable {variable} is not set")
        return _VARIABLE.sub(lambda found: env[found[1]], value)

    class Constructor(SafeConstructor):  # type: ignore[misc]
        pass

    Constructor.add_constructor(_TAG, expand)
    return Constructor
