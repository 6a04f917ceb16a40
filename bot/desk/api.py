"""The desk's HTTP calls. `docs/reference/desk-api.md` is their reference."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import structlog
from aiohttp import web

from bot.desk import views
from bot.desk.body import body_of, text_of, without_titles
from bot.desk.keys import DESK, Desk
from bot.desk.reading import READS, until_its_end
from bot.errors import AccessDenied, BadMessage, Taken
from bot.types import Agent, Handoff, WrapUp

log = structlog.get_logger(__name__)

MAX_TEXT_CHARS = 4000
MAX_NOTE_CHARS = 2000
STATES = ("available", "away", "break", "offline")
"""Also the values of `Agent.state`."""


# Who is here


async def me(request: web.Request, agent: Agent) -> web.Response:
    return web.json_response({"agent": views.person(agent)})


async def set_state(request: web.Request, agent: Agent) -> web.Response:
    """`{state}` -> `{agent}`."""
    desk = request.app[DESK]
    state = (await body_of(request)).get("state")
    if state not in STATES:
        raise BadMessage("bad_message", f"state is unknown; known: {', '.join(STATES)}")
    now = time.time()
    await desk.floor.set_state(agent.id, state, now)
    return web.json_response({"agent": views.person(replace(agent, state=state, since=now))})


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
    """All the bot knew, and the conversation as it stands now; for agents up to the end of their part in it."""
    desk = request.app[DESK]
    found = await readable(desk, request, agent)
    conversation = await desk.conversations.get(found.conversation_id)
    entries = await desk.conversations.entries(found.conversation_id, limit=2000)
    if agent.role != "supervisor":
        entries = until_its_end(found, entries)
    if request.app[READS].is_new(agent.id, found.id, time.time()):
        await desk.audit.record(
            "desk.read",
            actor=f"agent:{agent.id}",
            subject=f"handoff:{found.id}",
            conversation=found.conversation_id,
            address=desk.address_of(request),
            role=agent.role,
        )
    agent_id = await desk.floor.agent_of(found.id)
    holder = desk.accounts.get(agent_id) if agent_id else None
    return web.json_response(
        {
            "handoff": views.full(found),
            "entries": [views.line(entry, names=views.names_of(found)) for entry in entries],
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
    await _record(request, "desk.accepted", agent, found.id)
    log.info("desk.accepted", handoff=found.id, agent=agent.id)
    return web.json_response({"handoff": views.full(found)})


async def say(request: web.Request, agent: Agent) -> web.Response:
    """`{id, text}` -> the entry. The same id again says nothing twice."""
    desk = request.app[DESK]
    body = await body_of(request)
    text, message_id = without_titles(text_of(body, "text", MAX_TEXT_CHARS)).strip(), text_of(body, "id", 64)
    if not text:
        raise BadMessage("empty", "the text is empty")
    entry = await desk.handoffs.say(agent, request.match_info["id"], text, message_id)
    return web.json_response(views.line(entry))


async def typing(request: web.Request, agent: Agent) -> web.Response:
    """`{on}`: the customer sees it."""
    desk = request.app[DESK]
    on = (await body_of(request)).get("on") is True
    found = await _mine(desk, request, agent)
    frame = {"type": "typing", "author": "agent", "name": agent.name, "on": on}
    await desk.conversations.notify(found.conversation_id, frame)
    return web.json_response({})


async def close(request: web.Request, agent: Agent) -> web.Response:
    """`{disposition, resolved, corrected_intent?, note?}` -> `{}`."""
    wrapup = _wrapup(request.match_info["id"], agent, await body_of(request))
    await request.app[DESK].handoffs.close(wrapup)
    await _record(request, "desk.closed", agent, wrapup.handoff_id)
    log.info("desk.closed", handoff=wrapup.handoff_id, agent=agent.id, disposition=wrapup.disposition)
    return web.json_response({})


async def give_back(request: web.Request, agent: Agent) -> web.Response:
    """`{note?, ...}` -> `{}`: the bot goes on, and knows the note."""
    body = {"disposition": "given_back", **await body_of(request)}
    wrapup = _wrapup(request.match_info["id"], agent, body)
    await request.app[DESK].handoffs.give_back(wrapup)
    await _record(request, "desk.given_back", agent, wrapup.handoff_id)
    log.info("desk.given_back", handoff=wrapup.handoff_id, agent=agent.id)
    return web.json_response({})


async def put_back(request: web.Request, agent: Agent) -> web.Response:
    """-> `{}`: back into its old place in line. Agents do so with what is theirs, supervisors with anybody's."""
    desk, handoff_id = request.app[DESK], request.match_info["id"]
    holder = await desk.floor.holder(handoff_id)
    if holder is None:
        raise Taken(f"handoff {handoff_id} is with nobody", by="")
    if agent.role != "supervisor" and holder != agent.id:
        raise AccessDenied("this conversation is not yours")
    await desk.handoffs.put_back(handoff_id, holder, "put_back")
    await _record(request, "desk.put_back", agent, handoff_id)
    log.info("desk.put_back", handoff=handoff_id, agent=holder, by=agent.id, why="put_back")
    return web.json_response({})


async def assign(request: web.Request, agent: Agent) -> web.Response:
    """`{agent_id?}` -> `{}`: a conversation that is with an agent goes to another one; without a name, to whoever asks.
    For supervisors."""
    desk, handoff_id = request.app[DESK], request.match_info["id"]
    wanted = text_of({"agent_id": agent.id, **await body_of(request)}, "agent_id", 64)
    to = agent if wanted == agent.id else await desk.floor.agent(wanted)
    had = await desk.handoffs.move(handoff_id, to)
    await _record(request, "desk.taken_over" if to.id == agent.id else "desk.reassigned", agent, handoff_id)
    log.info("desk.reassigned", handoff=handoff_id, agent=to.id, by=agent.id, had=had)
    return web.json_response({})


async def _mine(desk: Desk, request: web.Request, agent: Agent) -> Handoff:
    found = await desk.floor.handoff(request.match_info["id"])
    if await desk.floor.holder(found.id) != agent.id:
        raise AccessDenied("this conversation is not yours")
    return found


async def _record(request: web.Request, event: str, agent: Agent, handoff_id: str) -> None:
    desk = request.app[DESK]
    address = desk.address_of(request)
    await desk.audit.record(event, actor=f"agent:{agent.id}", subject=f"handoff:{handoff_id}", address=address)


async def readable(desk: Desk, request: web.Request, agent: Agent) -> Handoff:
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
        disposition=text_of(body, "disposition", 64),
        resolved=body.get("resolved") is True,
        at=time.time(),
        corrected_intent=intent or None,
        note=text_of({"note": "", **body}, "note", MAX_NOTE_CHARS),
    )
