"""What stories are told with: one customer and what happened to them, in days before now."""

from __future__ import annotations

import json
import random
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sandbox import clock
from sandbox.areas.bills import MAX_DAILY
from sandbox.areas.common import next_number
from sandbox.database import Database
from sandbox.days import DAY_S, at_hour, day_of, working_days_after

ZONES = {"CNY": "Asia/Shanghai", "USD": "America/New_York"}
STAGES = ("requested", "approved", "sent_to_bank", "completed")


@dataclass(frozen=True, slots=True)
class Shop:
    """A merchant and what one spends there, in whole units of the currency."""

    name: str
    category: str
    least: int
    most: int


class Story:
    """Writes as it is told. Days count back from now; hours are local; amounts are minor units."""

    def __init__(self, db: Database, now: float, **customer: Any) -> None:
        self.db, self.now = db, now
        self.id: str = customer["id"]
        self.currency: str = customer["currency"]
        self.zone = ZONES[self.currency]
        self.random = random.Random(self.id)
        tier = customer.setdefault("tier", "standard")
        verified = customer.get("verification", "verified") == "verified"
        most = MAX_DAILY[self.currency][tier if verified else "unverified"]
        customer.setdefault("daily_minor", most // 2)
        customer["verification_needed"] = json.dumps(customer.get("verification_needed", []))
        customer["member_since"] = now - customer.pop("member_days", 420) * DAY_S
        if verified:
            customer["verification_decided_at"] = customer["member_since"] + DAY_S
        db.insert("customers", timezone=self.zone, **customer)

    def ago(self, days: float, hour: int = 12, minute: int = 0) -> float:
        """A local time of day, `days` days ago; never in the future."""
        return min(at_hour(self.now, days, self.zone, hour=hour, minute=minute), self.now - 90)

    def day(self, days_ahead: float) -> str:
        return day_of(self.now + days_ahead * DAY_S, self.zone)

    def payment(
        self,
        merchant: str,
        category: str,
        amount_minor: int,
        at: float,
        *,
        card: str | None = None,
        status: str = "completed",
        failure: str | None = None,
        over_in_days: float | None = None,
    ) -> str:
        """`card` is its ending, else the balance pays. `over_in_days`: when it settles, or gives held money back."""
        payment_id = next_number(self.db, "P", at, self.zone)
        over_on = None if over_in_days is None else self.day(over_in_days)
        self.db.insert(
            "payments",
            id=payment_id,
            customer_id=self.id,
            order_number=next_number(self.db, "O", at, self.zone),
            at=at,
            merchant=merchant,
            category=category,
            amount_minor=amount_minor,
            currency=self.currency,
            status=status,
            method="card" if card else "balance",
            card_ending=card,
            failure_reason=failure,
            settles_on=over_on if status == "pending" else None,
            reverses_on=over_on if status == "failed" else None,
        )
        if over_in_days is not None:
            step = "payment.settle" if status == "pending" else "payment.reverse"
            clock.plan(self.db, self.now + over_in_days * DAY_S, step, payment_id)
        return payment_id

    def shopping(self, shops: Sequence[Shop], count: int, *, over_days: int = 85, card: str | None = None) -> None:
        """Everyday payments, spread over the days before yesterday."""
        for n in range(count):
            shop = self.random.choice(shops)
            days = 2 + (n + self.random.random()) * (over_days - 2) / count
            at = self.ago(days, self.random.randrange(8, 22), self.random.randrange(60))
            amount_minor = self.random.randrange(shop.least * 100, shop.most * 100)
            self.payment(shop.name, shop.category, amount_minor, at, card=card if self.random.random() < 0.5 else None)

    def salary(self, name: str, account: str, amount_minor: int) -> None:
        for days in (75, 45, 15):
            self.transfer(name, account, amount_minor, self.ago(days, 9), direction="in")

    def refund(
        self,
        payment_id: str,
        days: float,
        *,
        status: str,
        reason: str,
        amount_minor: int | None = None,
        expected_days: float | None = None,
    ) -> str:
        """Requested `days` ago; the steps until `status` are spread over the time since, later ones are planned.
        `expected_days` counts back from now; such a refund is stuck: nothing more is planned."""
        payment = self.db.one("SELECT * FROM payments WHERE id = ?", payment_id)
        if payment is None:
            raise ValueError(f"{self.id}: no payment {payment_id}")
        at = self.ago(days, 10, 20)
        refund_id = next_number(self.db, "R", at, self.zone)
        stage = STAGES.index(status) if status in STAGES else 0
        steps = (at + 7200, at + DAY_S, at + 7 * DAY_S)
        done_at = max(working_days_after(at, 5, self.zone, hour=18), self.now + DAY_S / 2)
        expected = steps[2] if status == "completed" else done_at
        self.db.insert(
            "refunds",
            id=refund_id,
            customer_id=self.id,
            payment_id=payment_id,
            amount_minor=amount_minor or payment["amount_minor"],
            currency=self.currency,
            status=status,
            reason=reason,
            destination=payment["method"],
            card_ending=payment["card_ending"],
            requested_at=at,
            approved_at=steps[0] if stage >= 1 else None,
            sent_at=steps[1] if stage >= 2 else None,
            completed_at=steps[2] if stage >= 3 else None,
            cancelled_at=at + 3600 if status == "cancelled" else None,
            bank_reference=clock.bank_reference(refund_id) if stage >= 2 else None,
            expected_on=None
            if status == "cancelled"
            else day_of(expected, self.zone)
            if expected_days is None
            else self.day(-expected_days),
        )
        if status in STAGES and expected_days is None:
            self._plan_refund(refund_id, stage, done_at)
        return refund_id

    def _plan_refund(self, refund_id: str, stage: int, done_at: float) -> None:
        moments = (self.now + 7200, done_at - 3600, done_at)
        for n, step in enumerate(("refund.approve", "refund.send", "refund.complete")):
            if stage <= n:
                clock.plan(self.db, moments[n], step, refund_id)

    def transfer(
        self,
        counterparty: str,
        account: str,
        amount_minor: int,
        at: float,
        *,
        direction: str = "out",
        kind: str = "standard",
        status: str = "completed",
        fee_minor: int = 0,
        failure: str | None = None,
        returns_in_days: float | None = None,
        note: str = "",
    ) -> str:
        transfer_id = next_number(self.db, "T", at, self.zone)
        arrives_at = {"completed": at + (30 if kind == "instant" else DAY_S)}.get(status)
        if status == "processing":
            arrives_at = working_days_after(self.now, 2 if kind == "international" else 1, self.zone, hour=16)
            clock.plan(self.db, arrives_at, "transfer.arrive", transfer_id)
        if returns_in_days is not None:
            clock.plan(self.db, self.now + returns_in_days * DAY_S, "transfer.give_back", transfer_id)
        self.db.insert(
            "transfers",
            id=transfer_id,
            customer_id=self.id,
            at=at,
            direction=direction,
            counterparty=counterparty,
            account=account,
            amount_minor=amount_minor,
            currency=self.currency,
            fee_minor=fee_minor,
            kind=kind,
            status=status,
            arrives_at=arrives_at,
            failure_reason=failure,
            returns_on=None if returns_in_days is None else self.day(returns_in_days),
            note=note,
        )
        return transfer_id

    def card(
        self,
        ending: str,
        kind: str = "debit",
        *,
        network: str,
        status: str = "active",
        frozen_by: str | None = None,
        issued_days: float = 400,
        expires_in_days: float = 900,
    ) -> str:
        card_id = f"K{self.id[1:]}{ending}"
        self.db.insert(
            "cards",
            id=card_id,
            customer_id=self.id,
            ending=ending,
            kind=kind,
            network=network,
            status=status,
            frozen_by=frozen_by,
            expires=self.day(expires_in_days)[:7],
            issued_at=self.now - issued_days * DAY_S,
        )
        return card_id

    def replacement(self, card_id: str, ending: str, *, ordered_days: float, in_days: float, carrier: str) -> None:
        """Shipped already, delivered `in_days` from now."""
        ordered_at = self.ago(ordered_days, 11)
        self.db.insert(
            "replacements",
            card_id=card_id,
            ending=ending,
            status="shipped",
            ordered_at=ordered_at,
            expected_on=self.day(in_days),
            carrier=carrier,
            tracking_number=clock.tracking_number(card_id, ordered_at),
        )
        clock.plan(self.db, self.now + in_days * DAY_S, "card.deliver", card_id)

    def decline(self, card_id: str, merchant: str, amount_minor: int, at: float, reason: str) -> None:
        self.db.insert(
            "declines",
            id=next_number(self.db, "X", at, self.zone),
            customer_id=self.id,
            card_id=card_id,
            at=at,
            merchant=merchant,
            amount_minor=amount_minor,
            currency=self.currency,
            reason=reason,
        )

    def case(self, kind: str, days: float, *, about: str = "", topic: str = "", reason: str = "") -> None:
        at = self.ago(days, 15)
        self.db.insert(
            "cases",
            number=next_number(self.db, "C", at, self.zone),
            customer_id=self.id,
            kind=kind,
            about=about,
            topic=topic,
            reason=reason,
            status="open",
            opened_at=at,
            answer_by=day_of(working_days_after(at, 10, self.zone, hour=18), self.zone),
        )
