"""`xiaoer run --workers N`: a parent that keeps N serving processes alive. They share the port (SO_REUSEPORT).

The parent serves nothing and loads nothing heavy. It holds the port, so that no other program can slip in between two
restarts.
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import sys
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

import structlog
from prometheus_client.multiprocess import mark_process_dead

from bot.cli import logs
from bot.cli.processes import die_with_parent, stop
from bot.errors import ConfigError, XiaoerError
from bot.settings import Settings

log = structlog.get_logger(__name__)

WORKER = "XIAOER_WORKER"
"""Set for a serving process: its number."""
FOLDER = "XIAOER_FLEET"
"""Where the workers find each other: a folder with a Unix socket for each."""
METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
SOON_S = 5.0
"""A worker that ends sooner than this did not come up. If no worker ever did, that is no accident; later it is an
outage, which is waited out."""
GIVE_UP_AFTER = 3
LONGEST_PAUSE_S = 10.0
DRAINED_WITHIN_S = 30.0
"""A worker finishes its turns for 20 s, and then closes its sockets."""


async def run(settings: Settings, *, workers: int, command: Sequence[str]) -> int:
    """Until SIGTERM or SIGINT: then every worker drains. Each is the command `command` of `xiaoer`. Raises XiaoerError
    when workers do not come up at all."""
    logs.configure(worker="parent")
    ended = asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, ended.set)
    with _held_port(settings.gateway.host, settings.gateway.port) as port, _folder() as folder:
        whole = [sys.executable, "-m", "bot", "--project", str(settings.project), *command]
        env = {**os.environ, "PORT": str(port), FOLDER: str(folder), METRICS_FOLDER: str(folder / "metrics")}
        keepers = [asyncio.create_task(_keep(number, whole, env, ended)) for number in range(workers)]
        waits = [asyncio.create_task(ended.wait()), *keepers]
        try:
            await asyncio.wait(waits, return_when=asyncio.FIRST_COMPLETED)
        finally:
            ended.set()
            results = await asyncio.gather(*keepers, return_exceptions=True)
            waits[0].cancel()
    failed = [result for result in results if isinstance(result, BaseException)]
    if failed:
        raise failed[0]
    return 0


async def _keep(number: int, command: Sequence[str], env: Mapping[str, str], ended: asyncio.Event) -> None:
    """One worker, started again whenever it dies."""
    loop = asyncio.get_running_loop()
    soon = 0
    over = asyncio.create_task(ended.wait())
    try:
        while not ended.is_set():
            started = loop.time()
            process = await _start(number, command, env)
            waiting = asyncio.create_task(process.wait())
            await asyncio.wait((waiting, over), return_when=asyncio.FIRST_COMPLETED)
            if ended.is_set():
                await stop(process, within_s=DRAINED_WITHIN_S)
                return
            mark_process_dead(process.pid, env[METRICS_FOLDER])  # type: ignore[no-untyped-call]
            soon = soon + 1 if loop.time() - started < SOON_S else 0
            log.error("fleet.worker_died", number=number, status=process.returncode, soon=soon)
            if soon >= GIVE_UP_AFTER and not _has_served(Path(env[FOLDER])):
                raise XiaoerError(f"worker {number} ended with status {process.returncode} {soon} times in a row")
            await asyncio.wait((over,), timeout=min(LONGEST_PAUSE_S, 0.1 * 4 ** min(soon, 10)))
    finally:
        over.cancel()


def _has_served(folder: Path) -> bool:
    """Whether any worker ever came up: each leaves its socket there."""
    return any(folder.glob("*.sock"))


async def _start(number: int, command: Sequence[str], env: Mapping[str, str]) -> asyncio.subprocess.Process:
    return await asyncio.create_subprocess_exec(
        *command,
        env={**env, WORKER: str(number)},
        stdin=asyncio.subprocess.DEVNULL,
        # A terminal's Ctrl-C goes to the parent alone, which lets the workers drain.
        start_new_session=True,
        preexec_fn=die_with_parent,
    )


@contextmanager
def _held_port(host: str, port: int) -> Iterator[int]:
    """The port, bound but not listened on. Raises ConfigError if another program has it."""
    demand_port(host, port)
    with socket.socket() as holder:
        holder.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        _bind(holder, host, port)
        yield int(holder.getsockname()[1])


def demand_port(host: str, port: int) -> None:
    """Raises ConfigError if another program listens there."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        _bind(probe, host, port)


def _bind(sock: socket.socket, host: str, port: int) -> None:
    try:
        sock.bind((host, port))
    except OSError as error:
        raise port_taken(host, port, error) from error


def port_taken(host: str, port: int, error: OSError) -> ConfigError:
    reason = os.strerror(error.errno) if error.errno else str(error)
    return ConfigError(f"cannot listen on {host} port {port}: {reason}; choose another with --port or PORT")


@contextmanager
def _folder() -> Iterator[Path]:
    """Where the workers find each other, and their counters meet so that any of them can show all."""
    folder = Path(tempfile.mkdtemp(prefix="xiaoer-"))
    (folder / "metrics").mkdir()
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
