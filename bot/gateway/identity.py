"""The identity proof: a JWT the host app signs when its customer opens the chat.

HS256 with the secret both sides know; `aud` is "xiaoer", `sub` the customer's id, `exp` at most 24 hours ahead, `jti`
names the sign-in, `name` may be shown. RFC 7519 for the claims.
"""

from __future__ import annotations

import time
from typing import Any

import jwt

from bot.errors import BadIdentity
from bot.types import Identity, Level

AUDIENCE = "xiaoer"
ALGORITHM = "HS256"
MAX_AGE_S = 24 * 3600
LEEWAY_S = 30
"""Clocks of host app and gateway may differ by this much."""

_MAX_CLAIM_CHARS = 128


class IdentityCheck:
    """Checks identity proofs with the secrets shared with the host app: the newest, and while keys are changed the one
    before it."""

    def __init__(self, *secrets: str) -> None:
        self._secrets = secrets

    def verify(self, token: str, *, now: float) -> Identity:
        """The identity `token` proves. Raises BadIdentity (`expired` or `forged`)."""
        claims = self._claims(token)
        expires_at = _moment(claims, "exp")
        if now >= expires_at + LEEWAY_S:
            raise BadIdentity("expired", "the identity token has expired")
        if expires_at > now + MAX_AGE_S + LEEWAY_S:
            raise BadIdentity("forged", "the identity token is good for more than 24 hours")
        not_before = max(_moment(claims, "nbf", default=now), _moment(claims, "iat", default=now))
        if not_before > now + LEEWAY_S:
            raise BadIdentity("forged", "the identity token is not good yet")
        return Identity(
            customer_id=_text(claims, "sub"),
            level=Level.SIGNED_IN,
            method="jwt",
            proven_at=min(now, _moment(claims, "iat", default=now)),
            expires_at=expires_at,
            name=_name(claims),
            proof_id=_text(claims, "jti"),
        )

    def _claims(self, token: str) -> dict[str, Any]:
        """As the first secret that fits the signature has them."""
        refused: Exception | None = None
        for secret in self._secrets:
            try:
                return _decoded(token, secret)
            except (jwt.PyJWTError, ValueError, RecursionError) as error:
                refused = error
        raise BadIdentity("forged", "the identity token is not one the host app signed for us") from refused


def _decoded(token: str, secret: str) -> dict[str, Any]:
    """Signature, algorithm and audience; times are ours to check, against the caller's clock."""
    return jwt.decode(
        token,
        secret,
        algorithms=[ALGORITHM],
        audience=AUDIENCE,
        options={
            "require": ["exp", "sub", "aud", "jti"],
            "verify_exp": False,
            "verify_nbf": False,
            "verify_iat": False,
        },
    )


def sign(secret: str, *, customer_id: str, name: str, jti: str, expires_in_s: int, now: float | None = None) -> str:
    """What a host app does at its customer's sign-in: for the demo shop and the tests."""
    now = time.time() if now is None else now
    claims = {"aud": AUDIENCE, "sub": customer_id, "name": name, "jti": jti, "iat": int(now)}
    return jwt.encode({**claims, "exp": int(now) + expires_in_s}, secret, algorithm=ALGORITHM)


def _moment(claims: dict[str, Any], name: str, *, default: float | None = None) -> float:
    value = claims.get(name, default)
    if isinstance(value, bool) or not isinstance(value, int | float) or not 0 <= value < 2**53:
        raise BadIdentity("forged", f"the identity token's {name} is not a moment")
    return float(value)


def _name(claims: dict[str, Any]) -> str:
    """What a person is called, who may have chosen it: without signs that nobody sees or that turn a text around."""
    name = claims.get("name")
    return "".join(filter(str.isprintable, name[:_MAX_CLAIM_CHARS])) if isinstance(name, str) else ""


def _text(claims: dict[str, Any], name: str) -> str:
    value = claims.get(name)
    if not isinstance(value, str) or not 0 < len(value) <= _MAX_CLAIM_CHARS or not value.isprintable():
        raise BadIdentity("forged", f"the identity token's {name} is not 1 to {_MAX_CLAIM_CHARS} characters")
    return value
