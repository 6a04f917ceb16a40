"""Signed out is signed out: on the server, in every tab, for every copy of the token and of the proof."""

from __future__ import annotations

import asyncio
import json
import secrets
import time
from pathlib import Path

import pytest

from bot.errors import ConfigError
from bot.gateway.identity import IdentityCheck, sign
from bot.settings import Settings
from tests.gateway.test_chat_http import call, hello, poll, send
from tests.gateway.test_chat_socket import chatting
from tests.serving import Gateway, token


async def texts(gateway: Gateway, key: str) -> list[str]:
    _, news = await poll(gateway, key, 0, wait_s=0)
    return [entry["text"] for entry in news["entries"]]


async def test_after_a_sign_out_the_token_alone_reads_nothing_of_before(gateway: Gateway) -> None:
    proof = token()
    key = (await hello(gateway, identity=proof))["token"]
    await send(gateway, key, "hello", "m1")
    await poll(gateway, key, 1)
    status, body = await call(gateway, "POST", "/api/chat/identity", key=key, json={"token": None})
    assert (status, body) == (200, {"identity": None})
    assert await texts(gateway, key) == []
    resumed = await hello(gateway, token=key)
    assert (resumed["resumed"], resumed["seq"], resumed["identity"]) == (True, 0, None)
    await send(gateway, key, "hello", "m2")
    await poll(gateway, key, 3)
    assert (await texts(gateway, key))[0] == "hello"
    again = await call(gateway, "POST", "/api/chat/identity", key=key, json={"token": token()})
    assert again[1]["identity"] == {"name": "Ann", "level": 1}
    assert len(await texts(gateway, key)) == 4


async def test_the_proof_of_an_ended_sign_in_is_refused_everywhere(gateway: Gateway) -> None:
    proof = token()
    key = (await hello(gateway, identity=proof))["token"]
    await call(gateway, "POST", "/api/chat/identity", key=key, json={"token": None})
    for path, body in (
        ("/api/chat/hello", {"identity": proof}),
        ("/api/chat/hello", {"identity": proof, "token": key}),
        ("/api/chat/identity", {"token": proof}),
    ):
        status, said = await call(gateway, "POST", path, key=key, json=body)
        assert (status, said["error"]) == (401, "identity_revoked")
    rest = {"sender": "x", "message": "hello", "metadata": {"identity": proof}}
    status, said = await call(gateway, "POST", "/webhooks/rest/webhook", json=rest)
    assert (status, said["error"]) == (401, "identity_revoked")


async def test_a_reset_ends_the_token_and_closes_the_other_tabs(gateway: Gateway) -> None:
    async with chatting(gateway, identity=token()) as (one, welcome), chatting(gateway, token=welcome["token"]) as tabs:
        await one.send(type="reset")
        assert (await tabs[0].hear("error"))["code"] == "not_yours"
        assert await tabs[0].closed() == 1008
        assert await one.closed() == 1008
    status, body = await poll(gateway, welcome["token"], 0, wait_s=0)
    assert (status, body["error"]) == (403, "not_yours")


async def test_a_reset_over_http_needs_the_token_and_happens_once(gateway: Gateway) -> None:
    key = (await hello(gateway, identity=token()))["token"]
    assert await call(gateway, "POST", "/api/chat/reset", key=key) == (200, {})
    assert (await call(gateway, "POST", "/api/chat/reset", key=key))[0] == 403


async def test_tabs_hear_of_the_sign_out_and_see_the_past_again_after_the_next_sign_in(gateway: Gateway) -> None:
    async with chatting(gateway, identity=token()) as (one, welcome):
        await one.say("hello")
        await one.hear("entry", author="bot")
        async with chatting(gateway, token=welcome["token"]) as (two, _):
            await two.hear("entry", author="bot")
            await one.send(type="identity", token=None)
            assert (await two.hear("identity"))["identity"] is None
            async with chatting(gateway, token=welcome["token"]) as (three, late):
                assert late["seq"] == 0
                await three.send(type="identity", token=token())
                assert (await three.hear("identity"))["identity"] == {"name": "Ann", "level": 1}
                assert (await three.hear("entry"))["seq"] == 1


async def test_the_host_app_ends_a_sign_in_by_naming_it(gateway: Gateway) -> None:
    proof = token()
    async with chatting(gateway, identity=proof) as (chat, _):
        status, body = await call(gateway, "POST", "/api/identity/revoke", json={"identity": proof})
        assert (status, body) == (200, {"ended": True})
        assert (await chat.hear("identity"))["identity"] is None
        await chat.send(type="identity", token=proof)
        assert (await chat.hear("error"))["code"] == "identity_revoked"
    forged = sign("f" * 32, customer_id="C1001", name="", jti="j", expires_in_s=60)
    status, body = await call(gateway, "POST", "/api/identity/revoke", json={"identity": forged})
    assert (status, body["error"]) == (401, "identity_forged")


async def test_many_hellos_of_one_customer_at_once_all_hold(gateway: Gateway) -> None:
    proof = token()
    welcomes = await asyncio.gather(*(hello(gateway, identity=proof) for _ in range(4)))
    assert [each["identity"]["level"] for each in welcomes] == [1] * 4


def test_two_keys_are_good_while_they_are_changed(tmp_path: Path) -> None:
    new, old, older = (secrets.token_hex(32) for _ in range(3))
    file = tmp_path / "identity.secret"
    file.write_text(f"{new}\n{old}\n")
    file.chmod(0o600)
    settings = Settings.load(tmp_path, {"XIAOER_IDENTITY_SECRET_FILE": str(file)})
    assert settings.identity_secrets == (new, old)
    check = IdentityCheck(*settings.identity_secrets)
    for secret in (new, old):
        assert check.verify(
            sign(secret, customer_id="C1", name="", jti="j", expires_in_s=60), now=time.time()
        ).customer_id
    file.write_text(f"{new}\n{old}\n{older}\n")
    with pytest.raises(ConfigError, match="at most 2"):
        Settings.load(tmp_path, {"XIAOER_IDENTITY_SECRET_FILE": str(file)})


async def test_refused_proofs_stand_in_the_audit_trail_and_a_flood_does_not_fill_it(gateway: Gateway) -> None:
    forged = sign("f" * 32, customer_id="C1001", name="", jti="j", expires_in_s=60)
    for _ in range(15):
        await call(gateway, "POST", "/api/chat/hello", json={"identity": forged})
    key = (await hello(gateway, identity=token()))["token"]
    await call(gateway, "POST", "/api/chat/identity", key=key, json={"token": token("C1002")})
    lines = [json.loads(line) async for line in gateway.service.audit.lines()]
    lines = [line for line in lines if line["event"].startswith("identity.")]
    assert [(line["event"], line["fields"]) for line in lines] == [("identity.refused", {"why": "forged"})] * 10
