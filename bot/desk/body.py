"""What a call to the desk carries: a JSON object and its texts."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from bot.errors import BadMessage

_UNSEEN = re.compile("[\x00\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069]")
"""NUL, and the signs that turn the direction of a text around."""
_SURROGATE = re.compile("[\ud800-\udfff]")
"""Halves of signs, which no text has."""
_TITLED = re.compile(r"\[([^\]\n]{1,200})\]\((https?://[^\s)]+)\)", re.IGNORECASE)


async def body_of(request: web.Request) -> Mapping[str, Any]:
    """Raises BadMessage."""
    raw = await request.read()
    try:
        body = json.loads(raw or b"{}")
    except (ValueError, RecursionError) as error:
        raise BadMessage("bad_json", "the body is not JSON") from error
    if not isinstance(body, dict):
        raise BadMessage("bad_json", "the body is not a JSON object")
    return body


def text_of(body: Mapping[str, Any], name: str, max_chars: int) -> str:
    """Raises BadMessage."""
    value = body.get(name)
    if not isinstance(value, str):
        raise BadMessage("bad_message", f"{name} is not a text")
    if len(value) > max_chars:
        raise BadMessage("too_long", f"{name} is longer than {max_chars} characters")
    return _UNSEEN.sub("", value.encode("utf-8", "replace").decode())


def secret_of(body: Mapping[str, Any], name: str, max_chars: int) -> str:
    """As `text_of`, sign for sign as it was typed. Raises BadMessage."""
    value = body.get(name)
    if not isinstance(value, str) or _SURROGATE.search(value):
        raise BadMessage("bad_message", f"{name} is not a text")
    if len(value) > max_chars:
        raise BadMessage("too_long", f"{name} is longer than {max_chars} characters")
    return value


def without_titles(text: str) -> str:
    """A person's `[title](https://...)` as `title https://...`: whatever shows it, the customer sees what opens."""
    return _TITLED.sub(r"\1 \2", text)
