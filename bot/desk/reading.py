"""What an agent may read of a conversation, and how often reading it is recorded."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence

from aiohttp import web

from bot.types import Entry, Handoff

READ_AGAIN_S = 15 * 60
"""A page asks again and again for what it shows: that is one reading. After so long it is another."""
REMEMBERED = 10_000
_ENDS = ("closed", "bot")
"""The states a customer is told when a person's part is over."""


def until_its_end(handoff: Handoff, entries: Sequence[Entry]) -> list[Entry]:
    """Up to the line that told the customer that this handoff was over, with it: what they write after that they do not
    write to its agent."""
    start = handoff.transcript[-1].seq if handoff.transcript else 0
    for n, entry in enumerate(entries):
        if entry.seq > start and is_end(entry):
            return list(entries[: n + 1])
    return list(entries)


def is_end(entry: Entry) -> bool:
    return entry.author == "system" and entry.custom.get("status") in _ENDS


class Reads:
    """Who read what lately, in this process."""

    def __init__(self) -> None:
        self._at: OrderedDict[tuple[str, str], float] = OrderedDict()

    def is_new(self, agent_id: str, handoff_id: str, now: float) -> bool:
        """Whether this is another reading, which is recorded; remembers it."""
        pair = (agent_id, handoff_id)
        if now - self._at.get(pair, -READ_AGAIN_S) < READ_AGAIN_S:
            return False
        self._at[pair] = now
        self._at.move_to_end(pair)
        while len(self._at) > REMEMBERED:
            self._at.popitem(last=False)
        return True


READS = web.AppKey("desk_reads", Reads)
