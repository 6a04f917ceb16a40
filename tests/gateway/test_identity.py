"""The host app's JWT: what is believed and what is not."""

import base64
import json

import jwt
import pytest

from bot.errors import BadIdentity
from bot.gateway.identity import IdentityCheck, sign
from bot.types import Level

SECRET = "s" * 32
NOW = 1_800_000_000.0
check = IdentityCheck(SECRET)


def token(secret: str = SECRET, algorithm: str = "HS256", **changes: object) -> str:
    claims = {"aud": "xiaoer", "sub": "C1001", "jti": "j1", "name": "王芳", "iat": NOW, "exp": NOW + 600, **changes}
    return jwt.encode({key: value for key, value in claims.items() if value is not None}, secret, algorithm=algorithm)


def test_a_proof_says_who_it_is_and_until_when() -> None:
    identity = check.verify(token(), now=NOW + 5)
    assert (identity.customer_id, identity.name, identity.method) == ("C1001", "王芳", "jwt")
    assert identity.level_at(NOW + 5) == Level.SIGNED_IN
    assert (identity.proven_at, identity.expires_at) == (NOW, NOW + 600)
    assert identity.level_at(NOW + 600) == Level.NONE


def test_what_sign_makes_is_a_proof() -> None:
    signed = sign(SECRET, customer_id="C1002", name="Ann", jti="j", expires_in_s=60, now=NOW)
    assert check.verify(signed, now=NOW).customer_id == "C1002"


def test_an_expired_proof_is_told_apart_so_that_the_page_can_ask_for_a_new_one() -> None:
    with pytest.raises(BadIdentity) as caught:
        check.verify(token(), now=NOW + 630)
    assert caught.value.code == "expired"
    assert check.verify(token(), now=NOW + 629).customer_id == "C1001"


def unsigned() -> str:
    def part(value: object) -> str:
        return base64.urlsafe_b64encode(json.dumps(value).encode()).rstrip(b"=").decode()

    return f"{part({'alg': 'none'})}.{part({'aud': 'xiaoer', 'sub': 'C1001', 'jti': 'j', 'exp': NOW + 60})}."


@pytest.mark.parametrize(
    "forged",
    [
        "",
        "rubbish",
        "a.b.c",
        "." * 2000,
        unsigned(),
        token(secret="t" * 32),
        token(algorithm="HS512", secret="s" * 64),
        token(aud="somebody-else"),
        token(aud=None),
        token(sub=None),
        token(sub=""),
        token(sub="C1\n"),
        token(jti=None),
        token(exp=None),
        token(exp=NOW + 25 * 3600),
        token(iat=NOW + 120),
        token(nbf=NOW + 120),
        token()[:-2] + "AA",
    ],
)
def test_anything_else_is_forged(forged: str) -> None:
    with pytest.raises(BadIdentity) as caught:
        check.verify(forged, now=NOW)
    assert caught.value.code == "forged"
