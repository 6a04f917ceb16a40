"""Rasa's REST webhook, over real HTTP, answered by a real engine."""

from __future__ import annotations

import asyncio
import json

import pytest

from bot.store.conversations import TurnCommit
from bot.types import Reply, Turn
from tests.redis import eventually
from tests.serving import Gateway, token


async def test_a_message_is_answered_in_the_same_breath(gateway: Gateway) -> None:
    status, messages = await gateway.rest("hello")
    assert status == 200
    assert messages == [{"recipient_id": "ann", "text": "Hello!\n\nWhat can I do for you?"}]


async def test_chinese_too(gateway: Gateway) -> None:
    assert (await gateway.rest("你好"))[1][0]["text"].startswith("Hello!")


async def test_a_button_that_was_offered_works_and_the_same_words_typed_before_do_not(gateway: Gateway) -> None:
    _, before = await gateway.rest("/affirm")
    assert "Done." not in [message.get("text") for message in before]
    _, offered = await gateway.rest("refund")
    assert offered[0]["buttons"] == [{"title": "Yes", "payload": "/affirm"}]
    _, after = await gateway.rest("/affirm")
    assert after[0]["text"] == "Done."


@pytest.mark.parametrize("text", ["/secret", "/drop_table", "/restart", '/give_refund{"amount":1}', "/secret{}"])
async def test_commands_typed_by_a_customer_are_text(gateway: Gateway, text: str) -> None:
    status, messages = await gateway.rest(text)
    assert status == 200
    assert "Money moved." not in [message.get("text") for message in messages]


async def test_a_repeated_message_gets_the_same_replies_and_is_not_answered_again(gateway: Gateway) -> None:
    first = await gateway.rest("hello", message_id="m1")
    await gateway.rest("refund", message_id="m2")
    assert await gateway.rest("hello", message_id="m1") == first
    entries = await gateway.conversations.entries((await conversation_ids(gateway))[0])
    assert [entry.author for entry in entries] == ["customer", "bot", "customer", "bot"]


async def test_the_same_message_sent_five_times_at_once_is_answered_once(gateway: Gateway) -> None:
    answers = await asyncio.gather(*(gateway.rest("hello", message_id="m1") for _ in range(5)))
    assert all(answer == answers[0] for answer in answers)
    entries = await gateway.conversations.entries((await conversation_ids(gateway))[0])
    assert [entry.author for entry in entries] == ["customer", "bot"]


async def test_three_quick_messages_get_three_answers_each_its_own(gateway: Gateway) -> None:
    answers = await asyncio.gather(*(gateway.rest(text) for text in ("hello", "refund", "hello")))
    assert [answer[1][0]["text"][:5] for answer in answers] == ["Hello", "Shall", "Hello"]


async def test_a_stream_is_one_json_object_a_line(gateway: Gateway) -> None:
    body = {"sender": "ann", "message": "hello"}
    async with gateway.client.post("/webhooks/rest/webhook?stream=true", json=body) as answer:
        lines = (await answer.text()).splitlines()
    assert [json.loads(line)["recipient_id"] for line in lines] == ["ann"]


async def test_a_sender_with_a_proof_and_the_same_sender_without_share_nothing(gateway: Gateway) -> None:
    await gateway.rest("hello", headers={"Authorization": f"Bearer {token('C1001')}"})
    await gateway.rest("hello", identity=token("C1002"))
    await gateway.rest("hello")
    found = [await gateway.conversations.get(each) for each in await conversation_ids(gateway)]
    customers = [each.identity.customer_id if each.identity else None for each in found]
    assert sorted(customers, key=str) == ["C1001", "C1002", None]


@pytest.mark.parametrize(
    ("proof", "code"),
    [(token(expires_in_s=-60), "identity_expired"), ("rubbish", "identity_forged")],
    ids=["expired", "forged"],
)
async def test_a_bad_proof_is_refused(gateway: Gateway, proof: str, code: str) -> None:
    status, body = await gateway.rest("hello", identity=proof)
    assert (status, body["error"]) == (401, code)


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"", 400, "bad_json"),
        (b"{", 400, "bad_json"),
        (b"\x00\xff", 400, "bad_json"),
        (b'{"sender": "ann"}', 400, "bad_message"),
        (b'{"message": "hi"}', 400, "bad_message"),
        (b'{"sender": "ann", "message": " "}', 400, "empty"),
        (json.dumps({"sender": "ann", "message": "x" * 5000}).encode(), 413, "too_long"),
        (json.dumps({"sender": "ann", "message": "x" * 100_000}).encode(), 413, "too_long"),
        (b'{"sender": "ann", "message": {"$gt": ""}}', 400, "bad_message"),
    ],
)
async def test_what_cannot_be_taken_gets_a_stable_code(gateway: Gateway, data: bytes, status: int, code: str) -> None:
    async with gateway.client.post("/webhooks/rest/webhook", data=data) as answer:
        assert (answer.status, (await answer.json())["error"]) == (status, code)


async def test_an_unknown_channel_and_a_wrong_method_are_told_apart(gateway: Gateway) -> None:
    async with gateway.client.post("/webhooks/telegraph/webhook", json={}) as answer:
        assert (answer.status, (await answer.json())["error"]) == (404, "not_found")
    async with gateway.client.get("/webhooks/rest/webhook") as answer:
        assert (answer.status, (await answer.json())["error"]) == (405, "method_not_allowed")
    async with gateway.client.get("/webhooks/rest/") as answer:
        assert await answer.json() == {"status": "ok"}


async def conversation_ids(gateway: Gateway) -> list[str]:
    keys = await gateway.conversations.redis.keys("*:log")
    return sorted(key.decode().partition("{c:")[2].partition("}")[0] for key in keys)


async def test_a_turn_that_another_process_answers_is_answered_here(gateway: Gateway) -> None:
    """The other one holds the conversation's lease when the message comes in here."""
    await gateway.rest("hello", message_id="m0")
    (conversation_id,) = await conversation_ids(gateway)
    lease = await gateway.conversations.take(conversation_id, worker="other")
    assert lease is not None
    asking = asyncio.create_task(gateway.rest("hello", message_id="m1"))

    async def accepted() -> list[Turn]:
        return await gateway.conversations.pending(lease)

    (turn,) = await eventually(accepted, "the message")
    await gateway.conversations.finish(lease, turn, TurnCommit(replies=[Reply(text="from elsewhere")]))
    assert await asking == (200, [{"recipient_id": "ann", "text": "from elsewhere"}])
    assert not gateway.door.is_waiting(conversation_id)
