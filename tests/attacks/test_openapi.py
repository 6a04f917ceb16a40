"""`docs/reference/openapi.yml` says what is served: every route stands in it, it names no other, and answers are as it
says."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import AsyncIterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest_asyncio
import yaml
from aiohttp import web
from jsonschema import Draft202012Validator
from jsonschema.validators import RefResolver

from bot.desk import app as desk_app
from bot.desk.guard import HEADER
from bot.desk.keys import DESK
from bot.gateway import demo
from bot.gateway.keys import SETTINGS
from bot.settings import ServiceSettings
from tests.attacks.doors import HttpDoor
from tests.desk.people import Person, person, waiting
from tests.serving import Gateway, token

DOCUMENT = Path(__file__).parents[2] / "docs" / "reference" / "openapi.yml"
NOT_CALLS = {
    "/": "a page",
    "/desk": "a redirect to a page",
    "/desk/": "a page",
    "/ws/chat": "a WebSocket, described in native-protocol.md",
    "/desk/ws": "a WebSocket, described in desk-api.md",
    "/socket.io/": "Rasa's Socket.IO, described in http-api.md",
}
"""Routes that OpenAPI has no words for."""


@cache
def document() -> dict[str, Any]:
    loaded: dict[str, Any] = yaml.safe_load(DOCUMENT.read_text(encoding="utf-8"))
    return loaded


def described() -> set[tuple[str, str]]:
    methods = ("get", "post", "put", "patch", "delete", "options")
    return {(verb.upper(), path) for path, item in document()["paths"].items() for verb in item if verb in methods}


def is_of_the_demo(verb: str, path: str) -> bool:
    return bool(document()["paths"][path][verb.lower()]["tags"] == ["demo"])


def served(app: web.Application) -> set[tuple[str, str]]:
    found = {(each.method, each.resource.canonical) for each in app.router.routes() if each.resource is not None}
    return {(verb, path) for verb, path in found if verb != "HEAD" and path not in NOT_CALLS}


async def test_every_route_is_described_and_nothing_else_is(gateway: Gateway) -> None:
    assert served(gateway.service.app) == {each for each in described() if not is_of_the_demo(*each)}


async def test_so_are_those_of_the_demo(gateway: Gateway) -> None:
    app, ours = web.Application(), gateway.service.app
    bank = ServiceSettings(name=demo.BANK, module="m", url="http://127.0.0.1:1")
    demo.add_routes(app, ours[SETTINGS].model_copy(update={"services": (bank,)}))
    desk_app.add_routes(app, dataclasses.replace(ours[DESK], demo=True))
    shown = {each for each in served(app) if each in described()}
    assert shown == served(app)
    assert {each for each in shown if is_of_the_demo(*each)} == {each for each in described() if is_of_the_demo(*each)}


def test_the_reasons_for_what_is_left_out_are_of_today(gateway: Gateway) -> None:
    paths = {each.resource.canonical for each in gateway.service.app.router.routes() if each.resource is not None}
    assert NOT_CALLS.keys() <= paths


def resolve(found: Any) -> Any:
    while "$ref" in found:
        at: Any = document()
        for part in found["$ref"].removeprefix("#/").split("/"):
            at = at[part]
        found = at
    return found


def conforms(verb: str, path: str, status: int, body: Any) -> None:
    """Fails unless the document foresees this JSON answer."""
    responses = document()["paths"][path][verb.lower()]["responses"]
    response = resolve(responses.get(str(status), responses["default"]))
    schema = response["content"]["application/json"]["schema"]
    Draft202012Validator(schema, resolver=RefResolver("", document())).validate(body)


def test_the_document_is_one() -> None:
    text = DOCUMENT.read_text(encoding="utf-8")
    for ref in re.findall(r'"(#/components/[^"]+)"', text):
        assert resolve({"$ref": ref}), ref
    for name, schema in document()["components"]["schemas"].items():
        Draft202012Validator.check_schema(schema)
        assert f'schemas/{name}"' in text, f"{name} is used nowhere"
    ids = [
        item[verb]["operationId"] for _, item in document()["paths"].items() for verb in item if verb != "parameters"
    ]
    assert len(ids) == len(set(ids))


@pytest_asyncio.fixture
async def agent(gateway: Gateway) -> AsyncIterator[Person]:
    async with person(gateway, "sam") as sam:
        yield sam


async def test_answers_of_the_chat_are_as_described(gateway: Gateway) -> None:
    door = HttpDoor(gateway)
    await door.enter()
    headers = {"Authorization": f"Bearer {door.token}"}
    calls: list[tuple[str, str, Any]] = [
        ("POST", "/api/chat/hello", {"token": None, "identity": token(), "locale": "zh"}),
        ("POST", "/api/chat/messages", {"id": "m1", "text": "refund"}),
        ("GET", "/api/chat/entries?wait_s=5&after=1", None),
        ("POST", "/api/chat/identity", {"token": token()}),
        ("POST", "/api/chat/notify", {"type": "typing", "on": True}),
        ("POST", "/api/identity/revoke", {"identity": token()}),
        ("POST", "/api/chat/reset", {}),
        ("GET", "/health", None),
        ("GET", "/ready", None),
    ]
    for verb, path, body in calls:
        async with gateway.client.request(verb, path, json=body, headers=headers) as answer:
            said = await answer.json()
            assert answer.status == 200, (path, said)
            conforms(verb, path.partition("?")[0], answer.status, said)
    for verb, path in described():
        if "{" in path or is_of_the_demo(verb, path) or verb == "OPTIONS":
            continue
        async with gateway.client.request("POST" if verb == "GET" else "GET", path) as answer:
            conforms(verb, path, answer.status, await answer.json())


async def test_replies_of_a_webhook_are_as_described(gateway: Gateway) -> None:
    for text, status in (("refund", 200), ("small-print", 200), ("", 400)):
        said = await gateway.rest(text)
        assert said[0] == status
        conforms("POST", "/webhooks/{channel}/webhook", *said)


async def test_answers_of_the_desk_are_as_described(gateway: Gateway, agent: Person) -> None:
    handoff = (await waiting(gateway, "H-openapi")).id
    calls: list[tuple[str, str, Any]] = [
        ("GET", "me", None),
        ("POST", "me/state", {"state": "available"}),
        ("GET", "sessions", None),
        ("GET", "floor", None),
        ("POST", "handoffs/{id}/accept", {}),
        ("POST", "handoffs/{id}/messages", {"id": "a1", "text": "Hello"}),
        ("POST", "handoffs/{id}/typing", {"on": True}),
        ("GET", "handoffs/{id}", None),
        ("POST", "handoffs/{id}/messages", {"id": "a1"}),
        ("POST", "handoffs/{id}/close", {"disposition": "done", "resolved": True}),
        ("POST", "handoffs/{id}/give-back", {}),
        ("POST", "sessions/{id}/end", {}),
        ("POST", "sign-out", {}),
    ]
    for verb, path, body in calls:
        address = path.replace("{id}", handoff)
        said = await (agent.get(address) if verb == "GET" else agent.post(address, body))
        conforms(verb, f"/desk/api/{path}", *said)
    async with gateway.client.post("/desk/api/sign-in", json={}, headers={HEADER: "1"}) as answer:
        conforms("POST", "/desk/api/sign-in", answer.status, await answer.json())
