"""Rasa projects that are not ours."""

from __future__ import annotations

from bot.engine import quiet
from tests.redis import redis, redis_server, redis_url

__all__ = ["redis", "redis_server", "redis_url"]

quiet.hush()
