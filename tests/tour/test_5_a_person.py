"""5. A person. What the bot cannot finish it hands over with all it knows; at the desk one agent gets it, talks, and
gives it back."""

from __future__ import annotations

import asyncio
from typing import Any

import aiohttp

from tests.tour.people import proof_of


async def test_the_customer_waits_is_joined_and_comes_back(web: aiohttp.ClientSession, tab: Any, agent: Any) -> None:
    marcus = await tab(identity=await proof_of(web, "C1004"))
    await marcus.says("what are my limits?")
    await marcus.writes("I want to talk to a person")
    queued = await marcus.reads(author="system", custom={"status": "queued"})
    assert queued["custom"]["position"] >= 1
    assert "in line" in queued["text"]

    sam, mei = await agent("sam"), await agent("mei")
    waiting = await sam.finds("Marcus Johnson")
    assert (waiting["queue"], waiting["reason"], waiting["language"]) == ("general", "asked", "en")

    answers = await asyncio.gather(*(each.post(f"handoffs/{waiting['id']}/accept") for each in (sam, mei)))
    assert sorted(status for status, _ in answers) == [200, 409], "one of the two gets it"
    first, second = (sam, mei) if answers[0][0] == 200 else (mei, sam)
    refusal = next(body for status, body in answers if status == 409)
    assert (refusal["error"], refusal["by"]) == ("taken", first.name)
    status, body = await second.post(f"handoffs/{waiting['id']}/messages", id="1", text="me first")
    assert (status, body["error"]) == (403, "access_denied")

    joined = await marcus.reads(author="system", custom={"status": "joined", "name": first.name})
    assert first.name in joined["text"]

    # The agent sees what the bot knew.
    told = (await first.get(f"handoffs/{waiting['id']}"))["handoff"]
    assert told["identity"]["customer_id"] == "C1004"
    assert [line["text"] for line in told["transcript"] if line["author"] == "customer"] == [
        "what are my limits?",
        "I want to talk to a person",
    ]
    assert "Marcus Johnson" in told["summary"]

    # They talk, and the bot keeps out of it.
    said = {"id": "hello-1", "text": "Hello Marcus, how can I help?"}
    await first.does(f"handoffs/{waiting['id']}/messages", **said)
    await first.does(f"handoffs/{waiting['id']}/messages", **said)
    line = await marcus.reads(author="agent")
    assert (line["text"], line["name"]) == (said["text"], first.name)
    await marcus.writes("please leave a note that I moved house")
    await marcus.reads(author="customer", text="please leave a note that I moved house")

    await first.does(f"handoffs/{waiting['id']}/give-back", note="He has moved; wants the balance next.")
    await marcus.reads(author="system", custom={"status": "bot"})
    assert "back with me" in (await marcus.reads(author="bot"))["text"]
    assert "$" in await marcus.says("what's my balance?")

    ended = [line["author"] for line in marcus.lines if line["seq"] > joined["seq"]]
    assert ended == ["agent", "customer", "system", "bot", "customer", "bot"], "each line once, in this order"
    floor = await first.get("floor")
    assert waiting["id"] not in [each["id"] for each in (*floor["waiting"], *floor["mine"])]


async def test_danger_goes_first_and_to_its_own_queue(web: aiohttp.ClientSession, tab: Any, agent: Any) -> None:
    patient = await tab(identity=await proof_of(web, "C1006"))
    await patient.writes("can I speak to a human?")
    await patient.reads(author="system", custom={"status": "queued"})
    victim = await tab(identity=await proof_of(web, "C1012"))
    await victim.writes("someone else is in my account and changed my password!")
    await victim.reads(author="system", custom={"status": "queued"})

    mei = await agent("mei")
    waiting = (await mei.get("floor"))["waiting"]
    names = [each["customer_name"] for each in waiting]
    assert names.index("Robert Hughes") < names.index("Priya Patel")
    assert next(each["queue"] for each in waiting if each["customer_name"] == "Robert Hughes") == "security"


async def test_the_desk_is_for_those_who_sign_in(web: aiohttp.ClientSession) -> None:
    for path in ("me", "floor", "handoffs/x"):
        async with web.get(f"/desk/api/{path}") as answer:
            assert (answer.status, (await answer.json())["error"]) == (401, "signed_out")
    headers = {"X-Xiaoer-Desk": "1"}
    async with web.post("/desk/api/sign-in", json={"name": "nobody", "password": "guess"}, headers=headers) as answer:
        assert (answer.status, (await answer.json())["error"]) == (401, "wrong_password")
