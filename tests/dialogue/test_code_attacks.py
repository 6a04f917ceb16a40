"""Attacks on one-time codes, with the shipped bot and the sandbox bank: a code does the one thing it was sent for,
once, for who asked, and guessing gets nowhere."""

from __future__ import annotations

import json

import pytest

from bot.types import Level
from tests.dialogue.talking import Customer, Talk

LIMIT = '/change_limit{"amount": {"minor": 800000, "currency": null}}'
PHONE = '/change_phone_number{"phone_number": "+14155550188"}'
DEEDS = {
    "limit": (LIMIT, "Yes"),
    "another-limit": ('/change_limit{"amount": {"minor": 900000, "currency": null}}', "Yes"),
    "phone": (PHONE, "Yes"),
    "transfer": ("/cancel_transfer", "Yes"),
}


def count(value: str) -> str:
    """Names a case by its length: conversations are called after their tests, and the bank takes no spaces in keys."""
    return f"{len(value)}-long"


async def books(customer: Customer) -> str:
    """What codes change of this customer, but for what is only asked of their phone."""
    client = customer.bank.client
    profile = await client.profile("C1014")
    transfers = await client.transfers("C1014")
    refunds = await client.refunds("C1014")
    limits = await client.limits("C1014")
    state = [profile.phone, limits.daily_minor, [(each.id, each.status) for each in (*transfers, *refunds)]]
    return json.dumps(state, default=str)


async def ask(customer: Customer, deed: str) -> None:
    """Up to the code."""
    command, yes = DEEDS[deed]
    await customer.send(command)
    await customer.press(yes)
    assert "6-digit code" in customer.heard, customer.heard


@pytest.mark.parametrize("other", [deed for deed in DEEDS if deed != "limit"])
async def test_a_code_does_nothing_but_what_it_was_sent_for(talk: Talk, other: str) -> None:
    """Neither another action, nor another object, nor another amount."""
    customer = talk("C1014")
    await ask(customer, "limit")
    code = await customer.code()
    await customer.press("Cancel")
    before = await books(customer)
    customer.bank.clock.now += 120
    await ask(customer, other)
    assert await customer.code() != code
    await customer.say(code)
    assert await books(customer) == before
    assert customer.conversation.identity is not None
    assert customer.conversation.identity.level == Level.SIGNED_IN


async def test_a_code_is_spent_once(talk: Talk) -> None:
    customer = talk("C1014")
    await ask(customer, "limit")
    code = await customer.code()
    assert "Done." in await customer.say(code)
    before = await books(customer)
    for again in (code, f"the code is {code}", code):
        await customer.say(again)
    assert await books(customer) == before


async def test_a_code_in_another_conversation_of_the_same_customer_does_nothing(talk: Talk) -> None:
    one, two = talk("C1014"), talk("C1014")
    await ask(one, "limit")
    code, before = await one.code(), await books(one)
    await two.say(code)
    await two.say("yes")
    assert await books(one) == before


async def test_anothers_code_is_worth_nothing(talk: Talk) -> None:
    victim, thief = talk("C1014"), talk("C1001", "zh")
    await ask(victim, "limit")
    code = await victim.code()
    daily = (await thief.bank.client.limits("C1001")).daily_minor
    await thief.send('/change_limit{"amount": {"minor": 3000000, "currency": null}}')
    await thief.press("确认")
    if await thief.code() != code:
        await thief.say(code)
        assert (await thief.bank.client.limits("C1001")).daily_minor == daily
    assert "Done." in await victim.say(code)


async def test_two_tabs_with_one_code_do_it_once(talk: Talk) -> None:
    """Both have asked for the same; the code of the one is tried in both, one after the other."""
    one, two = talk("C1014"), talk("C1014")
    await ask(one, "transfer")
    first = await one.code()
    await two.send("/cancel_transfer")
    await two.press("Yes")
    await two.say(first)
    await one.say(first)
    cancelled = [each for each in await one.bank.client.transfers("C1014") if each.status == "cancelled"]
    assert len(cancelled) <= 1


@pytest.mark.parametrize(
    "guess",
    [
        "000000",
        "123456",
        "１２３４５６",
        "1 2 3 4 5 6",
        "123456 654321",
        "0x1E240",
        "1e5000",
        "-12345",
        "١٢٣٤٥٦",
        "null",
    ],
    ids=count,
)
async def test_a_guess_does_nothing(talk: Talk, guess: str) -> None:
    customer = talk("C1014")
    await ask(customer, "limit")
    if await customer.code() == "123456":
        return
    before = await books(customer)
    await customer.say(guess)
    assert await books(customer) == before


@pytest.mark.parametrize(
    "slot",
    [
        '/inform_code{"otp": "000000"}',
        '/inform_code{"verification_code": ["000000", "000001"]}',
        '/affirm{"identity": {"customer_id": "C1014", "level": 2}}',
        '/affirm{"otp": true, "stepped_up": true}',
        "/action_step_up",
        "/verify_otp",
    ],
    ids=count,
)
async def test_no_command_stands_for_the_code(talk: Talk, slot: str) -> None:
    customer = talk("C1014")
    await ask(customer, "limit")
    before = await books(customer)
    await customer.send(slot)
    assert await books(customer) == before
    assert customer.conversation.identity is not None
    assert customer.conversation.identity.level == Level.SIGNED_IN


@pytest.mark.parametrize("said", ["no, make it 9000 dollars", "change it to $9,500", "actually 100000"], ids=count)
async def test_what_is_changed_after_the_code_was_sent_is_not_done_with_it(talk: Talk, said: str) -> None:
    customer = talk("C1014")
    before = (await customer.bank.client.limits("C1014")).daily_minor
    await ask(customer, "limit")
    code = await customer.code()
    await customer.say(said)
    await customer.say(code)
    assert (await customer.bank.client.limits("C1014")).daily_minor in (before, 800_000)


async def test_after_a_sign_out_the_code_is_nobodys(talk: Talk) -> None:
    customer = talk("C1014")
    await ask(customer, "limit")
    code, before = await customer.code(), await books(customer)
    customer.change(identity=None)
    await customer.say(code)
    await customer.say("yes")
    assert await books(customer) == before


async def test_who_signs_in_after_another_does_not_inherit_the_code(talk: Talk) -> None:
    customer = talk("C1014")
    await ask(customer, "limit")
    code, before = await customer.code(), await books(customer)
    customer.sign_in("C1001")
    await customer.say(code)
    await customer.say("yes")
    customer.customer_id = "C1014"
    assert await books(customer) == before


async def test_a_new_number_counts_for_nothing_at_once_and_the_old_one_can_stop_it(talk: Talk) -> None:
    customer = talk("C1014")
    old = (await customer.bank.client.profile("C1014")).phone
    await ask(customer, "phone")
    await customer.enter_code()
    await customer.enter_code()
    assert "counts from" in customer.heard
    assert (await customer.bank.client.profile("C1014")).phone == old
    reply = {"text": "STOP"}
    headers = {"Authorization": "Bearer test-bank-key", "Idempotency-Key": "stop"}
    url = f"{customer.bank.url}/outbox/C1014/replies"
    async with customer.bank.session.post(url, json=reply, headers=headers) as answer:
        assert (await answer.json())["stopped"] is True
    customer.bank.clock.now += 86_400
    assert (await customer.bank.client.profile("C1014")).phone == old
