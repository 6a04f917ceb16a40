"""The same promises where Redis is a cluster, or fails over."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator

import pytest
import pytest_asyncio

from bot.errors import ConfigError, StoreDown
from bot.handoff.life import Handoffs
from bot.store.audit import Audit
from bot.store.brake import Brake
from bot.store.connect import Client, connect
from bot.store.conversations import Changes, Conversations, TurnCommit
from bot.store.due import GRACE_S
from bot.store.floor import Floor
from bot.store.limits import Limiter
from bot.store.seen import SeenAccounts
from bot.store.sessions import Sessions, digest_of
from bot.types import Holder
from tests.redis import Cluster, cluster, eventually, redis_cluster, sentinel
from tests.store.makers import handoff, person, reply, turn, wrapup

__all__ = ["redis_cluster"]


@pytest_asyncio.fixture
async def clustered(redis_cluster: Cluster) -> AsyncIterator[Client]:
    redis_cluster.flush()
    client = connect(redis_cluster.url)
    yield client
    await client.aclose()


async def answer(conversations: Conversations, id: str, text: str) -> list[str]:
    work = await conversations.begin(id, worker="w")
    assert work is not None
    commit = TurnCommit(events=[{"event": "user"}], replies=[reply(text)])
    return [entry.text for entry in (await conversations.finish(work.lease, work.turns[0], commit)).entries]


async def test_conversations_spread_over_three_masters_and_work(redis_cluster: Cluster, clustered: Client) -> None:
    conversations = Conversations(clustered)
    ids = [(await conversations.open(channel="web")).conversation_id for _ in range(30)]
    for id in ids:
        await conversations.accept(turn(id, message_id="m"))
        assert (await conversations.accept(turn(id, message_id="m"))).repeated
    assert sorted(await conversations.overdue(now=time.time() + GRACE_S + 0.1)) == sorted(ids)
    for id in ids:
        assert await answer(conversations, id, "hi") == ["hi"]
        assert len(await conversations.tracker_events(id)) == 1
    assert await conversations.overdue(now=time.time() + 60) == []
    for master in redis_cluster.masters:
        with master.client() as client:
            assert client.dbsize() > 0
    await conversations.aclose()


async def test_a_listener_hears_what_is_said_on_any_node(clustered: Client) -> None:
    conversations, elsewhere = Conversations(clustered), Conversations(clustered)
    for _ in range(6):
        id = (await conversations.open(channel="web")).conversation_id
        async with elsewhere.listen(id) as subscription:
            await conversations.say(id, reply("hello"), reply_id="1")
            while not await elsewhere.entries(id):
                await asyncio.wait_for(anext(subscription), 5)
    for each in (conversations, elsewhere):
        await each.aclose()


async def test_the_floor_a_handoff_sessions_and_limits_work(clustered: Client) -> None:
    conversations, floor = Conversations(clustered), Floor(clustered)
    handoffs = Handoffs(conversations, floor)
    lin = person("lin")
    await floor.put_agent(lin)
    id = (await conversations.open(channel="web")).conversation_id
    mine = handoff("h1", conversation_id=id)
    assert await handoffs.open(mine) == 1
    await handoffs.accept(lin, "h1")
    await handoffs.say(lin, "h1", "hello", "m1")
    await handoffs.give_back(wrapup("h1", "lin"))
    view = await floor.view()
    assert (view.waiting, view.accepted, (await conversations.get(id)).holder) == ({}, {}, Holder.BOT)
    sessions = Sessions(clustered)
    digest = digest_of(await sessions.open("lin"))
    assert [each.agent_id for each in await sessions.all()] == ["lin"]
    await sessions.end(digest)
    assert await sessions.look(digest) is None
    assert (await Brake(clustered).begin("lin", "192.0.2.1")).wait_s == 0
    await Brake(clustered).right("lin", "192.0.2.1")
    assert await SeenAccounts(clustered).see("lin", "agent") == ""
    await Audit(clustered).record("e", actor="agent:lin")
    assert (await Audit(clustered).verify())[1] == 1
    assert await Limiter(clustered).allow("a", 1, 1) is None
    for each in (conversations, floor):
        await each.aclose()


@pytest.mark.slow
async def test_work_goes_on_after_a_master_of_the_cluster_has_died() -> None:
    with cluster(replicas=True) as nodes:
        client = connect(nodes.url)
        conversations = Conversations(client)
        ids = [(await conversations.open(channel="web")).conversation_id for _ in range(20)]
        for id in ids:
            await conversations.accept(turn(id, "before", message_id="m1"))
        await _replicated(client, nodes)
        nodes.masters[0].kill()
        for id in ids:
            await _until_it_works(lambda id=id: conversations.accept(turn(id, "after", message_id="m2")))
            work = await conversations.begin(id, worker="w")
            while work is not None:
                commit = TurnCommit(replies=[reply(f"re: {work.turns[0].text}")])
                work = (await conversations.finish(work.lease, work.turns[0], commit)).work
            texts = [entry.text for entry in await conversations.entries(id)]
            assert texts == ["before", "after", "re: before", "re: after"]
        await conversations.aclose()
        await client.aclose()


@pytest.mark.slow
async def test_work_goes_on_after_sentinel_has_replaced_the_master() -> None:
    with sentinel() as nodes:
        client = connect(nodes.url)
        conversations = Conversations(client)
        id = (await conversations.open(channel="web")).conversation_id
        async with conversations.listen(id) as subscription:
            await conversations.accept(turn(id, "before"))
            await conversations.say(id, reply("noted"), reply_id="1", changes=Changes(language="en"))
            with nodes.master.client() as master:
                assert master.wait(1, 2000) == 1
            nodes.master.kill()
            await _until_it_works(lambda: conversations.accept(turn(id, "after", message_id="m2")))
            while len(await conversations.entries(id)) < 3:
                await asyncio.wait_for(anext(subscription), 10)
        assert [entry.text for entry in await conversations.entries(id)] == ["before", "noted", "after"]
        await conversations.aclose()
        await client.aclose()


@pytest.mark.slow
async def test_where_replicas_are_waited_for_nothing_is_acknowledged_that_a_failover_could_lose() -> None:
    with sentinel() as nodes:
        client = connect(nodes.url)
        conversations = Conversations(client, wait_replicas=1)
        id = (await conversations.open(channel="web")).conversation_id
        await conversations.accept(turn(id, "kept", message_id="m1"))
        nodes.replica.pause()
        with pytest.raises(StoreDown):
            await conversations.accept(turn(id, "not known to be kept", message_id="m2"))
        nodes.replica.resume()
        await _until_it_works(lambda: conversations.accept(turn(id, "not known to be kept", message_id="m2")))
        nodes.master.kill()
        alone = Conversations(client)
        await _until_it_works(lambda: alone.accept(turn(id, "after", message_id="m3")))
        texts = [entry.text for entry in await alone.entries(id)]
        assert texts == ["kept", "not known to be kept", "after"]
        await alone.aclose()
        await conversations.aclose()
        await client.aclose()


async def _replicated(client: Client, nodes: Cluster) -> None:
    for master in nodes.masters:
        with master.client() as sync:
            assert sync.wait(1, 2000) == 1


async def _until_it_works(act) -> None:  # type: ignore[no-untyped-def]
    """As a client does that got no acknowledgement: send the same again."""

    async def tried() -> bool:
        try:
            await act()
        except Exception:
            return False
        return True

    await eventually(tried, "the failover", within_s=30)


def test_a_wrong_url_is_refused_with_the_reason() -> None:
    for url in (
        "http://x",
        "redis://h:port",
        "redis+sentinel://h:1",
        "redis+cluster://h:x",
        "redis+sentinel://h:1/m/x",
    ):
        with pytest.raises(ConfigError, match="REDIS_URL"):
            connect(url)
