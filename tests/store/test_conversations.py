"""What a conversation promises, told from its opening to its end."""

from __future__ import annotations

import asyncio

import pytest

from bot.errors import BadIdentity, BadMessage, Busy, LeaseLost, NotFound, NotYours
from bot.store.conversations import Changes, Conversations, TurnCommit
from bot.types import Button, Entry, Holder, Identity, Level
from tests.redis import eventually
from tests.store.makers import identity, reply, turn


async def opened(conversations: Conversations) -> str:
    return (await conversations.open(channel="web", language="en")).conversation_id


async def test_a_token_opens_its_own_conversation_and_no_other(conversations: Conversations) -> None:
    mine = await conversations.open(channel="web", language="zh", metadata={"page": "/pay"})
    other = await conversations.open(channel="web")
    conversation = await conversations.authenticate(mine.token)
    assert (conversation.id, conversation.language) == (mine.conversation_id, "zh")
    assert (conversation.holder, conversation.metadata) == (Holder.BOT, {"page": "/pay"})
    secret = other.token.partition(".")[2]
    for token in (f"{mine.conversation_id}.{secret}", mine.conversation_id, "", ".", "x.y", "a}{b.c", "\x00.\ud800"):
        with pytest.raises(NotYours):
            await conversations.authenticate(token)


async def test_a_derived_conversation_is_made_once_and_opened_by_no_token(conversations: Conversations) -> None:
    await conversations.ensure("rest-1", channel="rest", language="en")
    await conversations.accept(turn("rest-1"))
    await conversations.ensure("rest-1", channel="rest", language="zh")
    conversation = await conversations.get("rest-1")
    assert (conversation.language, conversation.seq) == ("en", 1)
    with pytest.raises(NotYours):
        await conversations.authenticate("rest-1.")


async def test_a_message_sent_twice_is_accepted_once(conversations: Conversations) -> None:
    id = await opened(conversations)
    first = await conversations.accept(turn(id, "hi", message_id="a"))
    again = await conversations.accept(turn(id, "hi", message_id="a"))
    assert (first.seq, first.repeated, again.seq, again.repeated) == (1, False, 1, True)
    assert [entry.text for entry in await conversations.entries(id)] == ["hi"]


async def test_the_log_numbers_what_is_said_and_is_read_from_any_place(conversations: Conversations) -> None:
    id = await opened(conversations)
    for text in ("one", "two", "three"):
        await conversations.accept(turn(id, text))
    assert [(entry.seq, entry.text) for entry in await conversations.entries(id, after=1)] == [(2, "two"), (3, "three")]
    assert [entry.text for entry in await conversations.entries(id, limit=2)] == ["one", "two"]
    line = (await conversations.entries(id))[0]
    assert (line.author, line.at, line.message_id) == ("customer", 1_800_000_000.0, line.message_id)


async def test_turns_are_answered_in_order_and_only_once(conversations: Conversations) -> None:
    id = await opened(conversations)
    for text in ("one", "two"):
        await conversations.accept(turn(id, text))
    lease = await conversations.take(id, worker="w1")
    assert lease is not None
    one, two = await conversations.pending(lease)
    with pytest.raises(ValueError, match="oldest"):
        await conversations.commit(lease, two, TurnCommit())
    said = await conversations.commit(
        lease, one, TurnCommit(events=[{"event": "user"}], replies=[reply("1a"), reply("1b")])
    )
    again = await conversations.commit(lease, one, TurnCommit(events=[{"event": "user"}], replies=[reply("other")]))
    assert [(entry.seq, entry.text) for entry in said] == [(3, "1a"), (4, "1b")]
    assert again == said
    assert [each.text for each in await conversations.pending(lease)] == ["two"]
    assert (await conversations.get(id)).version == 1


async def test_begin_brings_all_a_worker_needs_and_finish_gives_it_back(conversations: Conversations) -> None:
    id = await opened(conversations)
    await conversations.accept(turn(id, "one"))
    work = await conversations.begin(id, worker="w1")
    assert work is not None
    assert (work.conversation.seq, [each.text for each in work.turns], work.events) == (1, ["one"], [])
    await conversations.accept(turn(id, "two"))
    finished = await conversations.finish(work.lease, work.turns[0], TurnCommit(events=[{"event": "user", "n": 1}]))
    assert finished.work is not None and [each.text for each in finished.work.turns] == ["two"]
    assert finished.work.conversation.version == 1
    last = await conversations.finish(
        finished.work.lease, finished.work.turns[0], TurnCommit(events=[{"n": 2}, {"n": 3}])
    )
    assert last.work is None
    assert await conversations.begin(id, worker="w2") is None
    await conversations.accept(turn(id, "three"))
    later = await conversations.begin(id, worker="w2", after=1)
    assert later is not None and later.events == [{"n": 2}, {"n": 3}]


async def test_of_many_workers_one_gets_the_lease(conversations: Conversations) -> None:
    id = await opened(conversations)
    await conversations.accept(turn(id))
    leases = await asyncio.gather(*(conversations.take(id, worker=f"w{n}") for n in range(20)))
    assert len([lease for lease in leases if lease]) == 1


async def test_a_worker_that_stalled_beyond_its_lease_cannot_write(conversations: Conversations) -> None:
    id = await opened(conversations)
    await conversations.accept(turn(id))
    stalled = await conversations.take(id, worker="w1", lease_s=0.01)
    assert stalled is not None
    (waiting,) = await conversations.pending(stalled)
    lease = await eventually(lambda: conversations.take(id, worker="w2"), "the lease runs out")
    assert lease.fence > stalled.fence
    for act in (
        conversations.commit(stalled, waiting, TurnCommit(replies=[reply("late")])),
        conversations.extend(stalled),
        conversations.pending(stalled),
    ):
        with pytest.raises(LeaseLost):
            await act
    assert await conversations.release(stalled) is True
    await conversations.commit(lease, waiting, TurnCommit(replies=[reply("in time")]))
    with pytest.raises(LeaseLost):
        await conversations.commit(stalled, waiting, TurnCommit(replies=[reply("late")]))
    assert [entry.text for entry in await conversations.entries(id)] == ["hello", "in time"]


async def test_a_commit_sent_again_after_the_lease_was_given_back_answers_the_same(
    conversations: Conversations,
) -> None:
    id = await opened(conversations)
    await conversations.accept(turn(id))
    work = await conversations.begin(id, worker="w1")
    assert work is not None
    commit = TurnCommit(events=[{"event": "user"}], replies=[reply("yes")])
    first = await conversations.finish(work.lease, work.turns[0], commit)
    assert await conversations.finish(work.lease, work.turns[0], commit) == first
    assert (await conversations.get(id)).version == 1


async def test_a_lease_is_extended_and_given_back(conversations: Conversations) -> None:
    id = await opened(conversations)
    lease = await conversations.take(id, worker="w1", lease_s=5)
    assert lease is not None
    longer = await conversations.extend(lease, lease_s=60)
    assert longer.until > lease.until + 30
    await conversations.accept(turn(id))
    assert await conversations.release(longer) is False
    assert await conversations.take(id, worker="w2") is None
    (waiting,) = await conversations.pending(longer)
    await conversations.commit(longer, waiting, TurnCommit())
    assert await conversations.release(longer) is True
    assert await conversations.take(id, worker="w2") is not None


async def test_a_payload_is_trusted_only_if_a_button_offered_it(conversations: Conversations) -> None:
    id = await opened(conversations)
    offer = reply("Sure?", buttons=(Button(title="Yes", payload='/affirm{"n":1}'), Button(title="No", payload="/deny")))
    await conversations.say(id, offer, reply_id="r1")
    for payload in ('/affirm{"n":1}', "/deny", "/give_refund", '/affirm{"n":2}'):
        await conversations.accept(turn(id, "text", payload=payload))
    lease = await conversations.take(id, worker="w1")
    assert lease is not None
    kept = [each.payload for each in await conversations.pending(lease)]
    assert kept == ['/affirm{"n":1}', "/deny", None, None]


async def test_buttons_of_a_commit_are_offers_too(conversations: Conversations) -> None:
    id = await opened(conversations)
    await conversations.accept(turn(id))
    work = await conversations.begin(id, worker="w")
    assert work is not None
    button = Button(title="是", payload="/确认")
    entries = (
        await conversations.finish(work.lease, work.turns[0], TurnCommit(replies=[reply("?", buttons=(button,))]))
    ).entries
    assert entries[0].buttons == (button,)
    await conversations.accept(turn(id, "是", payload="/确认"))
    later = await conversations.begin(id, worker="w")
    assert later is not None and later.turns[0].payload == "/确认"


async def test_too_many_waiting_messages_are_refused_but_never_a_resume(redis, conversations: Conversations) -> None:  # type: ignore[no-untyped-def]
    few = Conversations(redis, max_pending=2)
    id = await opened(few)
    for _ in range(2):
        await few.accept(turn(id))
    with pytest.raises(Busy) as refusal:
        await few.accept(turn(id))
    assert refusal.value.retry_after_s > 0
    accepted = await few.accept(turn(id, "", kind="resume", metadata={"note": "solved"}))
    lease = await few.take(id, worker="w")
    assert lease is not None
    last = (await few.pending(lease))[-1]
    assert (last.seq, last.kind, last.metadata) == (accepted.seq, "resume", {"note": "solved"})
    assert len(await few.entries(id)) == 2


async def test_a_reply_said_twice_is_one_line(conversations: Conversations) -> None:
    id = await opened(conversations)
    one = await conversations.say(id, reply("Hi, Lin here", author="agent", name="Lin"), reply_id="h1:1")
    again = await conversations.say(id, reply("Hi, Lin here", author="agent", name="Lin"), reply_id="h1:1")
    assert one == again == Entry(seq=1, at=one.at, author="agent", text="Hi, Lin here", name="Lin")
    assert await conversations.entries(id) == [one]


async def test_a_line_changes_the_conversation_with_it(conversations: Conversations) -> None:
    id = await opened(conversations)
    changes = Changes(holder=Holder.AGENT, handoff_id="h1", agent_name="Lin", language="zh")
    await conversations.say(id, reply("joined", author="system"), reply_id="1", changes=changes)
    conversation = await conversations.get(id)
    assert (conversation.holder, conversation.handoff_id) == (Holder.AGENT, "h1")
    assert (conversation.agent_name, conversation.language) == ("Lin", "zh")
    with pytest.raises(NotFound):
        await conversations.say(id, reply("late", author="agent"), reply_id="2", handoff_id="h0")
    await conversations.say(
        id, reply("bye"), reply_id="3", changes=Changes(holder=Holder.BOT, handoff_id="", agent_name="")
    )
    conversation = await conversations.get(id)
    assert (conversation.holder, conversation.handoff_id, conversation.agent_name) == (Holder.BOT, None, "")


async def test_a_conversation_stays_its_first_customers(conversations: Conversations) -> None:
    id = await opened(conversations)
    await conversations.bind(id, identity("C1"))
    assert (await conversations.get(id)).identity == identity("C1")
    with pytest.raises(BadIdentity) as refusal:
        await conversations.bind(id, identity("C2"))
    assert refusal.value.code == "other_customer"
    await conversations.sign_out(id)
    assert (await conversations.get(id)).identity is None
    with pytest.raises(BadIdentity):
        await conversations.bind(id, identity("C2"))
    await conversations.bind(id, identity("C1"))


def stepped_up(customer_id: str) -> Identity:
    return identity(customer_id, Level.STEPPED_UP, method="otp", stepped_up_until=3_900_000_000.0, name="李雷")


async def answer(conversations: Conversations, id: str, changes: Changes) -> None:
    await conversations.accept(turn(id))
    work = await conversations.begin(id, worker="w")
    assert work is not None
    await conversations.finish(work.lease, work.turns[0], TurnCommit(changes=changes))


async def test_a_refreshed_sign_in_keeps_the_step_up(conversations: Conversations) -> None:
    id = await opened(conversations)
    await conversations.bind(id, identity("C1"))
    await answer(conversations, id, Changes(identity=stepped_up("C1")))
    assert (await conversations.get(id)).identity == stepped_up("C1")
    await conversations.bind(id, identity("C1", expires_at=4_100_000_000.0))
    now = (await conversations.get(id)).identity
    assert now is not None
    assert (now.level, now.stepped_up_until, now.expires_at) == (Level.STEPPED_UP, 3_900_000_000.0, 4_100_000_000.0)


async def test_a_step_up_that_ends_after_a_sign_out_does_not_sign_in(conversations: Conversations) -> None:
    id = await opened(conversations)
    await conversations.bind(id, identity("C1"))
    await conversations.sign_out(id)
    await answer(conversations, id, Changes(identity=stepped_up("C1")))
    assert (await conversations.get(id)).identity is None
    await conversations.bind(id, identity("C1"))
    await answer(conversations, id, Changes(identity=stepped_up("C2")))
    assert (await conversations.get(id)).identity == identity("C1")


async def test_effects_wait_until_they_are_done(conversations: Conversations) -> None:
    id = await opened(conversations)
    await conversations.accept(turn(id))
    work = await conversations.begin(id, worker="w")
    assert work is not None
    effects = [{"id": f"e{n}", "kind": "handoff.open", "n": n} for n in range(12)]
    await conversations.finish(work.lease, work.turns[0], TurnCommit(effects=effects))
    assert await conversations.effects(id) == effects
    for effect in effects[:-1]:
        await conversations.effect_done(id, str(effect["id"]))
    assert await conversations.effects(id) == effects[-1:]


async def test_what_cannot_be_a_message_is_refused(conversations: Conversations) -> None:
    id = await opened(conversations)
    for message_id in ("", "x" * 201):
        with pytest.raises(BadMessage):
            await conversations.accept(turn(id, message_id=message_id))
    for stranger in ("nobody", "a}b", "", "x" * 101):
        with pytest.raises(NotFound):
            await conversations.accept(turn(stranger))
        with pytest.raises(NotFound):
            await conversations.get(stranger)
    await conversations.accept(turn(id, "half \ud800 pair \x00 and 你好", message_id="\ud800"))
    assert (await conversations.entries(id))[0].text == "half ? pair \x00 and 你好"


async def test_a_forgotten_conversation_is_gone(redis, conversations: Conversations) -> None:  # type: ignore[no-untyped-def]
    id = await opened(conversations)
    await conversations.accept(turn(id))
    await conversations.forget(id)
    with pytest.raises(NotFound):
        await conversations.get(id)
    assert await conversations.entries(id) == []
