"""The desk's HTTP calls. `docs/reference/desk-api.md` is their reference."""

from __future__ import annotations

import json
import time
from collections.abc import Mapping
from typing import Any

import structlog
from aiohttp import web

from bot.desk import views
from bot.desk.guard import COOKIE, check_header
from bot.desk.keys import DESK, Desk
from bot.errors import AccessDenied, BadMessage, RateLimited, SignedOut
from bot.types import Agent, Handoff, WrapUp

log = structlog.get_logger(__name__)

MAX_TEXT_CHARS = 4000
MAX_NOTE_CHARS = 2000
STATES = ("available", "away", "break", "offline")
"""Also the values of `Agent.state`."""


# Who is here


async def sign_in(request: web.Request) -> web.Response:
    """`{name, password}` -> `{agent}` and the session's cookie."""
    desk = request.app[DESK]
    check_header(request)
    body = await _body(request)
    name, password = _text(body, "name", 64), _text(body, "password", 256)
    tries = [f"name:{name.strip().lower()}", f"address:{desk.address_of(request)}"]
    for each in tries:
        wait_s = await desk.sessions.throttle(each)
        if wait_s is not None:
            raise RateLimited("too many tries to sign in", retry_after_s=wait_s)
    address = desk.address_of(request)
    try:
        account = await desk.accounts.sign_in(name, password)
    except SignedOut:
        await desk.audit.record("desk.sign_in_failed", actor="", subject=_account(desk, name), address=address)
        raise
    await desk.audit.record("desk.signed_in", actor=f"agent:{account.id}", address=address)
    for each in tries:
        await desk.sessions.forgive(each)
    await desk.floor.put_agent(account.agent())
    await desk.floor.set_state(account.id, "available", time.time())
    log.info("desk.signed_in", agent=account.id)
    response = web.json_response({"agent": views.person(await desk.floor.agent(account.id))})
    response.set_cookie(
        COOKIE,
        await desk.sessions.open(account.id),
        max_age=desk.session_s,
        path="/desk",
        httponly=True,
        samesite="Strict",
        secure=desk.is_https(request),
    )
    return response


def _account(desk: Desk, name: str) -> str:
    """Whom a stranger wanted to be; what is nobody's name may be a password, and is not recorded."""
    account = desk.accounts.get(name.strip().lower())
    return f"account:{account.id}" if account else "account:?"


async def sign_out(request: web.Request, agent: Agent) -> web.Response:
    desk = request.app[DESK]
    await desk.sessions.close(request.cookies[COOKIE])
    await desk.floor.set_state(agent.id, "offline", time.time())
    await desk.audit.record("desk.signed_out", actor=f"agent:{agent.id}", address=desk.address_of(request))
    log.info("desk.signed_out", agent=agent.id)
    response = web.json_response({})
    response.del_cookie(COOKIE, path="/desk", httponly=True, samesite="Strict")
    return response


async def me(request: web.Request, agent: Agent) -> web.Response:
    return web.json_response({"agent": views.person(agent)})


async def set_state(request: web.Request, agent: Agent) -> web.Response:
    """`{state}` -> `{agent}`."""
    desk = request.app[DESK]
    state = (await _body(request)).get("state")
    if state not in STATES:
        raise BadMessage("bad_message", f"state is unknown; known: {', '.join(STATES)}")
    await desk.floor.set_state(agent.id, state, time.time())
    return web.json_response({"agent": views.person(await desk.floor.agent(agent.id))})


# What waits


async def floor(request: web.Request, agent: Agent) -> web.Response:
    """Everything this agent may see of the floor at one moment, with the seq of the last update in it."""
    desk = request.app[DESK]
    view = await desk.floor.view()
    body: dict[str, Any] = {
        "seq": view.seq,
        "waiting": [views.summary(each) for each in view.line() if desk.serves(agent, each)],
        "mine": [views.summary(each) for each in view.of(agent.id)],
        "agents": [views.person(each) for each in view.agents.values()],
        "queues": [views.queue(each) for each in desk.queues],
    }
    if agent.role == "supervisor":
        others = [each for each in view.accepted.values() if each.agent_id != agent.id]
        body["others"] = [{**views.summary(each.handoff), "agent_id": each.agent_id} for each in others]
    return web.json_response(body)


async def handoff(request: web.Request, agent: Agent) -> web.Response:
    """All the bot knew, and the conversation as it stands now."""
    desk = request.app[DESK]
    found = await _readable(desk, request, agent)
    conversation = await desk.conversations.get(found.conversation_id)
    entries = await desk.conversations.entries(found.conversation_id, limit=2000)
    agent_id = await desk.floor.agent_of(found.id)
    holder = desk.accounts.get(agent_id) if agent_id else None
    return web.json_response(
        {
            "handoff": views.full(found),
            "entries": [views.line(entry) for entry in entries],
            "holder": conversation.holder.value,
            "agent": holder.name if holder else "",
        }
    )


# What an agent does with one


async def accept(request: web.Request, agent: Agent) -> web.Response:
    """-> `{handoff}`; 409 `taken` with `by` if somebody was first."""
    desk = request.app[DESK]
    found = await desk.floor.handoff(request.match_info["id"])
    if not desk.serves(agent, found):
        raise AccessDenied("this conversation does not wait in a queue of yours")
    await desk.handoffs.accept(agent, found.id)
    log.info("desk.accepted", handoff=found.id, agent=agent.id)
    return web.json_response({"handoff": views.full(found)})


async def say(request: web.Request, agent: Agent) -> web.Response:
    """`{id, text}` -> the entry. The same id again says nothing twice."""
    desk = request.app[DESK]
    body = await _body(request)
    text, message_id = _text(body, "text", MAX_TEXT_CHARS).strip(), _text(body, "id", 64)
    if not text:
        raise BadMessage("empty", "the text is empty")
    entry = await desk.handoffs.say(agent, request.match_info["id"], text, message_id)
    return web.json_response(views.line(entry))


async def typing(request: web.Request, agent: Agent) -> web.Response:
    """`{on}`: the customer sees it."""
    desk = request.app[DESK]
    on = (await _body(request)).get("on") is True
    found = await _mine(desk, request, agent)
    frame = {"type": "typing", "author": "agent", "name": agent.name, "on": on}
    await desk.conversations.notify(found.conversation_id, frame)
    return web.json_response({})


async def close(request: web.Request, agent: Agent) -> web.Response:
    """`{disposition, resolved, corrected_intent?, note?}` -> `{}`."""
    wrapup = _wrapup(request.match_info["id"], agent, await _body(request))
    await request.app[DESK].handoffs.close(wrapup)
    log.info("desk.closed", handoff=wrapup.handoff_id, agent=agent.id, disposition=wrapup.disposition)
    return web.json_response({})


async def give_back(request: web.Request, agent: Agent) -> web.Response:
    """`{note?, ...}` -> `{}`: the bot goes on, and knows the note."""
    body = {"disposition": "given_back", **await _body(request)}
    wrapup = _wrapup(request.match_info["id"], agent, body)
    await request.app[DESK].handoffs.give_back(wrapup)
    log.info("desk.given_back", handoff=wrapup.handoff_id, agent=agent.id)
    return web.json_response({})


async def _mine(desk: Desk, request: web.Request, agent: Agent) -> Handoff:
    found = await desk.floor.handoff(request.match_info["id"])
    if await desk.floor.agent_of(found.id) != agent.id:
        raise AccessDenied("this conversation is not yours")
    return found


async def _readable(desk: Desk, request: web.Request, agent: Agent) -> Handoff:
    """Agents read what waits in their queues and what is or was theirs; supervisors everything."""
    found = await desk.floor.handoff(request.match_info["id"])
    if agent.role == "supervisor" or await desk.floor.agent_of(found.id) == agent.id:
        return found
    if await desk.floor.state_of(found.id) != "waiting" or not desk.serves(agent, found):
        raise AccessDenied("this conversation is not yours, and does not wait in a queue of yours")
    return found


def _wrapup(handoff_id: str, agent: Agent, body: Mapping[str, Any]) -> WrapUp:
    intent = body.get("corrected_intent")
    if intent is not None and (not isinstance(intent, str) or len(intent) > 100):
        raise BadMessage("bad_message", "corrected_intent is not an intent")
    return WrapUp(
        handoff_id=handoff_id,
        agent_id=agent.id,
        disposition=_text(body, "disposition", 64),
        resolved=body.get("resolved") is True,
        at=time.time(),
        corrected_intent=intent or None,
        note=_text({"note": "", **body}, "note", MAX_NOTE_CHARS),
    )


async def _body(request: web.Request) -> Mapping[str, Any]:
    raw = await request.read()
    try:
        body = json.loads(raw or b"{}")
    except (ValueError, RecursionError) as error:
        raise BadMessage("bad_json", "the body is not JSON") from error
    if not isinstance(body, dict):
        raise BadMessage("bad_json", "the body is not a JSON object")
    return body


def _text(body: Mapping[str, Any], name: str, max_chars: int) -> str:
    value = body.get(name)
    if not isinstance(value, str):
        raise BadMessage("bad_message", f"{name} is not a text")
    if len(value) > max_chars:
        raise BadMessage("too_long", f"{name} is longer than {max_chars} characters")
    return value.encode("utf-8", "replace").decode().replace("\x00", "")
