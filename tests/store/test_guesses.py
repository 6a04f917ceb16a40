"""Codes sent and codes guessed are counted for a customer, whatever conversation they come from."""

from __future__ import annotations

import asyncio
import json

import pytest

from bot.errors import ServiceRefused
from bot.store.audit import Audit
from bot.store.connect import Client
from bot.store.guesses import Caps, Guesses


def guesses(redis: Client, **caps: int) -> Guesses:
    most = Caps(**{"an_hour": 100, "for_deed": 100, "a_day": 100, "free": 100, **caps})
    return Guesses(redis, Audit(redis), sent=most, wrong=most)


async def refused(guesses: Guesses, key: str, *, who: str = "C1", deed: str = "limit") -> str:
    with pytest.raises(ServiceRefused) as refusal:
        await guesses.trying(who, deed, key=key, conversation="c")
    return refusal.value.code


async def test_wrong_codes_count_over_deeds_until_a_day_is_full(redis: Client) -> None:
    watch = guesses(redis, a_day=3)
    for n in range(3):
        await watch.trying("C1", f"deed{n}", key=f"k{n}", conversation=f"c{n}")
    assert await refused(watch, "k3") == "codes_blocked"
    await watch.trying("C2", "limit", key="k3", conversation="c")


async def test_one_deed_is_full_before_the_others(redis: Client) -> None:
    watch = guesses(redis, for_deed=2)
    for n in range(2):
        await watch.trying("C1", "limit", key=f"k{n}", conversation="c")
    assert await refused(watch, "k2") == "codes_blocked"
    await watch.trying("C1", "refund", key="k2", conversation="c")


async def test_each_next_one_waits(redis: Client) -> None:
    watch = guesses(redis, free=1)
    for n in range(2):
        await watch.trying("C1", "limit", key=f"k{n}", conversation="c")
    assert await refused(watch, "k2") == "too_soon"


async def test_a_right_code_counts_for_nothing_and_a_turn_that_is_run_again_counts_once(redis: Client) -> None:
    watch = guesses(redis, a_day=2)
    for n in range(5):
        await watch.trying("C1", "limit", key=f"k{n}", conversation="c")
        await watch.forgive("C1", "limit", key=f"k{n}")
    for _ in range(5):
        await watch.trying("C1", "limit", key="again", conversation="c")


async def test_ninety_guesses_at_once_get_no_further_than_one_after_the_other(redis: Client) -> None:
    watch = guesses(redis, a_day=10)
    tries = (watch.trying("C1", f"d{n % 9}", key=f"k{n}", conversation=f"c{n}") for n in range(90))
    outcomes = await asyncio.gather(*tries, return_exceptions=True)
    assert sum(outcome is None for outcome in outcomes) == 10


async def test_messages_are_counted_apart_from_guesses_and_caps_are_in_the_trail(redis: Client) -> None:
    watch = guesses(redis, an_hour=1)
    await watch.sending("C1", "limit", key="s1", conversation="c")
    await watch.trying("C1", "limit", key="t1", conversation="c")
    with pytest.raises(ServiceRefused, match="no more codes"):
        await watch.sending("C1", "limit", key="s2", conversation="c")
    assert await refused(watch, "t2") == "codes_blocked"
    lines = [json.loads(line) async for line in Audit(redis).lines()]
    assert [(line["event"], line["subject"]) for line in lines] == [
        ("code.too_many", "customer:C1"),
        ("code.blocked", "customer:C1"),
    ]
