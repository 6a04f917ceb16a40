"""The real sandbox bank for tests, freshly seeded, over real HTTP. A conftest.py takes the fixtures with

    from tests.bank import bank, bank_process, seeded_file

`bank`: in this process, with a clock the test may turn. `BankProcess`: a process of its own, that may be killed.
Every answer asked for with `ask` is held against the bank's own OpenAPI document.
"""

from __future__ import annotations

import asyncio
import itertools
import os
import re
import secrets
import shutil
import signal
import sys
import time
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import pytest_asyncio
from aiohttp import web
from jsonschema import Draft202012Validator
from jsonschema.validators import RefResolver

from actions.services.bank import Bank
from sandbox import openapi
from sandbox.app import create_app
from sandbox.database import Database
from sandbox.deeds import Deed
from sandbox.seed import seed
from sandbox.service import Call
from sandbox.table import TABLE

KEY = "test-bank-key"
PROJECT = Path(__file__).resolve().parent.parent


@dataclass
class Clock:
    now: float

    def __call__(self) -> float:
        return self.now


@dataclass(frozen=True)
class Answered:
    status: int
    body: Any
    headers: Mapping[str, str]


@dataclass
class RunningBank:
    url: str
    db: Database
    clock: Clock
    session: aiohttp.ClientSession
    client: Bank
    """The typed client, as actions use it."""
    seen: set[tuple[str, int]] = field(default_factory=set)
    """(operation, status) of what was asked."""
    _keys: Any = field(default_factory=itertools.count)

    def new_key(self) -> str:
        return f"test:{next(self._keys)}"

    def proof(self, customer_id: str, purpose: str, object: str = "", amount_minor: int | None = None) -> str:
        """As if a code for this deed had been sent and had come back."""
        proof = f"otp_{secrets.token_hex(8)}"
        bound = {"purpose": purpose, "object": object, "amount_minor": amount_minor}
        times = {"sent_at": 0.0, "expires_at": 0.0, "verified_at": self.clock.now}
        self.db.insert("codes", id=proof, customer_id=customer_id, code="", tries_left=0, **bound, **times)
        return proof

    async def ask(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        key: str | None = None,
        proof: str | None = None,
        **query: Any,
    ) -> Answered:
        """One request by hand, its answer checked against /openapi.json. POST gets a fresh key unless one is given, and
        where a code is needed its proof, unless `proof` is given, empty or not."""
        key = key or self.new_key()
        sent = {"Authorization": f"Bearer {KEY}", **({"Idempotency-Key": key} if method == "POST" else {})}
        answer = await self._ask(method, path, body, {**sent, "Code-Proof": proof or ""}, query)
        if proof is None and answer.status == 422 and answer.body["error"] == "code_required":
            deed, customer_id = self.deed(path, body)
            proof = self.proof(customer_id, deed.purpose, deed.object, deed.amount_minor)
            answer = await self._ask(method, path, body, {**sent, "Code-Proof": proof}, query)
        return answer

    def deed(self, path: str, body: Any = None) -> tuple[Deed, str]:
        """What this request needs a code for, and whose."""
        for route in TABLE:
            found = re.fullmatch(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", route.path), path)
            if found and route.deed is not None and route.body is not None:
                given = route.body.model_validate(body or {})
                deed = route.deed(Call(db=self.db, now=self.clock.now, path=found.groupdict(), body=given))
                assert deed is not None
                return deed, found["customer_id"]
        raise AssertionError(f"no deed at {path}")

    async def _ask(
        self, method: str, path: str, body: Any, headers: Mapping[str, str], query: Mapping[str, Any]
    ) -> Answered:
        async with self.session.request(method, self.url + path, json=body, headers=headers, params=query) as response:
            is_json = response.content_type == "application/json"
            answer = Answered(
                response.status, await (response.json() if is_json else response.text()), response.headers
            )
        self.seen.add((conforms(method, path, answer), answer.status))
        return answer

    async def get(self, path: str, **query: Any) -> Any:
        answer = await self.ask("GET", path, **query)
        assert answer.status == 200, answer
        return answer.body

    async def fault(self, **fault: Any) -> None:
        headers = {"Authorization": f"Bearer {KEY}"}
        async with self.session.post(f"{self.url}/faults", json=fault, headers=headers) as response:
            assert response.status == 201, await response.text()


@pytest.fixture(scope="session")
def seeded_file(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, float]:
    """A database seeded at the second element of the pair; copied for each test."""
    path, now = tmp_path_factory.mktemp("bank") / "seeded.db", time.time()
    with Database(path) as db:
        seed(db, now)
    return path, now


@pytest_asyncio.fixture
async def bank(seeded_file: tuple[Path, float], tmp_path: Path) -> AsyncIterator[RunningBank]:
    """A freshly seeded bank in this process."""
    path, now = seeded_file
    shutil.copy(path, tmp_path / "bank.db")
    async with serving(tmp_path / "bank.db", Clock(now)) as running:
        yield running


@asynccontextmanager
async def serving(path: Path, clock: Clock) -> AsyncIterator[RunningBank]:
    with Database(path) as db:
        runner = web.AppRunner(create_app(db, key=KEY, now=clock), access_log=None, shutdown_timeout=0.1)
        await runner.setup()
        await web.TCPSite(runner, "127.0.0.1", 0).start()
        url = f"http://127.0.0.1:{runner.addresses[0][1]}"
        async with aiohttp.ClientSession() as session, Bank(name="bank", url=url, key=KEY) as client:
            yield RunningBank(url, db, clock, session, client)
        await runner.cleanup()


@dataclass
class BankProcess:
    """`python -m sandbox` on a file that survives it: `await start()`, `kill()` (SIGKILL), `await stop()` (SIGINT)."""

    db: Path
    port: int = 0
    ready_line: str = ""
    _process: asyncio.subprocess.Process | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def process(self) -> asyncio.subprocess.Process:
        assert self._process is not None
        return self._process

    async def start(self) -> None:
        """Ready when it says so. The port of the first start is kept for the next."""
        self._process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "sandbox", "--port", str(self.port), "--db", str(self.db)),
            cwd=PROJECT,
            env={**os.environ, "XIAOER_BANK_KEY": KEY},
            stdout=asyncio.subprocess.PIPE,
        )
        assert self.process.stdout is not None
        self.ready_line = (await asyncio.wait_for(self.process.stdout.readline(), 20)).decode().strip()
        found = re.search(r"http://127\.0\.0\.1:(\d+)", self.ready_line)
        assert found, f"the bank did not start: {self.ready_line!r}"
        self.port = int(found[1])

    async def kill(self) -> None:
        self.process.kill()
        await self.process.wait()

    async def stop(self) -> int:
        """Returns the exit code."""
        self.process.send_signal(signal.SIGINT)
        return await asyncio.wait_for(self.process.wait(), 10)


@pytest_asyncio.fixture
async def bank_process(tmp_path: Path) -> AsyncIterator[BankProcess]:
    running = BankProcess(tmp_path / "bank.db")
    await running.start()
    yield running
    if running.process.returncode is None:
        await running.kill()


# Holding answers against the document


@cache
def document() -> dict[str, Any]:
    return openapi.document(TABLE)


@cache
def _templates() -> list[tuple[re.Pattern[str], str]]:
    fixed_first = sorted(document()["paths"], key=lambda path: path.count("{"))
    return [(re.compile(re.sub(r"{\w+}", "[^/]+", path)), path) for path in fixed_first]


def operation(method: str, path: str) -> dict[str, Any]:
    """What the document says of the operation that serves this path."""
    for pattern, template in _templates():
        if pattern.fullmatch(path) and method.lower() in document()["paths"][template]:
            found: dict[str, Any] = document()["paths"][template][method.lower()]
            return found
    raise AssertionError(f"the document knows no {method} {path}")


def conforms(method: str, path: str, answer: Answered) -> str:
    """Fails unless the document foresees this answer; returns the operation's id."""
    described = operation(method, path)
    responses = described["responses"]
    assert str(answer.status) in responses, f"{described['operationId']}: {answer.status} is not documented: {answer}"
    content = responses[str(answer.status)]["content"]
    if "application/json" in content:
        schema = content["application/json"]["schema"]
        Draft202012Validator(schema, resolver=RefResolver("", document())).validate(answer.body)
    if answer.status == 422:
        code = answer.body["error"]
        assert code in re.findall(r"\w+", responses["422"]["description"]), f"{described['operationId']}: {code}"
    return str(described["operationId"])
