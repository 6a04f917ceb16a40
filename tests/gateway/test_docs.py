"""The reference pages name every address and every code there is, and none that is not."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from bot.gateway import errors
from tests.serving import Gateway

REFERENCE = Path(__file__).parents[2] / "docs" / "reference"
PAGES = ("http-api", "native-protocol", "desk-api")
HTTP, NATIVE, DESK = ((REFERENCE / f"{name}.md").read_text("utf-8") for name in PAGES)


def served(gateway: Gateway) -> set[str]:
    resources = (route.resource for route in gateway.service.app.router.routes() if route.resource)
    return {resource.canonical for resource in resources}


def test_every_address_is_documented(gateway: Gateway) -> None:
    for path in served(gateway):
        stem = re.sub(r"\{(channel|path)\}.*", "", path) if "/desk/" not in path else path
        assert stem in HTTP + NATIVE + DESK, path


@pytest.mark.parametrize("text", [NATIVE, DESK], ids=["native", "desk"])
def test_every_documented_call_is_served(gateway: Gateway, text: str) -> None:
    documented = set(re.findall(r"^\| `(?:GET|POST) (/[^`]+)`", text, flags=re.MULTILINE))
    assert documented
    assert documented <= served(gateway)


def test_every_code_is_documented() -> None:
    codes = {code for code, _ in errors._BY_STATUS.values()} | {kind.code for kind, _ in errors._STATUS}
    codes |= {"bad_json", "bad_message", "empty", "too_long", "identity_expired", "identity_forged"}
    codes |= {"identity_other_customer", "wrong_password", "internal", "unavailable", "late"}
    assert {code for code in codes if f"`{code}`" not in HTTP} == set()
