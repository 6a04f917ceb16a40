"""Rasa's own server on our model, `xiaoer rasa run`: its HTTP API, stores, brokers, channels and an action server."""

from __future__ import annotations

import asyncio
import contextlib
import json
import shutil
import sqlite3
from collections.abc import AsyncIterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
import redis as sync_redis
from aiohttp import web
from rasa.utils.endpoints import EndpointConfig

from tests.rasa.beside import Beside, trained, write
from tests.rasa.test_tools import command, environment
from tests.rasa.test_training import CONFIG, NLU, RULES
from tests.redis import eventually, free_ports

TOKEN = "let-me-in"
PROJECT = {
    "config.yml": CONFIG,
    "domain.yml": """
        version: "3.1"
        intents: [greet, bye]
        actions: [action_look]
        slots: {seen: {type: text, influence_conversation: false, mappings: [{type: custom}]}}
        responses:
          utter_greet: [{text: Hello}]
          utter_bye: [{text: Bye}]
        """,
    "data/nlu.yml": NLU,
    "data/rules.yml": RULES.replace("action: utter_bye}", "action: action_look}, {action: utter_bye}"),
    "actions/__init__.py": """
        from rasa_sdk import Action
        from rasa_sdk.events import SlotSet


        class Look(Action):
            def name(self):
                return "action_look"

            def run(self, dispatcher, tracker, domain):
                dispatcher.utter_message(f"Looked for {tracker.latest_message['text']}")
                return [SlotSet("seen", "yes")]
        """,
    "ours.py": """
        from rasa.core.channels.rest import RestInput


        class Ours(RestInput):
            @classmethod
            def name(cls):
                return "ours"
        """,
}


@dataclass
class Running:
    """Both servers, and what came to the callback."""

    folder: Path
    http: aiohttp.ClientSession
    actions_url: str
    called_back: list[dict[str, Any]]
    other: Path
    redis_url: str

    async def json(self, method: str, path: str, *, status: int = 200, **options: Any) -> Any:
        params = {"token": TOKEN, **options.pop("params", {})}
        async with self.http.request(method, path, params=params, **options) as answer:
            assert answer.status == status, await answer.text()
            return await answer.json() if answer.content_type == "application/json" else await answer.text()


@contextlib.asynccontextmanager
async def process(folder: Path, *arguments: str) -> AsyncIterator[None]:
    running = await asyncio.create_subprocess_exec(
        *command(folder, *arguments),
        env=environment(),
        cwd=folder,
        stdout=asyncio.subprocess.DEVNULL,
        stderr=asyncio.subprocess.DEVNULL,
    )
    try:
        yield
    finally:
        with contextlib.suppress(ProcessLookupError):
            running.terminate()
        await running.wait()


async def up(url: str, key: str = "") -> None:
    async def answers() -> bool:
        try:
            async with aiohttp.ClientSession() as client, client.get(url, params={"token": TOKEN}) as answer:
                return answer.status == 200 and (not key or bool((await answer.json()).get(key)))
        except aiohttp.ClientError:
            return False

    await eventually(answers, url, within_s=120)


@pytest_asyncio.fixture(scope="module", loop_scope="module")
async def running(tmp_path_factory: pytest.TempPathFactory, redis_server: Any) -> AsyncIterator[Running]:
    folder = write(tmp_path_factory.mktemp("server"), PROJECT)
    _, model = trained(folder)
    port, actions, callback = free_ports(3)
    host, _, store_port = redis_server.url.rpartition("/")[0].removeprefix("redis://").partition(":")
    write(
        folder,
        {
            "credentials.yml": f"rest:\ncallback: {{url: 'http://127.0.0.1:{callback}/'}}\nours.Ours:\nsocketio:\n",
            "endpoints.yml": f"action_endpoint: {{url: 'http://127.0.0.1:{actions}/webhook'}}\n",
            "rasa.yml": f"""
                action_endpoint: {{url: 'http://127.0.0.1:{actions}/webhook'}}
                tracker_store: {{type: SQL, dialect: sqlite, db: kept.db}}
                lock_store: {{type: redis, url: '{host}', port: {store_port}, key_prefix: locks}}
                event_broker: {{type: file, path: events.log}}
                """,
        },
    )
    called_back: list[dict[str, Any]] = []
    async with contextlib.AsyncExitStack() as stack:
        await stack.enter_async_context(_callback(callback, called_back))
        await stack.enter_async_context(process(folder, "run", "actions", "--port", str(actions)))
        await stack.enter_async_context(
            process(
                folder,
                *("run", "--enable-api", "--auth-token", TOKEN, "--port", str(port), "--endpoints", "rasa.yml"),
            )
        )
        await up(f"http://127.0.0.1:{actions}/health")
        await up(f"http://127.0.0.1:{port}/status", "model_file")
        http = await stack.enter_async_context(aiohttp.ClientSession(f"http://127.0.0.1:{port}"))
        yield Running(folder, http, f"http://127.0.0.1:{actions}/webhook", called_back, model, redis_server.url)


@contextlib.asynccontextmanager
async def _callback(port: int, heard: list[dict[str, Any]]) -> AsyncIterator[None]:
    async def hear(request: web.Request) -> web.Response:
        heard.append(await request.json())
        return web.json_response({})

    app = web.Application()
    app.router.add_post("/", hear)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    try:
        yield
    finally:
        await runner.cleanup()


pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_without_the_token_nothing_is_told(running: Running) -> None:
    for path in ("/domain", "/status", "/conversations/a/tracker"):
        async with running.http.get(path) as answer:
            assert answer.status == 401, path


async def test_what_is_served_is_told(running: Running) -> None:
    assert (await running.json("GET", "/version"))["version"] == "3.6.21"
    assert (await running.json("GET", "/status"))["model_file"]
    assert "utter_greet" in json.dumps(await running.json("GET", "/domain", headers={"Accept": "application/json"}))


async def test_a_text_is_parsed(running: Running) -> None:
    assert (await running.json("POST", "/model/parse", json={"text": "hello"}))["intent"]["name"] == "greet"


async def test_a_conversation_is_read_written_and_predicted(running: Running) -> None:
    said = await running.json("POST", "/conversations/a/messages", json={"text": "hello", "sender": "user"})
    assert said["latest_message"]["intent"]["name"] == "greet"
    scores = await running.json("POST", "/conversations/a/predict")
    assert max(scores["scores"], key=lambda each: each["score"])["action"] == "utter_greet"
    done = await running.json("POST", "/conversations/a/execute", json={"name": "utter_greet"})
    assert done["messages"] == [{"recipient_id": "a", "text": "Hello"}]
    seen = {"event": "slot", "name": "seen", "value": "by hand"}
    assert (await running.json("POST", "/conversations/a/tracker/events", json=seen))["slots"]["seen"] == "by hand"
    assert (await running.json("GET", "/conversations/a/tracker"))["slots"]["seen"] == "by hand"
    assert "utter_greet" in await running.json("GET", "/conversations/a/story")
    put = await running.json("PUT", "/conversations/a/tracker/events", json=[seen])
    assert [each["event"] for each in put["events"] if each["event"] == "user"] == []


async def test_an_intent_is_triggered_and_the_action_server_asked(running: Running) -> None:
    done = await running.json("POST", "/conversations/b/trigger_intent", json={"name": "bye"})
    assert [each["text"] for each in done["messages"]] == ["Looked for EXTERNAL: bye", "Bye"]
    assert done["tracker"]["slots"]["seen"] == "yes"


async def test_what_comes_next_is_predicted_from_events(running: Running) -> None:
    events = [{"event": "action", "name": "action_listen"}, {"event": "user", "text": "/greet", **GREET}]
    scores = await running.json("POST", "/model/predict", json=events)
    assert max(scores["scores"], key=lambda each: each["score"])["action"] == "utter_greet"


GREET = {"parse_data": {"intent": {"name": "greet", "confidence": 1.0}, "entities": [], "text": "/greet"}}
FAILING = """
version: "3.1"
stories:
- story: wrong
  steps:
  - user: hello
    intent: greet
  - action: utter_bye
"""


async def test_stories_and_intents_are_tested(running: Running) -> None:
    yaml = {"Content-Type": "application/x-yaml"}
    report = await running.json("POST", "/model/test/stories", data=FAILING, headers=yaml)
    assert [each["predicted"] for each in report["actions"] if each["action"] == "utter_bye"] == ["utter_greet"]
    report = await running.json("POST", "/model/test/intents", data=NLU, headers=yaml)
    assert "greet" in json.dumps(report["intent_evaluation"]["report"])


async def test_only_a_signed_model_is_loaded(running: Running, tmp_path: Path) -> None:
    stranger = tmp_path / "stranger.tar.gz"
    shutil.copy(running.other, stranger)
    refused = await running.json("PUT", "/model", json={"model_file": str(stranger)}, status=400)
    assert "stranger.tar.gz" in refused["message"]
    for elsewhere in ({"model_server": {"url": "http://127.0.0.1:1"}}, {"remote_storage": "aws"}):
        await running.json("PUT", "/model", json=elsewhere, status=400)
    await running.json("PUT", "/model", json={"model_file": str(running.other)}, status=204)
    assert (await running.json("GET", "/status"))["model_file"]


async def test_rest_a_callback_and_a_connector_of_ones_own_are_served(running: Running) -> None:
    said = {"sender": "c", "message": "hello"}
    for channel in ("rest", "ours"):
        answer = await running.json("POST", f"/webhooks/{channel}/webhook", json=said)
        assert answer == [{"recipient_id": "c", "text": "Hello"}]
    assert await running.json("POST", "/webhooks/callback/webhook", json=said) == "success"
    assert running.called_back == [{"recipient_id": "c", "text": "Hello"}]


async def test_conversations_are_kept_in_sql_under_a_lock_in_redis_and_told_to_a_broker(running: Running) -> None:
    with sync_redis.Redis.from_url(running.redis_url).monitor() as monitor:
        await running.json("POST", "/webhooks/rest/webhook", json={"sender": "d", "message": "hello"})
        assert "locks" in next(each["command"] for each in monitor.listen() if "locks" in each["command"])
    kept = sqlite3.connect(running.folder / "kept.db").execute("select type_name from events where sender_id = 'd'")
    assert {"user", "bot", "action"} <= {kind for (kind,) in kept}
    told = [json.loads(line) for line in (running.folder / "events.log").read_text().splitlines()]
    assert {each["text"] for each in told if each["event"] == "bot" and each["sender_id"] == "d"} == {"Hello"}


async def test_the_engine_asks_an_action_server_as_rasa_does(running: Running) -> None:
    both = await Beside.of(running.folder, actions=EndpointConfig(running.actions_url))
    assert await both.talk(["hello", "bye"]) == [["Hello"], ["Looked for bye", "Bye"]]
    assert both.ours.slots["seen"] == "yes"
