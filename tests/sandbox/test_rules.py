"""The bank's business rules, as its HTTP clients see them."""

from __future__ import annotations

import json

from sandbox.days import DAY_S
from tests.bank import RunningBank

HOUR = 3600.0


async def newest(bank: RunningBank, customer: str, what: str, **query: object) -> dict:  # type: ignore[type-arg]
    return (await bank.get(f"/customers/{customer}/{what}", **query))[what][0]


async def test_a_refund_walks_from_requested_to_completed_and_the_money_is_back(bank: RunningBank) -> None:
    payment = await newest(bank, "C1001", "payments", merchant="瑞幸")
    before = (await bank.get("/customers/C1001/balance"))["balance_minor"]
    body = {"payment_id": payment["id"], "reason": "撒了", "amount_minor": 1000}
    refund = (await bank.ask("POST", "/customers/C1001/refunds", body)).body
    assert (refund["status"], refund["amount_minor"], refund["destination"]) == ("requested", 1000, "balance")
    statuses = [refund["status"]]
    for _ in range(24 * 8):
        bank.clock.now += HOUR
        refund = await bank.get(f"/customers/C1001/refunds/{refund['id']}")
        if refund["status"] != statuses[-1]:
            statuses.append(refund["status"])
    assert statuses == ["requested", "approved", "sent_to_bank", "completed"]
    assert refund["requested_at"] < refund["approved_at"] < refund["sent_at"] < refund["completed_at"]
    assert not refund["overdue"]
    assert (await bank.get("/customers/C1001/balance"))["balance_minor"] == before + 1000


async def test_a_refund_can_be_cancelled_until_it_is_sent_to_the_bank_and_asked_for_again(bank: RunningBank) -> None:
    payment = await newest(bank, "C1001", "payments", merchant="京东")
    body = {"payment_id": payment["order_number"], "reason": "不想要了"}
    refund = (await bank.ask("POST", "/customers/C1001/refunds", body)).body
    cancelled = (await bank.ask("POST", f"/customers/C1001/refunds/{refund['id']}/cancel")).body
    assert (cancelled["status"], cancelled["cancellable"], cancelled["expected_on"]) == ("cancelled", False, None)
    bank.clock.now += 10 * DAY_S
    assert (await bank.get(f"/customers/C1001/refunds/{refund['id']}"))["status"] == "cancelled"
    again = await bank.ask("POST", "/customers/C1001/refunds", body)
    assert (again.status, again.body["payment_id"]) == (201, payment["id"])
    bank.clock.now += 4 * DAY_S
    late = await bank.ask("POST", f"/customers/C1001/refunds/{again.body['id']}/cancel")
    assert (late.status, late.body["error"]) == (422, "too_late")


async def test_a_double_charge_is_found_and_disputing_it_refunds_the_second(bank: RunningBank) -> None:
    (pair,) = (await bank.get("/customers/C1003/duplicates"))["duplicates"]
    assert pair["apart_s"] == 97 and pair["first"]["merchant"] == pair["second"]["merchant"]
    body = {"payment_id": pair["first"]["id"], "kind": "charged_twice"}
    case = (await bank.ask("POST", "/customers/C1003/disputes", body)).body
    refund = await bank.get(f"/customers/C1003/refunds/{case['refund_id']}")
    assert (case["status"], refund["payment_id"]) == ("resolved", pair["second"]["id"])
    assert (await bank.get("/customers/C1003/duplicates"))["duplicates"] == []


async def test_a_payment_that_is_not_a_double_charge_is_looked_into(bank: RunningBank) -> None:
    payment = await newest(bank, "C1004", "payments", merchant="novaplay")
    for kind, status in (("charged_twice", 201), ("not_recognised", 422)):
        answer = await bank.ask("POST", "/customers/C1004/disputes", {"payment_id": payment["id"], "kind": kind})
        assert answer.status == status
    case = await newest(bank, "C1004", "cases", kind="dispute")
    assert (case["status"], case["refund_id"], case["topic"]) == ("open", None, "charged_twice")
    assert (await bank.get(f"/customers/C1004/payments/{payment['id']}"))["dispute_number"] == case["number"]


async def test_pending_payments_settle_and_held_money_comes_back(bank: RunningBank) -> None:
    pending = await newest(bank, "C1005", "payments", status="pending")
    balance = await bank.get("/customers/C1005/balance")
    assert balance["pending_minor"] == pending["amount_minor"]
    assert balance["available_minor"] == balance["balance_minor"] - pending["amount_minor"]
    held = (await bank.get("/customers/C1006/balance"))["pending_minor"]
    assert held == (await newest(bank, "C1006", "payments", status="failed"))["amount_minor"]
    bank.clock.now += 4 * DAY_S
    after = await bank.get("/customers/C1005/balance")
    assert (after["balance_minor"], after["pending_minor"]) == (balance["available_minor"], 0)
    assert (await bank.get("/customers/C1006/balance"))["pending_minor"] == 0
    assert (await newest(bank, "C1006", "payments", merchant="Crestline"))["status"] == "reversed"


async def test_a_transfer_can_be_cancelled_while_processing_and_the_money_is_back(bank: RunningBank) -> None:
    transfer = await newest(bank, "C1007", "transfers", status="processing")
    assert transfer["cancellable"] and transfer["expected_on"]
    before = (await bank.get("/customers/C1007/balance"))["balance_minor"]
    cancelled = (await bank.ask("POST", f"/customers/C1007/transfers/{transfer['id']}/cancel")).body
    assert (cancelled["status"], cancelled["cancellable"]) == ("cancelled", False)
    after = (await bank.get("/customers/C1007/balance"))["balance_minor"]
    assert after == before + transfer["amount_minor"] + transfer["fee_minor"]
    bank.clock.now += 7 * DAY_S
    assert (await bank.get(f"/customers/C1007/transfers/{transfer['id']}"))["status"] == "cancelled"


async def test_a_transfer_arrives_and_a_returned_one_gives_its_money_back(bank: RunningBank) -> None:
    processing = await newest(bank, "C1007", "transfers", status="processing")
    returned = await newest(bank, "C1008", "transfers", status="returned")
    before = (await bank.get("/customers/C1008/balance"))["balance_minor"]
    bank.clock.now += 5 * DAY_S
    arrived = await bank.get(f"/customers/C1007/transfers/{processing['id']}")
    assert (arrived["status"], arrived["arrives_at"]) == ("completed", processing["arrives_at"])
    assert (await bank.get("/customers/C1008/balance"))["balance_minor"] == before + returned["amount_minor"]
    assert (await bank.get(f"/customers/C1008/transfers/{returned['id']}"))["returns_on"] is None


async def test_a_scam_report_stops_recalls_and_freezes(bank: RunningBank) -> None:
    processing = await newest(bank, "C1012", "transfers", status="processing")
    arrived = await newest(bank, "C1012", "transfers", status="completed")
    body = {"transfer_id": processing["id"], "reason": "caller said he was from the bank"}
    report = (await bank.ask("POST", "/customers/C1012/scam-reports", body)).body
    assert (report["stopped"], report["recalled"]) == ([processing["id"]], [arrived["id"]])
    assert (await bank.get("/customers/C1012/profile"))["outgoing_frozen"]
    assert (await bank.get(f"/customers/C1012/transfers/{arrived['id']}"))["recall_number"]
    again = (await bank.ask("POST", "/customers/C1012/scam-reports", body)).body
    assert (again["stopped"], again["recalled"]) == ([], [arrived["id"]])


async def test_a_replacement_is_printed_shipped_and_delivered_and_takes_over(bank: RunningBank) -> None:
    card = next(each for each in (await bank.get("/customers/C1009/cards"))["cards"] if each["status"] == "frozen")
    ordered = (await bank.ask("POST", f"/customers/C1009/cards/{card['id']}/replace", {"reason": "stolen"})).body
    assert (ordered["status"], ordered["replacement"]["status"]) == ("lost", "ordered")
    statuses = ["ordered"]
    for _ in range(8):
        bank.clock.now += DAY_S
        cards = {each["id"]: each for each in (await bank.get("/customers/C1009/cards"))["cards"]}
        status = cards[card["id"]]["replacement"]["status"]
        if status != statuses[-1]:
            statuses.append(status)
    assert statuses == ["ordered", "printed", "shipped", "delivered"]
    new = next(each for each in cards.values() if each["ending"] == ordered["replacement"]["ending"])
    assert (cards[card["id"]]["status"], new["status"]) == ("replaced", "active")


async def test_an_account_closes_only_when_nothing_is_left_in_it(bank: RunningBank) -> None:
    answer = await bank.ask("POST", "/customers/C1014/close-request")
    assert (answer.status, answer.body["error"]) == (422, "balance_not_zero")
    closed = await bank.ask("POST", "/customers/C1013/close-request")
    assert (await bank.get("/customers/C1013/profile"))["closes_on"] == closed.body["closes_on"]


async def test_what_is_spent_today_counts_against_the_daily_limit(bank: RunningBank) -> None:
    limits = await bank.get("/customers/C1007/limits")
    assert limits["left_today_minor"] == limits["daily_minor"] - limits["used_today_minor"]
    changed = await bank.ask("POST", "/customers/C1007/limits", {"daily_minor": limits["max_minor"]})
    assert changed.body["daily_minor"] == limits["max_minor"]
    assert (await bank.get("/customers/C1007/limits")) == changed.body


async def test_a_bill_adds_up(bank: RunningBank) -> None:
    for bill in (await bank.get("/customers/C1014/bills", limit=12))["bills"]:
        assert sum(each["amount_minor"] for each in bill["categories"]) == bill["spent_minor"]
        assert bill == await bank.get(f"/customers/C1014/bills/{bill['month']}")
    payments = (await bank.get("/customers/C1014/payments", limit=100, status="completed"))["payments"]
    first_shown = min(each["at"] for each in payments)
    assert first_shown < bank.clock.now - 80 * DAY_S


async def test_nobody_sees_or_moves_what_is_another_customers(bank: RunningBank) -> None:
    theirs = {
        "payments": (await newest(bank, "C1014", "payments"))["id"],
        "refunds": (await newest(bank, "C1014", "refunds"))["id"],
        "transfers": (await newest(bank, "C1014", "transfers", status="processing"))["id"],
        "cards": (await newest(bank, "C1014", "cards"))["id"],
    }
    for what in ("payments", "refunds", "transfers"):
        assert (await bank.ask("GET", f"/customers/C1001/{what}/{theirs[what]}")).status == 404
    for path, body in (
        ("refunds", {"payment_id": theirs["payments"], "reason": "x"}),
        ("disputes", {"payment_id": theirs["payments"], "kind": "other"}),
        ("receipts", {"payment_id": theirs["payments"]}),
        (f"refunds/{theirs['refunds']}/cancel", None),
        (f"refunds/{theirs['refunds']}/trace", None),
        (f"transfers/{theirs['transfers']}/cancel", None),
        (f"transfers/{theirs['transfers']}/recall", None),
        (f"cards/{theirs['cards']}/freeze", None),
        ("scam-reports", {"transfer_id": theirs["transfers"], "reason": "x"}),
        ("scam-reports", {"payment_id": theirs["payments"], "reason": "x"}),
    ):
        assert (await bank.ask("POST", f"/customers/C1001/{path}", body)).status == 404, path
    sent = (await bank.ask("POST", "/customers/C1014/otp", {"purpose": "close_account"})).body
    code = (await bank.get("/outbox/C1014"))["messages"][0]["code"]
    body = {"otp_id": sent["otp_id"], "code": code}
    assert (await bank.ask("POST", "/customers/C1001/otp/verify", body)).status == 404


async def test_contact_data_is_masked_everywhere_but_on_the_customers_own_phone(bank: RunningBank) -> None:
    row = bank.db.one("SELECT phone, email FROM customers WHERE id = 'C1002'")
    assert row is not None
    answers = [
        await bank.get("/customers"),
        await bank.get("/customers/C1002/profile"),
        (await bank.ask("POST", "/customers/C1002/otp", {"purpose": "close_account"})).body,
        (await bank.ask("POST", "/customers/C1002/password-reset")).body,
    ]
    assert not any(secret in json.dumps(answers) for secret in (row["phone"][2:], row["email"]))


async def test_a_receipt_can_be_opened_by_its_link_alone(bank: RunningBank) -> None:
    payment = await newest(bank, "C1002", "payments", status="completed")
    receipt = (await bank.ask("POST", "/customers/C1002/receipts", {"payment_id": payment["id"]})).body
    async with bank.session.get(receipt["url"]) as response:
        text = await response.text()
    assert response.status == 200 and payment["id"] in text and receipt["number"] in text
