"""The desk's tests run against the whole service."""

from tests.serving import engine, gateway, project, redis_server, redis_url

__all__ = ["engine", "gateway", "project", "redis_server", "redis_url"]
