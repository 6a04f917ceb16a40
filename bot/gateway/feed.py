"""What happens in one conversation, in order, for one client that listens."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Mapping
from typing import Any

from bot.gateway.frontdoor import FrontDoor
from bot.store.conversations import Conversation
from bot.types import Entry

News = Entry | Conversation | Mapping[str, Any]
"""A line of the log; the conversation as it is after such lines; or something ephemeral (typing, a place in line)."""

_BATCH = 200


async def feed(door: FrontDoor, conversation_id: str, *, after: int) -> AsyncIterator[News]:
    """All lines after `after` that who has the token may read, then each new one as it comes; never one twice, none
    left out. Raises NotFound when the conversation is gone."""
    conversations = door.conversations
    async with conversations.listen(conversation_id) as subscription:
        async for news in subscription:
            if news is not None:
                if not news:
                    await conversations.get(conversation_id)
                yield news
                continue
            spoken = False
            while entries := await conversations.readable(conversation_id, now=time.time(), after=after, limit=_BATCH):
                for entry in entries:
                    after = entry.seq
                    spoken = spoken or entry.author != "customer"
                    yield entry
            if spoken or door.is_waiting(conversation_id):
                conversation = await conversations.get(conversation_id)
                door.ended(conversation_id, done=conversation.done)
                yield conversation
