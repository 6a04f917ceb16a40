"""An identity proof counts in one conversation, until it is revoked; what was said under it stays private."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from typing import Any

import pytest
import pytest_asyncio

from bot.errors import BadIdentity, NotYours
from bot.store.connect import Client
from bot.store.conversations import Changes, Conversations, TurnCommit
from bot.store.proofs import Proofs
from bot.types import Identity, Reply
from tests.store.makers import identity, turn


@pytest.fixture
def now() -> float:
    return time.time()


@pytest_asyncio.fixture
async def conversations(redis: Client) -> AsyncIterator[Conversations]:
    conversations = Conversations(redis)
    yield conversations
    await conversations.aclose()


def proof(customer_id: str = "C1", proof_id: str = "j1", **other: Any) -> Identity:
    return identity(customer_id, proof_id=proof_id, **other)


async def refused(proofs: Proofs, of: Identity, conversation_id: str) -> str:
    with pytest.raises(BadIdentity) as refusal:
        await proofs.claim(of, conversation_id)
    return refusal.value.code


async def test_a_proof_may_come_again_to_its_conversation_and_to_no_other(redis: Client) -> None:
    proofs = Proofs(redis, grace_s=0)
    for _ in range(3):
        await proofs.claim(proof(), "one")
    assert await refused(proofs, proof(), "two") == "used"
    await proofs.claim(proof(proof_id="j2"), "two")
    await proofs.claim(proof("C2"), "two")


async def test_a_hello_whose_answer_was_lost_may_be_said_again_without_the_token(redis: Client) -> None:
    proofs = Proofs(redis)
    await proofs.claim(proof(), "lost")
    await proofs.claim(proof(), "said-again")


async def test_a_revoked_proof_opens_nothing_also_not_where_it_was_used(redis: Client) -> None:
    proofs = Proofs(redis)
    await proofs.claim(proof(), "one")
    assert await proofs.revoke("C1", "j1") == "one"
    assert await proofs.revoke("C1", "j1") == ""
    assert {await refused(proofs, proof(), where) for where in ("one", "two")} == {"revoked"}


async def answer(conversations: Conversations, id: str, text: str, *, private: bool) -> None:
    await conversations.accept(turn(id))
    work = await conversations.begin(id, worker="w")
    assert work is not None
    commit = TurnCommit(replies=[Reply(text=text)], changes=Changes(private=private))
    await conversations.finish(work.lease, work.turns[0], commit)


async def read(conversations: Conversations, id: str, now: float) -> list[str]:
    return [entry.text for entry in await conversations.readable(id, now=now) if entry.author != "customer"]


async def test_after_a_sign_out_the_token_reads_only_what_is_said_from_then_on(
    conversations: Conversations, now: float
) -> None:
    id = (await conversations.open(channel="web")).conversation_id
    await answer(conversations, id, "hello", private=False)
    await conversations.bind(id, proof(expires_at=now + 100))
    await answer(conversations, id, "your balance", private=True)
    assert await read(conversations, id, now) == ["hello", "your balance"]
    ended = await conversations.sign_out(id)
    assert (ended.customer_id, ended.proof_ids) == ("C1", ("j1",))
    assert await read(conversations, id, now) == []
    await answer(conversations, id, "please sign in", private=False)
    assert await read(conversations, id, now) == ["please sign in"]
    await conversations.bind(id, proof(proof_id="j2", expires_at=now + 100))
    assert await read(conversations, id, now) == ["hello", "your balance", "please sign in"]


async def test_an_expired_sign_in_reads_no_more_than_one_that_was_ended(
    conversations: Conversations, now: float
) -> None:
    id = (await conversations.open(channel="web")).conversation_id
    await conversations.bind(id, proof(expires_at=now + 100))
    await answer(conversations, id, "your balance", private=True)
    await conversations.say(id, Reply(text="an agent's word", author="agent"), reply_id="a1")
    assert await read(conversations, id, now + 99) == ["your balance", "an agent's word"]
    assert await read(conversations, id, now + 101) == []


async def test_an_answer_that_comes_after_the_sign_out_is_private_too(conversations: Conversations, now: float) -> None:
    id = (await conversations.open(channel="web")).conversation_id
    await conversations.bind(id, proof(expires_at=now + 100))
    await conversations.accept(turn(id, "what's my balance"))
    work = await conversations.begin(id, worker="w")
    assert work is not None
    await conversations.sign_out(id)
    commit = TurnCommit(replies=[Reply(text="your balance")], changes=Changes(private=True))
    await conversations.finish(work.lease, work.turns[0], commit)
    assert await conversations.readable(id, now=now) == []


async def test_signing_out_one_sign_in_leaves_another_that_took_its_place(
    conversations: Conversations, now: float
) -> None:
    id = (await conversations.open(channel="web")).conversation_id
    await conversations.bind(id, proof(expires_at=now + 100))
    await conversations.bind(id, proof(proof_id="j2", expires_at=now + 100))
    assert not (await conversations.sign_out(id, proof_id="j1")).ended
    assert (await conversations.get(id)).identity is not None
    assert (await conversations.sign_out(id)).proof_ids == ("j1", "j2")


async def test_a_forgotten_conversations_token_opens_nothing(conversations: Conversations) -> None:
    opened = await conversations.open(channel="web")
    await conversations.sign_out(opened.conversation_id, forget=True)
    with pytest.raises(NotYours):
        await conversations.authenticate(opened.token)


async def test_a_long_private_past_is_skipped_to_the_last_public_line(conversations: Conversations, now: float) -> None:
    id = (await conversations.open(channel="web")).conversation_id
    await conversations.bind(id, proof(expires_at=now + 100))
    for _ in range(6):
        await answer(conversations, id, "private", private=True)
    await conversations.sign_out(id)
    await answer(conversations, id, "public", private=False)
    found = await conversations.readable(id, now=now, limit=2)
    assert [entry.text for entry in found] == ["hello", "public"]
