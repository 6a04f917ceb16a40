"""The demo shop's own back end, only under `make run`: sign in as a seeded customer, and that customer's phone.

It plays the host app: it signs the identity proof a real shop would sign after a real sign-in.
"""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator
from typing import Any
from urllib.parse import quote

import aiohttp
from aiohttp import web

from bot.channels.base import read_object, read_text
from bot.errors import BadMessage, ConfigError, NotFound, ServiceDown
from bot.gateway.identity import sign
from bot.gateway.keys import SETTINGS
from bot.settings import ServiceSettings, Settings

BANK = "bank"
SIGNED_IN_FOR_S = 3600
_MAX_ID_CHARS = 64

_SESSION = web.AppKey("demo_session", aiohttp.ClientSession)


def add_routes(app: web.Application, settings: Settings) -> None:
    bank = next((service for service in settings.services if service.name == BANK), None)
    if bank is None:
        raise ConfigError(f"endpoints.yml: services: the demo shop needs one named '{BANK}'")
    app.cleanup_ctx.append(_talk_to(bank))
    app.router.add_get("/demo/customers", customers)
    app.router.add_post("/demo/sign-in", sign_in)
    app.router.add_get("/demo/phone/{customer_id}", phone)
    app.router.add_post("/demo/phone/{customer_id}", reply)


async def customers(request: web.Request) -> web.Response:
    """`[{customer_id, name, ...}]`: whom one may be."""
    return web.json_response(await _ask(request, "/customers"))


async def sign_in(request: web.Request) -> web.Response:
    """`{customer_id}` -> `{token, name}`: an identity proof, good for an hour."""
    body = read_object(await request.read(), what="the body")
    customer_id = body.get("customer_id")
    if not isinstance(customer_id, str) or not 0 < len(customer_id) <= _MAX_ID_CHARS:
        raise BadMessage("bad_message", "customer_id is missing")
    profile = await _ask(request, f"/customers/{quote(customer_id, safe='')}/profile")
    token = sign(
        request.app[SETTINGS].identity_secrets[0],
        customer_id=customer_id,
        name=profile["name"],
        jti=secrets.token_hex(8),
        expires_in_s=SIGNED_IN_FOR_S,
    )
    return web.json_response({"token": token, "name": profile["name"]})


async def phone(request: web.Request) -> web.Response:
    """The customer's text messages, the one-time codes among them."""
    return web.json_response(await _ask(request, f"/outbox/{quote(request.match_info['customer_id'], safe='')}"))


async def reply(request: web.Request) -> web.Response:
    """`{text}`: the customer answers a text message; `{stopped}` if that stopped a change of their number."""
    text = read_text(read_object(await request.read(), what="the body").get("text"), max_chars=200)
    path = f"/outbox/{quote(request.match_info['customer_id'], safe='')}/replies"
    return web.json_response(await _ask(request, path, method="POST", body={"text": text}))


async def _ask(request: web.Request, path: str, *, method: str = "GET", body: Any = None) -> Any:
    headers = {"Idempotency-Key": secrets.token_hex(16)} if method == "POST" else {}
    try:
        async with request.app[_SESSION].request(method, path, json=body, headers=headers) as answer:
            if answer.status == 404:
                raise NotFound("no such customer")
            if answer.status != 200:
                raise ServiceDown(f"{BANK}: {answer.status}")
            return await answer.json()
    except (aiohttp.ClientError, TimeoutError) as error:
        raise ServiceDown(BANK) from error


def _talk_to(bank: ServiceSettings) -> Any:
    async def session(app: web.Application) -> AsyncIterator[None]:
        timeout = aiohttp.ClientTimeout(total=bank.timeout_s)
        headers = {"Authorization": f"Bearer {bank.key}"}
        async with aiohttp.ClientSession(bank.url, timeout=timeout, headers=headers) as client:
            app[_SESSION] = client
            yield

    return session
