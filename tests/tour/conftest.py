"""One house for the whole tour."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import AsyncExitStack
from typing import Any

import aiohttp
import pytest
import pytest_asyncio

from tests.tour.house import House, open_house
from tests.tour.people import Agent, Customer, Tab


@pytest.fixture(scope="session")
def house() -> Iterator[House]:
    with open_house() as house:
        yield house


@pytest_asyncio.fixture
async def web(house: House) -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession(house.url) as session:
        yield session


@pytest.fixture
def customer(web: aiohttp.ClientSession, request: pytest.FixtureRequest) -> Callable[..., Customer]:
    """Somebody who talks over REST. Each test has conversations of its own."""

    def come(name: str = "somebody") -> Customer:
        return Customer(web, f"{request.node.name}-{name}")

    return come


@pytest_asyncio.fixture
async def tab(web: aiohttp.ClientSession) -> AsyncIterator[Callable[..., Any]]:
    """Opens the chat in a browser's tab: the native WebSocket."""
    async with AsyncExitStack() as open_tabs:

        async def come(**hello: Any) -> Tab:
            return await Tab(await open_tabs.enter_async_context(web.ws_connect("/ws/chat"))).say_hello(**hello)

        yield come


@pytest_asyncio.fixture
async def agent(house: House) -> AsyncIterator[Callable[..., Any]]:
    """Somebody who signs in at the desk."""
    async with AsyncExitStack() as desks:

        async def come(name: str) -> Agent:
            jar = aiohttp.CookieJar(unsafe=True)
            headers = {"X-Xiaoer-Desk": "1"}
            session = aiohttp.ClientSession(house.url, cookie_jar=jar, headers=headers)
            return await Agent(await desks.enter_async_context(session)).sign_in(name, house.password)

        yield come
