"""One effect for one Idempotency-Key: under concurrency, after refusals, and when the process is killed."""

from __future__ import annotations

import asyncio
import sqlite3
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from sandbox.days import DAY_S
from tests.bank import KEY, BankProcess, RunningBank

HEADERS = {"Authorization": f"Bearer {KEY}"}


async def payment_of(bank: RunningBank, merchant: str = "京东") -> str:
    return str((await bank.get("/customers/C1001/payments", merchant=merchant))["payments"][0]["id"])


async def test_twenty_requests_with_one_key_at_once_have_one_effect(bank: RunningBank) -> None:
    body = {"payment_id": await payment_of(bank), "reason": "once"}
    asked = (bank.ask("POST", "/customers/C1001/refunds", body, key="turn:1:refund") for _ in range(20))
    answers = await asyncio.gather(*asked)
    assert {answer.status for answer in answers} == {201}
    assert len({answer.body["id"] for answer in answers}) == 1
    assert sum("Idempotent-Replay" not in answer.headers for answer in answers) == 1
    assert bank.db.number("SELECT count(*) FROM refunds WHERE reason = 'once'") == 1


async def test_twenty_keys_for_one_payment_at_once_make_one_refund(bank: RunningBank) -> None:
    body = {"payment_id": await payment_of(bank), "reason": "once"}
    answers = await asyncio.gather(*(bank.ask("POST", "/customers/C1001/refunds", body) for _ in range(20)))
    assert sorted(answer.status for answer in answers) == [201] + [422] * 19


async def test_a_key_belongs_to_its_request(bank: RunningBank) -> None:
    await bank.ask("POST", "/customers/C1001/complaints", {"reason": "a"}, key="k")
    for path, body in (
        ("/customers/C1001/complaints", {"reason": "b"}),
        ("/customers/C1003/complaints", {"reason": "a"}),
        ("/customers/C1001/lock", {"reason": "a"}),
    ):
        answer = await bank.ask("POST", path, body, key="k")
        assert (answer.status, answer.body["error"]) == (409, "idempotency_key_reused")
    assert bank.db.number("SELECT count(*) FROM cases WHERE kind = 'complaint' AND customer_id != 'C1014'") == 1


async def test_a_refusal_is_repeated_even_if_it_would_now_be_granted(bank: RunningBank) -> None:
    card = (await bank.get("/customers/C1009/cards"))["cards"][-1]["id"]
    first = await bank.ask("POST", f"/customers/C1009/cards/{card}/freeze", key="k1")
    await bank.ask("POST", f"/customers/C1009/cards/{card}/unfreeze")
    again = await bank.ask("POST", f"/customers/C1009/cards/{card}/freeze", key="k1")
    assert (first.status, again.body) == (422, first.body)


async def test_a_repeated_wrong_code_uses_up_one_try(bank: RunningBank) -> None:
    sent = (await bank.ask("POST", "/customers/C1001/otp", {"purpose": "close_account"})).body
    body = {"otp_id": sent["otp_id"], "code": "nope"}
    for _ in range(5):
        answer = await bank.ask("POST", "/customers/C1001/otp/verify", body, key="k1")
        assert answer.body["error"] == "code_wrong"
    assert bank.db.number("SELECT tries_left FROM codes") == 2


async def test_keys_are_forgotten_after_a_week(bank: RunningBank) -> None:
    from sandbox.service import forget_old_keys

    await bank.ask("POST", "/customers/C1001/complaints", {"reason": "a"}, key="k")
    for days, left in ((6.9, 1), (7.1, 0)):
        forget_old_keys(bank.db, bank.clock.now + days * DAY_S)
        assert bank.db.number("SELECT count(*) FROM idempotency") == left


def count(path: Path, query: str) -> int:
    """What the file says, seen from outside the process."""
    connection = sqlite3.connect(path)
    try:
        return int(connection.execute(query).fetchone()[0])
    finally:
        connection.close()


async def until(condition: Any, within_s: float = 10.0) -> None:
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, "the condition did not come true"
        await asyncio.sleep(0.01)


@pytest.mark.parametrize("when", ["before", "after"])
async def test_killed_in_the_middle_of_a_request_the_repeat_finishes_it_once(
    bank_process: BankProcess, when: str
) -> None:
    """`after`: the effect is in the file and its answer is lost; `before`: neither is there."""
    query = "SELECT count(*) FROM refunds WHERE reason = 'killed'"
    async with aiohttp.ClientSession(headers=HEADERS) as session:
        fault = {"path_prefix": "/customers/C1001/refunds", "method": "POST", "when": when, "delay_ms": 60_000}
        await session.post(f"{bank_process.url}/faults", json=fault)
        async with session.get(f"{bank_process.url}/customers/C1001/payments?merchant=京东") as response:
            payment = (await response.json())["payments"][0]["id"]
        proof = await _proof(session, bank_process, payment)

        async def ask() -> dict[str, Any]:
            url = f"{bank_process.url}/customers/C1001/refunds"
            headers = {"Idempotency-Key": "c1:m1:refund", "Code-Proof": proof}
            body = {"payment_id": payment, "reason": "killed"}
            async with session.post(url, json=body, headers=headers) as response:
                assert response.status == 201
                return dict(await response.json())

        asking = asyncio.create_task(ask())
        if when == "after":
            await until(lambda: count(bank_process.db, query) == 1)
        else:
            await _fault_is_taken(session, bank_process)
        await bank_process.kill()
        with pytest.raises(aiohttp.ClientError):
            await asking
        assert count(bank_process.db, query) == (1 if when == "after" else 0)
        await bank_process.start()
        first, second = await ask(), await ask()
    assert first == second and count(bank_process.db, query) == 1


async def _proof(session: aiohttp.ClientSession, running: BankProcess, payment: str) -> str:
    """A code for this refund, sent and returned."""
    otp, outbox = f"{running.url}/customers/C1001/otp", f"{running.url}/outbox/C1001"
    body: dict[str, str] = {"purpose": "refund", "object": payment}
    async with session.post(otp, json=body, headers={"Idempotency-Key": "c1:m1:send"}) as response:
        otp_id = (await response.json())["otp_id"]
    async with session.get(outbox) as response:
        code = (await response.json())["messages"][0]["code"]
    body = {"otp_id": otp_id, "code": code}
    async with session.post(f"{otp}/verify", json=body, headers={"Idempotency-Key": "c1:m1:verify"}) as response:
        return str((await response.json())["proof"])


async def _fault_is_taken(session: aiohttp.ClientSession, running: BankProcess) -> None:
    for _ in range(500):
        async with session.get(f"{running.url}/faults") as response:
            if not (await response.json())["faults"]:
                return
        await asyncio.sleep(0.01)
    raise AssertionError("nobody came")


async def test_killed_under_load_everything_acknowledged_is_there_once(bank_process: BankProcess) -> None:
    """Many requests at once, a kill after some answers, twice; then all are repeated with their keys."""
    answers: dict[str, str] = {}
    async with aiohttp.ClientSession(headers=HEADERS) as session:

        async def complain(n: int) -> None:
            url, key = f"{bank_process.url}/customers/C1001/complaints", f"c1:m{n}:complain"
            body = {"reason": f"load {n}"}
            async with session.post(url, json=body, headers={"Idempotency-Key": key}) as response:
                number = (await response.json())["number"]
                assert answers.setdefault(key, number) == number

        async def storm(kill_after: int) -> None:
            tasks = [asyncio.create_task(complain(n)) for n in range(60)]
            known = len(answers)
            await until(lambda: len(answers) >= known + kill_after or all(task.done() for task in tasks))
            await bank_process.kill()
            for task in tasks:
                with suppress(aiohttp.ClientError):
                    await task

        await storm(5)
        await bank_process.start()
        await storm(12)
        await bank_process.start()
        await asyncio.gather(*(complain(n) for n in range(60)))
    assert len(answers) == len(set(answers.values())) == 60
    assert count(bank_process.db, "SELECT count(*) FROM cases WHERE reason LIKE 'load %'") == 60
