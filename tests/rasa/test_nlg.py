"""A server that writes the texts may be down, slow or wrong: a turn is answered and what it did is kept."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from aiohttp import web

from bot.engine.languages import WORDLESS
from tests.rasa.beside import Ours, load, write

PROJECT = {
    "domain.yml": """
        version: "3.1"
        intents: [pay, hello]
        slots:
          paid: {type: any, influence_conversation: false, mappings: [{type: custom}]}
        actions: [action_pay, utter_paid]
        responses:
          utter_hello: [{text: Hello of the domain}]
        """,
    "data/nlu.yml": """
        version: "3.1"
        nlu:
        - intent: pay
          examples: |
            - pay
        - intent: hello
          examples: |
            - hello
        """,
    "data/rules.yml": """
        version: "3.1"
        rules:
        - rule: pay
          steps: [{intent: pay}, {action: action_pay}]
        - rule: hello
          steps: [{intent: hello}, {action: utter_hello}]
        """,
    "actions/__init__.py": """
        from rasa_sdk import Action
        from rasa_sdk.events import SlotSet


        class Pay(Action):
            def name(self):
                return "action_pay"

            def run(self, dispatcher, tracker, domain):
                dispatcher.utter_message(response="utter_paid", amount=5)
                return [SlotSet("paid", (tracker.get_slot("paid") or 0) + 1)]
        """,
}


@pytest_asyncio.fixture
async def server() -> AsyncIterator[tuple[str, dict[str, object]]]:
    """An NLG server, and how it answers."""
    how: dict[str, object] = {"status": 200, "body": None}

    async def answer(request: web.Request) -> web.Response:
        asked = await request.json()
        how["asked"] = asked
        if how["status"] != 200:
            return web.Response(status=int(str(how["status"])))
        return web.json_response(how["body"] or {"text": f"{asked['response']} {asked['arguments'].get('amount')}"})

    app = web.Application()
    app.router.add_post("/nlg", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/nlg", how
    await runner.cleanup()


async def test_the_servers_texts_are_said_and_its_failing_costs_no_deed(
    tmp_path: Path, server: tuple[str, dict[str, object]]
) -> None:
    url, how = server
    engine = await load(write(tmp_path, {**PROJECT, "endpoints.yml": f"nlg: {{url: '{url}'}}"}))
    ann = Ours(engine)
    assert await ann.texts("hello") == ["utter_hello None"]
    assert await ann.texts("pay") == ["utter_paid 5"]
    assert ann.slots["paid"] == 1
    for how["status"], how["body"] in ((500, None), (404, None), (200, {"txt": "x"}), (200, ["x"])):
        before = ann.slots["paid"]
        assert await ann.texts("pay") == [WORDLESS["en"]]
        assert ann.slots["paid"] == before + 1, "what was done is remembered"
        assert await ann.texts("hello") == ["Hello of the domain"]


async def test_a_server_that_is_not_there_or_silent_is_as_good_as_none(tmp_path: Path) -> None:
    async def silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    listening = await asyncio.start_server(silent, "127.0.0.1", 0)
    port = listening.sockets[0].getsockname()[1]
    engine = await load(write(tmp_path, {**PROJECT, "endpoints.yml": f"nlg: {{url: 'http://127.0.0.1:{port}'}}"}))
    engine._parts.nlg._within_s = 0.2
    ann = Ours(engine)
    async with asyncio.timeout(5):
        assert await ann.texts("pay") == [WORDLESS["en"]]
    listening.close()
    assert await ann.texts("hello") == ["Hello of the domain"]
    assert ann.slots["paid"] == 1


@pytest.mark.parametrize("nlg", ["{url: nowhere}", "{}", "here"])
async def test_an_address_that_is_none_is_said(nlg: str, tmp_path: Path) -> None:
    from bot.errors import ConfigError
    from bot.settings import Settings

    folder = write(tmp_path, {"endpoints.yml": f"nlg: {nlg}"})
    with pytest.raises(ConfigError, match=r"endpoints\.yml: nlg"):
        Settings.load(folder, {})
