"""Reminders: at their moment, once, whichever worker is there then. On real Redis."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
import time
import uuid
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from rasa.shared.core.events import ReminderCancelled, ReminderScheduled, Restarted, UserUttered

from bot.engine import reminders
from bot.engine.engine import Engine
from bot.engine.worker import Worker
from bot.store.connect import Client
from bot.store.conversations import Conversations
from bot.types import Turn
from tests.rasa.beside import load, write

PROJECT = {
    "domain.yml": """
        version: "3.1"
        intents: [remind, forget, hello, EXTERNAL_call]
        entities: [whom]
        slots:
          whom: {type: text, influence_conversation: false, mappings: [{type: from_entity, entity: whom}]}
        actions: [action_remind, action_forget]
        responses:
          utter_hello: [{text: Hello}]
          utter_call: [{text: "Call {whom}!"}]
        """,
    "data/nlu.yml": """
        version: "3.1"
        nlu:
        - intent: remind
          examples: |
            - remind
        - intent: forget
          examples: |
            - forget
        - intent: hello
          examples: |
            - hello
        """,
    "data/rules.yml": """
        version: "3.1"
        rules:
        - rule: remind
          steps: [{intent: remind}, {action: action_remind}]
        - rule: forget
          steps: [{intent: forget}, {action: action_forget}]
        - rule: hello
          steps: [{intent: hello}, {action: utter_hello}]
        - rule: call
          steps: [{intent: EXTERNAL_call}, {action: utter_call}]
        """,
    "actions/__init__.py": """
        import datetime
        from rasa_sdk import Action
        from rasa_sdk.events import ReminderCancelled, ReminderScheduled


        class Remind(Action):
            def name(self):
                return "action_remind"

            def run(self, dispatcher, tracker, domain):
                after_s, _, whom = tracker.latest_message["text"].split()[1].partition(",")
                when = datetime.datetime.now() + datetime.timedelta(seconds=float(after_s))
                entities = [{"entity": "whom", "value": whom}]
                keep = "keep" in tracker.latest_message["text"]
                dispatcher.utter_message("I will")
                return [ReminderScheduled("EXTERNAL_call", when, entities, whom, kill_on_user_message=not keep)]


        class Forget(Action):
            def name(self):
                return "action_forget"

            def run(self, dispatcher, tracker, domain):
                return [ReminderCancelled()]
        """,
}


@pytest_asyncio.fixture(scope="module")
async def engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    return await load(write(tmp_path_factory.mktemp("reminds"), PROJECT))


@pytest_asyncio.fixture
async def conversations(redis: Client) -> AsyncIterator[Conversations]:
    conversations = Conversations(redis)
    yield conversations
    await conversations.aclose()


async def say(conversations: Conversations, worker: Worker, conversation_id: str, text: str) -> None:
    turn = Turn(conversation_id=conversation_id, message_id=uuid.uuid4().hex, channel="web", text=text, at=time.time())
    accepted = await conversations.accept(turn)
    await worker.nudge(conversation_id)
    async with asyncio.timeout(10):
        while (await conversations.get(conversation_id)).done < accepted.seq:
            await asyncio.sleep(0.01)


async def heard(conversations: Conversations, conversation_id: str) -> list[str]:
    return [entry.text for entry in await conversations.entries(conversation_id) if entry.author == "bot"]


async def until_heard(conversations: Conversations, conversation_id: str, *texts: str) -> None:
    async with asyncio.timeout(15):
        while await heard(conversations, conversation_id) != list(texts):
            await asyncio.sleep(0.02)


async def test_a_reminder_fires_at_its_moment_once_though_two_workers_look(
    engine: Engine, conversations: Conversations
) -> None:
    opened = await conversations.open(channel="web")
    start = time.time()
    async with (
        Worker(engine, conversations, None, name="w1", sweep_s=0.05) as worker,
        Worker(engine, conversations, None, name="w2", sweep_s=0.05),
    ):
        await say(conversations, worker, opened.conversation_id, "remind 1,Ann")
        await until_heard(conversations, opened.conversation_id, "I will", "Call Ann!")
        assert time.time() - start >= 1
        assert (await conversations.get(opened.conversation_id)).reminders == ()
        await say(conversations, worker, opened.conversation_id, "hello")
    assert await heard(conversations, opened.conversation_id) == ["I will", "Call Ann!", "Hello"]


async def test_one_set_by_a_worker_that_is_gone_fires_with_the_next(
    engine: Engine, conversations: Conversations, redis: Client
) -> None:
    opened = await conversations.open(channel="web")
    async with Worker(engine, conversations, None, name="w1", sweep_s=0.05) as worker:
        await say(conversations, worker, opened.conversation_id, "remind 1,Ben")
    await conversations.aclose()
    later = Conversations(redis)
    async with Worker(engine, later, None, name="w2", sweep_s=0.05):
        await until_heard(later, opened.conversation_id, "I will", "Call Ben!")
    await later.aclose()


async def test_a_message_ends_it_unless_it_says_otherwise_and_so_does_cancelling(
    engine: Engine, conversations: Conversations
) -> None:
    killed, kept, cancelled = [(await conversations.open(channel="web")).conversation_id for _ in range(3)]
    async with Worker(engine, conversations, None, name="w1", sweep_s=0.05) as worker:
        await say(conversations, worker, killed, "remind 1,Ann")
        await say(conversations, worker, killed, "hello")
        await say(conversations, worker, cancelled, "remind 1,Cleo")
        await say(conversations, worker, cancelled, "forget")
        await say(conversations, worker, kept, "remind 1,Ben keep")
        await say(conversations, worker, kept, "hello")
        await until_heard(conversations, kept, "I will", "Hello", "Call Ben!")
        assert [(await conversations.get(each)).reminders for each in (killed, cancelled)] == [(), ()]
    assert await heard(conversations, killed) == ["I will", "Hello"]
    assert await heard(conversations, cancelled) == ["I will"]


def test_a_reminder_fires_in_the_terminal_while_nobody_types(engine: Engine) -> None:
    command = [sys.executable, "-m", "bot", "--project", str(engine.project), "chat"]
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])}
    with subprocess.Popen(command, env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as chat:
        assert chat.stdin is not None and chat.stdout is not None
        chat.stdin.write("remind 0.2,Dora\n")
        chat.stdin.flush()
        assert [chat.stdout.readline() for _ in range(2)] == ["I will\n", "Call Dora!\n"]
        chat.stdin.close()
    assert chat.returncode == 0


def scheduled(name: str, at: float, **options: object) -> ReminderScheduled:
    import datetime

    return ReminderScheduled("call", datetime.datetime.fromtimestamp(at, datetime.UTC), name=name, **options)


def test_what_is_set_follows_from_the_events() -> None:
    def names(*events: object) -> list[str]:
        return [each["name"] for each in reminders.after((), events)]

    one, two = scheduled("one", 20.0), scheduled("two", 10.0, entities=[{"entity": "e", "value": 1}])
    stays = scheduled("stays", 30.0, kill_on_user_message=False)
    said = UserUttered("hello", {"name": "hello"})
    assert names(one, two) == ["two", "one"], "the soonest first"
    assert names(one, scheduled("one", 5.0)) == ["one"], "the last of one name"
    assert names(one, stays, said) == ["stays"]
    assert names(one, UserUttered.create_external("call")) == ["one"], "nobody said that"
    assert names(one, two, ReminderCancelled(name="one")) == ["two"]
    assert names(one, two, ReminderCancelled(intent="call")) == []
    assert names(one, two, ReminderCancelled(entities=[{"entity": "e", "value": 1}])) == ["one"]
    assert names(one, stays, Restarted()) == []
    assert reminders.due(reminders.after((), [one, two]), now=10.0)[0][0]["name"] == "two"


def test_the_project_is_one_that_rasa_takes(tmp_path: Path) -> None:
    from bot.engine.checks import problems_in

    assert problems_in(write(tmp_path, PROJECT)) == []
