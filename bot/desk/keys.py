"""What the desk's handlers find in the application."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from aiohttp import web

from bot.desk.accounts import Account, Accounts
from bot.errors import NotFound
from bot.handoff.life import Handoffs
from bot.store.audit import Audit
from bot.store.conversations import Conversations
from bot.store.floor import Floor
from bot.store.sessions import Sessions
from bot.types import Agent, Handoff, Queue


@dataclass(frozen=True)
class Desk:
    accounts: Accounts
    sessions: Sessions
    floor: Floor
    handoffs: Handoffs
    conversations: Conversations
    audit: Audit
    queues: Sequence[Queue]
    session_s: int
    address_of: Callable[[web.Request], str]
    """Who is really asking, behind proxies."""
    is_https: Callable[[web.Request], bool]

    async def agent(self, account: Account) -> Agent:
        """The person as the floor has them."""
        try:
            return await self.floor.agent(account.id)
        except NotFound:
            return account.agent()

    def serves(self, agent: Agent, handoff: Handoff) -> bool:
        """Whether a waiting handoff is this agent's to see: its queue asks for no skill the agent lacks."""
        if agent.role == "supervisor":
            return True
        queue = next((queue for queue in self.queues if queue.name == handoff.queue), None)
        return queue is None or all(skill in agent.skills for skill in queue.skills)


DESK = web.AppKey("desk", Desk)
SOCKETS = web.AppKey("desk_sockets", set[web.WebSocketResponse])
