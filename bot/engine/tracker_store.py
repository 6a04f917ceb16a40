"""Rasa's tracker store on our conversations, for whoever runs Rasa's own server or tools beside the bot:

    tracker_store:
      type: bot.engine.tracker_store.ConversationTrackerStore
      url: redis://127.0.0.1:6379/0
      site: main

Saving appends the events that are new; nothing is written twice, and a tracker's length does not matter. The bot itself
does not need it: its workers commit a turn's events with everything else that the turn changed.
"""

from __future__ import annotations

import weakref
from collections.abc import Iterable
from hashlib import sha256
from typing import Any

from rasa.core.brokers.broker import EventBroker
from rasa.core.tracker_store import TrackerStore
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker

from bot.engine.events import latest_session, revive
from bot.errors import LeaseLost, NotFound
from bot.store.connect import connect
from bot.store.conversations import Conversations
from bot.store.keys import is_conversation_id
from bot.store.trackers import Trackers

_TRIES = 5


class ConversationTrackerStore(TrackerStore):
    """Options in endpoints.yml: `url` of the Redis, and `site`."""

    def __init__(
        self,
        domain: Domain | None = None,
        event_broker: EventBroker | None = None,
        host: str | None = None,
        site: str = "main",
        **kwargs: Any,
    ) -> None:
        super().__init__(domain, event_broker, **kwargs)
        redis = connect(host or "redis://127.0.0.1:6379/0")
        self._redis = redis
        self._conversations = Conversations(redis, site=site)
        self._trackers = Trackers(redis, site=site)
        self._read: weakref.WeakKeyDictionary[_Key, tuple[int, int]] = weakref.WeakKeyDictionary()

    async def save(self, tracker: DialogueStateTracker) -> None:
        """Append what the tracker has and the store has not, in the tracker's order."""
        await self.stream_events(tracker)
        conversation_id = _id(tracker.sender_id)
        await self._conversations.ensure(conversation_id, channel="rasa")
        new, version = await self._new(tracker, conversation_id)
        for _ in range(_TRIES):
            if not new:
                return
            try:
                version = await self._trackers.append(conversation_id, new, after=version)
            except LeaseLost:
                # Somebody else's events came between: ours go behind them.
                version = (await self._conversations.get(conversation_id)).version
                continue
            self._remember(tracker, version)
            return
        raise LeaseLost(f"{conversation_id}: others kept writing")

    async def retrieve(self, sender_id: str) -> DialogueStateTracker | None:
        return await self._retrieve(sender_id, all_sessions=False)

    async def retrieve_full_tracker(self, conversation_id: str) -> DialogueStateTracker | None:
        return await self._retrieve(conversation_id, all_sessions=True)

    async def exists(self, conversation_id: str) -> bool:
        return bool(await self._events(conversation_id))

    async def keys(self) -> Iterable[str]:
        """Ids as they are stored: a sender id that is no conversation id stands there by its hash."""
        return [conversation_id async for conversation_id in self._trackers.ids()]

    async def aclose(self) -> None:
        await self._conversations.aclose()
        await self._redis.aclose()

    async def _retrieve(self, sender_id: str, *, all_sessions: bool) -> DialogueStateTracker | None:
        events = await self._events(sender_id)
        if not events:
            return None
        tracker = self.init_tracker(sender_id)
        for event in revive(events if all_sessions else latest_session(events)):
            tracker.update(event)
        self._remember(tracker, len(events))
        return tracker

    async def _events(self, sender_id: str) -> list[dict[str, Any]]:
        try:
            return await self._conversations.tracker_events(_id(sender_id))
        except NotFound:
            return []

    async def _new(self, tracker: DialogueStateTracker, conversation_id: str) -> tuple[list[dict[str, Any]], int]:
        """The events to append, and the version of the store that they follow."""
        events = [event.as_dict() for event in tracker.events]
        known = self._read.get(_key(tracker))
        if known is not None:
            count, version = known
            return events[count:], version
        stored = await self._conversations.tracker_events(conversation_id)
        # A tracker that did not come from here: what stands at the end of the store and at its beginning is the same.
        overlaps = range(min(len(stored), len(events)), 0, -1)
        overlap = next((each for each in overlaps if stored[-each:] == events[:each]), 0)
        return events[overlap:], len(stored)

    def _remember(self, tracker: DialogueStateTracker, version: int) -> None:
        tracker.__dict__.setdefault("_store_key", _Key())
        self._read[_key(tracker)] = (len(tracker.events), version)


class _Key:
    """Identifies a tracker object; Rasa's trackers are equal by content and have no hash."""


_UNKNOWN = _Key()


def _key(tracker: DialogueStateTracker) -> _Key:
    key = tracker.__dict__.get("_store_key", _UNKNOWN)
    return key if isinstance(key, _Key) else _UNKNOWN


def _id(sender_id: str) -> str:
    if is_conversation_id(sender_id):
        return sender_id
    return "sender-" + sha256(sender_id.encode("utf-8", "replace")).hexdigest()[:40]
