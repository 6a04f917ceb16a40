"""Signing in and out at the desk, and the sessions that are open: seen and ended by whose they are, or a supervisor.

A sign-in asks `Accounts` who somebody is; another way to know (single sign-on) would end in `_open`, too.
"""

from __future__ import annotations

import time
from typing import Any

import structlog
from aiohttp import web

from bot.desk import views
from bot.desk.accounts import MAX_PASSWORD_CHARS, Account
from bot.desk.body import body_of, secret_of, text_of
from bot.desk.guard import check_header, cookie_name, token_of, who
from bot.desk.keys import DESK, Desk
from bot.errors import AccessDenied, NotFound, RateLimited, SignedOut
from bot.store.brake import Try
from bot.store.sessions import Session, digest_of
from bot.types import Agent

log = structlog.get_logger(__name__)


async def sign_in(request: web.Request) -> web.Response:
    """`{name, password, code?}` -> `{agent}` and the session's cookie. 401 `code_needed`: name and password are right,
    and a one-time code is wanted as well."""
    check_header(request)
    desk, body = request.app[DESK], await body_of(request)
    name, password = text_of(body, "name", 64).strip().lower(), secret_of(body, "password", MAX_PASSWORD_CHARS)
    code = text_of({"code": "", **body}, "code", 16).replace(" ", "")
    address = desk.address_of(request)
    tried = await desk.brake.begin(name, address)
    if tried.wait_s:
        log.warning("desk.sign_in_held", account=_known(desk, name), wait_s=tried.wait_s)
        raise RateLimited("too many tries to sign in", retry_after_s=tried.wait_s)
    try:
        account = await desk.accounts.check(name, password)
        await _second(desk, account, code)
    except SignedOut as error:
        if error.code == "code_needed":
            await desk.brake.half(name, address)
        else:
            await _failed(desk, name, address, tried, error.code)
        raise
    await desk.brake.right(name, address)
    return await _open(request, desk, account, address)


async def _second(desk: Desk, account: Account, code: str) -> None:
    """Raises SignedOut unless the account has no second factor, or this is its code and was not used before."""
    if not account.totp:
        return
    if not code:
        raise SignedOut("code_needed", "a one-time code is needed, too")
    step = account.step_of(code, time.time())
    if step is None or not await desk.brake.use_step(account.id, step):
        raise SignedOut("wrong_code", "the code is wrong, or was used before")


async def _failed(desk: Desk, name: str, address: str, tried: Try, why: str) -> None:
    """Logged and recorded, with the first of the waits that follow."""
    account = _known(desk, name)
    log.warning("desk.sign_in_failed", account=account, why=why, tries=tried.count)
    subject = f"account:{account}"
    await desk.audit.record(
        "desk.sign_in_failed", actor="", subject=subject, address=address, why=why, tries=tried.count
    )
    if tried.next_wait_s:
        await desk.audit.record("desk.locked_out", actor="", subject=subject, address=address, wait_s=tried.next_wait_s)


def _known(desk: Desk, name: str) -> str:
    """Whom a stranger wanted to be; what is nobody's name may be a password, and is not told."""
    return name if any(account.id == name for account in desk.accounts) else "?"


async def _open(request: web.Request, desk: Desk, account: Account, address: str) -> web.Response:
    await _replace(request, desk, address)
    token = await desk.sessions.open(account.id, version=account.version, address=address)
    session = digest_of(token)[:16]
    by = "password totp" if account.totp else "password"
    await desk.audit.record("desk.signed_in", actor=f"agent:{account.id}", address=address, session=session, by=by)
    await desk.floor.put_agent(account.agent())
    await desk.floor.seen(account.id)
    await desk.floor.set_state(account.id, "available", time.time())
    log.info("desk.signed_in", agent=account.id)
    response = web.json_response({"agent": views.person(await desk.agent(account))})
    response.set_cookie(
        cookie_name(request),
        token,
        max_age=desk.session_s,
        path="/",
        httponly=True,
        samesite="Strict",
        secure=desk.is_https(request),
    )
    return response


async def _replace(request: web.Request, desk: Desk, address: str) -> None:
    """Who signs in again leaves no session behind that their browser had."""
    token = token_of(request)
    session = await desk.sessions.look(digest_of(token)) if token else None
    if session is not None:
        await end(desk, session, actor=f"agent:{session.agent_id}", why="replaced", address=address)


async def sign_out(request: web.Request, agent: Agent) -> web.Response:
    desk = request.app[DESK]
    session, _ = await who(request)
    await desk.sessions.end(session.digest)
    await desk.audit.record(
        "desk.signed_out", actor=f"agent:{agent.id}", address=desk.address_of(request), session=session.id
    )
    await leave(desk, agent.id)
    log.info("desk.signed_out", agent=agent.id)
    response = web.json_response({})
    secure = desk.is_https(request)
    response.del_cookie(cookie_name(request), path="/", httponly=True, samesite="Strict", secure=secure)
    return response


async def leave(desk: Desk, agent_id: str) -> None:
    """Offline, unless they are signed in somewhere else; whom they had keeps their place in line."""
    if not await desk.sessions.all(agent_id):
        await take_off(desk, agent_id, "signed_out")


async def take_off(desk: Desk, agent_id: str, why: str) -> None:
    """Off the floor: offline, and nobody is left with them."""
    try:
        agent = await desk.floor.agent(agent_id)
    except NotFound:
        return
    if agent.state != "offline":
        await desk.floor.set_state(agent_id, "offline", time.time())
    for handoff_id in await desk.handoffs.release(agent_id, why):
        log.info("desk.put_back", handoff=handoff_id, agent=agent_id, why=why)
        await desk.audit.record("desk.put_back", actor="", subject=f"handoff:{handoff_id}", agent=agent_id, why=why)


# What is open


async def sessions(request: web.Request, agent: Agent) -> web.Response:
    """-> `{sessions}`: one's own; a supervisor sees everybody's."""
    desk = request.app[DESK]
    mine, _ = await who(request)
    found = await desk.sessions.all(None if agent.role == "supervisor" else agent.id)
    return web.json_response({"sessions": [_shown(desk, each, mine) for each in found if desk.account_of(each)]})


def _shown(desk: Desk, session: Session, mine: Session) -> dict[str, Any]:
    account = desk.account_of(session)
    return {
        "id": session.id,
        "agent_id": session.agent_id,
        "name": account.name if account else session.agent_id,
        "address": session.address,
        "opened_at": session.opened_at,
        "seen_at": session.seen_at,
        "this": session.digest == mine.digest,
    }


async def end_session(request: web.Request, agent: Agent) -> web.Response:
    """-> `{}`: it hears and may nothing from now on."""
    desk = request.app[DESK]
    found = next((each for each in await desk.sessions.all() if each.id == request.match_info["id"]), None)
    if found is None:
        raise NotFound("no such session")
    if agent.role != "supervisor" and found.agent_id != agent.id:
        raise AccessDenied("this session is not yours")
    await end(desk, found, actor=f"agent:{agent.id}", why="ended", address=desk.address_of(request))
    return web.json_response({})


async def end(desk: Desk, session: Session, *, actor: str, why: str, address: str = "") -> None:
    await desk.sessions.end(session.digest)
    await desk.audit.record(
        "desk.session_ended",
        actor=actor,
        subject=f"account:{session.agent_id}",
        address=address,
        session=session.id,
        why=why,
    )
    await leave(desk, session.agent_id)


async def demo_code(request: web.Request) -> web.Response:
    """`?name=` -> `{code}`: what the authenticator of a demo's supervisor shows. Exists under `make run` only."""
    desk = request.app[DESK]
    account = desk.accounts.get(request.query.get("name", "").strip().lower())
    if account is None or not account.totp:
        raise NotFound("nobody here with a second factor")
    used = await desk.brake.last_step(account.id)
    return web.json_response({"code": account.code(time.time(), after=used)})
