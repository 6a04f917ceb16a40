"""3. A refund: which payment, why, are you sure, the code from the phone; and the bank books it once."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from typing import Any

from tests.tour.house import House
from tests.tour.people import Customer

Come = Callable[..., Customer]


async def refunds(house: House, customer_id: str) -> list[dict[str, Any]]:
    return list((await house.books(f"{customer_id}/refunds"))["refunds"])


async def test_a_refund_is_proven_booked_once_and_said(house: House, customer: Come) -> None:
    grace = await customer().signs_in("C1014")
    before = await refunds(house, "C1014")

    assert "Which payment" in await grace.says("Hi, I'd like my money back for something I bought")
    assert "reason" in await grace.presses("$204.37 Amazon")
    heard = await grace.presses("Changed my mind")
    assert "$204.37" in heard and "Amazon" in heard
    assert "6-digit code" in await grace.presses("Yes")
    assert await refunds(house, "C1014") == before, "nothing moves before the code"

    code = await grace.code()
    answers = await asyncio.gather(*(grace.post(code, message_id="the-code") for _ in range(3)))
    assert [status for status, _ in answers] == [200, 200, 200], "a retry is answered, too"
    assert answers[0] == answers[1] == answers[2]

    (booked,) = [each for each in await refunds(house, "C1014") if each not in before]
    assert (booked["amount_minor"], booked["currency"], booked["status"]) == (20437, "USD", "requested")
    said = answers[0][1][0]["text"]
    assert said.startswith("Done.") and booked["id"] in said

    assert await grace.post(code, message_id="the-code") == answers[0], "and later still"
    assert len(await refunds(house, "C1014")) == len(before) + 1


async def test_a_wrong_code_moves_nothing(house: House, customer: Come) -> None:
    olivia = await customer().signs_in("C1010")
    before = await house.books("C1010/limits")
    await olivia.says("please raise my daily limit to $900")
    assert "6-digit code" in await olivia.presses("Yes")
    wrong = "000000" if await olivia.code() != "000000" else "000001"
    assert "isn't right" in await olivia.says(wrong)
    assert await house.books("C1010/limits") == before


async def test_changing_ones_mind_moves_nothing(house: House, customer: Come) -> None:
    emma = await customer().signs_in("C1002")
    before = await refunds(house, "C1002")
    await emma.says("I want a refund")
    assert "your refund is not done" in await emma.says("never mind")
    assert await refunds(house, "C1002") == before
