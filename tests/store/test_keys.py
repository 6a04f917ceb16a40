"""Every key is on the reference page, and lives for ever only with a reason."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.handoff.life import Handoffs
from bot.store import keys
from bot.store.audit import Audit
from bot.store.brake import Brake
from bot.store.connect import Client
from bot.store.conversations import Conversations, TurnCommit
from bot.store.floor import Floor
from bot.store.guesses import Guesses
from bot.store.limits import Limiter
from bot.store.proofs import Proofs
from bot.store.seen import SeenAccounts
from bot.store.sessions import Sessions
from bot.types import Button
from tests.store.makers import handoff, identity, person, reply, turn

PAGE = Path(__file__).parents[2] / "docs" / "reference" / "redis-keys.md"


async def use_everything(redis: Client, site: str) -> None:
    conversations, floor = Conversations(redis, site=site), Floor(redis, site=site)
    id = (await conversations.open(channel="web")).conversation_id
    await conversations.accept(turn(id))
    work = await conversations.begin(id, worker="w")
    assert work is not None
    offer = reply("?", buttons=(Button(title="Yes", payload="/affirm"),))
    commit = TurnCommit(events=[{"event": "user"}], replies=[offer], effects=[{"id": "e", "kind": "k"}])
    await conversations.finish(work.lease, work.turns[0], commit)
    await conversations.accept(turn(id))
    for n in range(2):
        await Handoffs(conversations, floor).open(handoff(f"h{n}", conversation_id=id))
    await floor.put_agent(person("lin"))
    await floor.seen("lin")
    await floor.accept("h0", "lin", limit=4, now=1.0)
    await Limiter(redis, site=site).allow("a", 1, 2)
    await Sessions(redis, site=site).open("lin")
    watch = Guesses(redis, Audit(redis, site=site), site=site)
    await watch.sending("C1", "limit", key="k", conversation="c")
    await watch.trying("C1", "limit", key="k", conversation="c")
    await Proofs(redis, site=site).claim(identity(proof_id="j"), "c")
    brake = Brake(redis, site=site)
    await brake.begin("sam", "192.0.2.1")
    await brake.right("lin", "198.51.100.1")
    await brake.use_step("lin", 1)
    await SeenAccounts(redis, site=site).see("lin", "agent")
    await Audit(redis, site=site).record("desk.signed_in", actor="agent:lin")
    await conversations.probe()
    await redis.hset(keys.conversation(site, id).meta, "language", "{")
    await conversations.mend(id)
    await conversations.aclose()


async def test_every_key_is_on_the_reference_page_and_no_other(redis: Client) -> None:
    await use_everything(redis, "shop")
    rows = re.findall(r"^\| `(<site>:[^`]+)` \|", PAGE.read_text(encoding="utf-8"), re.M)
    patterns = {row: re.escape(row).replace("<site>", "shop") for row in rows}
    patterns = {row: re.compile(re.sub(r"<\w+>", ".+", pattern)) for row, pattern in patterns.items()}
    found = [key.decode() async for key in redis.scan_iter()]
    assert [key for key in found if not any(each.fullmatch(key) for each in patterns.values())] == []
    assert [row for row, each in patterns.items() if not any(each.fullmatch(key) for key in found)] == []


async def test_a_conversation_and_all_of_it_expires_together(redis: Client) -> None:
    await use_everything(redis, "shop")
    lives = {key: await redis.ttl(key) async for key in redis.scan_iter("shop:{c:*")}
    assert len(lives) == 8
    assert all(keys.CONVERSATION_TTL_S - 5 < seconds <= keys.CONVERSATION_TTL_S for seconds in lives.values())


@pytest.mark.parametrize("id", ["", "a}b", "a:b", "a b", "é", "x" * 101, "a\n"])
def test_nothing_that_could_name_another_key_is_an_id(id: str) -> None:
    assert not keys.is_conversation_id(id)
    with pytest.raises(ValueError, match="not a conversation id"):
        keys.conversation("main", id)
