"""Tracker events that no turn of ours brings: what Rasa's own server, or a tool, wants to keep in a conversation.

A turn's events are written by `Conversations.commit`, with everything else the turn changed; here is the plain append.
"""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from typing import Any

from bot.errors import LeaseLost, NotFound
from bot.store import codec, keys, lua
from bot.store.connect import Client
from bot.store.lua_parts import PRELUDE
from bot.store.script import Script

APPEND = Script(
    PRELUDE
    + """
if number('version') ~= tonumber(ARGV[1]) then return {'moved', number('version')} end
for i = 3, #ARGV, 500 do redis.call('RPUSH', events, unpack(ARGV, i, math.min(i + 499, #ARGV))) end
changed()
keep(ARGV[2])
return {'ok', redis.call('HINCRBY', meta, 'version', #ARGV - 2)}
"""
)
"""Append to a tracker, if it is at the version that the caller has read."""


class Trackers:
    def __init__(self, redis: Client, *, site: str = "main", ttl_s: int = keys.CONVERSATION_TTL_S) -> None:
        self._redis = redis
        self._site = site
        self._ttl_s = ttl_s

    async def append(self, conversation_id: str, events: Sequence[Mapping[str, Any]], *, after: int) -> int:
        """The new version. `LeaseLost` if the tracker is no longer at version `after`; then nothing is written."""
        names = keys.conversation(self._site, conversation_id)
        wires = [codec.dumps(dict(event)) for event in events]
        word, rest = await lua.run(self._redis, APPEND, names, after, self._ttl_s, *wires)
        if word == "gone":
            raise NotFound(f"no conversation {conversation_id}")
        if word == "moved":
            raise LeaseLost(f"{conversation_id}: at version {int(rest[0])}, not {after}")
        return int(rest[0])

    async def ids(self) -> AsyncIterator[str]:
        """Every conversation's id, in no order; one that comes or goes meanwhile may be missed."""
        start, end = keys.conversation(self._site, "-").meta.split("-", 1)
        async for key in self._redis.scan_iter(match=_escaped(start) + "*" + _escaped(end), count=500):
            yield codec.text(key)[len(start) : -len(end)]


def _escaped(text: str) -> str:
    return "".join(f"\\{letter}" if letter in "*?[]\\" else letter for letter in text)
