"""The demo shop's back end in front of the real sandbox bank, and the pages, as `make run` serves them."""

from __future__ import annotations

import shutil
import time
from collections.abc import AsyncIterator
from pathlib import Path

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
    "widget.js": "xiaoer",
    "assets/desk-4f3a.css": "b{}",
}


@pytest_asyncio.fixture
async def demo(
    engine: Engine, redis_url: str, project: Path, bank: RunningBank, tmp_path: Path
) -> AsyncIterator[Gateway]:
    folder = tmp_path / "project"
    shutil.copytree(project, folder)
    for name, text in PAGES.items():
        path = folder / "web" / "dist" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
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
    await bank.ask("POST", "/customers/C1001/otp", {"purpose": "refund"})
    async with demo.client.get("/demo/phone/C1001") as answer:
        (message, *_) = (await answer.json())["messages"]
    assert message["code"] in message["text"]


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
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"


async def test_who_writes_from_this_machine_is_not_slowed_down_in_the_demo(demo: Gateway) -> None:
    assert {(await demo.rest("hello"))[0] for _ in range(40)} == {200}
