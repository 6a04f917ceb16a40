"""The one table of routes: it serves, it checks requests, and it becomes /openapi.json."""

from __future__ import annotations

from sandbox import models
from sandbox.areas import (
    accounts,
    bills,
    cards,
    cases,
    codes,
    disputes,
    payments,
    phones,
    receipts,
    refunds,
    security,
    transfers,
)
from sandbox.service import Call, Route


def _health(call: Call) -> models.Health:
    call.db.one("SELECT 1")
    return models.Health(status="ok")


HEALTH = Route(
    method="GET",
    path="/healthz",
    name="health",
    summary="Whether the service can answer.",
    handle=_health,
    answers=models.Health,
    keyless=True,
)

TABLE: tuple[Route, ...] = (
    HEALTH,
    *accounts.ROUTES,
    *payments.ROUTES,
    *disputes.ROUTES,
    *receipts.ROUTES,
    *refunds.ROUTES,
    *transfers.ROUTES,
    *cards.ROUTES,
    *bills.ROUTES,
    *cases.ROUTES,
    *security.ROUTES,
    *codes.ROUTES,
    *phones.ROUTES,
)
