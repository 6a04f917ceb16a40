"""The typed client against the real bank: every method, and what it makes of trouble."""

from __future__ import annotations

import inspect
import re
import time
from functools import partial

import pytest

from actions.services.bank import Bank
from actions.services.bank_types import Transfer
from actions.services.breaker import Breaker
from actions.services.http import Retry
from bot.errors import ServiceDown, ServiceRefused
from bot.types import to_wire
from tests.bank import KEY, BankProcess, RunningBank

PUBLIC = {name for name, _ in inspect.getmembers(Bank, inspect.iscoroutinefunction) if not name.startswith("_")}
QUICK = Retry(attempts=3, backoff_s=0.01)


class Spy:
    """Forwards to the client and remembers which methods were used."""

    def __init__(self, client: Bank) -> None:
        self._client = client
        self.used: set[str] = set()

    def __getattr__(self, name: str) -> object:
        self.used.add(name)
        return getattr(self._client, name)


async def test_every_method_speaks_the_banks_language(bank: RunningBank) -> None:
    c: Bank = Spy(bank.client)  # type: ignore[assignment]
    who = "C1014"
    proof = partial(bank.proof, who)

    def back(transfer: Transfer) -> str:
        return proof("take_back_transfer", transfer.id, transfer.amount_minor)

    await c.ping()
    assert len(await c.customers()) == 14
    profile, balance = await c.profile(who), await c.balance(who)
    assert (profile.name, profile.tier, balance.currency) == ("Grace Liu", "platinum", "USD")
    assert (await c.verification("C1013")).needed == ("id_card", "selfie")
    payments = await c.payments(who, status="completed", limit=50, until=bank.clock.now, since=0)
    assert to_wire(payments[0])["amount_minor"] == payments[0].amount_minor
    paid = next(each for each in payments if each.refundable_minor and not each.dispute_number)
    assert await c.payment(who, paid.order_number) == paid
    assert (await c.duplicates(who))[0].apart_s == 44
    assert (await c.dispute(who, paid.id, kind="not_received", idempotency_key="k1")).status == "open"
    refund = await c.request_refund(
        who, paid.id, reason="no", amount_minor=100, proof=proof("refund", paid.id, 100), idempotency_key="k2"
    )
    assert (await c.refund(who, refund.id)) == refund == (await c.refunds(who))[0]
    assert (await c.cancel_refund(who, refund.id, idempotency_key="k3")).status == "cancelled"
    (done,) = await c.refunds(who, status="completed")
    assert (await c.trace_refund(who, done.id, idempotency_key="k4")).kind == "trace"
    (moving,) = await c.transfers(who, status="processing", direction="out")
    assert (await c.cancel_transfer(who, moving.id, proof=back(moving), idempotency_key="k5")).status == "cancelled"
    dinner = next(each for each in await c.transfers(who, direction="out") if each.counterparty == "Ana Gomez")
    assert await c.transfer(who, dinner.id) == dinner
    assert (await c.recall_transfer(who, dinner.id, proof=back(dinner), idempotency_key="k6")).about == dinner.id
    virtual = next(each for each in await c.cards(who) if each.kind == "virtual")
    assert (await c.freeze_card(who, virtual.id, idempotency_key="k7")).frozen_by == "customer"
    assert (
        await c.unfreeze_card(who, virtual.id, proof=proof("unfreeze_card", virtual.id), idempotency_key="k8")
    ).status == "active"
    assert (await c.report_card_lost(who, virtual.id, idempotency_key="k9")).status == "lost"
    credit = next(each for each in await c.cards(who) if each.kind == "credit")
    replaced = await c.replace_card(
        who, credit.id, reason="damaged", proof=proof("replace_card", credit.id), idempotency_key="k10"
    )
    assert replaced.status == "active" and replaced.replacement and replaced.replacement.status == "ordered"
    assert {each.reason for each in await c.declines(who)} == {"card_frozen", "card_expired"}
    bill = (await c.bills(who))[0]
    assert await c.bill(who, bill.month) == bill
    limits = await c.limits(who)
    changed = await c.change_limit(
        who, daily_minor=limits.min_minor, proof=proof("change_limit", "", limits.min_minor), idempotency_key="k11"
    )
    assert changed.daily_minor == limits.min_minor
    assert "transfer_instant" in {each.code for each in await c.fees(currency="CNY")}
    assert (await c.receipt(who, payment_id=payments[0].id, idempotency_key="k12")).url.startswith(bank.url)
    sent = await c.send_code(who, purpose="change_phone", object="4155550100", idempotency_key="k13")
    code = (await c.outbox(who))[0].code or ""
    checked = await c.verify_code(who, otp_id=sent.otp_id, code=code, idempotency_key="k14")
    assert checked.purpose == "change_phone"
    asked = await c.change_phone(who, phone="(415) 555-0100", proof=checked.proof, idempotency_key="k15")
    assert (asked.phone, asked.status) == ("+1 ***-***-0100", "unproven")
    new = proof("confirm_phone", "+14155550100")
    assert (await c.confirm_phone(who, proof=new, idempotency_key="k21")).status == "waiting"
    assert (await c.send_password_reset(who, idempotency_key="k16")).expires_at > bank.clock.now
    complaint = await c.complain(who, reason="slow", idempotency_key="k17")
    assert complaint.kind == "complaint"
    withdrawn = await c.withdraw_complaint(who, complaint.number, idempotency_key="k22")
    assert withdrawn.status == "withdrawn"
    assert (await c.report_scam(who, reason="odd", idempotency_key="k18")).outgoing_frozen
    assert (await c.lock_account(who, idempotency_key="k19")).devices_signed_out == 1
    assert len(await c.cases(who, kind="dispute")) == 2
    assert (
        await c.request_closure("C1013", proof=bank.proof("C1013", "close_account"), idempotency_key="k20")
    ).closes_on
    await c.close()
    assert c.used == PUBLIC  # type: ignore[attr-defined]


async def test_its_docstrings_name_the_refusals_the_bank_documents(bank: RunningBank) -> None:
    from tests.bank import document

    documented = {
        code
        for item in document()["paths"].values()
        for each in item.values()
        for code in re.findall(r"\w+", each["responses"].get("422", {}).get("description", "").removeprefix("Refused:"))
    }
    told = set(re.findall(r"\w+", " ".join(getattr(Bank, name).__doc__ or "" for name in PUBLIC)))
    assert documented <= told, documented - told


@pytest.mark.parametrize(
    "order_number", ["../../C1002/profile", "..", "", "P1?limit=5", "P1#x", "%2e%2e", "号码", "x" * 500]
)
async def test_an_id_cannot_lead_elsewhere(bank: RunningBank, order_number: str) -> None:
    with pytest.raises(ServiceRefused) as refused:
        await bank.client.payment("C1001", order_number)
    assert refused.value.code == "not_found"


async def test_a_refusal_has_its_code(bank: RunningBank) -> None:
    with pytest.raises(ServiceRefused) as refused:
        await bank.client.request_closure("C1001", idempotency_key="k")
    assert refused.value.code == "balance_not_zero"


@pytest.mark.parametrize("fault", [{"status": 503}, {"status": 500}, {"drop": True}, {"drop": True, "when": "after"}])
async def test_it_tries_again_and_nothing_happens_twice(bank: RunningBank, fault: dict[str, object]) -> None:
    (payment, *_) = await bank.client.payments("C1001", merchant="京东")
    proof = bank.proof("C1001", "refund", payment.id, payment.amount_minor)
    await bank.fault(path_prefix="/customers/C1001/refunds", times=2, **fault)
    refund = await bank.client.request_refund("C1001", payment.id, reason="again", proof=proof, idempotency_key="m1")
    assert (await bank.client.refunds("C1001"))[0] == refund
    assert bank.db.number("SELECT count(*) FROM refunds WHERE reason = 'again'") == 1


async def test_it_gives_up_after_three_attempts(bank: RunningBank) -> None:
    await bank.fault(path_prefix="/customers/C1001/balance", status=503, times=4)
    with pytest.raises(ServiceDown, match="bank: answered 503"):
        await bank.client.balance("C1001")
    assert (await bank.client.balance("C1001")).currency == "CNY"


async def test_without_a_key_a_post_is_not_repeated(bank: RunningBank) -> None:
    await bank.fault(path_prefix="/customers/C1001/complaints", status=503, times=1)
    with pytest.raises(ServiceDown):
        await bank.client._post("/customers/C1001/complaints", {"reason": "x"}, None)


async def test_a_no_is_not_repeated(bank: RunningBank) -> None:
    await bank.fault(path_prefix="/customers/C1001/balance", status=418, times=1)
    with pytest.raises(ServiceRefused, match="fault"):
        await bank.client.balance("C1001")


async def test_it_does_not_wait_for_ever(bank: RunningBank) -> None:
    await bank.fault(path_prefix="/customers/C1001/balance", delay_ms=5_000, times=10)
    began = time.monotonic()
    async with Bank(name="bank", url=bank.url, key=KEY, timeout_s=0.1, retry=QUICK) as client:
        with pytest.raises(ServiceDown, match="TimeoutError"):
            await client.balance("C1001")
    assert time.monotonic() - began < 1


async def test_a_slow_first_attempt_leaves_time_for_a_second(bank: RunningBank) -> None:
    await bank.fault(path_prefix="/customers/C1001/balance", delay_ms=5_000, times=1)
    async with Bank(name="bank", url=bank.url, key=KEY, timeout_s=0.3, retry=QUICK) as client:
        assert (await client.balance("C1001")).currency == "CNY"


async def test_after_many_failures_the_bank_is_left_alone_and_then_probed(bank: RunningBank) -> None:
    await bank.fault(path_prefix="/customers/C1001/balance", status=503, times=6)
    breaker = Breaker(failures=6, open_s=3_600)
    async with Bank(name="bank", url=bank.url, key=KEY, retry=QUICK, breaker=breaker) as client:
        for _ in range(2):
            with pytest.raises(ServiceDown, match="answered 503"):
                await client.balance("C1001")
        with pytest.raises(ServiceDown, match="not asked again yet"):
            await client.balance("C1001")
        breaker._open_until = 0
        assert (await client.balance("C1001")).currency == "CNY"
        assert (await client.balance("C1001")).currency == "CNY"


async def test_a_wrong_key_is_the_operators_problem_and_is_not_shown(bank: RunningBank) -> None:
    async with Bank(name="bank", url=bank.url, key="hunter2-wrong") as client:
        with pytest.raises(ServiceDown, match="XIAOER_BANK_KEY") as error:
            await client.balance("C1001")
    assert "hunter2" not in str(error.value) + repr(client)


async def test_it_survives_the_bank_being_killed_and_started_again(bank_process: BankProcess) -> None:
    """The pooled connections are dead by then; nobody notices."""
    async with Bank(name="bank", url=bank_process.url, key=KEY, retry=QUICK) as client:
        before = await client.complain("C1001", reason="x", idempotency_key="m1")
        await bank_process.kill()
        with pytest.raises(ServiceDown):
            await client.balance("C1001")
        await bank_process.start()
        assert await client.complain("C1001", reason="x", idempotency_key="m1") == before
