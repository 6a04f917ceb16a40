"""The audit trail: whole, in one chain whoever writes, and nothing of it changes unseen."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from structlog.testing import capture_logs

from bot.errors import AuditBroken
from bot.store import audit_chain as chain
from bot.store import keys
from bot.store.audit import Audit, Head
from bot.store.connect import Client

KEY = "k" * 32
TRAIL, HEAD = keys.audit("main")


async def trail(audit: Audit) -> list[dict[str, Any]]:
    return [json.loads(line) async for line in audit.lines()]


async def three(redis: Client) -> Audit:
    audit = Audit(redis, key=KEY)
    for name in ("lin", "sam", "mei"):
        await audit.record("desk.signed_in", actor=f"agent:{name}", address="192.0.2.1", session=name[0])
    return audit


async def test_a_line_says_who_did_what_to_whom(redis: Client) -> None:
    audit = Audit(redis, key=KEY)
    await audit.record(
        "desk.read", actor="agent:lin", subject="handoff:H1", conversation="c1", address="::1", lines=3, role="agent"
    )
    (line,) = await trail(audit)
    assert {name: line[name] for name in ("seq", "event", "actor", "subject", "conversation", "address")} == {
        "seq": 1,
        "event": "desk.read",
        "actor": "agent:lin",
        "subject": "handoff:H1",
        "conversation": "c1",
        "address": "::1",
    }
    assert line["fields"] == {"lines": 3, "role": "agent"}


async def test_many_writers_make_one_chain_without_gaps(redis: Client) -> None:
    writers = [Audit(redis, key=KEY) for _ in range(4)]
    records = [writer.record("e", actor=f"w{n}", nth=k) for n, writer in enumerate(writers) for k in range(25)]
    await asyncio.gather(*records)
    head, count = await Audit(redis, key=KEY).verify()
    assert (head.seq, count) == (100, 100)
    written = {(line["actor"], line["fields"]["nth"]) for line in await trail(writers[0])}
    assert len(written) == 100


async def test_the_same_command_sent_twice_writes_once(redis: Client) -> None:
    from bot.store.audit import _APPEND

    audit = await three(redis)
    before = Head(3, (await trail(audit))[-1]["hash"])
    digest, stored = chain.seal({"seq": 4, "prev": before.hash}, KEY.encode())
    for _ in range(2):
        assert (await _APPEND(redis, [TRAIL, HEAD], [before.seq, before.hash, stored, digest, chain.ZERO]))[0] == b"ok"
    assert await redis.xlen(TRAIL) == 4


async def rewrite(redis: Client, seq: int, **changes: Any) -> None:
    """As somebody would who may do everything in Redis."""
    rows = await redis.xrange(TRAIL)
    await redis.delete(TRAIL)
    for entry_id, parts in rows:
        line = json.loads(parts[b"line"])
        stored = json.dumps({**line, **changes}) if line["seq"] == seq else parts[b"line"]
        await redis.xadd(TRAIL, {"line": stored}, id=entry_id)


@pytest.mark.parametrize(
    "changes", [{"actor": "agent:eve"}, {"at": 1.0}, {"fields": {}}, {"address": ""}, {"hash": "0" * 64}, {"more": 1}]
)
async def test_a_changed_line_is_found(redis: Client, changes: dict[str, Any]) -> None:
    audit = await three(redis)
    await rewrite(redis, 2, **changes)
    with pytest.raises(AuditBroken) as caught:
        await audit.verify()
    assert caught.value.seq in (0, 2)


@pytest.mark.parametrize("seq", [1, 2, 3])
async def test_a_line_that_was_taken_out_is_found(redis: Client, seq: int) -> None:
    audit = await three(redis)
    await redis.xdel(TRAIL, f"{seq}-0")
    with pytest.raises(AuditBroken) as caught:
        await audit.verify()
    assert caught.value.seq == seq


async def test_a_trail_written_anew_without_the_key_is_found(redis: Client) -> None:
    await three(redis)
    await redis.delete(TRAIL, HEAD)
    for key in ("", "another key, of somebody else: 32"):
        await Audit(redis, key=key).record("e", actor="nobody")
        with pytest.raises(AuditBroken, match="line 1 was made with"):
            await Audit(redis, key=KEY).verify()
        await redis.delete(TRAIL, HEAD)


async def test_a_trail_that_was_cut_short_is_told_at_the_next_line(redis: Client) -> None:
    audit = await three(redis)
    second = (await trail(audit))[1]
    await redis.xdel(TRAIL, "3-0")
    await redis.delete(TRAIL)
    await redis.hset(HEAD, mapping={"seq": 2, "hash": second["hash"]})
    with capture_logs() as logs:
        await audit.record("e", actor="a")
    assert {"event": "audit.went_back", "log_level": "error", "expected": 3, "found": 2} in logs


async def test_what_was_exported_goes_and_the_chain_goes_on(redis: Client) -> None:
    audit = await three(redis)
    lines = await trail(audit)
    assert await audit.mark_exported(Head(2, lines[1]["hash"])) == 1
    assert [line["seq"] for line in await trail(audit)] == [3]
    await audit.record("e", actor="a")
    assert (await audit.verify())[0].seq == 4
    assert await audit.exported() == Head(2, lines[1]["hash"])


@pytest.mark.parametrize("head", [Head(2, "f" * 64), Head(9, "0" * 64), Head(0, "0" * 64)])
async def test_nothing_goes_for_a_line_that_is_not_there(redis: Client, head: Head) -> None:
    audit = await three(redis)
    assert await audit.mark_exported(head) == 3
    assert (await audit.verify())[1] == 3


async def test_long_texts_are_cut_and_odd_ones_do_not_break_the_chain(redis: Client) -> None:
    audit = Audit(redis, key=KEY)
    await audit.record("e", actor="\ud800" * 300, subject="a\u202eb\n", odd=["x"], yes=True, half=0.1)
    line = await audit.record("e", actor="梅")
    assert (await audit.verify())[0] == line.head
    assert len((await trail(audit))[0]["actor"]) == chain.MAX_VALUE_CHARS


async def test_who_records_hears_how_many_wait(redis: Client) -> None:
    heard: list[tuple[str, int]] = []
    audit = Audit(redis, on_recorded=lambda line, waiting: heard.append((line.event, waiting)))
    await audit.record("a", actor="x")
    await audit.record("b", actor="x")
    assert heard == [("a", 1), ("b", 2)]


@given(st.binary(max_size=60) | st.recursive(st.none() | st.integers() | st.text(), st.lists).map(json.dumps))
def test_nothing_else_is_a_line(stored: bytes | str) -> None:
    with pytest.raises(AuditBroken):
        chain.follow(stored, None, b"")
