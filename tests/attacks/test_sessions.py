"""What was ended stays ended: tokens that were signed out, proofs that were revoked, cookies, one-time codes."""

from __future__ import annotations

import time
from typing import Any

import jwt
import pytest

from bot.desk.keys import DESK
from tests.attacks.doors import OK, Door, HttpDoor, NativeDoor
from tests.desk.people import OURS, code_of, person, waiting
from tests.serving import PASSWORD, SECRET, Gateway, token


def proof(jti: str, customer_id: str = "C1001") -> str:
    claims = {"aud": "xiaoer", "sub": customer_id, "name": "Ann", "jti": jti, "exp": time.time() + 600}
    return jwt.encode(claims, SECRET, algorithm="HS256")


async def revoke(gateway: Gateway, identity: str) -> Any:
    async with gateway.client.post("/api/identity/revoke", json={"identity": identity}) as answer:
        return answer.status, await answer.json()


async def test_a_revoked_proof_signs_nobody_in_at_any_door(door: Door, gateway: Gateway) -> None:
    mine = proof(f"revoked-{door.name}")
    assert (await revoke(gateway, mine))[0] == 200
    code = await door.enter(proof=mine)
    assert code == "identity_revoked" or (door.tokens and code == OK), "a conversation goes on without it"
    assert not await is_signed_in(door)


async def is_signed_in(door: Door) -> bool:
    if not door.token and door.tokens:
        return False
    try:
        return await door.identity() is not None
    except Exception as error:
        assert type(error).__name__ == "NotFound"
        return False


async def test_a_proof_counts_in_one_conversation(door: Door, gateway: Gateway) -> None:
    mine = proof(f"once-{door.name}")
    assert await door.enter(proof=mine) == OK
    if not door.tokens:  # each of its customers has a conversation of their own there
        return
    other = NativeDoor(gateway)
    await other.enter(proof=mine)
    first, second = await door.identity(), await other.identity()
    assert first is not None
    assert second is None or second.customer_id == first.customer_id, "never somebody else"
    await other.close()


@pytest.mark.parametrize("how", ["signed out", "reset"])
async def test_a_token_that_was_signed_out_reads_nothing_private(gateway: Gateway, how: str) -> None:
    door = HttpDoor(gateway)
    assert await door.enter(proof=token()) == OK
    assert await door.ask("hello")
    headers = {"Authorization": f"Bearer {door.token}"}
    path, body = ("/api/chat/identity", {"token": None}) if how == "signed out" else ("/api/chat/reset", {})
    async with gateway.client.post(path, json=body, headers=headers) as answer:
        assert answer.status == 200
    async with gateway.client.get("/api/chat/entries?after=0", headers=headers) as answer:
        said = await answer.json()
        assert answer.status == (403 if how == "reset" else 200)
        assert said.get("entries", []) == [] or said["identity"] is None
    late = NativeDoor(gateway)
    code = await late.enter(token=door.token)
    assert code == ("not_yours" if how == "reset" else OK)
    if how == "signed out":
        assert await late.identity() is None
    await late.close()


@pytest.mark.parametrize(
    "identity",
    [None, "", 5, ["a"], "a.b.c", token("C1001", expires_in_s=-60), jwt.encode({"sub": "C1", "jti": "j"}, "k" * 32)],
    ids=["none", "empty", "number", "list", "dots", "ended", "of another key"],
)
async def test_nobody_ends_a_sign_in_without_its_proof(gateway: Gateway, identity: Any) -> None:
    door = NativeDoor(gateway)
    assert await door.enter(proof=token()) == OK
    status, body = await revoke(gateway, identity)
    assert status in (200, 400, 401), body
    assert await door.identity() is not None
    await door.close()


@pytest.mark.parametrize(
    "cookie",
    [
        "xiaoer_desk=",
        "xiaoer_desk=None",
        "xiaoer_desk=*",
        "xiaoer_desk={desk:main}:sessions",
        "xiaoer_desk=../session:x",
        "xiaoer_desk=" + "A" * 43,
        "xiaoer_desk=" + "A" * 7000,
        'xiaoer_desk="\\073"',
        "XIAOER_DESK=x",
        "$Version=1; xiaoer_desk=x",
    ],
)
async def test_a_made_up_cookie_opens_no_desk(gateway: Gateway, cookie: str) -> None:
    for path in ("me", "floor", "sessions", "handoffs/H1"):
        async with gateway.client.get(f"/desk/api/{path}", headers={"Cookie": cookie}) as answer:
            assert answer.status in (400, 401), path


async def test_the_digest_that_redis_has_is_no_cookie(gateway: Gateway) -> None:
    async with person(gateway, "lin") as lin:
        (session, *_) = await gateway.service.app[DESK].sessions.all("lin")
        assert lin.token not in str(session)
        async with gateway.client.get("/desk/api/me", headers={"Cookie": f"xiaoer_desk={session.digest}"}) as answer:
            assert answer.status == 401


async def test_a_cookie_of_before_is_not_taken_over(gateway: Gateway) -> None:
    """Whoever plants a cookie does not know the session that its victim signs in to."""
    async with person(gateway) as victim:
        victim.client.cookie_jar.update_cookies({"xiaoer_desk": "planted"})
        status, _ = await victim.sign_in("lin")
        assert status == 200
        assert "planted" not in [each.value for each in victim.client.cookie_jar if each.key == "xiaoer_desk"][-1:]


async def test_a_second_factor_is_good_once(gateway: Gateway) -> None:
    code = await code_of(gateway, "mei")
    assert code, "supervisors have one"
    async with person(gateway) as first, person(gateway) as second:
        assert (await first.sign_in("mei", code=code))[0] == 200
        status, body = await second.sign_in("mei", code=code)
        assert (status, body["error"]) == (401, "wrong_code")


FORBIDDEN = {
    "no header": {},
    "another value": {"X-Xiaoer-Desk": "2"},
    "a foreign page": {**OURS, "Origin": "https://evil.example"},
    "no page": {**OURS, "Origin": "null"},
    "a page of nearly this name": {**OURS, "Origin": "http://127.0.0.1.evil.example"},
}


@pytest.mark.parametrize("how", FORBIDDEN)
async def test_another_site_signs_nobody_in(gateway: Gateway, how: str) -> None:
    body = {"name": "lin", "password": PASSWORD}
    async with gateway.client.post("/desk/api/sign-in", json=body, headers=FORBIDDEN[how]) as answer:
        assert answer.status == 403
        assert "Set-Cookie" not in answer.headers


@pytest.mark.parametrize("name", ["lin", "sam"])
@pytest.mark.parametrize("verb", ["messages", "typing", "close", "give-back"])
async def test_nobody_acts_in_a_conversation_that_is_not_theirs(gateway: Gateway, verb: str, name: str) -> None:
    handoff = await waiting(gateway, f"H-{verb}-{name}")
    other = "sam" if name == "lin" else "lin"
    async with person(gateway, name) as one, person(gateway, other) as two:
        assert (await two.post(f"handoffs/{handoff.id}/accept"))[0] == 200
        body = {"id": "x", "text": "Hi", "on": True, "disposition": "done", "resolved": True}
        status, said = await one.post(f"handoffs/{handoff.id}/{verb}", body)
        assert status in (403, 404, 409), said
        status, said = await two.get(f"handoffs/{handoff.id}")
        assert all(each["author"] != "agent" for each in said["entries"])
        assert said["holder"] == "human"
        await two.post(f"handoffs/{handoff.id}/close", {"disposition": "done", "resolved": True})


@pytest.mark.parametrize("id", ["..", "%2e%2e", "{floor:main}:waiting", "H1:x", "*", "%00", "a" * 5000, "' OR 1=1"])
async def test_an_id_at_the_desk_is_only_an_id(gateway: Gateway, id: str) -> None:
    async with person(gateway, "lin") as lin:
        for path in (f"handoffs/{id}/accept", f"handoffs/{id}/messages", f"sessions/{id}/end"):
            async with lin.client.post(f"/desk/api/{path}", json={"id": "a", "text": "b"}, headers=OURS) as answer:
                assert 400 <= answer.status < 500, path
