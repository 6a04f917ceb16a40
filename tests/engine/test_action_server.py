"""Actions on a second server, over HTTP as Rasa speaks to it."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable
from pathlib import Path
from typing import Any

import pytest_asyncio
from aiohttp import web

from bot.engine.engine import Engine
from bot.settings import Settings
from tests.engine.conftest import Talk


@pytest_asyncio.fixture
async def server() -> AsyncIterator[tuple[str, list[dict[str, Any]]]]:
    calls: list[dict[str, Any]] = []

    async def webhook(request: web.Request) -> web.Response:
        call = await request.json()
        calls.append(call)
        if call["next_action"] == "action_explode":
            return web.Response(status=500)
        if call["next_action"] == "action_cards":
            return web.json_response(
                {"events": [], "responses": [{"text": "from afar"}, {"response": "utter_goodbye"}]}
            )
        event = {"event": "slot", "name": "identity", "value": {"customer_id": "C1"}}
        return web.json_response({"events": [event], "responses": []})

    app = web.Application()
    app.router.add_post("/webhook", webhook)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    host, port = runner.addresses[0][:2]
    yield f"http://{host}:{port}/webhook", calls
    await runner.cleanup()


async def test_actions_of_an_action_server(
    server: tuple[str, list[dict[str, Any]]], project: Path, talk: Callable[..., Talk]
):
    url, calls = server
    (project / "endpoints.yml").write_text(f"action_endpoint:\n  url: {url}\n")
    model = next((project / "models").glob("*.tar.gz"))
    engine = await Engine.load(project=project, model=model, settings=Settings.load(project, {}))
    ann = talk(engine=engine, language="zh")
    assert await ann.texts("show cards") == ["from afar", "再见"]
    assert calls[0]["sender_id"] == ann.conversation.id
    assert calls[0]["tracker"]["latest_message"]["text"] == "show cards"
    assert calls[0]["domain"]["intents"]
    (apology,) = await ann.texts("break something")
    assert apology.startswith("很抱歉")
    await ann.say("become somebody else")
    assert ann.slot("identity") is None, "nor may an action server set who the customer is"
