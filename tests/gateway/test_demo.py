"""The demo shop's back end in front of the real sandbox bank, and the pages, as `make run` serves them."""

from __future__ import annotations

import gzip
import json
import shutil
import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from bot.engine.engine import Engine
from bot.gateway.identity import IdentityCheck
from bot.settings import ServiceSettings
from tests.bank import KEY, RunningBank, bank, seeded_file
from tests.serving import SECRET, Gateway, serving

__all__ = ["bank", "seeded_file"]

PAGES = {
    "index.html": "<title>shop</title>",
    "desk/index.html": "<title>desk</title>",
    "widget.js": "xiaoer" * 50,
    "assets/desk-4f3a.css": "b{}",
}
BROTLI = b"stands for what the build pressed"


@pytest_asyncio.fixture
async def demo(
    engine: Engine, redis_url: str, project: Path, bank: RunningBank, tmp_path: Path
) -> AsyncIterator[Gateway]:
    folder = tmp_path / "project"
    shutil.copytree(project, folder)
    dist = folder / "web" / "dist"
    for name, text in PAGES.items():
        path = dist / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (dist / "widget.js.gz").write_bytes(gzip.compress(PAGES["widget.js"].encode()))
    (dist / "widget.js.br").write_bytes(BROTLI)
    (dist / ".made-from").write_text("4027", encoding="utf-8")
    (dist / "files.json").write_text(json.dumps(list(PAGES)), encoding="utf-8")
    service = ServiceSettings(name="bank", module="actions.services.bank.Bank", url=bank.url, key=KEY)
    async with serving(engine, redis_url, folder, demo=True, services=(service,)) as gateway:
        yield gateway


async def test_one_may_be_any_seeded_customer_and_the_bot_believes_it(demo: Gateway) -> None:
    async with demo.client.get("/demo/customers") as answer:
        customer = (await answer.json())["customers"][0]
    async with demo.client.post("/demo/sign-in", json={"customer_id": customer["id"]}) as answer:
        signed_in = await answer.json()
    assert signed_in["name"] == customer["name"]
    identity = IdentityCheck(SECRET).verify(signed_in["token"], now=time.time())
    assert (identity.customer_id, identity.name) == (customer["id"], customer["name"])


async def test_a_code_the_bank_sends_is_on_the_customers_phone(demo: Gateway, bank: RunningBank) -> None:
    await bank.ask("POST", "/customers/C1013/otp", {"purpose": "close_account"})
    async with demo.client.get("/demo/phone/C1013") as answer:
        (message, *_) = (await answer.json())["messages"]
    assert message["code"] in message["text"]


async def test_the_phone_can_answer_and_stop_a_change_of_its_number(demo: Gateway, bank: RunningBank) -> None:
    await bank.ask("POST", "/customers/C1002/phone-number", {"phone": "4155550100"})
    for text, stopped in (("who is this?", False), ("STOP", True)):
        async with demo.client.post("/demo/phone/C1002", json={"text": text}) as answer:
            assert await answer.json() == {"stopped": stopped}


async def test_nobody_can_sign_in_as_somebody_who_is_not_there(demo: Gateway) -> None:
    for body, status in (({"customer_id": "C9"}, 404), ({"customer_id": "../faults"}, 404), ({}, 400), ([], 400)):
        async with demo.client.post("/demo/sign-in", json=body) as answer:
            assert answer.status == status
    async with demo.client.get("/demo/phone/..%2Ffaults") as answer:
        assert answer.status == 404


async def test_a_bank_that_is_down_is_said_so(demo: Gateway, bank: RunningBank) -> None:
    fault = {"path_prefix": "/customers", "status": 500, "times": 1}
    headers = {"Authorization": f"Bearer {KEY}"}
    async with bank.session.post(f"{bank.url}/faults", json=fault, headers=headers) as answer:
        assert answer.status < 300
    async with demo.client.get("/demo/customers") as answer:
        assert (answer.status, (await answer.json())["error"]) == (502, "service_down")


async def test_the_pages_are_at_their_addresses(demo: Gateway) -> None:
    for path, text in (("/", "shop"), ("/desk/", "desk"), ("/desk", "desk"), ("/widget.js", "xiaoer")):
        async with demo.client.get(path) as answer:
            assert answer.status == 200
            assert text in await answer.text()
    async with demo.client.get("/index.html") as answer:
        assert answer.status == 404


async def test_hashed_files_are_kept_and_pages_are_asked_for_again(demo: Gateway) -> None:
    async with demo.client.get("/assets/desk-4f3a.css") as answer:
        assert "immutable" in answer.headers["Cache-Control"]
        assert answer.headers["Cross-Origin-Resource-Policy"] == "cross-origin"
    async with demo.client.get("/") as answer:
        assert answer.headers["Cache-Control"] == "no-cache"
        assert "sandbox" not in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"


async def test_only_what_the_build_listed_is_served(demo: Gateway) -> None:
    for path in ("/.made-from", "/files.json", "/widget.js.gz", "/widget.js.br", "/assets/", "/assets/../files.json"):
        async with demo.client.get(path) as answer:
            assert answer.status == 404, path


@pytest.mark.parametrize(
    ("accepts", "coding"),
    [
        ("gzip, deflate, br, zstd", "br"),
        ("gzip", "gzip"),
        ("br;q=0, gzip;q=0.5", "gzip"),
        ("br;q=0.1, gzip", "gzip"),
        ("*", "br"),
        ("identity, br;q=0.5", None),
        ("br;q=nonsense", None),
        ("abracadabra", None),
        ("", None),
    ],
)
async def test_a_page_comes_compressed_as_the_browser_accepts_it(
    demo: Gateway, accepts: str, coding: str | None
) -> None:
    async with demo.client.get("/widget.js", headers={"Accept-Encoding": accepts}, auto_decompress=False) as answer:
        body = await answer.read()
    assert answer.headers.get("Content-Encoding") == coding
    assert answer.headers["Vary"] == "Accept-Encoding"
    assert answer.headers["Content-Type"] == "text/javascript; charset=utf-8"
    assert int(answer.headers["Content-Length"]) == len(body)
    plain = PAGES["widget.js"].encode()
    assert {"br": body == BROTLI, "gzip": body[:2] == b"\x1f\x8b", None: body == plain}[coding]


async def test_a_page_that_has_not_changed_is_not_sent_again_and_each_coding_has_its_own_tag(demo: Gateway) -> None:
    tags = {}
    for coding in ("br", "gzip", "identity"):
        headers = {"Accept-Encoding": coding}
        async with demo.client.head("/widget.js", headers=headers, auto_decompress=False) as answer:
            tags[coding] = answer.headers["ETag"]
            assert (answer.status, await answer.read()) == (200, b"")
            assert int(answer.headers["Content-Length"]) > 0
        async with demo.client.get("/widget.js", headers={**headers, "If-None-Match": tags[coding]}) as answer:
            assert (answer.status, await answer.read()) == (304, b"")
    assert len(set(tags.values())) == 3


async def test_a_range_gets_the_whole_file(demo: Gateway) -> None:
    async with demo.client.get("/widget.js", headers={"Range": "bytes=0-3", "Accept-Encoding": "gzip"}) as answer:
        assert (answer.status, await answer.text()) == (200, PAGES["widget.js"])


async def test_who_writes_from_this_machine_is_not_slowed_down_in_the_demo(demo: Gateway) -> None:
    assert {(await demo.rest("hello"))[0] for _ in range(40)} == {200}
