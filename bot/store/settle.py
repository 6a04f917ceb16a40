"""What comes after a turn: the archive is told, and the hint that there is work left is cleared.

The site's `events` stream gets a short record of one change or several: `kind` "conversation", `id` and `data`
`{"conversation_id", "change", "seq", "version"}`. It holds no lines: who reads it fetches the log after the last seq
and the tracker after the last version they have. A record may come twice; one that a crash kept back is made by a
sweep.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Iterable, Sequence
from typing import Any

from redis.exceptions import RedisError

from bot.errors import StoreDown
from bot.store import codec, keys, lua
from bot.store.connect import Client, reaching
from bot.store.due import REMINDER, Due, Hint
from bot.store.lua_parts import LONGEST_LEASE_S
from bot.store.script import Arg
from bot.store.wake import cancel
from bot.types import Turn, TurnKind

log = logging.getLogger(__name__)

COLLECT_S = 0.05
"""What changes within this time is settled together."""
SWEEP_PAUSE_S = 1.0
"""What one sweep was told is overdue, the others are not told for so long."""

NOTHING, UNTOLD, WORK = 0, 1, 2
KIND: TurnKind = "reminder"


class Settler:
    def __init__(self, redis: Client, due: Due, *, site: str, ttl_s: int) -> None:
        self._redis = redis
        self._due = due
        self._site = site
        self._ttl_s = ttl_s
        self._changed: dict[str, None] = {}
        self._task: asyncio.Task[None] | None = None

    def nudge(self, conversation_id: str) -> None:
        """Settle it soon, in the background. If that fails, a sweep does it."""
        self._changed[conversation_id] = None
        if self._task is None or self._task.done():
            self._task = asyncio.create_task(self._run(), name="settle")

    async def aclose(self) -> None:
        """Settle what is left."""
        if self._task is not None:
            await cancel(self._task)
        await self._settle_all()

    async def settle(self, conversation_ids: Sequence[str]) -> None:
        """Tell the archive, and clear the hints of those that have nothing left."""
        looks = await lua.LOOK.many(self._redis, [(self._keys(each), ()) for each in conversation_ids], each_alone=True)
        known = {each: look[1:] for each, look in zip(conversation_ids, looks, strict=True) if _told(look)}
        hints = dict(await self._due.look(list(known)))
        await self.record(
            [
                (f"{each}:{change}", "conversation", codec.dumps(record(each, change, seq, version)))
                for each, (change, seq, version) in known.items()
            ]
        )
        rests = await lua.REST.many(
            self._redis, [(self._keys(each), (known[each][0], hints.get(each, 0.0))) for each in known], each_alone=True
        )
        await self._remember((name, rest) for name, rest in zip(known, rests, strict=True) if _told(rest))
        idle = [each for each, rest in zip(known, rests, strict=True) if _told(rest) and rest[1] == NOTHING]
        await self._due.move(((each, hints[each]), None) for each in idle if each in hints)

    async def record(self, records: Sequence[tuple[str, str, bytes]]) -> None:
        """Append (id, kind, data) to the site's events."""
        if not records:
            return
        stream, kept = keys.FloorKeys(self._site).events, ("MAXLEN", "~", keys.EVENTS_KEPT, "*")
        pipe = self._redis.pipeline(transaction=False)
        for id, kind, data in records:
            pipe.execute_command("XADD", stream, *kept, "id", id, "kind", kind, "data", data)
        with reaching():
            await pipe.execute()

    async def overdue(self, now: float, limit: int) -> list[str]:
        """Conversations with turns or effects that nobody holds a lease on; others found on the way are settled."""
        late: list[str] = []
        moves: list[tuple[Hint, float | None]] = []
        found = await self._due.read(until=now, limit=limit)
        for hint in found:
            if hint[0].startswith(REMINDER):
                late += await self._remind(hint)
        hints = [hint for hint in found if keys.is_conversation_id(hint[0])]
        moves += [(hint, None) for hint in found if hint not in hints and not hint[0].startswith(REMINDER)]
        calls = [(self._keys(name), (0, score)) for name, score in hints]
        rests = await lua.REST.many(self._redis, calls, each_alone=True)
        await self._remember((name, rest) for (name, _), rest in zip(hints, rests, strict=True) if _told(rest))
        for hint, rest in zip(hints, rests, strict=True):
            left, until = _left(rest, now)
            if left == UNTOLD:
                self.nudge(hint[0])
            if left == WORK and until <= now:
                late.append(hint[0])
            moves.append((hint, None if left == NOTHING else max(until, now + SWEEP_PAUSE_S)))
        await self._due.move(moves)
        return late

    async def _remember(self, rests: Iterable[tuple[str, Sequence[Any]]]) -> None:
        """Before a hint is cleared, the next reminder has its own."""
        moments = [(name, float(rest[3])) for name, rest in rests if len(rest) > 3 and rest[3]]
        if moments:
            await self._due.remind(moments)

    async def _remind(self, hint: Hint) -> list[str]:
        """Append the turn of a reminder that is due; the conversation, where there is one now."""
        conversation_id = hint[0].removeprefix(REMINDER)
        names = keys.conversation(self._site, conversation_id)
        turn = Turn(
            conversation_id=conversation_id,
            message_id=f"{KIND}:{hint[1]!r}",
            channel="",
            text="",
            at=max(time.time(), hint[1]),
            kind=KIND,
        )
        args: list[Arg] = [self._ttl_s, codec.raw(turn.message_id), codec.turn_to(turn), names.wake]
        word, *rest = await self._due.hinted(lua.REMIND, names, args, 1)
        await self._due.move([(hint, float(rest[0]) if codec.text(word) == "later" else None)])
        return [conversation_id] if codec.text(word) == "ok" else []

    async def _run(self) -> None:
        while self._changed:
            await asyncio.sleep(COLLECT_S)
            await self._settle_all()

    async def _settle_all(self) -> None:
        changed, self._changed = list(self._changed), {}
        if not changed:
            return
        try:
            await self.settle(changed)
        except (StoreDown, RedisError) as error:
            log.warning("settle.failed", extra={"error": type(error).__name__, "conversations": len(changed)})

    def _keys(self, conversation_id: str) -> Sequence[str]:
        return keys.conversation(self._site, conversation_id).all


def _told(result: Any) -> bool:
    """Not so: the conversation has expired, or cannot be read."""
    return not isinstance(result, Exception) and len(result) > 1


def _left(rest: Any, now: float) -> tuple[int, float]:
    """What REST said is left, and until when under a lease. What cannot be read is work: to mend it."""
    if isinstance(rest, Exception):
        return WORK, 0.0
    left = rest[1] if len(rest) > 1 else NOTHING
    try:
        until = float(rest[2]) if left == WORK else 0.0
    except ValueError:
        until = 0.0
    return left, until if until < now + LONGEST_LEASE_S else 0.0


def record(conversation_id: str, change: int, seq: int, version: int) -> dict[str, str | int]:
    return {"conversation_id": conversation_id, "change": change, "seq": seq, "version": version}
