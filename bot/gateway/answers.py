"""The replies to one turn, for channels that answer in the same breath (REST).

A turn is mostly answered by the process that accepted it: its worker tells `Answers`, and nothing is read again. If
another process answers, or had answered before (a repeat), the replies are read from the log.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Sequence

from bot.store.conversations import Conversations
from bot.types import Entry

_RECENT = 256
"""Answers kept for those who come to wait a moment after the turn was done."""
_MOSTLY_S = 0.25
"""A turn that takes longer may be with another process: then the log is watched, too."""
_LOOK_AGAIN_S = 1.0

_Key = tuple[str, int]


class Answers:
    def __init__(self, conversations: Conversations) -> None:
        self._conversations = conversations
        self._waiting: dict[_Key, asyncio.Future[Sequence[Entry]]] = {}
        self._recent: OrderedDict[_Key, Sequence[Entry]] = OrderedDict()

    def tell(self, conversation_id: str, seq: int, entries: Sequence[Entry]) -> None:
        """This process has answered the turn `seq`."""
        key = conversation_id, seq
        waiting = self._waiting.get(key)
        if waiting is not None and not waiting.done():
            waiting.set_result(entries)
        self._recent[key] = entries
        if len(self._recent) > _RECENT:
            self._recent.popitem(last=False)

    async def wait(self, conversation_id: str, seq: int, *, within_s: float, repeated: bool) -> Sequence[Entry] | None:
        """The replies to the turn `seq` in order, or None if there are none in time: they stay in the log."""
        key = conversation_id, seq
        if key in self._recent:
            return self._recent[key]
        deadline = asyncio.get_running_loop().time() + within_s
        if not repeated:
            told = await self._told(key, min(_MOSTLY_S, within_s))
            if told is not None:
                return told
        return await self._read(conversation_id, seq, deadline)

    async def _told(self, key: _Key, within_s: float) -> Sequence[Entry] | None:
        future = self._waiting.setdefault(key, asyncio.get_running_loop().create_future())
        try:
            return await asyncio.wait_for(asyncio.shield(future), within_s)
        except TimeoutError:
            return None
        finally:
            self._waiting.pop(key, None)

    async def _read(self, conversation_id: str, seq: int, deadline: float) -> Sequence[Entry] | None:
        loop = asyncio.get_running_loop()
        async with self._conversations.listen(conversation_id) as subscription:
            while loop.time() < deadline:
                entries = await self._conversations.answer(conversation_id, seq)
                if entries is not None:
                    return entries
                try:
                    await asyncio.wait_for(anext(subscription), min(_LOOK_AGAIN_S, deadline - loop.time()))
                except (TimeoutError, StopAsyncIteration):
                    continue
        return None
