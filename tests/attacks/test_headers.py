"""What answers carry, and what requests only claim: other sites' pages, frames, caches, hosts, verbs, addresses."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import aiohttp
import pytest
import pytest_asyncio

from bot.engine.engine import Engine
from bot.settings import GatewaySettings
from tests.attacks.doors import HttpDoor
from tests.attacks.test_openapi import described, is_of_the_demo
from tests.serving import Gateway, serving, token

EVIL = "https://evil.example"
ADDRESSES = sorted(
    {path.replace("{id}", "H1").replace("{channel}", "rest") for verb, path in described() if "{path}" not in path}
)


@pytest.mark.parametrize("path", [*ADDRESSES, "/", "/desk/", "/nowhere", "/socket.io/", "/ws/chat", "/desk/ws"])
async def test_no_answer_may_be_framed_sniffed_or_kept(gateway: Gateway, path: str) -> None:
    for verb in ("GET", "POST"):
        async with gateway.client.request(verb, path, json={}, headers={"Origin": EVIL}) as answer:
            assert "frame-ancestors 'none'" in answer.headers["Content-Security-Policy"]
            assert answer.headers["X-Frame-Options"] == "DENY"
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            assert answer.headers["Cache-Control"] == "no-store"
            assert "Server" not in answer.headers


ORIGINS = (
    EVIL,
    "null",
    "https://shop.example.evil.example",
    "https://evil-shop.example",
    "https://shop.example@evil.example",
    "http://shop.example",
    "https://shop.example:8443",
    "file://",
    "https://sub.shop.example",
)


@pytest_asyncio.fixture(scope="module", loop_scope="session")
async def for_shop(engine: Engine, redis_url: str, project: Path) -> AsyncIterator[Gateway]:
    settings = GatewaySettings(
        allowed_origins=("https://shop.example",), trusted_proxies=("127.0.0.1",), messages_per_minute=100_000
    )
    async with serving(engine, redis_url, project, settings=settings) as gateway:
        yield gateway


@pytest.mark.parametrize("origin", ORIGINS)
async def test_no_other_sites_page_talks_for_a_customer(for_shop: Gateway, origin: str) -> None:
    door = HttpDoor(for_shop)
    await door.enter()
    headers = {"Origin": origin, "Authorization": f"Bearer {door.token}"}
    calls = (
        ("POST", "/api/chat/hello"),
        ("POST", "/api/chat/messages"),
        ("GET", "/api/chat/entries"),
        ("POST", "/api/chat/notify"),
        ("POST", "/api/chat/identity"),
        ("POST", "/api/chat/reset"),
        ("GET", "/ws/chat"),
    )
    for verb, path in calls:
        body = {"id": "m1", "text": "hello", "type": "typing", "token": None} if verb == "POST" else None
        async with for_shop.client.request(verb, path, json=body, headers=headers) as answer:
            assert answer.status == 403, path
            assert (await answer.json())["error"] == "origin_denied"
            assert "Access-Control-Allow-Origin" not in answer.headers
    async with for_shop.client.get("/socket.io/?EIO=4&transport=polling", headers=headers) as answer:
        assert answer.status == 400
    async with for_shop.client.options("/api/chat/messages", headers=headers) as answer:
        assert "Access-Control-Allow-Origin" not in answer.headers
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await for_shop.client.ws_connect("/ws/chat", headers={"Origin": origin})


async def test_the_shop_itself_does_and_without_cookies(for_shop: Gateway) -> None:
    """So the refusals above are for the origin."""
    async with for_shop.client.post("/api/chat/hello", json={}, headers={"Origin": "https://shop.example"}) as answer:
        assert answer.status == 200
        assert answer.headers["Access-Control-Allow-Origin"] == "https://shop.example"
        assert "Access-Control-Allow-Credentials" not in answer.headers
        assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("path", ["/desk/api/sign-in", "/desk/api/me/state", "/desk/ws"])
async def test_the_shops_page_is_not_the_desks(for_shop: Gateway, path: str) -> None:
    headers = {"Origin": "https://shop.example", "X-Xiaoer-Desk": "1"}
    verb = "GET" if path == "/desk/ws" else "POST"
    async with for_shop.client.request(verb, path, json={}, headers=headers) as answer:
        assert answer.status in (401, 403)
        assert "Access-Control-Allow-Origin" not in answer.headers


HOSTS = ("evil.example", "127.0.0.1:1", "evil.example:80@127.0.0.1", "localhost\\.evil.example", "a" * 300)


@pytest.mark.parametrize("host", HOSTS)
async def test_no_answer_repeats_a_host_that_the_client_made_up(gateway: Gateway, host: str) -> None:
    for path in ("/desk", "/desk/", "/api/chat/hello", "/nowhere"):
        for header in ("Host", "X-Forwarded-Host"):
            async with gateway.client.get(path, headers={header: host}, allow_redirects=False) as answer:
                said = await answer.text()
                assert "evil" not in said
                assert all("evil" not in value for value in answer.headers.values())
                assert answer.headers.get("Location", "/desk/") == "/desk/"


VERBS = ("PUT", "DELETE", "PATCH", "TRACE", "CONNECT", "PROPFIND", "TRACK")
OVERRIDES = ("X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override")


@pytest.mark.parametrize("verb", VERBS)
async def test_no_other_verb_does_anything(gateway: Gateway, verb: str) -> None:
    for path in ADDRESSES:
        async with gateway.client.request(verb, path) as answer:
            assert answer.status in (400, 404, 405), (verb, path)


@pytest.mark.parametrize("header", OVERRIDES)
async def test_no_header_makes_a_get_a_post(gateway: Gateway, header: str) -> None:
    posts = [path for verb, path in described() if verb == "POST" and not is_of_the_demo(verb, path)]
    for path in posts:
        filled = path.replace("{id}", "H1").replace("{channel}", "rest")
        async with gateway.client.get(filled, headers={header: "POST"}) as answer:
            assert answer.status in (404, 405), path


FORWARDED = {
    "X-Forwarded-For": "127.0.0.1",
    "X-Real-IP": "127.0.0.1",
    "Forwarded": "for=127.0.0.1",
    "Via": "1.1 127.0.0.1",
    "X-Forwarded-Host": "127.0.0.1",
}


@pytest.mark.parametrize("header", FORWARDED)
async def test_no_header_opens_the_metrics(for_shop: Gateway, header: str) -> None:
    async with for_shop.client.get("/metrics", headers={header: FORWARDED[header]}) as answer:
        assert (answer.status == 200) == (header == "X-Forwarded-Host"), "who comes straight from here may see them"


async def test_only_a_trusted_proxy_says_that_a_request_came_over_tls(gateway: Gateway, for_shop: Gateway) -> None:
    for where, trusted in ((gateway, False), (for_shop, True)):
        async with where.client.get("/health", headers={"X-Forwarded-Proto": "https"}) as answer:
            assert ("Strict-Transport-Security" in answer.headers) == trusted


@pytest.mark.parametrize("value", ["Ann\r\nX-Admin: 1", "Ann\x00", "\u4e00", "a" * 9000])
async def test_what_a_customer_is_called_gets_into_no_header(gateway: Gateway, value: str) -> None:
    body = {"identity": token(name=value), "locale": "zh\r\nSet-Cookie: a=b"}
    async with gateway.client.post("/api/chat/hello", json=body) as answer:
        assert answer.status < 500
        assert "X-Admin" not in answer.headers
        assert "Set-Cookie" not in answer.headers
