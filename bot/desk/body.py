"""What a call to the desk carries: a JSON object and its texts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from bot.errors import BadMessage


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
    return value.encode("utf-8", "replace").decode().replace("\x00", "")
