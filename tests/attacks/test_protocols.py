"""Bytes that no client of ours would send: every one is answered with a refusal or a closed line, and the service goes
on for the others."""

from __future__ import annotations

import asyncio
import gzip
import json

import aiohttp
import pytest
from aiohttp import WSMsgType

from tests.attacks.doors import NativeDoor
from tests.attacks.fuzz import Report, listening
from tests.serving import Gateway

FRAMES: dict[str, str | bytes] = {
    "nothing": "",
    "no JSON": "hello",
    "half": '{"type": "hello"',
    "a list": "[]",
    "a number": "1",
    "null": "null",
    "no type": "{}",
    "a type of its own": '{"type": "admin"}',
    "a type that is a list": '{"type": ["hello"]}',
    "NaN": '{"type": "hello", "after": NaN}',
    "infinity": '{"type": "hello", "after": 1e999}',
    "a negative place": '{"type": "hello", "after": -1}',
    "a huge place": '{"type": "hello", "after": 99999999999999999999999}',
    "a place that is true": '{"type": "hello", "after": true}',
    "a token that is a list": '{"type": "hello", "token": ["a"]}',
    "a token of another script": json.dumps({"type": "hello", "token": "令牌.密"}),
    "deep": '{"type":' + "[" * 5000 + "]" * 5000 + "}",
    "many keys": json.dumps({"type": "hello", **{f"k{n}": n for n in range(900)}, "after": "x"}),
    "the same key twice": '{"type": "hello", "type": "admin"}',
    "binary": b"\x00\x01\x02",
    "binary JSON": b'{"type": "hello"}',
    "too large": '{"type": "hello", "locale": "' + "a" * 20_000 + '"}',
    "a message before hello": '{"type": "message", "id": "m", "text": "hello"}',
}


@pytest.mark.parametrize("what", [what for what in FRAMES if what != "no type"])
async def test_a_broken_hello_is_refused_in_the_protocols_own_words(gateway: Gateway, what: str) -> None:
    frame = FRAMES[what]
    async with gateway.client.ws_connect("/ws/chat") as socket:
        await (socket.send_bytes(frame) if isinstance(frame, bytes) else socket.send_str(frame))
        async with asyncio.timeout(10):
            said = await socket.receive()
            assert said.type is WSMsgType.TEXT
            assert json.loads(said.data)["type"] == "error"
            assert (await socket.receive()).type is WSMsgType.CLOSE
    await still_serves(gateway)


@pytest.mark.parametrize("what", [what for what in FRAMES if "hello" not in what])
async def test_a_broken_frame_is_refused_and_the_conversation_goes_on(gateway: Gateway, what: str) -> None:
    frame = FRAMES[what]
    door = NativeDoor(gateway)
    await door.enter()
    assert door.socket is not None
    await (door.socket.send_bytes(frame) if isinstance(frame, bytes) else door.socket.send_str(frame))
    assert (await door.hear("error")) is not None
    assert await door.greeted()
    await door.close()


BODIES: dict[str, tuple[bytes, dict[str, str]]] = {
    "nothing": (b"", {}),
    "no JSON": (b"sender=a&message=b", {}),
    "a form": (b"sender=a&message=b", {"Content-Type": "application/x-www-form-urlencoded"}),
    "XML with an entity": (
        b'<!DOCTYPE a [<!ENTITY b SYSTEM "file:///etc/passwd">]><a>&b;</a>',
        {"Content-Type": "application/xml"},
    ),
    "UTF-16": ('{"sender": "a", "message": "hello", "x": 1'.encode("utf-16"), {}),
    "broken UTF-8": (b'{"sender": "a", "message": "\xff\xfe"}', {}),
    "a claimed encoding": (b"hello", {"Content-Encoding": "gzip"}),
    "an encoding of two": (b"hello", {"Content-Encoding": "identity, deflate"}),
    "a bomb": (gzip.compress(b'{"sender": "a", "message": "' + b" " * 30_000_000), {"Content-Encoding": "gzip"}),
    "a bomb in brotli": (b"hello", {"Content-Encoding": "br"}),
    "a wrong charset": (b'{"a": 1}', {"Content-Type": "application/json; charset=rot13"}),
    "a part of many": (b"--x\r\n\r\nhello\r\n--x--", {"Content-Type": "multipart/form-data; boundary=x"}),
    "deep": (b"[" * 20_000, {}),
    "a list": (b"[]", {}),
    "a number": (b"1e400", {}),
    "no message": (b'{"sender": "a"}', {}),
    "a message that is a list": (b'{"sender": "a", "message": ["hello"]}', {}),
    "no sender": (b'{"message": "hello"}', {}),
    "too large": (b'{"sender": "a", "message": "' + b"a" * 70_000 + b'"}', {}),
}
NOT_OF_A_HELLO = ("no message", "a message that is a list", "no sender", "a wrong charset")
"""All fields of a hello may be left out, and it has none of these."""
PLACES = ("/webhooks/rest/webhook", "/api/chat/hello", "/api/chat/messages", "/desk/api/sign-in")


@pytest.mark.parametrize(
    ("place", "what"),
    [(place, what) for place in PLACES for what in BODIES if place != "/api/chat/hello" or what not in NOT_OF_A_HELLO],
)
async def test_a_broken_body_is_refused_as_json(gateway: Gateway, place: str, what: str) -> None:
    body, headers = BODIES[what]
    async with gateway.client.post(place, data=body, headers={**headers, "X-Xiaoer-Desk": "1"}) as answer:
        text = await answer.text()
        assert 400 <= answer.status < 500, (answer.status, text)
        assert "Traceback" not in text
        assert set(json.loads(text)) >= {"error", "message"}
    await still_serves(gateway)


PACKETS = {
    "nothing": "",
    "no number": "hello",
    "a number that is none of its kinds": "9",
    "a number in another script": "\u0664",
    "an open": '0{"sid": "x"}',
    "a ping": "2",
    "an upgrade": "5",
    "broken base64": "b!!!",
    "deep": "4" + "[" * 9000,
    "a deep packet": "2" + "[" * 9000,
    "an attachment": '451-["user_uttered",{"_placeholder":true,"num":0}]',
    "a billion attachments": '4599999999-["user_uttered"]',
    "an event of ours": '42["disconnect"]',
    "an event without a name": "42[]",
    "an event that is an object": '42{"a": 1}',
    "a message that is null": '42["user_uttered",null]',
    "a message that is a number": '42["user_uttered",5]',
    "a message that is a list": '42["user_uttered",[["message"]]]',
    "a message that is bare": '42["user_uttered"]',
    "a session that is a list": '42["session_request",[1]]',
    "another namespace": '40/admin,{"token": "x"}',
    "an error": '44{"message": "x"}',
    "an acknowledgement nobody waits for": "4399[]",
    "an id without end": "42" + "9" * 400 + '["user_uttered",{}]',
}


async def open_session(gateway: Gateway) -> str:
    async with gateway.client.get("/socket.io/?EIO=4&transport=polling") as answer:
        sid: str = json.loads((await answer.text())[1:])["sid"]
    return sid


@pytest.mark.parametrize("transport", ["polling", "websocket"])
@pytest.mark.parametrize("what", PACKETS)
async def test_what_is_no_packet_is_no_error_of_ours(gateway: Gateway, what: str, transport: str) -> None:
    report = Report()
    with listening(report):
        if transport == "polling":
            path = f"/socket.io/?EIO=4&transport=polling&sid={await open_session(gateway)}"
            for body in ("40", PACKETS[what]):
                async with gateway.client.post(path, data=body.encode()) as answer:
                    assert answer.status in (200, 400)
        else:
            async with gateway.client.ws_connect("/socket.io/?EIO=4&transport=websocket") as socket:
                await socket.receive()
                for packet in ("40", PACKETS[what], '421["session_request",null]'):
                    await socket.send_str(packet)
                async with asyncio.timeout(10):
                    while (heard := await socket.receive()).type is WSMsgType.TEXT and not heard.data.startswith("431"):
                        pass
    assert report.faults == []
    await still_serves(gateway)


async def test_who_closes_the_session_holds_no_line_afterwards(gateway: Gateway) -> None:
    async with gateway.client.ws_connect("/socket.io/?EIO=4&transport=websocket") as socket:
        await socket.receive()
        await socket.send_str("1")
        async with asyncio.timeout(5):
            while (await socket.receive()).type is WSMsgType.TEXT:
                pass


@pytest.mark.parametrize("body", [b"\xff\xfe", b"d=", b"d=%", b"d=40", b"\x1e" * 20, b"4\x1e" * 17, b"40\x1e\xff"])
async def test_a_post_of_packets_that_cannot_be_read_is_refused(gateway: Gateway, body: bytes) -> None:
    report = Report()
    with listening(report):
        path = f"/socket.io/?EIO=4&transport=polling&sid={await open_session(gateway)}"
        async with gateway.client.post(path, data=body) as answer:
            assert answer.status == 400
            assert (await answer.json())["error"] == "bad_message"
    assert report.faults == []


@pytest.mark.parametrize("path", ["/ws/chat", "/socket.io/?EIO=4&transport=websocket"])
async def test_a_frame_that_unpacks_to_a_thousand_times_its_size_ends_the_line(gateway: Gateway, path: str) -> None:
    """Compression is not agreed to, whatever a client asks for."""
    async with gateway.client.ws_connect(path, compress=15) as socket:
        assert socket.compress == 0
        await socket.send_str(" " * 3_000_000)
        async with asyncio.timeout(10):
            while (heard := await socket.receive()).type is WSMsgType.TEXT:
                pass
        assert heard.type in (WSMsgType.CLOSE, WSMsgType.CLOSED, WSMsgType.CLOSING, WSMsgType.ERROR)
    await still_serves(gateway)


RAW: dict[str, bytes] = {
    "two lengths": (
        b"POST /webhooks/rest/webhook HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nContent-Length: 40\r\n\r\n{}{}"
    ),
    "a length and chunks": (
        b"POST /webhooks/rest/webhook HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\nTransfer-Encoding: chunked\r\n\r\n"
        b"0\r\n\r\nGET /metrics HTTP/1.1\r\nHost: a\r\n\r\n"
    ),
    "an odd chunk": (
        b"POST /webhooks/rest/webhook HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n"
    ),
    "a folded header": b"GET /health HTTP/1.1\r\nHost: a\r\nX: 1\r\n 2\r\n\r\n",
    "a space before the colon": b"GET /health HTTP/1.1\r\nHost : a\r\n\r\n",
    "a null in a header": b"GET /health HTTP/1.1\r\nHost: a\x00b\r\n\r\n",
    "a header as long as a book": b"GET /health HTTP/1.1\r\nHost: a\r\nX: " + b"a" * 70_000 + b"\r\n\r\n",
    "a line as long as a book": b"GET /" + b"a" * 70_000 + b" HTTP/1.1\r\nHost: a\r\n\r\n",
    "no protocol": b"GET /health\r\n\r\n",
    "another protocol": b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
    "TLS": b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
    "noise": bytes(range(256)) * 8,
}


@pytest.mark.parametrize("what", RAW)
async def test_bytes_that_are_no_request_get_no_answer_of_200(gateway: Gateway, what: str) -> None:
    host, port = gateway.client._base_url.host, gateway.client._base_url.port  # type: ignore[union-attr]
    reader, writer = await asyncio.open_connection(host, port)
    writer.write(RAW[what])
    writer.write_eof()
    report = Report()
    with listening(report):
        async with asyncio.timeout(15):
            said = await reader.read()
    writer.close()
    assert report.faults == [], "whoever sends noise fills the log with it"
    statuses = [line.split()[1] for line in said.split(b"\r\n") if line.startswith(b"HTTP/1.")]
    assert all(status[:1] in (b"4", b"5") for status in statuses), said[:300]
    assert b"python" not in said.lower()
    assert b"aiohttp" not in said.lower()
    await still_serves(gateway)


PATHS = (
    "/../endpoints.yml",
    "/..%2fendpoints.yml",
    "/%2e%2e/endpoints.yml",
    "/assets/../../../../etc/passwd",
    "/assets/..%5c..%5cendpoints.yml",
    "/assets/%00",
    "//etc/passwd",
    "/desk/..%2f..%2fdesk-accounts.yml",
    "/.made-from",
    "/.git/config",
    "/.env",
    "/widget.js/../../package.json",
    "/models/",
    "/desk-accounts.yml",
    "/metrics/",
    "/demo/sign-in",
    "/demo/phone/C1001",
    "/conversations/default/tracker",
    "/model/parse",
    "/debug",
)


@pytest.mark.parametrize("path", PATHS)
async def test_a_path_out_of_the_pages_leads_nowhere(gateway: Gateway, path: str) -> None:
    host, port = gateway.client._base_url.host, gateway.client._base_url.port  # type: ignore[union-attr]
    for method in ("GET", "POST"):
        reader, writer = await asyncio.open_connection(host, port)
        request = f"{method} {path} HTTP/1.1\r\nHost: {host}:{port}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"
        writer.write(request.encode())
        async with asyncio.timeout(10):
            said = await reader.read()
        writer.close()
        assert said.split(b" ", 2)[1] in (b"400", b"403", b"404", b"405"), said[:200]


async def test_metrics_are_for_this_machine_only(gateway: Gateway) -> None:
    for header in ("X-Forwarded-For", "Forwarded", "X-Real-IP", "Via"):
        async with gateway.client.get("/metrics", headers={header: "203.0.113.9"}) as answer:
            assert answer.status == 404


async def still_serves(gateway: Gateway) -> None:
    async with aiohttp.ClientSession() as stranger, stranger.get(f"{gateway.url}/health") as answer:
        assert answer.status == 200
