"""The replies to one turn can be read back by its number: what a repeated REST request is answered with."""

from bot.store.conversations import Conversations, TurnCommit
from bot.types import Reply
from tests.store.makers import turn


async def test_a_turns_replies_are_its_own_and_none_before_it_is_answered(conversations: Conversations) -> None:
    opened = await conversations.open(channel="rest")
    first = await conversations.accept(turn(opened.conversation_id, "m1"))
    second = await conversations.accept(turn(opened.conversation_id, "m2"))
    assert await conversations.answer(opened.conversation_id, first.seq) is None
    work = await conversations.begin(opened.conversation_id, worker="w")
    assert work is not None
    one = await conversations.commit(work.lease, work.turns[0], TurnCommit(replies=[Reply(text="a"), Reply(text="b")]))
    assert await conversations.answer(opened.conversation_id, first.seq) == one
    assert await conversations.answer(opened.conversation_id, second.seq) is None
    await conversations.commit(work.lease, work.turns[1], TurnCommit())
    assert await conversations.answer(opened.conversation_id, second.seq) == []
