"""What ends by itself: sockets whose session or account is no more, and what changed in the account file."""

from __future__ import annotations

import asyncio
import hashlib
from collections.abc import AsyncIterator

import structlog
from aiohttp import web

from bot.desk.accounts import Account, Accounts
from bot.desk.keys import DESK, Desk
from bot.desk.signing import end, leave, take_off
from bot.desk.socket import SIGNED_OUT, SOCKETS, Page
from bot.store.sessions import Session

log = structlog.get_logger(__name__)

EVERY_S = 0.5
LOST_S = 20.0
"""An agent of whom nothing was heard for so long, neither their page nor a call, is gone: whom they had goes back into
line."""


async def watching(app: web.Application) -> AsyncIterator[None]:
    """As long as the application runs."""
    task = asyncio.create_task(_watch(app), name="desk-watch")
    yield
    task.cancel()
    await asyncio.gather(task, return_exceptions=True)


async def _watch(app: web.Application) -> None:
    desk, known = app[DESK], None
    while True:
        try:
            known = await _look(desk, app[SOCKETS], known)
        except Exception as error:
            log.warning("desk.watch_failed", error=type(error).__name__)
        await asyncio.sleep(EVERY_S)


async def _look(desk: Desk, pages: set[Page], known: Accounts | None) -> Accounts:
    accounts = desk.accounts
    if accounts is not known:
        await _tell_changes(desk, accounts)
    if pages:
        await _close_ended(desk, pages)
    for agent_id in await desk.floor.lost(LOST_S):
        log.warning("desk.agent_lost", agent=agent_id)
        await take_off(desk, agent_id, "lost")
    return accounts


async def _close_ended(desk: Desk, pages: set[Page]) -> None:
    """Pages hear nothing more within EVERY_S of the end of their session, whichever process ended it."""
    alive = await desk.sessions.look_all(sorted({page.session.digest for page in pages}))
    for page in list(pages):
        session = alive.get(page.session.digest)
        if desk.account_of(session) is not None:
            continue
        if session is not None:
            await _end(desk, session)
        await page.close(SIGNED_OUT)
        await leave(desk, page.session.agent_id)


async def _tell_changes(desk: Desk, accounts: Accounts) -> None:
    """Record what changed since any process last looked, let the floor know, and end the sessions that stood on it."""
    for account in accounts:
        looks = _looks(account)
        was = await desk.seen.see(account.id, looks)
        if was is not None:
            what = " ".join(_differences(was, looks))
            await _record(desk, "desk.account_changed" if was else "desk.account_added", account.id, what)
        if was:
            await _tell_floor(desk, account)
    for account_id in await desk.seen.ids():
        if account_id not in {account.id for account in accounts} and await desk.seen.gone(account_id):
            await _record(desk, "desk.account_removed", account_id, "")
    for session in await desk.sessions.all():
        if desk.account_of(session) is None:
            await _end(desk, session)


async def _end(desk: Desk, session: Session) -> None:
    await end(desk, session, actor="", why="account_changed")


async def _tell_floor(desk: Desk, account: Account) -> None:
    if account.id in {agent.id for agent in await desk.floor.agents()}:
        await desk.floor.put_agent(account.agent())


async def _record(desk: Desk, event: str, account_id: str, what: str) -> None:
    log.info("desk.account_seen", change=event.rpartition("_")[2], account=account_id)
    await desk.audit.record(event, actor="", subject=f"account:{account_id}", what=what)


def _looks(account: Account) -> str:
    """What of an account is watched; of secrets only whether they are the same."""
    skills = ",".join(f"{name}={level}" for name, level in sorted(account.skills.items()))
    secrets = (hashlib.sha256(each.encode()).hexdigest()[:12] for each in (account.password, account.totp))
    password, totp = secrets
    parts = {
        "role": account.role,
        "enabled": str(account.enabled),
        "capacity": str(account.capacity),
        "skills": skills,
        "name": account.name,
        "password": password,
        "totp": totp,
    }
    return "\n".join(f"{name}:{value}" for name, value in parts.items())


def _differences(was: str, looks: str) -> list[str]:
    """The names of what changed; the role with both values."""
    before, after = (dict(line.split(":", 1) for line in text.splitlines()) for text in (was, looks))
    names = [name for name in after if was and before.get(name) != after[name]]
    return [f"role:{before.get('role')}>{after['role']}" if name == "role" else name for name in names]
