"""Who gets in: passwords, second factors, and what guessing leads to."""

from __future__ import annotations

import json
import statistics
import time
from typing import Any

import aiohttp
import pytest
from structlog.testing import capture_logs

from bot.desk.accounts import STEP_S, Account, AccountsFile, load_accounts
from bot.errors import SignedOut
from bot.store.brake import FREE
from tests.desk.conftest import Staff, Worker
from tests.desk.people import OURS, code_of, person
from tests.serving import CHEAP, PASSWORD, Gateway

AT_HOME, ELSEWHERE = {"X-Forwarded-For": "198.51.100.7"}, {"X-Forwarded-For": "192.0.2.66"}


async def trail(gateway: Gateway, *events: str) -> list[dict[str, Any]]:
    lines = [json.loads(line) async for line in gateway.service.audit.lines()]
    return [line for line in lines if line["event"] in events]


async def test_who_guesses_is_held_and_the_right_person_is_not(worker: Worker) -> None:
    async with worker() as gateway, person(gateway) as guesser, person(gateway) as lin:
        answers = [await guesser.sign_in("lin", f"guess {n}", **ELSEWHERE) for n in range(FREE + 1)]
        assert [body["error"] for _, body in answers] == ["wrong_password"] * FREE + ["rate_limited"]
        assert answers[-1][1]["retry_after_s"] > 20
        assert (await guesser.sign_in("lin", **ELSEWHERE))[0] == 429, "the right password is not looked at there"
        assert (await lin.sign_in("lin", **AT_HOME))[0] == 200


async def test_failures_and_locks_are_logged_and_recorded_but_not_what_was_typed(worker: Worker) -> None:
    async with worker() as gateway, person(gateway) as guesser:
        with capture_logs() as logs:
            for n in range(FREE + 1):
                await guesser.sign_in("lin", f"guess {n}", **ELSEWHERE)
            await guesser.sign_in("hunter2", "lin", **ELSEWHERE)
        failed = await trail(gateway, "desk.sign_in_failed")
        assert [(line["subject"], line["fields"]["tries"]) for line in failed] == [
            *(("account:lin", n) for n in range(1, FREE + 1)),
            ("account:?", 1),
        ]
        (locked,) = await trail(gateway, "desk.locked_out")
        assert (locked["subject"], locked["address"], locked["fields"]["wait_s"]) == ("account:lin", "192.0.2.66", 30)
        told = [each for each in logs if each["event"].startswith("desk.sign_in")]
        assert [each["event"] for each in told] == [
            *["desk.sign_in_failed"] * FREE,
            "desk.sign_in_held",
            "desk.sign_in_failed",
        ]
        assert "guess" not in str(logs)
        assert "hunter2" not in str(logs)
        assert "hunter2" not in str([line async for line in gateway.service.audit.lines()])


async def test_signing_in_and_out_is_recorded(worker: Worker) -> None:
    async with worker() as gateway, person(gateway) as lin:
        await lin.sign_in("lin", **AT_HOME)
        await lin.post("sign-out")
        come, gone = await trail(gateway, "desk.signed_in", "desk.signed_out")
        assert (come["actor"], come["address"]) == ("agent:lin", "198.51.100.7")
        assert come["fields"]["session"] == gone["fields"]["session"]
        assert come["fields"]["by"] == "password"
    async with worker() as gateway, person(gateway, "mei"):
        assert (await trail(gateway, "desk.signed_in"))[-1]["fields"]["by"] == "password totp"


async def test_a_supervisor_needs_a_code_that_is_good_once(worker: Worker) -> None:
    async with worker() as gateway, person(gateway) as mei:
        assert (await mei.sign_in("mei"))[1]["error"] == "code_needed"
        assert (await mei.sign_in("mei", "wrong", code=await code_of(gateway, "mei")))[1]["error"] == "wrong_password"
        code = await code_of(gateway, "mei")
        wrong = f"{(int(code) + 1) % 10**6:06}"
        assert (await mei.sign_in("mei", code=wrong))[1]["error"] == "wrong_code"
        assert (await mei.get("me"))[0] == 401
        assert (await mei.sign_in("mei", code=f"{code[:3]} {code[3:]}"))[0] == 200
        async with person(gateway) as thief:
            assert (await thief.sign_in("mei", code=code))[1]["error"] == "wrong_code", "seen over the shoulder"


async def test_codes_cannot_be_guessed_with_the_right_password(worker: Worker) -> None:
    async with worker() as gateway, person(gateway) as thief:
        good = {await code_of(gateway, "mei")}
        guesses = [f"{n:06}" for n in range(20) if f"{n:06}" not in good]
        answers = []
        for guess in guesses[: FREE + 1]:
            await thief.sign_in("mei")
            answers.append((await thief.sign_in("mei", code=guess))[1]["error"])
        assert answers == ["wrong_code"] * FREE + ["rate_limited"]


async def test_an_agent_may_have_a_second_factor_too(worker: Worker, staff: Staff) -> None:
    staff.change("lin", totp="JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    async with worker() as gateway, person(gateway) as lin:
        assert (await lin.sign_in("lin"))[1]["error"] == "code_needed"
        assert (await lin.sign_in("lin", code=await code_of(gateway, "lin")))[0] == 200


def test_codes_are_those_of_rfc_6238(staff: Staff) -> None:
    """Appendix B: the last six digits of its SHA-1 values."""
    secret = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ"
    account = Account(id="mei", name="Mei", password="", totp=secret)
    for now, code in ((59, "287082"), (1111111109, "081804"), (1234567890, "005924"), (2000000000, "279037")):
        assert account.step_of(code, now) == now // STEP_S
        assert account.step_of(code, now + STEP_S) == now // STEP_S, "a late one"
        assert account.step_of(code, now + 3 * STEP_S) is None
    for odd in ("", "28708", "2870822", "abcdef"):
        assert account.step_of(odd, 59) is None
    assert account.step_of("２８７０８２", 59) == 1, "as a Chinese keyboard may write it"


async def test_a_name_nobody_has_takes_as_long_as_a_wrong_password(staff: Staff) -> None:
    accounts = load_accounts(staff.path)

    async def takes(name: str) -> float:
        begun = time.perf_counter()
        with pytest.raises(SignedOut):
            await accounts.check(name, "wrong")
        return time.perf_counter() - begun

    await takes("nobody")
    known, unknown = zip(*[(await takes("lin"), await takes("nobody")) for _ in range(40)], strict=True)
    assert 0.3 < statistics.median(unknown) / statistics.median(known) < 3
    assert (
        accounts._decoy.rpartition("$")[0].rpartition("$")[0]
        == staff.secret("lin", "password").rpartition("$")[0].rpartition("$")[0]
    ), "the same work"


async def test_who_is_switched_off_does_not_get_in(worker: Worker, staff: Staff) -> None:
    staff.change("lin", enabled=False)
    async with worker() as gateway, person(gateway) as lin:
        assert (await lin.sign_in("lin"))[1] == {
            "error": "wrong_password",
            "message": "name and password do not match",
        }


def test_a_broken_file_changes_nothing_and_is_told(staff: Staff) -> None:
    file = AccountsFile(staff.path)
    staff.write("accounts: [{id: eve, name: Eve, role: supervisor}]")
    with capture_logs() as logs:
        assert file.now.get("lin") is not None
        assert file.now.get("eve") is None
    (told,) = [each for each in logs if each["event"] == "desk.accounts_refused"]
    assert "totp: a supervisor needs a second factor" in str(told["problems"])
    staff.path.unlink()
    assert file.now.get("lin") is not None


def test_a_file_that_others_may_read_is_not_taken(staff: Staff) -> None:
    file = AccountsFile(staff.path)
    staff.change("lin", role="agent", capacity=9)
    staff.path.chmod(0o644)
    account = file.now.get("lin")
    assert account is not None
    assert account.capacity == 4


async def test_the_demos_code_is_told_in_the_demo_only(gateway: Gateway, worker: Worker) -> None:
    async with person(gateway) as somebody:
        async with somebody.client.get("/desk/api/demo-code?name=mei") as answer:
            assert answer.status == 404
        assert PASSWORD


async def test_over_tls_the_cookie_is_one_that_only_this_host_over_tls_can_set(worker: Worker) -> None:
    """So no other host of the domain, and nobody in between, can put a session of theirs in its place."""
    https = {"X-Forwarded-Proto": "https"}
    async with worker() as gateway, person(gateway) as lin:
        body = {"name": "lin", "password": PASSWORD}
        async with lin.client.post("/desk/api/sign-in", json=body, headers={**OURS, **https}) as answer:
            cookie, token = answer.headers["Set-Cookie"], answer.cookies["__Host-xiaoer_desk"].value
        assert {"Secure", "HttpOnly", "SameSite=Strict", "Path=/"} <= set(cookie.split("; "))
        assert "Domain" not in cookie
        async with aiohttp.ClientSession(gateway.url) as other:
            for name, status in (("__Host-xiaoer_desk", 200), ("xiaoer_desk", 401)):
                headers = {**https, "Cookie": f"{name}={token}"}
                async with other.get("/desk/api/me", headers=headers) as answer:
                    assert answer.status == status, name
            headers = {**OURS, **https, "Cookie": f"__Host-xiaoer_desk={token}"}
            async with other.post("/desk/api/sign-out", json={}, headers=headers) as answer:
                assert answer.headers["Set-Cookie"].startswith('__Host-xiaoer_desk=""; ')
                assert "Secure" in answer.headers["Set-Cookie"]


async def test_who_signs_in_again_leaves_no_session_behind(worker: Worker) -> None:
    async with worker() as gateway, person(gateway, "lin") as lin:
        before = {"Cookie": f"xiaoer_desk={lin.token}"}
        assert (await lin.sign_in("sam"))[0] == 200
        assert (await lin.get("me"))[1]["agent"]["id"] == "sam"
        async with aiohttp.ClientSession(gateway.url) as thief, thief.get("/desk/api/me", headers=before) as answer:
            assert answer.status == 401
        (ended,) = await trail(gateway, "desk.session_ended")
        assert (ended["subject"], ended["fields"]["why"]) == ("account:lin", "replaced")
        assert (await gateway.service.floor.agent("lin")).state == "offline"


async def test_a_password_counts_sign_for_sign(worker: Worker, staff: Staff) -> None:
    async with worker() as gateway, person(gateway) as lin:
        for odd in (f"{PASSWORD} ", f" {PASSWORD}", PASSWORD.upper(), f"{PASSWORD}\u200e", f"{PASSWORD}\0"):
            assert (await lin.sign_in("lin", odd, **AT_HOME))[1]["error"] == "wrong_password", repr(odd)
            assert (await lin.sign_in("lin", **AT_HOME))[0] == 200
        assert (await lin.sign_in("lin", "half a sign \ud800", **AT_HOME))[1]["error"] == "bad_message"
        odd = "\u202e中文 and \u200e signs that cannot be seen"
        staff.change("lin", password=CHEAP.hash(odd))
        assert (await lin.sign_in("lin", odd, **AT_HOME))[0] == 200
