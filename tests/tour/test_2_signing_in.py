"""2. Signing in. The shop's server says who its customer is, with a JWT; a name alone says nothing."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import aiohttp

from tests.tour.people import Customer, proof_of

Come = Callable[..., Customer]


async def test_with_the_shops_proof_the_bot_knows_whose_balance_is_meant(customer: Come) -> None:
    emma = await customer().signs_in("C1002")
    assert "$" in await emma.says("what's my balance?")


async def test_the_same_name_without_the_proof_is_somebody_else(customer: Come) -> None:
    emma = await customer("emma").signs_in("C1002")
    assert "$" in await emma.says("what's my balance?")
    assert "sign in" in await customer("emma").says("what's my balance?")


async def test_what_was_asked_before_signing_in_goes_on_afterwards(web: aiohttp.ClientSession, tab: Any) -> None:
    window = await tab()
    assert window.welcome["identity"] is None
    assert "sign in" in await window.says("what's my balance?")
    await window.send(type="identity", token=await proof_of(web, "C1002"))
    assert (await window.hears("identity"))["identity"] == {"name": "Emma Clarke", "level": 1}
    assert "$" in await window.says("I've signed in")


async def test_signing_out_ends_it(web: aiohttp.ClientSession, tab: Any) -> None:
    window = await tab(identity=await proof_of(web, "C1002"))
    assert window.welcome["identity"] == {"name": "Emma Clarke", "level": 1}
    await window.send(type="identity", token=None)
    assert (await window.hears("identity"))["identity"] is None
    assert "sign in" in await window.says("what's my balance?")
