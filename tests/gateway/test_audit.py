"""`xiaoer audit`: read, checked and exported as an operator would."""

from __future__ import annotations

import asyncio
import json
import os
import stat
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from bot.cli.audit import moment
from bot.errors import ConfigError
from bot.store import keys
from bot.store.audit import Audit
from bot.store.connect import connect
from tests.redis import Server

KEY = "0f9b24e1c6d85a7340b1d29e8f6c5a17"
Run = Callable[..., "subprocess.CompletedProcess[str]"]


async def write(url: str, *events: tuple[str, str]) -> None:
    client = connect(url)
    audit = Audit(client, key=KEY)
    for event, actor in events:
        await audit.record(event, actor=actor, subject="handoff:H1", address="192.0.2.7")
    await client.aclose()


@pytest.fixture
def xiaoer(redis_url: str, tmp_path: Path) -> Run:
    def run(*arguments: str | Path, key: str = KEY) -> subprocess.CompletedProcess[str]:
        env = {**os.environ, "REDIS_URL": redis_url, "XIAOER_AUDIT_KEY": key, "PYTHONUTF8": "1"}
        command = [sys.executable, "-m", "bot", "--project", tmp_path, "audit", *arguments]
        return subprocess.run(list(map(str, command)), env=env, capture_output=True, text=True, check=False)

    asyncio.run(
        write(redis_url, ("desk.signed_in", "agent:lin"), ("desk.read", "agent:lin"), ("desk.read", "agent:mei"))
    )
    return run


def test_the_lines_are_shown_and_filtered(xiaoer: Run) -> None:
    lines = xiaoer().stdout.splitlines()
    assert len(lines) == 3
    assert "desk.signed_in  agent:lin  handoff:H1  address=192.0.2.7" in lines[0]
    assert len(xiaoer("--event", "desk.read", "--actor", "agent:mei").stdout.splitlines()) == 1
    assert len(xiaoer("--event", "desk.", "--since", "1h", "--subject", "handoff:H1").stdout.splitlines()) == 3
    assert xiaoer("--since", "2090-01-01").stdout == ""
    assert [json.loads(line)["seq"] for line in xiaoer("--json").stdout.splitlines()] == [1, 2, 3]


def test_what_was_exported_can_be_read_and_checked_with_what_came_after(
    xiaoer: Run, redis_url: str, tmp_path: Path
) -> None:
    file = tmp_path / "audit.jsonl"
    assert xiaoer("export", file).stdout.startswith(f"3 lines to {file}, up to 3:")
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert xiaoer().stdout == "", "it is not in Redis any more"
    asyncio.run(write(redis_url, ("desk.signed_out", "agent:lin")))
    assert len(xiaoer("--file", file).stdout.splitlines()) == 3
    assert xiaoer("verify", file).stdout.startswith("4 lines hold; the last is 4:")
    assert xiaoer("verify").stdout.startswith("1 lines hold; the last is 4:")
    assert xiaoer("export", file).stdout.startswith("1 lines")
    assert xiaoer("verify", "--files-only", file).stdout.startswith("4 lines hold")


def test_an_export_that_was_cut_off_is_taken_up(xiaoer: Run, tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    lines = xiaoer("--json").stdout.splitlines(keepends=True)
    file.write_text(lines[0] + lines[1][:40])
    assert xiaoer("export", file).stdout.startswith("2 lines")
    assert file.read_text() == "".join(lines)


def test_a_changed_line_ends_the_check_with_its_number(xiaoer: Run, redis_server: Server, tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    xiaoer("export", file)
    file.write_text(file.read_text().replace("agent:mei", "agent:sam"))
    checked = xiaoer("verify", "--files-only", file)
    assert (checked.returncode, checked.stdout) == (1, "")
    assert "broken: line 3 was changed" in checked.stderr


def test_a_trail_that_vanished_from_redis_is_missed(xiaoer: Run, redis_server: Server, tmp_path: Path) -> None:
    file = tmp_path / "audit.jsonl"
    xiaoer("export", file)
    with redis_server.client() as client:
        client.delete(*keys.audit("main"))
    assert xiaoer("verify", file).returncode == 1


def test_a_head_from_the_log_shows_a_trail_written_anew_even_with_the_key(
    xiaoer: Run, redis_url: str, redis_server: Server
) -> None:
    line = json.loads(xiaoer("--json").stdout.splitlines()[1])
    head = f"{line['seq']}:{line['hash']}"
    assert xiaoer("verify", "--head", head).returncode == 0
    with redis_server.client() as client:
        client.delete(*keys.audit("main"))
    asyncio.run(write(redis_url, *[("desk.read", "agent:lin")] * 3))
    assert xiaoer("verify").returncode == 0
    checked = xiaoer("verify", "--head", head)
    assert checked.returncode == 1
    assert "line 2 has another hash" in checked.stderr
    assert "line 7 is not in what was checked" in xiaoer("verify", "--head", f"7:{'0' * 64}").stderr


def test_with_the_wrong_key_nothing_holds(xiaoer: Run) -> None:
    checked = xiaoer("verify", key="8d1e07c25fb94a3690b7e2c41f58d6a3")
    assert checked.returncode == 1
    assert "line 1 was made with the key" in checked.stderr


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("--since", "yesterday"), "--since 'yesterday': expected 30m"),
        (("verify", "--head", "3"), "--head '3': expected seq:hash"),
        (("--file", "none.jsonl"), "cannot read none.jsonl"),
        (("export", "/no/such/folder/a.jsonl"), "cannot write /no/such/folder/a.jsonl"),
    ],
)
def test_what_is_wrong_is_said(xiaoer: Run, arguments: tuple[str, ...], problem: str) -> None:
    done = xiaoer(*arguments)
    assert done.returncode == 1
    assert problem in done.stderr
    assert "Traceback" not in done.stderr


def test_since_is_a_time_ago_or_a_moment() -> None:
    assert moment("90m", 10_000.0) == 10_000.0 - 5400
    assert moment("1970-01-02T00:00+00:00", 0.0) == 86400
    with pytest.raises(ConfigError):
        moment("5 apples", 0.0)
