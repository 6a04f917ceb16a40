"""Customers in the United States."""

from __future__ import annotations

from typing import Any

from sandbox.database import Database
from sandbox.days import DAY_S
from sandbox.seed.story import Shop, Story

SHOPS = (
    Shop("Blue Bottle Coffee", "food", 4, 18),
    Shop("Chipotle", "food", 9, 32),
    Shop("Trader Joe's", "groceries", 18, 120),
    Shop("Whole Foods Market", "groceries", 22, 160),
    Shop("Amazon", "shopping", 9, 220),
    Shop("Target", "shopping", 15, 140),
    Shop("Uber", "transport", 8, 55),
    Shop("MTA", "transport", 3, 34),
    Shop("Con Edison", "utilities", 60, 190),
    Shop("Spotify", "digital", 11, 12),
    Shop("Netflix", "digital", 15, 23),
    Shop("Walgreens", "health", 6, 60),
)


def _customer(db: Database, now: float, **customer: Any) -> Story:
    return Story(db, now, language="en", currency="USD", **customer)


def emma_clarke(db: Database, now: float) -> None:
    story = _customer(
        db,
        now,
        id="C1002",
        name="Emma Clarke",
        phone="+12125550142",
        email="emma@mail.example",
        address="*** W 83rd St, New York",
        balance_minor=184_210,
        story="A refund completed nine days ago has not arrived on her card.",
    )
    story.card("4471", network="Visa")
    story.salary("Hudson Publishing", "****5520", 310_000)
    story.shopping(SHOPS, 14, card="4471")
    boots = story.payment("Northway Outdoors", "shopping", 18_999, story.ago(21, 13, 25), card="4471")
    story.refund(boots, 16, status="completed", reason="Wrong size")
    story.payment("Lakeside Books", "shopping", 4_350, story.ago(4, 17, 50), card="4471")


def marcus_johnson(db: Database, now: float) -> None:
    story = _customer(
        db,
        now,
        id="C1004",
        name="Marcus Johnson",
        phone="+13125550178",
        email="marcus@mail.example",
        address="*** S Halsted St, Chicago",
        balance_minor=96_430,
        story="A payment in the middle of the night that he does not recognise.",
    )
    story.card("1290", network="Mastercard")
    story.shopping(SHOPS, 13, card="1290")
    story.payment("NOVAPLAY DIGITAL SVCS", "digital", 8_999, story.ago(2, 3, 14), card="1290")


def priya_patel(db: Database, now: float) -> None:
    story = _customer(
        db,
        now,
        id="C1006",
        name="Priya Patel",
        phone="+14085550119",
        email="priya@mail.example",
        address="*** Castro St, Mountain View",
        balance_minor=121_900,
        verification="pending",
        verification_submitted_at=now - DAY_S,
        story="A payment failed though its money is held; her identity check is under way.",
    )
    story.db.run("UPDATE customers SET verification_expected_on = ? WHERE id = ?", story.day(2), story.id)
    story.card("3358", network="Visa")
    story.shopping(SHOPS, 11, card="3358")
    story.payment(
        "Crestline Electronics",
        "shopping",
        34_900,
        story.ago(1, 19, 33),
        status="failed",
        failure="network_error",
        over_in_days=3,
    )


def daniel_kim(db: Database, now: float) -> None:
    story = _customer(
        db,
        now,
        id="C1008",
        name="Daniel Kim",
        phone="+12065550163",
        email="daniel@mail.example",
        address="*** Pike St, Seattle",
        balance_minor=275_600,
        story="One transfer failed, another was returned and its money is not back yet.",
    )
    story.card("8127", network="Visa")
    story.shopping(SHOPS, 12, card="8127")
    story.transfer(
        "Jason Lee",
        "****4410",
        45_000,
        story.ago(1, 16, 5),
        status="failed",
        failure="account_not_found",
        note="concert tickets",
    )
    story.transfer(
        "Greenpoint Rentals",
        "****9035",
        120_000,
        story.ago(4, 9, 40),
        status="returned",
        failure="account_closed",
        returns_in_days=1,
        note="rent",
    )


def olivia_martinez(db: Database, now: float) -> None:
    story = _customer(
        db,
        now,
        id="C1010",
        name="Olivia Martinez",
        phone="+13055550134",
        email="olivia@mail.example",
        address="*** Ocean Dr, Miami",
        balance_minor=148_050,
        story="A lost card; its replacement is on the way.",
    )
    lost = story.card("6093", network="Visa", status="lost")
    story.replacement(lost, "7755", ordered_days=4, in_days=2, carrier="UPS")
    story.card("2216", "virtual", network="Visa")
    story.shopping(SHOPS, 12, card="6093")


def robert_hughes(db: Database, now: float) -> None:
    story = _customer(
        db,
        now,
        id="C1012",
        name="Robert Hughes",
        phone="+16025550187",
        email="robert@mail.example",
        address="*** E Camelback Rd, Phoenix",
        balance_minor=612_300,
        tier="gold",
        member_days=2200,
        story="A caller 'from the bank' talked him into two transfers; one can still be stopped.",
    )
    story.card("5140", network="Mastercard")
    story.shopping(SHOPS, 9, card="5140")
    scammer = ("Safe Harbor Funds Desk", "****6668")
    story.transfer(*scammer, 180_000, story.ago(1, 15, 20), kind="instant", fee_minor=1_500, note="secure account")
    story.transfer(*scammer, 250_000, now - 1_800, kind="international", status="processing", fee_minor=1_750)


def grace_liu(db: Database, now: float) -> None:
    story = _customer(
        db,
        now,
        id="C1014",
        name="Grace Liu",
        phone="+16505550155",
        email="grace@mail.example",
        address="*** Bryant St, Palo Alto",
        balance_minor=4_385_900,
        tier="platinum",
        member_days=1500,
        story="Many of everything: refunds, transfers and cards in every state.",
    )
    story.salary("Bayview Robotics", "****2031", 1_120_000)
    story.shopping(SHOPS, 60, card="3010")
    _grace_cards(story)
    _grace_payments(story)
    _grace_transfers(story)
    story.case("complaint", 6, reason="Waited an hour on the phone")


def _grace_cards(story: Story) -> None:
    story.card("3010", "credit", network="Visa")
    old = story.card("3001", network="Visa", status="replaced", issued_days=1400)
    frozen = story.card("3020", network="Mastercard", status="frozen", frozen_by="bank", issued_days=700)
    story.card("3030", "virtual", network="Visa", issued_days=90)
    story.decline(frozen, "Riverside Jewelers", 129_900, story.ago(3, 2, 50), "card_frozen")
    story.decline(old, "Spotify", 1_199, story.ago(9, 6, 0), "card_expired")


def _grace_payments(story: Story) -> None:
    story.payment("Skyline Hotel", "travel", 68_400, story.ago(1, 22, 10), status="pending", over_in_days=3)
    lunch = story.ago(3, 12, 31)
    for at in (lunch, lunch + 44):
        story.payment("Noodle Theory", "food", 3_275, at, card="3010")
    odd = story.payment("QZ*MEDIA HOLDINGS", "digital", 2_999, story.ago(12, 4, 2), card="3010")
    story.case("dispute", 11, about=odd, topic="not_recognised")
    story.payment("Summit Airlines", "travel", 41_200, story.ago(8, 18), status="failed", failure="declined_by_bank")
    story.payment("Old Town Furniture", "shopping", 89_900, story.ago(120, 15), card="3010")
    states = (("requested", 0.4), ("approved", 1), ("sent_to_bank", 3), ("completed", 14), ("cancelled", 20))
    for n, (status, days) in enumerate(states):
        payment = story.payment("Amazon", "shopping", 5_000 + 731 * n, story.ago(days + 4, 11, n), card="3010")
        story.refund(payment, days, status=status, reason="Changed my mind")
    late = story.payment("Velvet & Oak", "shopping", 23_400, story.ago(30, 16), card="3010")
    story.refund(late, 22, status="sent_to_bank", reason="Arrived broken", expected_days=12)


def _grace_transfers(story: Story) -> None:
    story.transfer(
        "Wei Liu", "****7719", 300_000, story.now - 5_400, status="processing", kind="international", note="Mum"
    )
    story.transfer("Ana Gomez", "****1186", 8_500, story.ago(2, 13), kind="instant", fee_minor=128, note="dinner")
    story.transfer("Peter Novak", "****3342", 15_000, story.ago(10, 9), status="cancelled")
    story.transfer("Lena Fischer", "****5008", 22_000, story.ago(7, 10), status="failed", failure="name_mismatch")
    story.transfer("Tomas Reyes", "****9921", 64_000, story.ago(18, 10), status="returned", failure="account_closed")
    story.transfer("Old Landlord LLC", "****2210", 210_000, story.ago(50, 9))
    story.transfer("Mei Chen", "****6402", 4_200, story.ago(1, 20), direction="in", kind="instant", note="cinema")


STORIES = (
    emma_clarke,
    marcus_johnson,
    priya_patel,
    daniel_kim,
    olivia_martinez,
    robert_hughes,
    grace_liu,
)
