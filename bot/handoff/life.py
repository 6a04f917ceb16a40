"""Handoffs: offered, accepted, talked, given back or closed. Each step may be repeated and changes nothing the second
time, so what a crash left half done is finished by doing it again."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from bot.errors import AccessDenied, NotFound
from bot.handoff import build
from bot.handoff.estimate import expected_wait_s
from bot.handoff.routing import Routing
from bot.handoff.texts import line
from bot.store.codec import handoff_from
from bot.store.conversations import Changes, Conversation, Conversations
from bot.store.floor import Floor
from bot.types import Agent, Entry, Handoff, Holder, Reply, Turn, WrapUp

TOLD_AT_MOST = 200
"""So many in a queue hear at once that they have moved up."""


class Handoffs:
    """Both sides of a handoff: the conversation, where the customer is told, and the floor, where agents are."""

    def __init__(
        self,
        conversations: Conversations,
        floor: Floor,
        *,
        routing: Routing | None = None,
        nudge: Callable[[str], Awaitable[None]] | None = None,
    ) -> None:
        """`nudge` is a worker's: told when the bot has something to say again; without it a sweep finds out."""
        self._conversations = conversations
        self._floor = floor
        self._routing = routing or Routing()
        self._nudge = nudge

    # Offered

    async def build(
        self,
        conversation: Conversation,
        turn: Turn,
        result: build.Outcome,
        transcript: Sequence[Entry],
        *,
        now: float,
    ) -> Handoff:
        before = await self._conversations.tracker_events(conversation.id)
        return build.build(conversation, turn, result, before, transcript, routing=self._routing, now=now)

    async def open_wire(self, wire: Mapping[str, Any]) -> None:
        """`open`, from the plain dict that waits among a conversation's effects."""
        await self.open(handoff_from(wire))

    async def open(self, handoff: Handoff) -> int:
        """Put it in line and tell the customer their place, which is returned (0: it waits no more)."""
        position = await self._floor.enqueue(handoff)
        if not position:
            return 0
        wait_s = expected_wait_s(position, await self._floor.pace(handoff.queue), time.time())
        text = line("queued", handoff.language, position=position)
        if wait_s is not None:
            text += " " + line("wait", handoff.language, minutes=max(1, round(wait_s / 60)))
        custom = {"status": "queued", "position": position} | ({} if wait_s is None else {"wait_s": wait_s})
        conversation = await self._conversations.get(handoff.conversation_id)
        is_new = conversation.handoff_id is None
        changes = Changes(holder=Holder.QUEUE, handoff_id=handoff.id) if is_new else Changes()
        try:
            await self._say(handoff, "queued", text, custom, changes, while_holder=None if is_new else Holder.QUEUE)
        except NotFound:
            pass  # Somebody accepted meanwhile.
        return position

    # With an agent

    async def accept(self, agent: Agent, handoff_id: str) -> Handoff:
        """`Taken`, `CannotAccept`, `NotFound` as the floor says; afterwards the customer knows who has joined."""
        handoff = await self._floor.handoff(handoff_id)
        limit = None if agent.role == "supervisor" else agent.capacity
        await self._floor.accept(handoff_id, agent.id, limit=limit, now=time.time())
        await self._join(agent, handoff)
        await self.tell_positions(handoff.queue)
        return handoff

    async def say(self, agent: Agent, handoff_id: str, text: str, message_id: str) -> Entry:
        """An agent's line, once for each message id. `AccessDenied` unless the conversation is theirs now."""
        handoff = await self._theirs(agent.id, handoff_id)
        if await self._floor.state_of(handoff_id) == "accepted":
            await self._join(agent, handoff)
        try:
            return await self._conversations.say(
                handoff.conversation_id,
                Reply(text=text, author="agent", name=agent.name),
                reply_id=f"{handoff_id}:said:{message_id}",
                handoff_id=handoff_id,
                holder=Holder.AGENT,
            )
        except NotFound as error:
            raise AccessDenied(f"handoff {handoff_id} has ended") from error

    # Ended

    async def close(self, wrapup: WrapUp) -> None:
        """The agent is done; the bot answers what comes next."""
        handoff, name = await self._ended_by(wrapup)
        text = line("closed", handoff.language, name=name)
        await self._return(handoff, "closed", text, {"status": "closed", "name": name})
        await self._floor.close(wrapup)

    async def give_back(self, wrapup: WrapUp) -> None:
        """The bot goes on at once, and knows the note."""
        handoff, _ = await self._ended_by(wrapup)
        await self._return(handoff, "bot", line("bot", handoff.language), {"status": "bot"})
        await self._resume(handoff, {"note": wrapup.note, "agent_id": wrapup.agent_id})
        await self._floor.close(wrapup, to_bot=True)

    async def leave(self, conversation_id: str, reason: str = "left") -> bool:
        """The customer waits no longer. False if they are not in line."""
        conversation = await self._conversations.get(conversation_id)
        if conversation.holder != Holder.QUEUE or conversation.handoff_id is None:
            return False
        handoff = await self._floor.handoff(conversation.handoff_id)
        if not await self._floor.abandon(handoff.id, reason) and await self._floor.state_of(handoff.id) != "abandoned":
            return False
        await self._return(handoff, "left", line("left", handoff.language), {"status": "bot"})
        await self.tell_positions(handoff.queue)
        return True

    async def sweep(self) -> list[str]:
        """Take out of the line whose conversation has expired or was forgotten; returns those handoffs."""
        gone = []
        for handoff in await self._floor.waiting(limit=1000):
            try:
                await self._conversations.get(handoff.conversation_id)
            except NotFound:
                await self._floor.abandon(handoff.id, "expired")
                gone.append(handoff.id)
        return gone

    async def tell_positions(self, queue: str) -> None:
        """Everyone in a queue hears their place."""
        pace, now = await self._floor.pace(queue), time.time()
        for place, handoff in enumerate(await self._floor.waiting(queue, limit=TOLD_AT_MOST), start=1):
            wait_s = expected_wait_s(place, pace, now)
            status = {"type": "status", "holder": Holder.QUEUE.value, "position": place}
            await self._conversations.notify(
                handoff.conversation_id, status if wait_s is None else {**status, "wait_s": wait_s}
            )

    # Within

    async def _join(self, agent: Agent, handoff: Handoff) -> None:
        """Once; said again before an agent's line, for an accept that a crash interrupted."""
        text = line("joined", handoff.language, name=agent.name)
        changes = Changes(holder=Holder.AGENT, agent_name=agent.name)
        await self._say(handoff, "joined", text, {"status": "joined", "name": agent.name}, changes)

    async def _theirs(self, agent_id: str, handoff_id: str) -> Handoff:
        handoff = await self._floor.handoff(handoff_id)
        if await self._floor.agent_of(handoff_id) != agent_id:
            raise AccessDenied(f"handoff {handoff_id} is not agent {agent_id}'s")
        return handoff

    async def _ended_by(self, wrapup: WrapUp) -> tuple[Handoff, str]:
        """The handoff and its agent's name, if the wrap-up comes from them."""
        handoff = await self._theirs(wrapup.agent_id, wrapup.handoff_id)
        return handoff, (await self._floor.agent(wrapup.agent_id)).name

    async def _say(
        self,
        handoff: Handoff,
        step: str,
        text: str,
        custom: Mapping[str, Any],
        changes: Changes,
        *,
        while_holder: Holder | None = None,
    ) -> None:
        new = changes.handoff_id == handoff.id
        await self._conversations.say(
            handoff.conversation_id,
            Reply(text=text, author="system", custom=custom),
            reply_id=f"{handoff.id}:{step}",
            changes=changes,
            handoff_id="" if new else handoff.id,
            holder=while_holder,
        )

    async def _return(self, handoff: Handoff, step: str, text: str, custom: Mapping[str, Any]) -> None:
        """The conversation is the bot's again. Nothing to do if it is gone, or with another handoff by now."""
        changes = Changes(holder=Holder.BOT, handoff_id="", agent_name="")
        try:
            await self._say(handoff, step, text, custom, changes)
        except NotFound:
            pass

    async def _resume(self, handoff: Handoff, metadata: Mapping[str, Any]) -> None:
        turn = Turn(
            conversation_id=handoff.conversation_id,
            message_id=f"resume/{handoff.id}",
            channel=handoff.channel,
            text="",
            at=time.time(),
            kind="resume",
            metadata=metadata,
        )
        try:
            await self._conversations.accept(turn)
        except NotFound:
            return
        if self._nudge is not None:
            await self._nudge(handoff.conversation_id)
