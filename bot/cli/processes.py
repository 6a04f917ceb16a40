"""Child processes that end when we do: each with a log file, waited for until it answers, stopped in reverse order."""

from __future__ import annotations

import asyncio
import contextlib
import ctypes
import signal
import socket
import sys
import urllib.error
import urllib.request
from collections.abc import Mapping, Sequence
from pathlib import Path

from bot.errors import ConfigError, XiaoerError

_PR_SET_PDEATHSIG = 1
_STOP_AFTER_S = 12.0


class ChildFailed(XiaoerError):
    """A child process ended by itself; the text carries the last lines of its log."""


def port_is_free(port: int, host: str = "127.0.0.1") -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def listen(preferred: int, host: str = "127.0.0.1") -> socket.socket:
    """A socket that listens at `preferred`, or where the system says if somebody else does. Nobody can come between,
    and who starts at the same moment gets another."""
    for port in (preferred, 0):
        one = socket.socket()
        one.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            one.bind((host, port))
            one.listen(128)
        except OSError:
            one.close()
            if port == 0:
                raise
        else:
            return one
    raise AssertionError("unreachable")


def free_port(preferred: int, host: str = "127.0.0.1") -> int:
    """`preferred` if nobody listens there, else one the system gives. Somebody may take it meanwhile."""
    with listen(preferred, host) as one:
        return int(one.getsockname()[1])


def demand_port(port: int, host: str = "127.0.0.1") -> None:
    if port and not port_is_free(port, host):
        raise ConfigError(f"port {port} is taken by another program; choose one: PORT={port + 10} make run")


class Children:
    """The processes started, in order. `async with` stops them all, last first."""

    def __init__(self, *, logs: Path, env: Mapping[str, str]) -> None:
        self._logs = logs
        self._env = dict(env)
        self._started: list[tuple[str, asyncio.subprocess.Process]] = []

    async def __aenter__(self) -> Children:
        self._logs.mkdir(parents=True, exist_ok=True)
        return self

    async def __aexit__(self, *_: object) -> None:
        for _name, process in reversed(self._started):
            await stop(process)

    def add_env(self, **variables: str) -> None:
        """For every process started from now on."""
        self._env.update(variables)

    async def start(
        self,
        name: str,
        command: Sequence[str | Path],
        *,
        env: Mapping[str, str] | None = None,
        sockets: Sequence[socket.socket] = (),
    ) -> None:
        """`sockets` are its to use, by the numbers that they have here."""
        with self._log(name).open("ab") as log:
            process = await asyncio.create_subprocess_exec(
                *map(str, command),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                env={**self._env, **(env or {})},
                pass_fds=[each.fileno() for each in sockets],
                # A terminal's Ctrl-C goes to us alone; we end the children in order.
                start_new_session=True,
                preexec_fn=die_with_parent,
            )
        self._started.append((name, process))

    async def wait_until_up(self, name: str, url: str, *, within_s: float) -> None:
        """Return once `url` answers 200. Raises ChildFailed when the process ends first or the time is over."""
        process = next(process for each, process in self._started if each == name)
        deadline = asyncio.get_running_loop().time() + within_s
        while True:
            answers = await asyncio.to_thread(_answers, url)
            if process.returncode is not None:  # Then whoever answers is somebody else.
                raise ChildFailed(self._obituary(name, process.returncode))
            if answers:
                return
            if asyncio.get_running_loop().time() > deadline:
                raise ChildFailed(f"{name} did not answer at {url} within {within_s:.0f} s; see {self._log(name)}")
            await asyncio.sleep(0.05)

    async def wait_for_any(self) -> None:
        """Return never but by ChildFailed: the first process that ends takes the service down."""
        waits = {asyncio.create_task(process.wait()): (name, process) for name, process in self._started}
        try:
            done, _ = await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in waits:
                task.cancel()
        name, process = waits[done.pop()]
        raise ChildFailed(self._obituary(name, process.returncode or 0))

    def _log(self, name: str) -> Path:
        return self._logs / f"{name}.log"

    def _obituary(self, name: str, status: int) -> str:
        tail = self._log(name).read_text(encoding="utf-8", errors="replace").splitlines()[-5:]
        return "\n".join([f"{name} ended with status {status}; the end of {self._log(name)}:", *tail])


async def stop(process: asyncio.subprocess.Process, *, within_s: float = _STOP_AFTER_S) -> None:
    """SIGTERM, and when the time is over SIGKILL."""
    if process.returncode is not None:
        return
    with contextlib.suppress(ProcessLookupError):
        process.send_signal(signal.SIGTERM)
    try:
        await asyncio.wait_for(process.wait(), within_s)
    except TimeoutError:
        process.kill()
        await process.wait()


def die_with_parent() -> None:
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)


def _answers(url: str) -> bool:
    try:
        with urllib.request.urlopen(url, timeout=1) as answer:  # noqa: S310 - our own loopback addresses
            return bool(answer.status == 200)
    except (urllib.error.URLError, OSError):
        return False
