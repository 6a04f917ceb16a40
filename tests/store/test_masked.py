"""A card, an id or a one-time code is never at rest: the log has it masked, and only who answers the turn reads it."""

from bot.store.conversations import Conversations, TurnCommit
from tests.store.makers import turn

CODE = "482913"


async def stored(conversations: Conversations) -> bytes:
    """Every byte that Redis has, of every key."""
    redis = conversations.redis
    return (
        b"".join([await redis.dump(key) or b"" for key in await redis.keys("*")])
        + str(
            [await redis.hgetall(key) for key in await redis.keys("*") if await redis.type(key) == b"hash"]
            + [await redis.xrange(key) for key in await redis.keys("*") if await redis.type(key) == b"stream"]
            + [await redis.lrange(key, 0, -1) for key in await redis.keys("*") if await redis.type(key) == b"list"]
        ).encode()
    )


async def test_the_worker_reads_the_code_and_the_log_never_has_it(conversations: Conversations) -> None:
    opened = await conversations.open(channel="web")
    await conversations.accept(turn(opened.conversation_id, f"my code is {CODE}"))
    (line,) = await conversations.entries(opened.conversation_id)
    assert line.text == "my code is ••••••"
    work = await conversations.begin(opened.conversation_id, worker="w")
    assert work is not None
    assert work.turns[0].text == f"my code is {CODE}"


async def test_after_the_turn_no_key_has_the_code(conversations: Conversations) -> None:
    opened = await conversations.open(channel="web")
    await conversations.accept(turn(opened.conversation_id, f"{CODE}"))
    assert CODE.encode() in await stored(conversations), "while it waits, for whoever answers it"
    work = await conversations.begin(opened.conversation_id, worker="w")
    assert work is not None
    said = {
        "event": "user",
        "text": CODE,
        "parse_data": {"text": CODE, "entities": [{"entity": "code", "value": CODE}]},
    }
    slot = {"event": "slot", "name": "code", "value": CODE}
    commit = TurnCommit(events=[said, slot, {**slot, "value": None}])
    await conversations.finish(work.lease, work.turns[0], commit)
    assert CODE.encode() not in await stored(conversations)


async def test_a_code_that_still_waits_for_the_bank_stays_in_its_slot(conversations: Conversations) -> None:
    opened = await conversations.open(channel="web")
    await conversations.accept(turn(opened.conversation_id, CODE))
    work = await conversations.begin(opened.conversation_id, worker="w")
    assert work is not None
    await conversations.finish(
        work.lease, work.turns[0], TurnCommit(events=[{"event": "slot", "name": "code", "value": CODE}])
    )
    (event,) = await conversations.tracker_events(opened.conversation_id)
    assert event["value"] == CODE


async def test_a_turn_that_waits_behind_another_keeps_its_own_text(conversations: Conversations) -> None:
    opened = await conversations.open(channel="web")
    await conversations.accept(turn(opened.conversation_id, "card 4111 1111 1111 1111"))
    await conversations.accept(turn(opened.conversation_id, "hello"))
    work = await conversations.begin(opened.conversation_id, worker="w")
    assert work is not None
    assert [each.text for each in work.turns] == ["card 4111 1111 1111 1111", "hello"]
    finished = await conversations.finish(work.lease, work.turns[0], TurnCommit())
    assert finished.work is not None
    assert [each.text for each in finished.work.turns] == ["hello"]
    texts = [each.text for each in await conversations.entries(opened.conversation_id)]
    assert texts == ["card •••• •••• •••• 1111", "hello"]
