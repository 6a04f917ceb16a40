"""Cards: active, frozen, lost, replaced; replacements on their way; attempts that were declined."""

from __future__ import annotations

import secrets
import sqlite3
from collections.abc import Callable

from sandbox import asked, clock, models
from sandbox.areas.common import customer_of
from sandbox.days import day_of, working_days_after
from sandbox.deeds import Deed
from sandbox.service import Call, Missing, Refused, Route

DELIVERY_WORKING_DAYS = 5
CARD = (
    "SELECT c.*, r.ending AS r_ending, r.status AS r_status, r.ordered_at, r.expected_on, r.carrier, r.tracking_number,"
    " k.address FROM cards c JOIN customers k ON k.id = c.customer_id LEFT JOIN replacements r ON r.card_id = c.id"
)


def card_model(row: sqlite3.Row) -> models.Card:
    replacement = None
    if row["r_ending"] is not None:
        replacement = models.Replacement(
            ending=row["r_ending"],
            status=row["r_status"],
            ordered_at=row["ordered_at"],
            expected_on=row["expected_on"],
            carrier=row["carrier"],
            tracking_number=row["tracking_number"],
            address=row["address"],
        )
    kept = {name: row[name] for name in ("id", "ending", "kind", "network", "status", "frozen_by", "expires")}
    return models.Card(**kept, replacement=replacement)


def find(call: Call) -> sqlite3.Row:
    row = call.db.one(f"{CARD} WHERE c.customer_id = ? AND c.id = ?", call.path["customer_id"], call.path["card_id"])
    if row is None:
        raise Missing("card")
    return row


def list_cards(call: Call) -> asked.Cards:
    customer = customer_of(call)
    rows = call.db.all(f"{CARD} WHERE c.customer_id = ? ORDER BY c.issued_at DESC, c.id", customer["id"])
    return asked.Cards(cards=[card_model(row) for row in rows])


def list_declines(call: Call) -> asked.Declines:
    customer = customer_of(call)
    query: asked.DeclinesQuery = call.query
    rows = call.db.all(
        "SELECT d.*, c.ending AS card_ending FROM declines d JOIN cards c ON c.id = d.card_id"
        " WHERE d.customer_id = ? AND (? IS NULL OR d.card_id = ?) ORDER BY d.at DESC, d.id DESC LIMIT ?",
        customer["id"],
        query.card_id,
        query.card_id,
        query.limit,
    )
    made = [models.Decline(**{name: row[name] for name in models.Decline.model_fields}) for row in rows]
    return asked.Declines(declines=made)


def freeze(call: Call) -> models.Card:
    card = _in_use(call)
    if card["status"] == "frozen":
        raise Refused("already_frozen", f"the card was frozen by the {card['frozen_by']}")
    return _set(call, card, "frozen", "customer")


def unfreeze(call: Call) -> models.Card:
    card = _in_use(call)
    if card["status"] != "frozen":
        raise Refused("not_frozen", "the card is not frozen")
    if card["frozen_by"] == "bank":
        raise Refused("frozen_by_bank", "the bank froze the card; a person has to look at it")
    return _set(call, card, "active", None)


def report_lost(call: Call) -> models.Card:
    return _set(call, _in_use(call), "lost", None)


def replace(call: Call) -> models.Card:
    """Order a new card; a frozen or active one keeps its status until the new one is delivered."""
    customer = customer_of(call)
    card = find(call)
    if card["status"] == "replaced":
        raise Refused("card_replaced", "the card has been replaced")
    if card["r_ending"] is not None:
        raise Refused("already_ordered", f"a new card is {card['r_status']}")
    if card["kind"] == "virtual":
        raise Refused("virtual_card", "a virtual card has no plastic to replace")
    zone = customer["timezone"]
    moments = {step: working_days_after(call.now, days, zone, hour=9) for step, days in STEPS}
    call.db.insert(
        "replacements",
        card_id=card["id"],
        ending=f"{secrets.randbelow(9000) + 1000}",
        status="ordered",
        ordered_at=call.now,
        expected_on=day_of(moments["card.deliver"], zone),
        carrier="SF Express" if customer["currency"] == "CNY" else "UPS",
    )
    for step, due_at in moments.items():
        clock.plan(call.db, due_at, step, card["id"])
    if call.body.reason in ("lost", "stolen") and card["status"] != "lost":
        return _set(call, card, "lost", None)
    return card_model(find(call))


def deed_of(purpose: str) -> Callable[[Call], Deed]:
    def deed(call: Call) -> Deed:
        customer_of(call)
        return Deed(purpose=purpose, object=find(call)["id"])

    return deed


STEPS = (("card.print", 1), ("card.ship", 2), ("card.deliver", DELIVERY_WORKING_DAYS))


def _in_use(call: Call) -> sqlite3.Row:
    customer_of(call)
    card = find(call)
    if card["status"] in ("lost", "replaced"):
        raise Refused(f"card_{card['status']}", f"the card is {card['status']}")
    return card


def _set(call: Call, card: sqlite3.Row, status: str, frozen_by: str | None) -> models.Card:
    call.db.run("UPDATE cards SET status = ?, frozen_by = ? WHERE id = ?", status, frozen_by, card["id"])
    return card_model(find(call))


ROUTES = (
    Route(
        method="GET",
        path="/customers/{customer_id}/cards",
        name="listCards",
        summary="Cards, newest first.",
        handle=list_cards,
        answers=asked.Cards,
    ),
    Route(
        method="GET",
        path="/customers/{customer_id}/declines",
        name="listDeclines",
        summary="Attempts to pay by card that were turned down, and why.",
        handle=list_declines,
        query=asked.DeclinesQuery,
        answers=asked.Declines,
    ),
    Route(
        method="POST",
        path="/customers/{customer_id}/cards/{card_id}/freeze",
        name="freezeCard",
        summary="Stop the card for now.",
        handle=freeze,
        body=asked.Nothing,
        answers=models.Card,
        refusals=("already_frozen", "card_lost", "card_replaced"),
    ),
    Route(
        method="POST",
        path="/customers/{customer_id}/cards/{card_id}/unfreeze",
        name="unfreezeCard",
        summary="Let a card work again that the customer froze.",
        handle=unfreeze,
        deed=deed_of("unfreeze_card"),
        body=asked.Nothing,
        answers=models.Card,
        refusals=("not_frozen", "frozen_by_bank", "card_lost", "card_replaced"),
    ),
    Route(
        method="POST",
        path="/customers/{customer_id}/cards/{card_id}/report-lost",
        name="reportCardLost",
        summary="Stop the card for good.",
        handle=report_lost,
        body=asked.Nothing,
        answers=models.Card,
        refusals=("card_lost", "card_replaced"),
    ),
    Route(
        method="POST",
        path="/customers/{customer_id}/cards/{card_id}/replace",
        name="replaceCard",
        summary="Order a new card; for a lost or stolen one this stops it, too.",
        handle=replace,
        deed=deed_of("replace_card"),
        body=asked.ReplaceRequest,
        answers=models.Card,
        refusals=("already_ordered", "card_replaced", "virtual_card"),
    ),
)
