"""One contract for tracker stores, held by Rasa's in-memory and Redis stores and by ours."""

from __future__ import annotations

import uuid
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import pytest_asyncio
from rasa.core.tracker_store import InMemoryTrackerStore, RedisTrackerStore, TrackerStore, create_tracker_store
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ActiveLoop,
    BotUttered,
    Event,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUtteranceReverted,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from bot.engine.tracker_store import ConversationTrackerStore
from tests.redis import Server

DOMAIN = Domain.from_dict(
    {
        "intents": ["ask"],
        "slots": {name: {"type": "any", "mappings": [{"type": "custom"}]} for name in ("a", "b")},
        "forms": {"form": {"required_slots": ["a"]}},
    }
)


@pytest_asyncio.fixture(params=["in memory", "rasa's redis", "ours"])
async def store(request: pytest.FixtureRequest, redis_server: Server) -> AsyncIterator[TrackerStore]:
    match request.param:
        case "in memory":
            yield InMemoryTrackerStore(DOMAIN)
        case "rasa's redis":
            yield RedisTrackerStore(DOMAIN, port=redis_server.port)
        case _:
            ours = ConversationTrackerStore(DOMAIN, host=redis_server.url)
            yield ours
            await ours.aclose()


@pytest.fixture
def sender() -> str:
    return f"sender-{uuid.uuid4().hex}"


def user(text: str) -> UserUttered:
    return UserUttered(text, {"name": "ask", "confidence": 1.0}, [], {"intent": {"name": "ask"}, "entities": []})


def listen() -> ActionExecuted:
    return ActionExecuted("action_listen")


def session() -> list[Event]:
    return [ActionExecuted("action_session_start"), SessionStarted(), listen()]


def plain(tracker: DialogueStateTracker | None) -> list[dict[str, Any]]:
    assert tracker is not None
    return [event.as_dict() for event in tracker.events]


def texts(tracker: DialogueStateTracker) -> list[str | None]:
    return [event.text for event in tracker.events if isinstance(event, UserUttered)]


async def extended(store: TrackerStore, sender: str, *events: Event) -> DialogueStateTracker:
    tracker = await store.get_or_create_tracker(sender, append_action_listen=False)
    tracker.update_with_events(list(events), DOMAIN)
    await store.save(tracker)
    return tracker


async def test_what_was_saved_comes_back(store: TrackerStore, sender: str):
    assert await store.retrieve(sender) is None
    assert not await store.exists(sender)
    saved = await extended(store, sender, *session(), user("hi"), SlotSet("a", {"x": [1, "二"]}), BotUttered("hello"))
    read = await store.retrieve(sender)
    assert plain(read) == plain(saved)
    assert read is not None
    assert read.get_slot("a") == {"x": [1, "二"]}
    assert read.current_state() == saved.current_state()
    assert await store.exists(sender)
    assert any(sender in key for key in await store.keys())


async def test_saving_goes_on_from_what_was_read(store: TrackerStore, sender: str):
    await extended(store, sender, *session(), user("one"))
    for text in ("two", "three", "four"):
        await extended(store, sender, listen(), user(text), ActiveLoop("form"), SlotSet("b", text))
    read = await store.retrieve(sender)
    assert read is not None
    assert texts(read) == ["one", "two", "three", "four"]
    assert (read.active_loop_name, read.get_slot("b")) == ("form", "four")


async def test_saving_twice_or_nothing_new_changes_nothing(store: TrackerStore, sender: str):
    tracker = await extended(store, sender, *session(), user("hi"))
    before = plain(await store.retrieve_full_tracker(sender))
    await store.save(tracker)
    again = await store.retrieve(sender)
    assert again is not None
    await store.save(again)
    assert plain(await store.retrieve_full_tracker(sender)) == before


async def test_a_restart_begins_anew_and_keeps_the_past(store: TrackerStore, sender: str):
    await extended(store, sender, *session(), SlotSet("a", 1), user("hi"), Restarted(), listen())
    read = await store.retrieve(sender)
    assert read is not None
    assert read.get_slot("a") is None
    assert read.latest_message is not None
    assert read.latest_message.text is None
    assert len(read.events) == 7


async def test_a_rewind_takes_the_last_turn_back(store: TrackerStore, sender: str):
    await extended(
        store, sender, *session(), user("one"), listen(), SlotSet("a", 2), user("two"), UserUtteranceReverted()
    )
    read = await store.retrieve(sender)
    assert read is not None and read.latest_message is not None
    assert read.latest_message.text == "one"
    assert read.get_slot("a") is None


async def test_a_tracker_is_its_latest_session_and_the_full_one_has_all(store: TrackerStore, sender: str):
    await extended(store, sender, *session(), user("monday"), SlotSet("a", 1))
    await extended(store, sender, *session()[:2], SlotSet("a", 1), listen(), user("tuesday"))
    await extended(store, sender, listen(), user("still tuesday"))
    latest, full = await store.retrieve(sender), await store.retrieve_full_tracker(sender)
    assert latest is not None and full is not None
    assert texts(latest) == ["tuesday", "still tuesday"]
    if not isinstance(store, InMemoryTrackerStore):  # it forgets a session once the next is saved
        assert texts(full) == ["monday", "tuesday", "still tuesday"]
    assert latest.get_slot("a") == 1


async def test_senders_do_not_mix_whatever_they_are_called(store: TrackerStore, sender: str):
    names = [
        f"{sender} with spaces",
        f"{sender}@example.org",
        f"{sender}:x",
        f"+{sender}",
        f"{sender}用户",
        sender + "x" * 200,
    ]
    for number, name in enumerate(names):
        await extended(store, name, *session(), SlotSet("a", number))
    for number, name in enumerate(names):
        read = await store.retrieve(name)
        assert read is not None
        assert (read.sender_id, read.get_slot("a")) == (name, number)


async def test_a_new_tracker_listens(store: TrackerStore, sender: str):
    tracker = await store.get_or_create_tracker(sender)
    assert [event.as_dict()["name"] for event in tracker.events] == ["action_listen"]
    assert plain(await store.retrieve(sender)) == plain(tracker)


async def test_ours_is_found_by_its_module_path_in_endpoints_yml(redis_server: Server, tmp_path: Path, sender: str):
    endpoint = EndpointConfig(
        url=redis_server.url, type="bot.engine.tracker_store.ConversationTrackerStore", site="another"
    )
    store = create_tracker_store(endpoint, DOMAIN)
    assert isinstance(store, ConversationTrackerStore)
    await extended(store, sender, *session())
    assert list(await store.keys()) == [sender]
    await store.aclose()


async def test_ours_appends_only_what_is_new(redis_server: Server, sender: str):
    ours = ConversationTrackerStore(DOMAIN, host=redis_server.url)
    appended: list[int] = []
    append = ours._trackers.append

    async def counting(conversation_id: str, events: Any, *, after: int) -> int:
        appended.append(len(events))
        return await append(conversation_id, events, after=after)

    ours._trackers.append = counting  # type: ignore[method-assign]
    await extended(ours, sender, *session())
    for number in range(5):
        await extended(ours, sender, user(str(number)), listen())
    assert appended == [3, 2, 2, 2, 2, 2]
    await ours.aclose()
