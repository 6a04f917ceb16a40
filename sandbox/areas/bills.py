"""Monthly bills, daily limits and fees."""

from __future__ import annotations

import sqlite3

from sandbox import asked, models
from sandbox.areas.common import customer_of, money, settled, unrestricted
from sandbox.days import day_bounds, month_before, month_bounds, month_of
from sandbox.deeds import Deed
from sandbox.service import Call, Missing, Refused, Route

MAX_DAILY = {
    "CNY": {"standard": 5_000_000, "gold": 10_000_000, "platinum": 20_000_000, "unverified": 100_000},
    "USD": {"standard": 500_000, "gold": 1_000_000, "platinum": 2_500_000, "unverified": 20_000},
}
MIN_DAILY = {"CNY": 10_000, "USD": 1_000}

# code: (fixed, basis points, least, most, free per month)
FEES: dict[str, dict[str, tuple[int, int, int, int | None, int]]] = {
    "CNY": {
        "transfer_standard": (0, 0, 0, None, 0),
        "transfer_instant": (0, 10, 200, 2_500, 3),
        "transfer_international": (5_000, 10, 5_000, 26_000, 0),
        "withdrawal": (0, 10, 10, None, 2),
        "atm": (200, 0, 200, 200, 3),
        "atm_abroad": (1_200, 100, 1_200, None, 0),
        "conversion": (0, 150, 0, None, 0),
        "card_replacement": (1_500, 0, 1_500, 1_500, 0),
        "refund": (0, 0, 0, None, 0),
        "monthly": (0, 0, 0, None, 0),
    },
    "USD": {
        "transfer_standard": (0, 0, 0, None, 0),
        "transfer_instant": (0, 150, 25, 1_500, 0),
        "transfer_international": (500, 50, 500, 4_500, 0),
        "withdrawal": (0, 0, 0, None, 0),
        "atm": (250, 0, 250, 250, 2),
        "atm_abroad": (500, 300, 500, None, 0),
        "conversion": (0, 250, 0, None, 0),
        "card_replacement": (500, 0, 500, 500, 1),
        "refund": (0, 0, 0, None, 0),
        "monthly": (0, 0, 0, None, 0),
    },
}

SUMS = """
SELECT
 (SELECT coalesce(sum(amount_minor), 0) FROM payments WHERE customer_id = :who AND status = 'completed'
   AND at >= :start AND at < :end) AS spent_minor,
 (SELECT count(*) FROM payments WHERE customer_id = :who AND status = 'completed'
   AND at >= :start AND at < :end) AS payments,
 (SELECT coalesce(sum(amount_minor), 0) FROM refunds WHERE customer_id = :who AND status = 'completed'
   AND completed_at >= :start AND completed_at < :end) AS refunded_minor,
 (SELECT coalesce(sum(amount_minor), 0) FROM transfers WHERE customer_id = :who AND direction = 'out'
   AND status IN ('processing', 'completed') AND at >= :start AND at < :end) AS sent_minor,
 (SELECT coalesce(sum(amount_minor), 0) FROM transfers WHERE customer_id = :who AND direction = 'in'
   AND status = 'completed' AND at >= :start AND at < :end) AS received_minor,
 (SELECT coalesce(sum(fee_minor), 0) FROM transfers WHERE customer_id = :who AND direction = 'out'
   AND status IN ('processing', 'completed') AND at >= :start AND at < :end) AS fees_minor
"""
CATEGORIES = (
    "SELECT category, sum(amount_minor) AS amount_minor FROM payments WHERE customer_id = ? AND status = 'completed'"
    " AND at >= ? AND at < ? GROUP BY category ORDER BY 2 DESC, 1"
)


def bill_of(call: Call, customer: sqlite3.Row, month: str) -> models.Bill:
    try:
        start, end = month_bounds(month, customer["timezone"])
    except (ValueError, OverflowError) as error:
        raise Missing("month") from error
    sums = call.db.connection.execute(SUMS, {"who": customer["id"], "start": start, "end": end}).fetchone()
    if not any(tuple(sums)):
        raise Missing("bill")
    rows = call.db.all(CATEGORIES, customer["id"], start, end)
    return models.Bill(
        month=month,
        currency=customer["currency"],
        open=call.now < end,
        categories=[models.CategorySum(**dict(row)) for row in rows],
        **dict(sums),
    )


def list_bills(call: Call) -> asked.Bills:
    customer = customer_of(call)
    query: asked.Page = call.query
    month = month_of(call.now, customer["timezone"])
    bills: list[models.Bill] = []
    first = month_of(customer["member_since"], customer["timezone"])
    while month >= first and len(bills) < query.limit:
        try:
            bills.append(bill_of(call, customer, month))
        except Missing:
            pass
        month = month_before(month)
    return asked.Bills(bills=bills)


def get_bill(call: Call) -> models.Bill:
    return bill_of(call, customer_of(call), call.path["month"])


def limits_of(call: Call, customer: sqlite3.Row) -> models.Limits:
    start, end = day_bounds(call.now, customer["timezone"])
    used = call.db.number(
        "SELECT (SELECT coalesce(sum(amount_minor), 0) FROM payments WHERE customer_id = ?1 AND at >= ?2 AND at < ?3"
        "  AND status IN ('pending', 'completed'))"
        " + (SELECT coalesce(sum(amount_minor), 0) FROM transfers WHERE customer_id = ?1 AND at >= ?2 AND at < ?3"
        "  AND direction = 'out' AND status IN ('processing', 'completed'))",
        customer["id"],
        start,
        end,
    )
    currency, daily = customer["currency"], customer["daily_minor"]
    tier = customer["tier"] if customer["verification"] == "verified" else "unverified"
    most = MAX_DAILY[currency][tier]
    return models.Limits(
        currency=currency,
        daily_minor=daily,
        used_today_minor=used,
        left_today_minor=max(0, daily - used),
        single_minor=min(daily, most // 2),
        min_minor=MIN_DAILY[currency],
        max_minor=most,
    )


def get_limits(call: Call) -> models.Limits:
    return limits_of(call, customer_of(call))


def change_limit(call: Call) -> models.Limits:
    customer = customer_of(call)
    unrestricted(customer)
    body: asked.LimitChange = call.body
    limits = limits_of(call, customer)
    if not limits.min_minor <= body.daily_minor <= limits.max_minor:
        least, most = (money(each, limits.currency) for each in (limits.min_minor, limits.max_minor))
        raise Refused("limit_out_of_range", f"the daily limit may be from {least} to {most}")
    if body.daily_minor == limits.daily_minor:
        raise Refused("limit_unchanged", "that is the daily limit already")
    if body.daily_minor > limits.daily_minor:
        settled(call, customer)
    call.db.run("UPDATE customers SET daily_minor = ? WHERE id = ?", body.daily_minor, customer["id"])
    return get_limits(call)


def deed_of_limit(call: Call) -> Deed:
    body: asked.LimitChange = call.body
    return Deed(purpose="change_limit", amount_minor=body.daily_minor)


def list_fees(call: Call) -> asked.Fees:
    query: asked.FeesQuery = call.query
    fees = [
        models.Fee(
            code=code,
            currency=query.currency,
            fixed_minor=fixed,
            basis_points=basis_points,
            min_minor=least,
            max_minor=most,
            free_per_month=free,
        )
        for code, (fixed, basis_points, least, most, free) in FEES[query.currency].items()
    ]
    return asked.Fees(fees=fees)


ROUTES = (
    Route(
        method="GET",
        path="/customers/{customer_id}/bills",
        name="listBills",
        summary="One bill a month in which anything happened, newest first.",
        handle=list_bills,
        query=asked.Page,
        answers=asked.Bills,
    ),
    Route(
        method="GET",
        path="/customers/{customer_id}/bills/{month}",
        name="getBill",
        summary="One month's bill, YYYY-MM.",
        handle=get_bill,
        answers=models.Bill,
    ),
    Route(
        method="GET",
        path="/customers/{customer_id}/limits",
        name="getLimits",
        summary="The daily limit, what is left of it today, and the range it may be set in.",
        handle=get_limits,
        answers=models.Limits,
    ),
    Route(
        method="POST",
        path="/customers/{customer_id}/limits",
        name="changeLimit",
        summary="Set the daily limit.",
        handle=change_limit,
        body=asked.LimitChange,
        answers=models.Limits,
        refusals=("limit_out_of_range", "limit_unchanged", "account_restricted", "cooling_off"),
        deed=deed_of_limit,
    ),
    Route(
        method="GET",
        path="/fees",
        name="listFees",
        summary="What things cost.",
        handle=list_fees,
        query=asked.FeesQuery,
        answers=asked.Fees,
    ),
)
