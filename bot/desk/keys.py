"""What the desk's handlers find in the application."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from aiohttp import web

from bot.desk.accounts import Account, Accounts, AccountsFile
from bot.errors import NotFound
from bot.handoff.life import Handoffs
from bot.store.audit import Audit
from bot.store.brake import Brake
from bot.store.conversations import Conversations
from bot.store.floor import Floor
from bot.store.seen import SeenAccounts
from bot.store.sessions import Session, Sessions
from bot.types import Agent, Handoff, Queue


@dataclass(frozen=True)
class Desk:
    file: AccountsFile
    seen: SeenAccounts
    sessions: Sessions
    brake: Brake
    floor: Floor
    handoffs: Handoffs
    conversations: Conversations
    audit: Audit
    queues: Sequence[Queue]
    session_s: int
    address_of: Callable[[web.Request], str]
    """Who is really asking, behind proxies."""
    is_https: Callable[[web.Request], bool]
    demo: bool = False
    """Whoever asks is told a supervisor's one-time code."""

    @property
    def accounts(self) -> Accounts:
        """As the file has them now."""
        return self.file.now

    def account_of(self, session: Session | None) -> Account | None:
        """Whose session it is, if the account still is what it was when it was opened."""
        account = self.accounts.get(session.agent_id) if session is not None else None
        return account if account is not None and session is not None and account.version == session.version else None

    async def agent(self, account: Account) -> Agent:
        """The person: what they may as the account says now, what they are doing as the floor says."""
        mine = account.agent()
        try:
            found = await self.floor.agent(account.id)
        except NotFound:
            return mine
        return replace(mine, state=found.state, since=found.since, load=found.load)

    def serves(self, agent: Agent, handoff: Handoff) -> bool:
        """Whether a waiting handoff is this agent's to see: its queue asks for no skill the agent lacks."""
        if agent.role == "supervisor":
            return True
        queue = next((queue for queue in self.queues if queue.name == handoff.queue), None)
        return queue is None or all(skill in agent.skills for skill in queue.skills)


DESK = web.AppKey("desk", Desk)
