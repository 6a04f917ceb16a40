"""A conversation is whose token opened it: guesses, halves and mixtures of tokens open nothing, at every door."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.attacks.doors import OK, Door, NativeDoor
from tests.serving import Gateway, token

GUESSES: dict[str, Callable[[str, str], str]] = {
    "the id alone": lambda mine, yours: yours.partition(".")[0],
    "the id with an empty secret": lambda mine, yours: yours.partition(".")[0] + ".",
    "the id with a made-up secret": lambda mine, yours: yours.partition(".")[0] + "." + "A" * 43,
    "the id with my secret": lambda mine, yours: yours.partition(".")[0] + "." + mine.partition(".")[2],
    "half of the secret": lambda mine, yours: yours[: -len(yours.partition(".")[2]) // 2],
    "the secret without its last character": lambda mine, yours: yours[:-1],
    "the secret and more": lambda mine, yours: yours + "A",
    "the secret twice": lambda mine, yours: yours + "." + yours.partition(".")[2],
    "the secret in capitals": lambda mine, yours: yours.partition(".")[0] + "." + yours.partition(".")[2].swapcase(),
    "the secret first": lambda mine, yours: ".".join(reversed(yours.split("."))),
    "its hash": lambda mine, yours: yours.partition(".")[0] + ".$hash",
    "a pattern": lambda mine, yours: yours.partition(".")[0] + ".*",
    "another key of it": lambda mine, yours: yours.partition(".")[0] + ":meta." + yours.partition(".")[2],
    "another hash tag": lambda mine, yours: "{x}" + yours,
    "the floor's key": lambda mine, yours: "{floor:default}:events.x",
    "a null": lambda mine, yours: yours + "\x00",
    "a space before it": lambda mine, yours: " " + yours[:-1],
    "a path": lambda mine, yours: "../" + yours,
    "a very long one": lambda mine, yours: "a" * 5000 + "." + "b" * 5000,
    "one in another script": lambda mine, yours: yours.replace(".", "\uff0e"),
}


@pytest.mark.parametrize("how", GUESSES)
async def test_a_guess_opens_nothing(door: Door, gateway: Gateway, how: str) -> None:
    if not door.tokens:
        await nobody_elses_sender(door, gateway, how)
        return
    victim = NativeDoor(gateway)
    assert await victim.enter(proof=token("C2001")) == OK
    assert await door.enter() == OK
    mine, yours = door.token, victim.token
    code = await door.enter(token=GUESSES[how](mine, yours))
    assert code in ("not_yours", "bad_message", "closed"), code
    assert door.conversation_id != victim.conversation_id or door.token != yours
    await victim.close()


async def nobody_elses_sender(door: Door, gateway: Gateway, how: str) -> None:
    """REST names its conversations itself: whatever is written as `sender`, it reaches no conversation of another door
    and no signed-in customer's."""
    victim = NativeDoor(gateway)
    assert await victim.enter(proof=token("C2001")) == OK
    assert await victim.ask("hello")
    before = (await gateway.conversations.get(victim.conversation_id)).seq
    code = await door.write("hello", sender=GUESSES[how]("mine.secret", victim.token))
    assert code in (OK, "bad_message"), code
    assert (await gateway.conversations.get(victim.conversation_id)).seq == before
    await victim.close()


async def test_the_right_token_does(door: Door) -> None:
    """So the refusals above are for the guess."""
    assert await door.enter() == OK
    if door.tokens:
        assert await door.enter(token=door.token) == OK
    assert await door.ask("hello")


async def test_another_customers_proof_does_not_take_a_conversation_over(door: Door, gateway: Gateway) -> None:
    if not door.tokens:
        # Each proven customer of one `sender` has a conversation of their own.
        assert await door.enter(proof=token("C1001")) == OK
        assert await door.enter(proof=token("C2001")) == OK
        door.proof = None
        assert await door.ask("hello")
        assert await door.identity() is None
        return
    victim = NativeDoor(gateway)
    assert await victim.enter(proof=token("C2001")) == OK
    assert await door.enter(token=victim.token, proof=token("C1001")) in ("identity_other_customer", "not_yours")
    identity = (await gateway.conversations.get(victim.conversation_id)).identity
    assert identity is None or identity.customer_id == "C2001"
    await victim.close()
