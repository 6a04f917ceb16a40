"""From a service's JSON to frozen nouns, by their type hints. What does not fit is the service's fault: ServiceDown."""

from __future__ import annotations

import types
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from functools import cache
from typing import Any, TypeVar, Union, cast, get_args, get_origin, get_type_hints

from bot.errors import ServiceDown

_Noun = TypeVar("_Noun")


def decode(kind: type[_Noun], answer: Any) -> _Noun:
    """The noun; fields the noun does not know are dropped, so that a service may add some."""
    made: _Noun = _decoder(cast(Any, kind))(answer, kind.__name__)
    return made


def decode_all(kind: type[_Noun], answer: dict[str, Any], name: str) -> tuple[_Noun, ...]:
    """The nouns in the list `name` of the answer."""
    listed = answer.get(name)
    if not isinstance(listed, list):
        raise ServiceDown(f"answer: expected a list {name!r}, found {type(listed).__name__}")
    return tuple(decode(kind, each) for each in listed)


@cache
def _decoder(kind: Any) -> Callable[[Any, str], Any]:
    if is_dataclass(kind) and isinstance(kind, type):
        return _noun(kind)
    origin = get_origin(kind)
    if origin in (Union, types.UnionType):
        return _optional(kind)
    if origin is tuple:
        return _tuple(get_args(kind)[0])
    return _plain(kind)


def _noun(kind: Any) -> Callable[[Any, str], Any]:
    hints = get_type_hints(kind)
    decoders = {each.name: _decoder(hints[each.name]) for each in fields(kind)}

    def read(value: Any, place: str) -> Any:
        if not isinstance(value, dict):
            raise ServiceDown(f"answer: {place}: expected an object, found {type(value).__name__}")
        missing = decoders.keys() - value.keys()
        if missing:
            raise ServiceDown(f"answer: {place}: without {', '.join(sorted(missing))}")
        return kind(**{name: read_it(value[name], f"{place}.{name}") for name, read_it in decoders.items()})

    return read


def _optional(kind: Any) -> Callable[[Any, str], Any]:
    (inner,) = (each for each in get_args(kind) if each is not type(None))
    read = _decoder(inner)
    return lambda value, place: None if value is None else read(value, place)


def _tuple(inner: Any) -> Callable[[Any, str], Any]:
    read_one = _decoder(inner)

    def read(value: Any, place: str) -> Any:
        if not isinstance(value, list):
            raise ServiceDown(f"answer: {place}: expected a list, found {type(value).__name__}")
        return tuple(read_one(each, place) for each in value)

    return read


def _plain(kind: type) -> Callable[[Any, str], Any]:
    def read(value: Any, place: str) -> Any:
        if kind is float and type(value) is int:
            return float(value)
        if type(value) is not kind:
            raise ServiceDown(f"answer: {place}: expected {kind.__name__}, found {type(value).__name__}")
        return value

    return read
