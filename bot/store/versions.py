"""Redis and Valkey whose Lua engine is mended: all that this project stores is changed by Lua scripts.

CVE-2025-49844 (use after free, runs code outside the sandbox), CVE-2025-46817, CVE-2025-46818 and CVE-2025-46819 were
mended in Redis 6.2.20, 7.2.11, 7.4.6, 8.0.4 and 8.2.2, and in Valkey 7.2.11, 8.0.6 and 8.1.4. Distributions mend older
versions under their old numbers.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from redis.asyncio import RedisCluster

from bot.store.connect import Client

_MENDED_IN: Mapping[str, tuple[tuple[int, int, int], ...]] = {
    "redis": ((6, 2, 20), (7, 2, 11), (7, 4, 6), (8, 0, 4), (8, 2, 2)),
    "valkey": ((7, 2, 11), (8, 0, 6), (8, 1, 4)),
}


@dataclass(frozen=True, slots=True)
class Version:
    kind: str
    """`redis` or `valkey`."""
    number: tuple[int, int, int]

    def __str__(self) -> str:
        return f"{self.kind} {'.'.join(map(str, self.number))}"

    @property
    def is_mended(self) -> bool:
        """By its number alone; True for branches that are newer than all of the mending."""
        mended = _MENDED_IN[self.kind]
        branch = next((least for least in mended if least[:2] == self.number[:2]), None)
        return self.number >= branch if branch is not None else self.number > mended[-1]

    @property
    def safe(self) -> str:
        """The least mended number of its branch, or the next branch's."""
        least = next((each for each in _MENDED_IN[self.kind] if each[:2] >= self.number[:2]), _MENDED_IN[self.kind][-1])
        return ".".join(map(str, least))


def version(kind: str, number: str) -> Version:
    """`number` as servers write it: `7.0.15`, `8.1.4-rc1`. Raises ValueError."""
    major, minor, patch, *_ = [*number.partition("-")[0].split("."), "0", "0"]
    return Version(kind, (int(major), int(minor), int(patch)))


async def version_of(client: Client) -> Version:
    """The server's, or one node's of a cluster."""
    if isinstance(client, RedisCluster):
        info: Mapping[str, Any] = await client.info("server", target_nodes=client.get_random_node())
    else:
        info = await client.info("server")
    if info.get("valkey_version"):
        return version("valkey", str(info["valkey_version"]))
    return version("redis", str(info["redis_version"]))
