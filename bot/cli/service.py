"""All rooms of a serving process, wired together."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

import structlog
from aiohttp import web

from bot import guard
from bot.channels.registry import read_channels
from bot.desk import app as desk_app
from bot.desk.accounts import AccountsFile
from bot.desk.keys import Desk
from bot.engine.engine import Engine
from bot.engine.models import Source
from bot.engine.worker import Worker, readers
from bot.gateway import metrics
from bot.gateway.answers import Answers
from bot.gateway.app import make_app
from bot.gateway.frontdoor import FrontDoor
from bot.gateway.headers import Proxies
from bot.gateway.identity import IdentityCheck
from bot.gateway.limits import Limits
from bot.gateway.load import Load
from bot.gateway.siblings import Siblings
from bot.gateway.sign_ins import SignIns
from bot.handoff.life import Handoffs
from bot.handoff.routing import Routing
from bot.settings import Settings
from bot.store.audit import Audit, AuditLine
from bot.store.brake import Brake
from bot.store.connect import Client, connect
from bot.store.conversations import Conversations
from bot.store.floor import Floor
from bot.store.guesses import Guesses
from bot.store.limits import Limiter
from bot.store.proofs import Proofs
from bot.store.seen import SeenAccounts
from bot.store.sessions import Sessions
from bot.types import Entry

log = structlog.get_logger(__name__)

SWEEP_S = 60.0
LAST_REPLIES_S = 0.2
"""For the last replies to reach the sockets before these are closed; who misses one gets it when they resume."""


@dataclass(frozen=True)
class Service:
    app: web.Application
    door: FrontDoor
    conversations: Conversations
    floor: Floor
    handoffs: Handoffs
    audit: Audit


@asynccontextmanager
async def service(
    settings: Settings, engines: Engine | Source, *, name: str, siblings: Siblings | None = None
) -> AsyncIterator[Service]:
    """Everything up to, but not including, the port. Leaving it finishes the turns in flight. Raises ConfigError."""
    channels = read_channels(settings.project, max_text_chars=settings.gateway.max_text_chars)
    file = AccountsFile(settings.project / settings.desk.accounts)
    client = connect(settings.redis_url)
    audit = Audit(client, site=settings.site, key=settings.secrets.get("audit", ""), on_recorded=_recorded)
    alarm = Alarm(audit)

    def mended(conversation_id: str, lost: Sequence[str]) -> None:
        metrics.MENDED.inc()
        alarm.record("conversation.mended", conversation_id, lost=",".join(lost)[:500])

    conversations = Conversations(
        client,
        site=settings.site,
        wait_replicas=settings.redis_wait_replicas,
        readers=readers(),
        on_mended=mended,
    )
    floor = Floor(client, site=settings.site, wakes=conversations.wakes)

    async def nudge(conversation_id: str) -> None:
        await worker.nudge(conversation_id)

    handoffs = Handoffs(conversations, floor, routing=Routing(settings.handoff), nudge=nudge)

    def answered(conversation_id: str, seq: int, entries: Sequence[Entry]) -> None:
        door.answered(conversation_id, seq, entries)

    def given_up(conversation_id: str, seq: int) -> None:
        metrics.GIVEN_UP.inc()
        alarm.record("turn.given_up", conversation_id, seq=seq)

    worker = Worker(engines, conversations, handoffs, name=name, on_answered=answered, on_given_up=given_up)
    guard.install(Guesses(client, audit, site=settings.site))
    limits = Limits(Limiter(client, site=settings.site), settings.gateway, local_is_free=settings.demo)
    door = FrontDoor(
        conversations=conversations,
        worker=worker,
        sign_ins=SignIns(
            conversations=conversations,
            identities=IdentityCheck(*settings.identity_secrets),
            proofs=Proofs(client, site=settings.site),
            audit=audit,
            limits=limits,
        ),
        limits=limits,
        load=Load(answer_within_s=settings.gateway.answer_within_s),
        answers=Answers(conversations),
        opening_payloads=settings.gateway.opening_payloads,
    )
    desk = _desk(settings, client, file=file, floor=floor, handoffs=handoffs, conversations=conversations, audit=audit)
    app = make_app(settings, door, channels, others=[partial(desk_app.add_routes, desk=desk)], siblings=siblings)
    try:
        async with _answering(app, door, worker, handoffs):
            yield Service(app, door, conversations, floor, handoffs, audit)
    finally:
        guard.install(None)
        await alarm.aclose()
        await floor.aclose()
        await conversations.aclose()
        await client.aclose()


@asynccontextmanager
async def _answering(app: web.Application, door: FrontDoor, worker: Worker, handoffs: Handoffs) -> AsyncIterator[None]:
    """Turns are run; until the app is shut down, or this is left."""
    async with AsyncExitStack() as running:
        await running.enter_async_context(worker)

        async def drain(app: web.Application) -> None:
            """Before the sockets are closed: no new turns, and the last replies of those in flight."""
            door.open = False
            await running.aclose()
            await asyncio.sleep(LAST_REPLIES_S)

        app.on_shutdown.insert(0, drain)
        sweeping = asyncio.create_task(_sweep(handoffs), name="handoffs sweep")
        try:
            yield
        finally:
            sweeping.cancel()
            await asyncio.gather(sweeping, return_exceptions=True)


class Alarm:
    """What went wrong with a conversation, written into the audit trail, in the background: nobody waits for it."""

    def __init__(self, audit: Audit) -> None:
        self._audit = audit
        self._tasks: set[asyncio.Task[None]] = set()

    def record(self, event: str, conversation_id: str, **fields: object) -> None:
        task = asyncio.create_task(self._record(event, conversation_id, fields), name="alarm")
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _record(self, event: str, conversation_id: str, fields: Mapping[str, Any]) -> None:
        try:
            await self._audit.record(event, actor="system", conversation=conversation_id, **fields)
        except Exception as error:
            log.error("audit.not_written", audited=event, conversation=conversation_id, error=type(error).__name__)

    async def aclose(self) -> None:
        await asyncio.gather(*self._tasks, return_exceptions=True)


def _desk(
    settings: Settings,
    client: Client,
    *,
    file: AccountsFile,
    floor: Floor,
    handoffs: Handoffs,
    conversations: Conversations,
    audit: Audit,
) -> Desk:
    proxies, session_s = Proxies(settings.gateway.trusted_proxies), int(settings.desk.session_hours * 3600)
    return Desk(
        file=file,
        seen=SeenAccounts(client, site=settings.site),
        brake=Brake(client, site=settings.site),
        sessions=Sessions(client, site=settings.site, ttl_s=session_s, idle_s=int(settings.desk.idle_minutes * 60)),
        floor=floor,
        handoffs=handoffs,
        conversations=conversations,
        audit=audit,
        queues=Routing(settings.handoff).queues,
        session_s=session_s,
        address_of=proxies.address,
        is_https=proxies.is_https,
        demo=settings.demo,
    )


def _recorded(line: AuditLine, waiting: int) -> None:
    metrics.AUDITED.labels(event=line.event).inc()
    metrics.AUDIT_WAITING.set(waiting)


async def _sweep(handoffs: Handoffs) -> None:
    """Nobody waits in line whose conversation has expired."""
    while True:
        await asyncio.sleep(SWEEP_S)
        try:
            for handoff_id in await handoffs.sweep():
                log.info("handoff.expired", handoff=handoff_id)
        except Exception as error:
            log.error("handoff.sweep_failed", error=type(error).__name__)
