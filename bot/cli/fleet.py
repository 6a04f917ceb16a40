"""`xiaoer run --workers N`: a parent that keeps N serving processes alive. They share the port (SO_REUSEPORT).

The parent serves nothing and loads nothing heavy. It holds the port, so that no other program can slip in between two
restarts. A worker that no longer beats (see `heartbeat`) is killed and replaced.
"""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import structlog
from prometheus_client.multiprocess import mark_process_dead

from bot.cli import heartbeat, logs
from bot.cli.processes import die_with_parent, stop
from bot.engine import folders
from bot.errors import ConfigError, XiaoerError
from bot.settings import Settings

log = structlog.get_logger(__name__)

WORKER = "XIAOER_WORKER"
"""Set for a serving process: its number."""
FOLDER = "XIAOER_FLEET"
"""Where the workers find each other: a folder with a Unix socket for each."""
METRICS_FOLDER = "PROMETHEUS_MULTIPROC_DIR"
SOON_S = 5.0
"""A worker that serves for less than this is started again after a pause that grows."""
GIVE_UP_AFTER = 3
"""So many times in a row a worker ended before it served, however long that took. If none ever served, that is no
accident; later it is an outage, which is waited out."""
LOOK_EVERY_S = 0.5
LONGEST_PAUSE_S = 10.0
DRAINED_WITHIN_S = 30.0
"""A worker finishes its turns for 20 s, and then closes its sockets."""


@dataclass
class _Fleet:
    has_served: bool = False
    """Whether any worker ever came up."""


async def run(settings: Settings, *, workers: int, command: Sequence[str]) -> int:
    """Until SIGTERM or SIGINT: then every worker drains. Each is the command `command` of `xiaoer`. Raises XiaoerError
    when workers do not come up at all."""
    logs.configure(worker="parent")
    ended = asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, ended.set)
    with _held_port(settings.gateway.host, settings.gateway.port) as port, _folder() as folder:
        fleet = _Fleet()
        whole = [sys.executable, "-m", "bot", "--project", str(settings.project), *command]
        env = {**os.environ, "PORT": str(port), FOLDER: str(folder), METRICS_FOLDER: str(folder / "metrics")}
        keepers = [asyncio.create_task(_keep(number, whole, env, ended, fleet)) for number in range(workers)]
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


async def _keep(
    number: int, command: Sequence[str], env: Mapping[str, str], ended: asyncio.Event, fleet: _Fleet
) -> None:
    """One worker, started again whenever it dies or hangs."""
    failed_starts = died_soon = 0
    over = asyncio.create_task(ended.wait())
    try:
        while not ended.is_set():
            with heartbeat.listening() as (pulse, far):
                process = await _start(number, command, env, far)
                served_s = await _watch(number, process, pulse, over)
            if ended.is_set():
                await stop(process, within_s=DRAINED_WITHIN_S)
                return
            fleet.has_served |= pulse.has_served
            mark_process_dead(process.pid, env[METRICS_FOLDER])  # type: ignore[no-untyped-call]
            failed_starts = 0 if pulse.has_served else failed_starts + 1
            died_soon = died_soon + 1 if served_s < SOON_S else 0
            log.error("fleet.worker_died", number=number, status=process.returncode, soon=died_soon)
            if failed_starts >= GIVE_UP_AFTER and not fleet.has_served:
                raise XiaoerError(
                    f"worker {number} ended with status {process.returncode} before it could serve, {failed_starts} "
                    "times in a row, and no other ever served; why is said above"
                )
            await asyncio.wait((over,), timeout=min(LONGEST_PAUSE_S, 0.1 * 4 ** min(died_soon, 10)))
    finally:
        over.cancel()


async def _watch(
    number: int, process: asyncio.subprocess.Process, pulse: heartbeat.Pulse, over: asyncio.Task[bool]
) -> float:
    """Until the process ends, is killed because it hangs, or `over` is done; returns for how long it served."""
    loop = asyncio.get_running_loop()
    waiting, first_beat = asyncio.create_task(process.wait()), None
    while True:
        looked = loop.time()
        done, _ = await asyncio.wait((waiting, over), timeout=LOOK_EVERY_S, return_when=asyncio.FIRST_COMPLETED)
        now = loop.time()
        first_beat = first_beat or (now if pulse.has_served else None)
        if done:
            return now - first_beat if first_beat else 0.0
        if now - looked > 2 * LOOK_EVERY_S:  # We were stopped ourselves, or the whole machine was.
            pulse.forgive(now=now)
        if pulse.is_hung(now=now):
            log.error("fleet.worker_hung", number=number, silent_s=round(pulse.silent_s(now=now), 1))
            process.kill()
            await waiting


async def _start(number: int, command: Sequence[str], env: Mapping[str, str], pulse: int) -> asyncio.subprocess.Process:
    """`pulse`: the descriptor that the worker beats to, which is the worker's alone from then on."""
    try:
        return await asyncio.create_subprocess_exec(
            *command,
            env={**env, WORKER: str(number), heartbeat.FD: str(pulse)},
            stdin=asyncio.subprocess.DEVNULL,
            pass_fds=(pulse,),
            # A terminal's Ctrl-C goes to the parent alone, which lets the workers drain.
            start_new_session=True,
            preexec_fn=die_with_parent,
        )
    finally:
        os.close(pulse)


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
    folders.sweep("fleet")
    with folders.temporary("fleet") as folder:
        (folder / "metrics").mkdir()
        yield folder
