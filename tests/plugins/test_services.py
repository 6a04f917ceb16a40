"""What holds for every account service that endpoints.yml names. A new service is held to it by being named there.

Each public method is called with made-up arguments against servers that misbehave in every way we know.
"""

from __future__ import annotations

import asyncio
import inspect
import typing
from collections.abc import AsyncIterator, Awaitable, Callable, Iterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from actions.services import Service, load
from bot.errors import ServiceDown, ServiceRefused
from bot.settings import Settings

PROJECT = Path(__file__).resolve().parents[2]
KEY = "hunter2"
SERVICES = [pytest.param(load(each.name, each.module), id=each.name) for each in Settings.load(PROJECT, {}).services]
pytestmark = pytest.mark.parametrize("kind", SERVICES)
Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]
MADE_UP: dict[Any, Any] = {str: "X1", int: 1, float: 1.0, bool: True}


def methods(kind: type[Service]) -> Iterator[tuple[str, dict[str, Any], list[Any]]]:
    """(name, keyword arguments, positional arguments) of each public method, optional ones left out."""
    for name, method in inspect.getmembers(kind, inspect.iscoroutinefunction):
        if name.startswith("_") or name == "close":
            continue
        hints, keywords, positional = typing.get_type_hints(method), {}, []
        for parameter in list(inspect.signature(method).parameters.values())[1:]:
            if parameter.default is not parameter.empty:
                continue
            assert hints[parameter.name] in MADE_UP, f"{name}({parameter.name}): teach MADE_UP this type"
            if parameter.kind is parameter.KEYWORD_ONLY:
                keywords[parameter.name] = MADE_UP[hints[parameter.name]]
            else:
                positional.append(MADE_UP[hints[parameter.name]])
        yield name, keywords, positional


async def every_method(kind: type[Service], url: str, *, timeout_s: float = 2.0) -> dict[str, Exception | None]:
    """How each method ended, each on a client of its own, all at once."""

    async def one(name: str, keywords: dict[str, Any], positional: list[Any]) -> Exception | None:
        client = kind(name="thing", url=url, key=KEY, timeout_s=timeout_s)
        try:
            await getattr(client, name)(*positional, **keywords)
        except Exception as error:
            return error
        finally:
            await client.close()
        return None

    called = list(methods(kind))
    ended = await asyncio.wait_for(asyncio.gather(*(one(*each) for each in called)), 10)
    return {name: error for (name, _, _), error in zip(called, ended, strict=True)}


@asynccontextmanager
async def server(answer: Answer) -> AsyncIterator[str]:
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", answer)
    runner = web.AppRunner(app, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


def all_are(ended: dict[str, Exception | None], kind: type[Exception]) -> None:
    assert {name: error for name, error in ended.items() if type(error) is not kind} == {}
    assert not any(KEY in str(error) for error in ended.values())


def test_every_method_says_what_it_does_or_is_clear_from_its_name(kind: type[Service]) -> None:
    assert inspect.getdoc(kind)
    for name, method in inspect.getmembers(kind, inspect.iscoroutinefunction):
        parameter = inspect.signature(method).parameters.get("idempotency_key")
        if parameter is not None and not name.startswith("_"):
            assert parameter.kind is parameter.KEYWORD_ONLY and parameter.default is parameter.empty, name


async def test_a_service_that_is_not_there_is_down(kind: type[Service]) -> None:
    async with server(_teapot) as url:
        pass
    all_are(await every_method(kind, url), ServiceDown)


async def _teapot(request: web.Request) -> web.Response:
    return web.Response(status=418)


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (500, "<html>oops</html>"),
        (503, '{"error": "down", "message": "later"}'),
        (200, "<html>a captive portal</html>"),
        (200, ""),
        (200, "null"),
        (200, "[]"),
        (302, '{"error": "moved"}'),
        (401, '{"error": "unauthorized", "message": "no"}'),
        (404, "<html>nginx</html>"),
        pytest.param(200, "[" * 100_000, id="deep"),
    ],
)
async def test_a_service_that_talks_nonsense_is_down(kind: type[Service], status: int, text: str) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.Response(status=status, text=text, headers={"Location": "http://127.0.0.1:1/"})

    async with server(answer) as url:
        all_are(await every_method(kind, url), ServiceDown)


async def test_an_answer_that_lacks_what_was_asked_for_is_down(kind: type[Service]) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response({"unexpected": 1})

    async with server(answer) as url:
        ended = await every_method(kind, url)
    assert ended.pop("ping") is None
    all_are(ended, ServiceDown)


async def test_an_endless_answer_is_down(kind: type[Service]) -> None:
    async def answer(request: web.Request) -> web.StreamResponse:
        response = web.StreamResponse()
        await response.prepare(request)
        try:
            for _ in range(200):
                await response.write(b'"' + b"x" * 65_536)
        except ConnectionError:
            pass
        return response

    async with server(answer) as url:
        client = kind(name="thing", url=url, key=KEY, timeout_s=5.0)
        with pytest.raises(ServiceDown):
            await client.ping()
        await client.close()


async def test_a_service_that_hangs_is_down_in_time(kind: type[Service]) -> None:
    stop = asyncio.Event()

    async def answer(request: web.Request) -> web.Response:
        await stop.wait()
        return web.Response()

    async with server(answer) as url:
        all_are(await every_method(kind, url, timeout_s=0.2), ServiceDown)
        stop.set()


async def test_a_service_that_says_no_has_refused_with_its_code(kind: type[Service]) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response({"error": "out_of_luck", "message": "no"}, status=422)

    async with server(answer) as url:
        ended = await every_method(kind, url)
    all_are(ended, ServiceRefused)
    assert {error.code for error in ended.values() if isinstance(error, ServiceRefused)} == {"out_of_luck"}


async def test_whatever_is_not_a_get_carries_the_key_it_was_given(kind: type[Service]) -> None:
    seen: list[tuple[str, str | None, str | None]] = []

    async def answer(request: web.Request) -> web.Response:
        seen.append((request.method, request.headers.get("Idempotency-Key"), request.headers.get("Authorization")))
        return web.json_response({"error": "no", "message": ""}, status=422)

    async with server(answer) as url:
        await every_method(kind, url)
    changing = [name for name, keywords, _ in methods(kind) if "idempotency_key" in keywords]
    assert [key for method, key, _ in seen if method != "GET"] == [MADE_UP[str]] * len(changing)
    assert {authorization for _, _, authorization in seen} == {f"Bearer {KEY}"}


async def test_a_client_may_be_closed_twice_and_used_again(kind: type[Service]) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async with server(answer) as url:
        client = kind(name="thing", url=url, key=KEY, timeout_s=2.0)
        await client.close()
        await client.ping()
        await client.close()
        await client.close()
        await client.ping()
        await client.close()


async def test_a_client_outlives_its_event_loop(kind: type[Service]) -> None:
    async def answer(request: web.Request) -> web.Response:
        return web.json_response({"status": "ok"})

    async with server(answer) as url:
        client = kind(name="thing", url=url, key=KEY, timeout_s=2.0)
        await asyncio.to_thread(asyncio.run, client.ping())
        await client.ping()
        await client.close()
