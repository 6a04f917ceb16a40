"""A Redis client from one URL: standalone, Sentinel or Cluster.

redis://[user:password@]host:port/db        rediss:// is the same over TLS
unix:///path/to/socket?db=0
redis+sentinel://[user:password@]host:port,host:port/service[/db]
redis+cluster://[user:password@]host:port,host:port
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import unquote, urlsplit

from redis.asyncio import BlockingConnectionPool, Redis, RedisCluster
from redis.asyncio.cluster import ClusterNode
from redis.asyncio.retry import Retry
from redis.asyncio.sentinel import Sentinel
from redis.backoff import ExponentialWithJitterBackoff
from redis.exceptions import ClusterError, OutOfMemoryError, ReadOnlyError, RedisClusterException, ResponseError
from redis.exceptions import ConnectionError as RedisConnectionError
from redis.exceptions import TimeoutError as RedisTimeoutError

from bot.errors import ConfigError, StoreDown
from bot.store.sending import make_cancellable

Client = Redis | RedisCluster

_UNREACHABLE = (RedisConnectionError, RedisTimeoutError, ReadOnlyError, ClusterError, RedisClusterException, OSError)
_REFUSING = re.compile(
    r"(?:^|-)(OOM|MISCONF|READONLY|NOREPLICAS|LOADING|BUSY|NOPERM|MASTERDOWN|CLUSTERDOWN|TRYAGAIN|MOVED|ASK) "
    r"|(command not allowed when used memory|can't write against a read only replica"
    r"|Not enough good replicas|not able to persist on disk)"
)
"""How a server says that it does not write now: by a code of its own, or in the error of a script that it stopped."""
RETRY_AFTER_S = 2

make_cancellable()

SCHEMES = ("redis", "rediss", "unix", "redis+sentinel", "redis+cluster")
CONNECTIONS = 64
"""At most so many connections a process (a node, on Cluster); who finds none free waits for one."""
SOCKET_TIMEOUT_S = 3.0
DEFAULT_PORTS = {"redis+sentinel": 26379, "redis+cluster": 6379}


@contextmanager
def reaching() -> Iterator[None]:
    """`StoreDown` where redis-py says in one of its many ways that no server took the command: none could be reached,
    or it refuses to write (memory or disk full, a replica, replicas missing)."""
    try:
        yield
    except _UNREACHABLE as error:
        raise StoreDown(
            f"Redis: {type(error).__name__}", retry_after_s=RETRY_AFTER_S, refuses=isinstance(error, ReadOnlyError)
        ) from error
    except ResponseError as error:
        if not refuses(error):
            raise
        said = _REFUSING.search(str(error))
        why = (said and said[1]) or type(error).__name__
        raise StoreDown(f"Redis refuses to write: {why}", retry_after_s=RETRY_AFTER_S, refuses=True) from error


def refuses(error: ResponseError) -> bool:
    """Whether the server does not take writes now; else the command is at fault, or what its keys hold."""
    return isinstance(error, ReadOnlyError | OutOfMemoryError) or _REFUSING.search(str(error)) is not None


class _Redis(Redis):
    async def execute_command(self, *args: Any, **options: Any) -> Any:
        with reaching():
            return await super().execute_command(*args, **options)  # type: ignore[no-untyped-call]


class _RedisCluster(RedisCluster):
    async def execute_command(self, *args: Any, **options: Any) -> Any:
        with reaching():
            return await super().execute_command(*args, **options)


def connect(url: str) -> Client:
    """No I/O happens here. `ConfigError` names what is wrong with the URL. What its commands raise is `StoreDown` where
    Redis cannot be reached."""
    scheme = url.partition("://")[0]
    if scheme not in SCHEMES:
        raise ConfigError(f"REDIS_URL: scheme {scheme!r} is unknown; known: {', '.join(SCHEMES)}")
    if scheme == "redis+sentinel":
        return _sentinel(url)
    if scheme == "redis+cluster":
        return _cluster(url)
    try:
        pool = BlockingConnectionPool.from_url(url, max_connections=CONNECTIONS, timeout=SOCKET_TIMEOUT_S, **_options())
    except ValueError as error:
        raise ConfigError(f"REDIS_URL: {error}") from error
    return _Redis.from_pool(pool)


def _options() -> dict[str, Any]:
    return {
        "protocol": 2,
        "socket_timeout": SOCKET_TIMEOUT_S,
        "socket_connect_timeout": SOCKET_TIMEOUT_S,
        "health_check_interval": 15,
        "retry": Retry(ExponentialWithJitterBackoff(base=0.01, cap=0.5), 4),
    }


def _sentinel(url: str) -> Client:
    hosts, login = _hosts(url)
    service, _, database = urlsplit(url).path.strip("/").partition("/")
    if not service or (database and not database.isdigit()):
        raise ConfigError("REDIS_URL: expected redis+sentinel://host:port,host:port/service[/db]")
    sentinel = Sentinel(  # type: ignore[no-untyped-call]
        hosts, sentinel_kwargs={"socket_timeout": 1.0, "protocol": 2}, **login, **_options()
    )
    master: Redis = sentinel.master_for(service, redis_class=_Redis, db=int(database or 0), max_connections=CONNECTIONS)
    return master


def _cluster(url: str) -> Client:
    hosts, login = _hosts(url)
    nodes = [ClusterNode(host, port) for host, port in hosts]
    return _RedisCluster(startup_nodes=nodes, max_connections=CONNECTIONS, **login, **_options())


def _hosts(url: str) -> tuple[list[tuple[str, int]], dict[str, Any]]:
    scheme, _, rest = url.partition("://")
    login, _, names = rest.partition("/")[0].rpartition("@")
    user, _, password = login.partition(":")
    hosts = []
    for name in names.split(","):
        host, _, port = name.rpartition(":") if ":" in name else (name, "", str(DEFAULT_PORTS[scheme]))
        if not host or not port.isdigit():
            raise ConfigError(f"REDIS_URL: {name!r} is not host:port")
        hosts.append((host, int(port)))
    given = {"username": unquote(user), "password": unquote(password)}
    return hosts, {key: value for key, value in given.items() if value}
