"""Guessing passwords is slowed down where it is done, and nowhere else."""

from __future__ import annotations

import asyncio

import pytest

from bot.store import brake as rules
from bot.store import keys
from bot.store.brake import FIRST_WAIT_S, FREE, FREE_ANYWHERE, LONGEST_WAIT_S, Brake, network_of
from bot.store.connect import Client


async def wrong(brake: Brake, account: str, address: str, times: int = FREE) -> None:
    for _ in range(times):
        assert (await brake.begin(account, address)).wait_s == 0


async def over(redis: Client, brake: Brake, account: str, address: str) -> None:
    """As if the wait had passed."""
    for key in brake._keys(account, address)[:3]:
        if await redis.hexists(key, "until"):
            await redis.hset(key, "until", "0")


async def test_wrong_passwords_from_one_network_leave_the_others_alone(redis: Client) -> None:
    brake = Brake(redis)
    await wrong(brake, "lin", "192.0.2.1")
    assert (await brake.begin("lin", "192.0.2.99")).wait_s > 0, "a neighbour in the same network"
    assert (await brake.begin("lin", "198.51.100.1")).wait_s == 0
    assert (await brake.begin("sam", "192.0.2.1")).wait_s == 0


async def test_each_further_try_waits_twice_as_long(redis: Client) -> None:
    brake, waits = Brake(redis), []
    await wrong(brake, "lin", "192.0.2.1", FREE - 1)
    for _ in range(9):
        waits.append((await brake.begin("lin", "192.0.2.1")).next_wait_s)
        assert (await brake.begin("lin", "192.0.2.1")).wait_s > 0
        await over(redis, brake, "lin", "192.0.2.1")
    assert waits[:3] == [FIRST_WAIT_S, 2 * FIRST_WAIT_S, 4 * FIRST_WAIT_S]
    assert waits[-1] == LONGEST_WAIT_S


async def test_of_many_tries_at_once_no_more_than_the_free_ones_are_looked_at(redis: Client) -> None:
    brake = Brake(redis)
    tries = await asyncio.gather(*(brake.begin("lin", "192.0.2.1") for _ in range(40)))
    assert sum(each.wait_s == 0 for each in tries) == FREE


async def test_many_networks_together_are_stopped_but_not_the_one_that_is_known(redis: Client) -> None:
    brake = Brake(redis)
    await brake.begin("lin", "203.0.113.5")
    await brake.right("lin", "203.0.113.5")
    for n in range(FREE_ANYWHERE):
        await brake.begin("lin", f"10.0.{n}.1")
    assert (await brake.begin("lin", "10.9.9.9")).wait_s > 0
    assert (await brake.begin("lin", "203.0.113.77")).wait_s == 0, "her own network"


async def test_one_network_that_tries_every_account_is_stopped(redis: Client) -> None:
    brake = Brake(redis)
    for n in range(FREE_ANYWHERE):
        await brake.begin(f"agent{n}", "192.0.2.1")
    assert (await brake.begin("lin", "192.0.2.1")).wait_s > 0
    assert (await brake.begin("lin", "198.51.100.1")).wait_s == 0


async def test_the_right_password_takes_the_earlier_tries_back(redis: Client) -> None:
    brake = Brake(redis)
    await wrong(brake, "lin", "192.0.2.1", FREE - 1)
    await brake.begin("lin", "192.0.2.1")
    await brake.right("lin", "192.0.2.1")
    assert (await brake.begin("lin", "192.0.2.1")).count == 1


async def test_half_right_takes_only_itself_back(redis: Client) -> None:
    brake = Brake(redis)
    await wrong(brake, "mei", "192.0.2.1", FREE - 1)
    for _ in range(3):
        assert (await brake.begin("mei", "192.0.2.1")).count == FREE
        await brake.half("mei", "192.0.2.1")
    assert (await brake.begin("mei", "192.0.2.1")).next_wait_s == FIRST_WAIT_S


async def test_who_may_sign_in_cannot_use_that_to_guess_for_others(redis: Client) -> None:
    """An own right password between two guesses does not end a network's wait."""
    brake = Brake(redis)
    await brake.begin("sam", "192.0.2.1")
    await brake.right("sam", "192.0.2.1")
    for n in range(FREE_ANYWHERE):
        await brake.begin(f"agent{n}", "192.0.2.1")
    await brake.begin("sam", "192.0.2.1")
    await brake.right("sam", "192.0.2.1")
    assert (await brake.begin("lin", "192.0.2.1")).wait_s > 0


async def test_a_time_step_is_good_once(redis: Client) -> None:
    brake = Brake(redis)
    assert [await brake.use_step("mei", step) for step in (7, 7, 6, 8)] == [True, False, False, True]
    assert await brake.use_step("ada", 7)


async def test_all_of_it_is_forgotten_in_time(redis: Client) -> None:
    brake = Brake(redis)
    await wrong(brake, "lin", "192.0.2.1")
    ttls = [await redis.ttl(key) for key in await redis.keys(f"{keys.brake('main', 'pair:')[:20]}*")]
    assert ttls
    assert all(0 < ttl <= 2 * rules.LONGEST_WAIT_S for ttl in ttls)


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("::ffff:192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2ff::5", "2001:db8:1:200::/56"),
        ("", ""),
        ("unix", "unix"),
    ],
)
def test_a_network_is_what_one_subscriber_has(address: str, network: str) -> None:
    assert network_of(address) == network
