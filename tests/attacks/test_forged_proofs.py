"""Nobody becomes somebody: proofs that the host app did not sign for us, at every door."""

from __future__ import annotations

import base64
import hmac
import json
import time
from collections.abc import Callable
from typing import Any

import jwt
import pytest

from tests.attacks.doors import OK, Door
from tests.serving import SECRET, token

NOW = int(time.time())
GOOD: dict[str, Any] = {"aud": "xiaoer", "sub": "C1001", "name": "Ann", "jti": "attack", "exp": NOW + 600}


def signed(secret: str = SECRET, algorithm: str = "HS256", headers: dict[str, Any] | None = None, **claims: Any) -> str:
    kept = {name: value for name, value in {**GOOD, **claims}.items() if value is not None}
    return jwt.encode(kept, secret, algorithm=algorithm, headers=headers)


def glued(header: Any, claims: Any, signature: bytes = b"") -> str:
    """A token put together by hand, whatever a library would refuse to make."""
    parts = (json.dumps(header).encode(), json.dumps(claims).encode(), signature)
    return ".".join(base64.urlsafe_b64encode(part).rstrip(b"=").decode() for part in parts)


def signed_with_nothing(header: dict[str, Any]) -> str:
    """With the key that an empty file gives."""
    unsigned = glued({"alg": "HS256", **header}, GOOD).rpartition(".")[0]
    signature = hmac.digest(b"", unsigned.encode(), "sha256")
    return f"{unsigned}.{base64.urlsafe_b64encode(signature).rstrip(b'=').decode()}"


def nested(depth: int) -> Any:
    return [nested(depth - 1)] if depth else []


def cut_and_pasted() -> str:
    """The signature of one customer's proof under another's claims."""
    header, _, signature = signed().split(".")
    claims = signed(sub="C2001").split(".")[1]
    return f"{header}.{claims}.{signature}"


FORGED: dict[str, Callable[[], str]] = {
    "no signature": lambda: glued({"alg": "none", "typ": "JWT"}, GOOD),
    "no signature, written oddly": lambda: glued({"alg": "nOnE", "typ": "JWT"}, GOOD),
    "an empty signature": lambda: glued({"alg": "HS256", "typ": "JWT"}, GOOD),
    "another secret": lambda: signed("t" * 32),
    "the secret of nobody": lambda: signed(" "),
    "another algorithm": lambda: signed(SECRET * 2, "HS512"),
    "a key of its own in the header": lambda: signed("k" * 32, headers={"jwk": {"kty": "oct", "k": "a2tr"}}),
    "a key elsewhere": lambda: signed("k" * 32, headers={"jku": "http://127.0.0.1:1/keys"}),
    "a key file as a path": lambda: signed_with_nothing({"kid": "../../../../dev/null"}),
    "a key by query": lambda: signed("k" * 32, headers={"kid": "x' UNION SELECT 'kkkk"}),
    "another one's signature": cut_and_pasted,
    "somebody else's audience": lambda: signed(aud="shop"),
    "no audience": lambda: signed(aud=None),
    "no customer": lambda: signed(sub=None),
    "an empty customer": lambda: signed(sub=""),
    "no name for the sign-in": lambda: signed(jti=None),
    "no end": lambda: signed(exp=None),
    "good for a year": lambda: signed(exp=NOW + 365 * 86400),
    "good from tomorrow": lambda: signed(nbf=NOW + 80000, exp=NOW + 86000),
    "signed tomorrow": lambda: signed(iat=NOW + 80000, exp=NOW + 86000),
    "an end that is no number": lambda: glued({"alg": "HS256"}, {**GOOD, "exp": "tomorrow"}),
    "a customer with control characters": lambda: signed(sub="C1001\r\nX-Admin: 1"),
    "a customer as long as a book": lambda: signed(sub="C" * 2000),
    "claims that are a list": lambda: glued({"alg": "HS256"}, [GOOD]),
    "claims nested without end": lambda: glued({"alg": "HS256"}, {**GOOD, "name": nested(60)}),
    "a header that is a list": lambda: glued(["HS256"], GOOD),
    "five parts": lambda: "a.b.c.d.e",
    "not a token": lambda: "Bearer",
    "dots": lambda: "..",
}
ENDED = {"ended": lambda: signed(exp=NOW - 3600, iat=NOW - 7200), "ended at the epoch": lambda: signed(exp=0)}


@pytest.mark.parametrize("how", FORGED)
async def test_a_forged_proof_signs_nobody_in(door: Door, how: str) -> None:
    code = await door.enter(proof=FORGED[how]())
    assert code in ("identity_forged", "bad_message"), code
    await nobody_is_signed_in(door)


@pytest.mark.parametrize("how", ENDED)
async def test_a_proof_that_has_ended_signs_nobody_in(door: Door, how: str) -> None:
    assert await door.enter(proof=ENDED[how]()) == "identity_expired"
    await nobody_is_signed_in(door)


async def test_the_same_claims_rightly_signed_do(door: Door) -> None:
    """So the refusals above are for what was forged, not for how these tests knock."""
    assert await door.enter(proof=token()) == OK


async def nobody_is_signed_in(door: Door) -> None:
    door.proof = None
    if not door.token and not await opened_without(door):
        return
    assert await door.write("hello") == OK
    assert await door.identity() is None


async def opened_without(door: Door) -> bool:
    return await door.enter() == OK
