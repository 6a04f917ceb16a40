"""`python -m sandbox`: one line when ready, one line when it cannot start, clean on Ctrl-C."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

import aiohttp
import pytest

from bot.cli.processes import listen
from sandbox.__main__ import CannotStart, key_from
from tests.bank import KEY, PROJECT, BankProcess


def started(*options: str, **env: str) -> subprocess.CompletedProcess[str]:
    clean = {name: value for name, value in os.environ.items() if not name.startswith("XIAOER_")}
    return run("-m", "sandbox", *options, env=clean | env)


def run(*command: str, env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, *command], cwd=PROJECT, env=env, capture_output=True, text=True, timeout=20, check=False
    )


async def test_it_says_where_it_is_and_stops_cleanly(bank_process: BankProcess) -> None:
    assert bank_process.ready_line.startswith(f"sandbox bank ready at {bank_process.url} (")
    async with aiohttp.ClientSession() as session, session.get(f"{bank_process.url}/healthz") as response:
        assert await response.json() == {"status": "ok"}
    assert await bank_process.stop() == 0
    assert not list(bank_process.db.parent.glob("*-wal"))


async def test_a_taken_port_is_one_line(bank_process: BankProcess, tmp_path: Path) -> None:
    options = ("--port", str(bank_process.port), "--db", str(tmp_path / "other.db"))
    ended = await asyncio.to_thread(started, *options, XIAOER_BANK_KEY=KEY)
    assert ended.returncode == 1
    assert ended.stderr == f"sandbox: port {bank_process.port} is taken; give another with --port\n"


async def test_it_takes_over_a_socket_that_listens_already(tmp_path: Path) -> None:
    """Of two that start at the same moment each has its own, and whoever asks there asks the right one."""
    with listen(0) as ours, listen(ours.getsockname()[1]) as another:
        (_, port), (_, other) = ours.getsockname(), another.getsockname()
        assert port != other
        command = [sys.executable, "-m", "sandbox", "--fd", str(ours.fileno()), "--db", str(tmp_path / "bank.db")]
        env = os.environ | {"XIAOER_BANK_KEY": KEY}
        process = subprocess.Popen(command, cwd=PROJECT, env=env, stdout=subprocess.PIPE, pass_fds=[ours.fileno()])
    async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{port}/healthz") as response:
        assert await response.json() == {"status": "ok"}
    process.terminate()
    out, _ = await asyncio.to_thread(process.communicate)
    assert out.startswith(b"sandbox bank ready at http://127.0.0.1:%d (" % port)
    assert process.returncode == 0


def test_a_missing_key_is_one_line(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XIAOER_BANK_KEY", "XIAOER_BANK_KEY_FILE"):
        monkeypatch.delenv(name, raising=False)
    with pytest.raises(CannotStart, match=r"^XIAOER_BANK_KEY: not set; .*$"):
        key_from(os.environ)


def test_the_key_may_come_from_a_file_that_only_its_owner_may_read(tmp_path: Path) -> None:
    path = tmp_path / "key"
    path.write_text("secret\n")
    path.chmod(0o600)
    assert key_from({"XIAOER_BANK_KEY_FILE": str(path)}) == "secret"
    path.chmod(0o644)
    with pytest.raises(CannotStart, match="chmod 600") as error:
        key_from({"XIAOER_BANK_KEY_FILE": str(path)})
    assert "secret" not in str(error.value)
    with pytest.raises(CannotStart, match="cannot read"):
        key_from({"XIAOER_BANK_KEY_FILE": str(tmp_path / "nothing")})


def test_a_file_that_is_no_database_is_one_line(tmp_path: Path) -> None:
    path = tmp_path / "bank.db"
    path.write_text("hello, I am a letter\n" * 100)
    ended = started("--db", str(path), "--port", "0", XIAOER_BANK_KEY=KEY)
    assert ended.returncode == 1 and ended.stderr.count("\n") == 1 and str(path) in ended.stderr


def test_it_needs_neither_rasa_nor_the_bot() -> None:
    absent = ("rasa", "rasa_sdk", "bot", "redis", "numpy")
    ended = run("-c", f"import sys, sandbox.__main__; print([name for name in {absent} if name in sys.modules])")
    assert ended.stdout.strip() == "[]"
