"""What every answer has in common, and the doors that are no channel's."""

from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from bot.engine.engine import Engine
from bot.gateway.limits import NOTED_PER_MINUTE
from bot.settings import GatewaySettings
from tests.serving import Gateway, serving


async def test_every_answer_carries_the_security_headers(gateway: Gateway) -> None:
    for path in ("/health", "/nowhere", "/webhooks/rest/"):
        async with gateway.client.get(path) as answer:
            policy = answer.headers["Content-Security-Policy"]
            assert "default-src 'none'" in policy
            assert "unsafe" not in policy
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert answer.headers["Referrer-Policy"] == "no-referrer"
            assert "Strict-Transport-Security" not in answer.headers, "only where the answer goes over TLS"


async def test_over_tls_every_answer_asks_for_tls_from_then_on(engine: Engine, redis_url: str, project: Path) -> None:
    settings = GatewaySettings(trusted_proxies=("127.0.0.1",))
    async with serving(engine, redis_url, project, settings=settings) as gateway:
        for path in ("/health", "/nowhere", "/desk/api/me", "/webhooks/rest/"):
            async with gateway.client.get(path, headers={"X-Forwarded-Proto": "https"}) as answer:
                assert answer.headers["Strict-Transport-Security"] == "max-age=31536000; includeSubDomains"


async def test_what_is_no_page_does_nothing_when_it_is_opened_by_itself_and_is_kept_nowhere(gateway: Gateway) -> None:
    hello = {"type": "hello", "token": None, "after": 0}
    answers = [
        gateway.client.get("/health"),
        gateway.client.get("/nowhere"),
        gateway.client.get("/desk/api/floor"),
        gateway.client.post("/api/chat/hello", json=hello),
        gateway.client.get("/api/chat/entries"),
        gateway.client.post("/webhooks/rest/webhook", json={"sender": "ann", "message": "hello"}),
        gateway.client.get("/socket.io/?EIO=4&transport=polling"),
    ]
    for asking in answers:
        async with asking as answer:
            directives = answer.headers["Content-Security-Policy"].split("; ")
            assert {"sandbox", "default-src 'none'", "object-src 'none'", "base-uri 'none'"} <= set(directives)
            assert "frame-ancestors 'none'" in directives
            assert answer.headers["Cache-Control"] == "no-store", str(answer.url)


@pytest.mark.parametrize("path", ["/health", "/desk/", "/desk/api/me", "/api/chat/hello", "/webhooks/rest/webhook"])
async def test_trace_is_not_answered(gateway: Gateway, path: str) -> None:
    async with gateway.client.request("TRACE", path, headers={"X-Secret": "1234"}) as answer:
        assert answer.status == 405
        assert "1234" not in await answer.text()


async def test_a_token_that_opens_nothing_is_logged_but_no_flood_of_them(gateway: Gateway) -> None:
    made_up = {"Authorization": "Bearer AAAAAAAAAAAAAAAA.BBBBBBBBBBBBBBBBBBBBBBBBBBBBBBBB"}
    with capture_logs() as logs:
        for _ in range(NOTED_PER_MINUTE + 5):
            async with gateway.client.get("/api/chat/entries", headers=made_up) as answer:
                assert answer.status == 403
    told = [each for each in logs if each["event"] == "gateway.denied"]
    assert len(told) == NOTED_PER_MINUTE
    assert {(each["why"], each["address"]) for each in told} == {("not_yours", "127.0.0.1")}
    assert "AAAA" not in str(logs)


async def test_no_answer_says_what_serves_it(gateway: Gateway) -> None:
    """Not a refusal, not a WebSocket's beginning, and not what is said of bytes that are no request at all."""
    for path in ("/health", "/nowhere", "/ws/chat", "/socket.io/?EIO=4&transport=polling", "/desk"):
        async with gateway.client.get(path, allow_redirects=False) as answer:
            assert "Server" not in answer.headers, path
    async with gateway.client.ws_connect("/ws/chat") as chat:
        assert "Server" not in chat._response.headers
    host, port = gateway.url.removeprefix("http://").split(":")
    for raw in (b"NOT HTTP\r\n\r\n", b"GET / HTTP/1.1\r\nContent-Length: x\r\n\r\n"):
        reader, writer = await asyncio.open_connection(host, int(port))
        writer.write(raw)
        async with asyncio.timeout(10):
            said = await reader.read()
        writer.close()
        assert said.startswith(b"HTTP/1.") and b" 400 " in said.partition(b"\r\n")[0]
        assert b"\r\nServer:" not in said


async def test_it_is_alive_and_ready(gateway: Gateway) -> None:
    for path in ("/health", "/ready"):
        async with gateway.client.get(path) as answer:
            assert (answer.status, await answer.json()) == (200, {"status": "ok"})


async def test_it_is_not_ready_while_it_drains(gateway: Gateway) -> None:
    gateway.door.open = False
    async with gateway.client.get("/ready") as answer:
        assert answer.status == 503
    status, body = await gateway.rest("hello")
    assert (status, body["error"]) == (503, "busy")
    async with gateway.client.get("/health") as answer:
        assert answer.status == 200


async def test_metrics_count_and_name_no_customer(gateway: Gateway) -> None:
    await gateway.rest("hello my name is Ann")
    async with gateway.client.get("/metrics") as answer:
        text = await answer.text()
    assert 'xiaoer_messages_accepted_total{channel="rest",repeated="false"}' in text
    assert "Ann" not in text


@pytest.mark.parametrize("header", ["X-Forwarded-For", "Forwarded", "X-Real-IP"])
async def test_metrics_are_not_there_for_who_comes_through_a_proxy(gateway: Gateway, header: str) -> None:
    async with gateway.client.get("/metrics", headers={header: "203.0.113.9"}) as answer:
        assert answer.status == 404


@pytest.mark.parametrize("path", ["/", "/demo/customers", "/demo/phone/C1001"])
async def test_the_demo_is_not_there_outside_make_run(gateway: Gateway, path: str) -> None:
    async with gateway.client.get(path) as answer:
        assert (answer.status, (await answer.json())["error"]) == (404, "not_found")


@pytest.mark.parametrize(
    "path", ["/../settings.py", "/assets/../../../pyproject.toml", "/%2e%2e/%2e%2e/etc/passwd", "/x\x00y"]
)
async def test_no_path_leads_out_of_the_pages(gateway: Gateway, path: str) -> None:
    async with gateway.client.get(path) as answer:
        assert answer.status == 404
