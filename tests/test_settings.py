"""Settings that would let somebody in are refused before anything is served, with what to do."""

from __future__ import annotations

import secrets
from pathlib import Path

import pytest

from bot.errors import ConfigError
from bot.settings import Settings


@pytest.mark.parametrize(
    "secret",
    [
        *("a" * 32, "a" * 64, "ab" * 16, "0123456789abcdef" * 2, "secret" * 6, "1" * 31 + "2", "x" * 40 + "yyyy"),
        *("aaaabbbbccccdddd" * 2, "".join(map(chr, range(48, 88))), "".join(map(chr, range(126, 86, -1)))),
    ],
)
def test_a_secret_that_can_be_guessed_is_refused(tmp_path: Path, secret: str) -> None:
    with pytest.raises(ConfigError, match=r"XIAOER_IDENTITY_SECRET: too regular.*openssl rand -hex 32") as refused:
        Settings.load(tmp_path, {"XIAOER_IDENTITY_SECRET": secret})
    assert secret not in str(refused.value)


def test_secrets_of_chance_are_taken(tmp_path: Path) -> None:
    for make in (secrets.token_hex, secrets.token_urlsafe):
        for size in (24, 32, 48):
            for _ in range(300):
                Settings.load(tmp_path, {"XIAOER_IDENTITY_SECRET": make(size)})


@pytest.mark.parametrize(
    ("endpoints", "env", "place"),
    [
        ("gateway: {host: 0.0.0.0}", {}, "gateway.host"),
        ("gateway: {host: bank.example}", {}, "gateway.host"),
        ("redis: redis://10.0.0.5:6379/0", {}, "REDIS_URL"),
        ("services: {bank: {module: a.B, url: 'https://accounts.internal'}}", {}, "services: bank"),
        ("", {"REDIS_URL": "redis://redis.internal:6379"}, "REDIS_URL"),
    ],
)
def test_a_demo_stays_on_this_machine(tmp_path: Path, endpoints: str, env: dict[str, str], place: str) -> None:
    (tmp_path / "endpoints.yml").write_text(endpoints)
    here = {"REDIS_URL": "unix:///tmp/redis.sock", **env}
    if place != "REDIS_URL":
        assert Settings.load(tmp_path, {**here}).demo is False
    with pytest.raises(ConfigError, match=place):
        Settings.load(tmp_path, here if "redis:" not in endpoints else {}, demo=True)


def test_a_demo_at_home_is_one(tmp_path: Path) -> None:
    (tmp_path / "endpoints.yml").write_text("services: {bank: {module: a.B, url: 'http://127.0.0.1:8081'}}")
    for url in ("unix:///tmp/redis.sock", "redis://localhost:6379/0", "redis://[::1]:6379/0"):
        assert Settings.load(tmp_path, {"REDIS_URL": url}, demo=True).demo
