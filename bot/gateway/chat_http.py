"""`/api/chat/...`: the native protocol over plain HTTP, for networks that let no WebSocket through."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Mapping
from typing import Any

from aiohttp import web

from bot.channels.base import read_object, read_token, write
from bot.channels.native import Native, Read, Typing, entry_body, identity_body
from bot.errors import BadMessage, NotYours
from bot.gateway.chat_socket import welcome_body
from bot.gateway.frontdoor import FrontDoor
from bot.gateway.headers import bearer
from bot.gateway.keys import FRONT_DOOR, NATIVE, ORIGINS, PLACES, PROXIES
from bot.store.conversations import Conversation
from bot.types import Entry, Holder

LONGEST_WAIT_S = 25.0
_BATCH = 200


async def hello(request: web.Request) -> web.Response:
    """As the frame: a body of `{token, after, identity, locale}` -> `welcome`. A bad identity proof is refused."""
    request.app[ORIGINS].check(request)
    frame = _native(request).decode_hello(await request.read())
    door = request.app[FRONT_DOOR]
    welcomed = await door.hello(frame, channel=Native.name, address=request.app[PROXIES].address(request))
    if welcomed.bad_identity is not None:
        raise welcomed.bad_identity
    return web.json_response({"type": "welcome", **welcome_body(welcomed)}, dumps=write)


async def send(request: web.Request) -> web.Response:
    """As the frame: `{id, text, payload?}` -> `{id, seq, repeated}`."""
    conversation = await _conversation(request)
    received = _native(request).decode(await request.read())
    accepted = await request.app[FRONT_DOOR].receive(
        conversation.id,
        received,
        channel=Native.name,
        address=request.app[PROXIES].address(request),
        holder=conversation.holder,
    )
    return web.json_response({"id": received.message_id, "seq": accepted.seq, "repeated": accepted.repeated})


async def entries(request: web.Request) -> web.Response:
    """`?after=n&wait_s=25` -> `{entries, holder, agent, identity, typing?}`, as soon as there is news after n."""
    after, wait_s = _number(request, "after", 0), min(LONGEST_WAIT_S, _number(request, "wait_s", 0))
    conversation = await _conversation(request)
    door = request.app[FRONT_DOOR]
    with request.app[PLACES].held(request.app[PROXIES].address(request)):
        found, typing = await _wait(door, conversation.id, int(after), wait_s)
    conversation = await door.conversations.get(conversation.id)
    door.ended(conversation.id, done=conversation.done)
    body: dict[str, Any] = {
        "entries": [entry_body(entry) for entry in found],
        "holder": conversation.holder.value,
        "agent": conversation.agent_name,
        "identity": identity_body(conversation.identity, now=time.time()),
        **({"typing": typing} if typing else {}),
    }
    return web.json_response(body, dumps=write)


async def notify(request: web.Request) -> web.Response:
    """A `typing` or `read` frame -> `{}`. The bot does not care; a person at the desk does."""
    conversation = await _conversation(request)
    match _native(request).decode_frame(await request.read()):
        case Typing(on=on):
            news: dict[str, Any] = {"type": "typing", "author": "customer", "on": on}
        case Read(seq=seq):
            news = {"type": "read", "author": "customer", "seq": seq}
        case _:
            raise BadMessage("bad_message", "type is not for here; known: typing, read")
    if conversation.holder is Holder.AGENT:
        await request.app[FRONT_DOOR].conversations.notify(conversation.id, news)
    return web.json_response({})


async def identity(request: web.Request) -> web.Response:
    """As the frame: `{token}`, a renewed proof, or null for a sign-out -> `{identity}`."""
    conversation = await _conversation(request)
    token = _native(request).decode_identity(await request.read()).identity_token
    conversation = await request.app[FRONT_DOOR].identify(
        conversation.id, token, address=request.app[PROXIES].address(request)
    )
    return web.json_response({"identity": identity_body(conversation.identity, now=time.time())}, dumps=write)


async def reset(request: web.Request) -> web.Response:
    """As the frame: signed out, and the token opens nothing any more -> `{}`."""
    conversation = await _conversation(request)
    await request.app[FRONT_DOOR].sign_ins.end(conversation.id, forget=True)
    return web.json_response({})


async def revoke(request: web.Request) -> web.Response:
    """From the host app's server: `{identity: JWT}` names by `sub` and `jti` a sign-in that is over -> `{ended}`."""
    token = read_token(read_object(await request.read(), what="the body").get("identity"), what="identity")
    if token is None:
        raise BadMessage("bad_message", "identity is missing")
    sign_ins, address = request.app[FRONT_DOOR].sign_ins, request.app[PROXIES].address(request)
    return web.json_response({"ended": await sign_ins.revoke(token, address=address)})


async def _wait(
    door: FrontDoor, conversation_id: str, after: int, wait_s: float
) -> tuple[list[Entry], Mapping[str, Any] | None]:
    """Lines, and who began or stopped to type meanwhile."""
    conversations = door.conversations
    typing = None
    found = await conversations.readable(conversation_id, now=time.time(), after=after, limit=_BATCH)
    if found or wait_s == 0 or not door.open:
        return found, typing
    try:
        async with asyncio.timeout(wait_s), conversations.listen(conversation_id) as subscription:
            async for news in subscription:
                if news is None:
                    found = await conversations.readable(conversation_id, now=time.time(), after=after, limit=_BATCH)
                elif news.get("type") == "typing" and news.get("author") != "customer":
                    typing = news
                elif news.get("type") != "status":
                    continue
                if found or news is not None:
                    break
    except TimeoutError:
        pass
    return found, typing


async def _conversation(request: web.Request) -> Conversation:
    request.app[ORIGINS].check(request)
    token = bearer(request)
    if not token:
        raise NotYours("no token")
    return await request.app[FRONT_DOOR].whose(token, address=request.app[PROXIES].address(request))


def _native(request: web.Request) -> Native:
    return request.app[NATIVE]


def _number(request: web.Request, name: str, default: float) -> float:
    try:
        value = float(request.query.get(name, default))
    except ValueError as error:
        raise BadMessage("bad_message", f"{name} is not a number") from error
    if not 0 <= value < 2**53:
        raise BadMessage("bad_message", f"{name} is not a number from 0 on")
    return value
