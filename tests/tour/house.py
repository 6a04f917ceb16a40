"""The whole product as `make run` starts it, on ports of its own, with its own money and conversations."""

from __future__ import annotations

import fcntl
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aiohttp

from bot.cli.processes import free_port

ROOT = Path(__file__).parents[2]
PASSWORD = re.compile(r"password (\S+)\)")
BANK = re.compile(r"bank (http://\S+)")


@dataclass
class House:
    """One `xiaoer demo`, and the doors it shows: the gateway, the desk, the bank behind."""

    process: subprocess.Popen[str]
    var: Path
    url: str
    said: list[str] = field(default_factory=list)
    """What it printed until it was ready."""

    @property
    def password(self) -> str:
        """The demo accounts' at the desk."""
        return self._found(PASSWORD)

    @property
    def bank(self) -> str:
        return self._found(BANK)

    def _found(self, what: re.Pattern[str]) -> str:
        match = what.search("\n".join(self.said))
        assert match is not None, self.said
        return match[1]

    async def books(self, path: str) -> Any:
        """What the bank itself has on its books, asked past the bot: `C1001/refunds`."""
        key = (self.var / "demo" / "bank.secret").read_text().strip()
        async with (
            aiohttp.ClientSession(self.bank, headers={"Authorization": f"Bearer {key}"}) as client,
            client.get(f"/customers/{path}") as answer,
        ):
            assert answer.status == 200, await answer.text()
            return await answer.json()

    def processes(self) -> list[int]:
        """Every process of this house that is alive: itself, and what it started."""
        parents = dict(_alive())
        found = {self.process.pid} & parents.keys()
        while more := {pid for pid, parent in parents.items() if parent in found} - found:
            found |= more
        return sorted(found)

    def interrupt(self, within_s: float = 30) -> int:
        """Ctrl-C, and its exit status."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGINT)
        return self.process.wait(timeout=within_s)


@contextmanager
def open_house() -> Iterator[House]:
    """Starts one and waits until it is ready: that trains the model too, if nobody has yet."""
    with tempfile.TemporaryDirectory(prefix="xiaoer-tour-") as folder:
        var = Path(folder)
        with (Path(tempfile.gettempdir()) / f"xiaoer-tour-{os.getuid()}.lock").open("w") as lock:
            # Two that start at the same moment would be told the same free port.
            fcntl.flock(lock, fcntl.LOCK_EX)
            house = _start(var, free_port(8280))
        try:
            yield house
        finally:
            house.interrupt()


def _start(var: Path, port: int) -> House:
    command = [sys.executable, "-m", "bot", "demo", "--port", str(port), "--var", str(var)]
    env = {name: value for name, value in os.environ.items() if not name.startswith(("XIAOER_", "REDIS_"))}
    with (var / "stderr").open("wb") as errors:
        process = subprocess.Popen(command, cwd=ROOT, env=env, stdout=subprocess.PIPE, stderr=errors, text=True)
    house = House(process, var, f"http://localhost:{port}")
    assert process.stdout is not None
    for line in process.stdout:
        house.said.append(line.rstrip())
        if "Ctrl-C" in line:
            return house
    raise AssertionError(f"the demo ended with {process.wait()}: {house.said}\n{(var / 'stderr').read_text()}")


def _alive() -> Iterator[tuple[int, int]]:
    """(process, parent) of everything that runs; a zombie does not."""
    for status in Path("/proc").glob("[0-9]*/stat"):
        try:
            state, parent, *_ = status.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if state != "Z":
            yield int(status.parent.name), int(parent)


def wait_until_gone(pids: list[int], within_s: float = 5) -> list[int]:
    """The processes among `pids` that are still there when the time is over."""
    end = time.monotonic() + within_s
    while (left := [pid for pid, _ in _alive() if pid in pids]) and time.monotonic() < end:
        time.sleep(0.02)  # between looks; what is waited for ends it, the clock only a failure
    return left
