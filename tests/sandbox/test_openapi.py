"""The OpenAPI document is well formed and true: every route is in it, and what each answers is what it says."""

from __future__ import annotations

import json
import re
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from sandbox.table import TABLE
from tests.bank import RunningBank, document

METHODS = {"get", "post"}


def operations() -> list[tuple[str, str, dict[str, Any]]]:
    return [(path, method, each) for path, item in document()["paths"].items() for method, each in item.items()]


async def test_the_document_is_served_without_a_key(bank: RunningBank) -> None:
    async with bank.session.get(f"{bank.url}/openapi.json") as response:
        assert response.status == 200 and await response.json() == document()


def test_the_document_is_well_formed() -> None:
    made = document()
    assert made["openapi"] == "3.1.0" and {"title", "version"} <= made["info"].keys()
    assert len({each["operationId"] for _, _, each in operations()}) == len(operations()) == len(TABLE)
    for schema in made["components"]["schemas"].values():
        Draft202012Validator.check_schema(schema)
    for reference in re.findall(r'"\$ref": "([^"]+)"', json.dumps(made)):
        assert reference.removeprefix("#/components/schemas/") in made["components"]["schemas"], reference
    for path, method, each in operations():
        assert method in METHODS and each["summary"] and each["responses"]
        given = [(parameter["name"], parameter["in"]) for parameter in each["parameters"]]
        assert len(given) == len(set(given))
        assert {name for name, place in given if place == "path"} == set(re.findall(r"{(\w+)}", path))
        assert (("Idempotency-Key", "header") in given) == (method == "post")


CUSTOMER = {"payments": "C1014", "refunds": "C1014", "transfers": "C1014", "cards": "C1009"}


async def id_of(bank: RunningBank, customer: str, what: str, /, **like: Any) -> str:
    """The id of the customer's newest that is like this."""
    listed = (await bank.get(f"/customers/{customer}/{what}", **({} if what == "cards" else {"limit": 100})))[what]
    found = next(each for each in listed if all(each[name] == value for name, value in like.items()))
    return str(found.get("id") or found["number"])


async def test_every_operation_answers_as_it_says(bank: RunningBank) -> None:
    """One success of each; `ask` holds every answer against the document."""
    who = "/customers/C1014"
    paid = await id_of(bank, "C1014", "payments", status="completed", refund_id=None, dispute_number=None)
    for path in ("/healthz", "/customers", f"{who}/payments/{paid}", f"{who}/duplicates", "/outbox/C1014"):
        await bank.get(path)
    await bank.get("/fees", currency="USD")
    for what in ("profile", "balance", "verification", "limits", "payments", "refunds", "transfers", "cards"):
        await bank.get(f"{who}/{what}")
    for what in ("declines", "bills", "cases"):
        await bank.get(f"{who}/{what}")
    await bank.get(f"{who}/refunds/{await id_of(bank, 'C1014', 'refunds')}")
    await bank.get(f"{who}/transfers/{await id_of(bank, 'C1014', 'transfers')}")
    month = (await bank.get(f"{who}/bills"))["bills"][0]["month"]
    await bank.get(f"{who}/bills/{month}")
    sent = (await bank.ask("POST", f"{who}/otp", {"purpose": "close_account"})).body
    code = (await bank.get("/outbox/C1014"))["messages"][0]["code"]
    cards = "/customers/C1009/cards"
    frozen = await id_of(bank, "C1009", "cards", status="frozen")
    for path, body in (
        (f"{who}/otp/verify", {"otp_id": sent["otp_id"], "code": code}),
        (f"{who}/receipts", {"month": month}),
        (f"{who}/refunds", {"payment_id": paid, "reason": "no"}),
        (f"{who}/refunds/{await id_of(bank, 'C1014', 'refunds', cancellable=True)}/cancel", None),
        (f"{who}/refunds/{await id_of(bank, 'C1014', 'refunds', status='completed')}/trace", None),
        (f"{who}/disputes", {"payment_id": await id_of(bank, "C1014", "payments", refund_id=None), "kind": "other"}),
        (f"{who}/transfers/{await id_of(bank, 'C1014', 'transfers', status='processing')}/cancel", None),
        (f"{who}/transfers/{await id_of(bank, 'C1014', 'transfers', kind='instant', direction='out')}/recall", None),
        (f"{cards}/{frozen}/unfreeze", None),
        (f"{cards}/{frozen}/freeze", None),
        (f"{cards}/{frozen}/report-lost", None),
        (f"{cards}/{frozen}/replace", {"reason": "lost"}),
        (f"{who}/limits", {"daily_minor": 123_400}),
        (f"{who}/complaints", {"reason": "slow"}),
        (f"{who}/cases/{await id_of(bank, 'C1014', 'cases', kind='complaint')}/withdraw", None),
        (f"{who}/password-reset", None),
        (f"{who}/phone-number", {"phone": "(415) 555-0100"}),
        (f"{who}/phone-number/confirm", {}),
        ("/outbox/C1014/replies", {"text": "STOP"}),
        (f"{who}/scam-reports", {"reason": "a strange call"}),
        (f"{who}/lock", None),
        ("/customers/C1013/close-request", {"reason": "moving"}),
    ):
        answer = await bank.ask("POST", path, body)
        assert answer.status in (200, 201), (path, answer)
        if "url" in answer.body:
            await bank.get(answer.body["url"].removeprefix(bank.url))
    done = {name for name, status in bank.seen if status < 300}
    assert done == {route.name for route in TABLE}


@pytest.mark.parametrize(
    ("path", "status", "body", "headers"),
    [
        ("/customers/C1001/refunds", 400, "not json", {}),
        ("/customers/C1001/refunds", 400, '"text"', {}),
        ("/customers/C1001/refunds", 400, "{}", {}),
        ("/customers/C1001/refunds", 400, '{"payment_id": 5, "reason": "x"}', {}),
        ("/customers/C1001/refunds", 400, '{"payment_id": "P1", "reason": "x", "amount_minor": -5}', {}),
        ("/customers/C1001/refunds", 400, '{"payment_id": "P1", "reason": "x", "extra": 1}', {}),
        ("/customers/C1001/refunds", 400, "\udcff", {}),
        ("/customers/C1001/refunds", 400, '{"payment_id": "P1", "reason": "x"}', {"Idempotency-Key": ""}),
        ("/customers/C1001/refunds", 400, '{"payment_id": "P1", "reason": "x"}', {"Idempotency-Key": "a b"}),
        ("/customers/C1001/refunds", 401, "{}", {"Authorization": "Bearer wrong"}),
        ("/customers/C1001/refunds", 401, "{}", {"Authorization": ""}),
        pytest.param("/customers/C1001/refunds", 413, "x" * 70_000, {}, id="long"),
        ("/customers/C9999/refunds", 404, '{"payment_id": "P1", "reason": "x"}', {}),
        ("/customers/C1001/receipts", 400, "{}", {}),
        ("/customers/C1001/receipts", 404, '{"month": "2019-01"}', {}),
        ("/customers/C1001/receipts", 400, '{"month": "2019-13"}', {}),
        ("/customers/C1001/receipts", 404, '{"month": "0000-01"}', {}),
        ("/customers/C1001/receipts", 404, '{"month": "9999-12"}', {}),
        ("/customers/C1001/complaints", 400, '{"reason": "\\ud800"}', {}),
        pytest.param("/customers/C1001/complaints", 400, "[" * 60_000, {}, id="deep"),
        ("/customers/C1001/limits", 422, f'{{"daily_minor": {10**40}}}', {}),
        ("/customers/C1001/profile", 405, "{}", {}),
        ("/nowhere", 401, "{}", {"Authorization": ""}),
        ("/nowhere", 404, "{}", {}),
    ],
)
async def test_what_cannot_be_taken_is_one_clear_error(
    bank: RunningBank, path: str, status: int, body: str, headers: dict[str, str]
) -> None:
    from tests.bank import KEY

    sent = {"Authorization": f"Bearer {KEY}", "Idempotency-Key": "bad:1", "Content-Type": "application/json", **headers}
    raw = body.encode("utf-8", "surrogateescape")
    async with bank.session.post(bank.url + path, data=raw, headers=sent) as response:
        answer = await response.json()
    assert (response.status, set(answer)) == (status, {"error", "message"}), answer


async def test_queries_are_checked_too(bank: RunningBank) -> None:
    for query in ({"limit": "0"}, {"limit": "x"}, {"status": "maybe"}, {"nonsense": "1"}, {"amount_minor": "9" * 30}):
        answer = await bank.ask("GET", "/customers/C1001/payments", **query)
        assert (answer.status, answer.body["error"]) == (400, "bad_request")
    assert (await bank.ask("GET", "/customers/C1001/bills/2026-99")).status == 404
    assert (await bank.ask("GET", "/customers/C1001/payments/..%2F..%2FC1002%2Fprofile")).status == 404
