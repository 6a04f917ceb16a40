"""The audit trail: who did what, in a chain that cannot be changed unseen, kept until it was exported.

What is recorded are names of events, people and things, never what a customer wrote. `audit_chain.py` says how lines
hold together.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable

import structlog

from bot.errors import AuditBroken
from bot.store import audit_chain as chain
from bot.store import keys
from bot.store.audit_chain import AuditLine, Head
from bot.store.codec import text
from bot.store.connect import Client
from bot.store.script import Script

__all__ = ["Audit", "AuditLine", "Head"]

log = structlog.get_logger(__name__)

PAGE = 500

_APPEND = Script(
    """
local trail, head = KEYS[1], KEYS[2]
local seq, hash = unpack(redis.call('HMGET', head, 'seq', 'hash'))
seq, hash = seq or '0', hash or ARGV[5]
if seq == ARGV[1] and hash == ARGV[2] then
  local next = string.format('%d', tonumber(seq) + 1)
  redis.call('XADD', trail, next .. '-0', 'line', ARGV[3])
  redis.call('HSET', head, 'seq', next, 'hash', ARGV[4])
elseif hash ~= ARGV[4] then
  return {'moved', seq, hash}
end
return {'ok', redis.call('XLEN', trail)}
"""
)
"""ARGV: the head the line was made for (seq, hash), the line, its hash, ZERO. The second run of one call finds its own
hash at the head."""

_EXPORTED = Script(
    """
local trail, head = KEYS[1], KEYS[2]
local line = redis.call('XRANGE', trail, ARGV[1] .. '-0', ARGV[1] .. '-0')[1]
if line and string.find(line[2][2], '"hash":"' .. ARGV[2] .. '"', 1, true) then
  redis.call('HSET', head, 'base_seq', ARGV[1], 'base_hash', ARGV[2])
  redis.call('XTRIM', trail, 'MINID', string.format('%d', tonumber(ARGV[1]) + 1) .. '-0')
end
return redis.call('XLEN', trail)
"""
)
"""ARGV: seq and hash of a line. One that is not here (any more) changes nothing."""

Recorded = Callable[[AuditLine, int], None]


class Audit:
    """One site's trail."""

    def __init__(
        self, redis: Client, *, site: str = "main", key: str = "", on_recorded: Recorded | None = None
    ) -> None:
        """`key`: the secret lines are sealed with. `on_recorded` hears each line written here, and how many wait to be
        exported."""
        self._redis = redis
        self._keys = keys.audit(site)
        self._key = key.encode()
        self._on_recorded = on_recorded
        self._head: Head | None = None
        self._turn = asyncio.Lock()

    async def record(
        self, event: str, *, actor: str, subject: str = "", conversation: str = "", address: str = "", **fields: object
    ) -> AuditLine:
        """Write one line, after all there are. It is there when this returns; `StoreDown` otherwise: what cannot be
        recorded should not be done."""
        line: dict[str, object] = {
            "at": round(time.time(), 3),
            "event": event,
            "actor": chain.short(actor),
            "subject": chain.short(subject),
            "conversation": conversation,
            "address": address,
            "fields": {name: chain.short(value) for name, value in fields.items()},
            "key": chain.fingerprint(self._key),
        }
        async with self._turn:
            written, waiting = await self._append(line)
        log.info("audit.recorded", what=event, seq=written.seq, hash=written.hash)
        if self._on_recorded is not None:
            self._on_recorded(written, waiting)
        return written

    async def _append(self, line: dict[str, object]) -> tuple[AuditLine, int]:
        """Whoever loses the race for the head tries again behind the winner."""
        while True:
            head = self._head or await self._read_head()
            digest, stored = chain.seal({**line, "seq": head.seq + 1, "prev": head.hash}, self._key)
            word, *rest = await _APPEND(self._redis, self._keys, [head.seq, head.hash, stored, digest, chain.ZERO])
            if text(word) == "ok":
                self._head = Head(head.seq + 1, digest)
                return chain.parse(stored), int(rest[0])
            found = Head(int(rest[0]), text(rest[1]))
            if self._head is not None and found.seq <= head.seq:
                log.error("audit.went_back", expected=head.seq, found=found.seq)
            self._head = found

    # Reading

    async def lines(self, *, after: int = 0) -> AsyncIterator[bytes]:
        """What has not been exported, as it is stored, oldest first, up to the head there was at the beginning."""
        last = (await self._read_head()).seq
        while after < last:
            rows = await self._redis.xrange(self._keys[0], f"{after + 1}-0", f"{last}-0", count=PAGE)
            if not rows:
                return
            for entry_id, parts in rows:
                after = int(text(entry_id).partition("-")[0])
                stored = next(iter((parts or {}).values()))
                yield stored if isinstance(stored, bytes) else stored.encode()

    async def exported(self) -> Head:
        """The last line that was exported."""
        return await self._read_head("base_seq", "base_hash")

    async def verify(self, *, after: Head | None = None) -> tuple[Head, int]:
        """Check everything that is here, and that it goes on `after` that line (default: the last one exported).
        Returns the head and how many lines hold. Raises AuditBroken at the first place that does not."""
        while True:
            exported = await self.exported()
            try:
                return await self._verify(after or exported, exported)
            except AuditBroken:
                if await self.exported() == exported:  # Otherwise it was trimmed while we read.
                    raise

    async def _verify(self, last: Head, exported: Head) -> tuple[Head, int]:
        end, count = await self._read_head(), 0
        if exported.seq > last.seq:
            raise AuditBroken(last.seq + 1, "was exported elsewhere: give that file, too")
        async for stored in self.lines(after=last.seq):
            last = chain.follow(stored, last, self._key).head
            count += 1
            if last.seq == end.seq:
                break
        if last != end:
            what = "is missing" if last.seq < end.seq else "is not what Redis says the last one is"
            raise AuditBroken(last.seq + (last.seq < end.seq), what)
        return last, count

    # Exporting

    async def mark_exported(self, head: Head) -> int:
        """Everything up to there is safe elsewhere and goes from here. Returns how many lines are left."""
        return int(await _EXPORTED(self._redis, self._keys, [head.seq, head.hash]))

    async def _read_head(self, seq: str = "seq", digest: str = "hash") -> Head:
        found = await self._redis.hmget(self._keys[1], [seq, digest])
        return Head(int(found[0]), text(found[1])) if found[0] else Head()
