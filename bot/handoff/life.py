"""Handoffs: offered, accepted, talked, given back or closed. Each step may be repeated and changes nothing the second
time, so what a crash left half done is finished by doing it again."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from bot.errors import AccessDenied, NotFound, Taken
from bot.handoff import build
from bot.handoff.estimate import expected_wait_s
from bot.handoff.line import on_duty, place_of
from bot.handoff.routing import Routing
from bot.handoff.texts import line
from bot.store.codec import handoff_from
from bot.store.conversations import Changes, Conversation, Conversations
from bot.store.floor import Floor
from bot.types import Agent, Button, Entry, Handoff, Holder, Reply, Turn, WrapUp

LEAVE = "/stop"
"""What the button says that leaves the line: as one would say it."""
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
        if not await self._floor.enqueue(handoff):
            return 0
        waits = await self.waits(handoff)
        position, wait_s = int(waits["position"]), waits.get("wait_s")
        text = line("queued", handoff.language, position=position)
        if not waits["on_duty"]:
            hours = self._routing.hours(handoff.queue, handoff.language)
            told = line("hours", handoff.language, hours=hours) if hours else ""
            text = line("nobody", handoff.language, hours=told)
        elif wait_s is not None:
            text += " " + line("wait", handoff.language, minutes=max(1, round(wait_s / 60)))
        custom = {"status": "queued", **waits}
        conversation = await self._conversations.get(handoff.conversation_id)
        is_new = conversation.handoff_id is None
        changes = Changes(holder=Holder.QUEUE, handoff_id=handoff.id) if is_new else Changes()
        try:
            leave = Button(title=line("leave", handoff.language), payload=LEAVE)
            holder = None if is_new else Holder.QUEUE
            await self._say(handoff, "queued", text, custom, changes, buttons=(leave,), while_holder=holder)
        except NotFound:
            pass  # Somebody accepted meanwhile.
        return position

    async def waits(self, handoff: Handoff) -> dict[str, Any]:
        """`position` (1 is next), `on_duty` (somebody could take it), and `wait_s` where that can be estimated."""
        view = await self._floor.view()
        agents = list(view.agents.values())
        position = place_of(handoff, view.waiting.values(), agents)
        wait_s = expected_wait_s(position, await self._pace(), time.time())
        found: dict[str, Any] = {"position": position, "on_duty": on_duty(handoff, agents)}
        return found if wait_s is None else {**found, "wait_s": wait_s}

    async def waits_of(self, handoff_id: str) -> dict[str, Any] | None:
        """The same by id; None where it waits no more."""
        try:
            handoff = await self._floor.handoff(handoff_id)
            waiting = await self._floor.position(handoff_id)
        except NotFound:
            return None
        return None if waiting is None else await self.waits(handoff)

    async def _pace(self) -> list[float]:
        """Moments of the latest accepts from all queues: one line is served by all."""
        return [at for queue in self._routing.queues for at in await self._floor.pace(queue.name)]

    # With an agent

    async def accept(self, agent: Agent, handoff_id: str) -> Handoff:
        """`Taken`, `CannotAccept`, `NotFound` as the floor says; afterwards the customer knows who has joined."""
        handoff = await self._floor.handoff(handoff_id)
        await self._floor.accept(handoff_id, agent.id, limit=_limit(agent), now=time.time())
        await self._join(agent, handoff)
        await self.tell_positions()
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

    # Given to another

    async def release(self, agent_id: str, why: str) -> list[str]:
        """Everything an agent has goes back into line, in its old place, and the customers are told. Returns those
        handoffs."""
        theirs = await self._floor.active(agent_id)
        return [each.id for each in theirs if await self.put_back(each.id, agent_id, why)]

    async def put_back(self, handoff_id: str, agent_id: str, why: str) -> bool:
        """One of them. False if this agent does not have it."""
        handoff = await self._floor.handoff(handoff_id)
        if not await self._floor.requeue(handoff, agent_id, why=why):
            return False
        await self._tell_requeued(handoff, agent_id)
        await self.tell_positions()
        return True

    async def move(self, handoff_id: str, to: Agent) -> str:
        """To another agent, or to whoever takes it over; returns who had it. `Taken` if it is with nobody."""
        handoff = await self._floor.handoff(handoff_id)
        had = await self._floor.holder(handoff_id)
        if had is None:
            raise Taken(f"handoff {handoff_id} is with nobody", by="")
        await self._floor.move(handoff_id, had, to.id, limit=_limit(to), now=time.time())
        await self._join(to, handoff)
        return had

    async def _tell_requeued(self, handoff: Handoff, agent_id: str) -> None:
        """Once for each time it came back."""
        try:
            name = (await self._floor.agent(agent_id)).name
        except NotFound:
            name = agent_id
        waits = await self.waits(handoff)
        text = line("requeued", handoff.language, name=name, position=waits["position"])
        leave = Button(title=line("leave", handoff.language), payload=LEAVE)
        changes = Changes(holder=Holder.QUEUE, agent_name="")
        step = f"requeued:{await self._floor.assignment(handoff.id)}"
        try:
            await self._say(handoff, step, text, {"status": "queued", **waits}, changes, buttons=(leave,))
        except NotFound:
            pass  # The conversation is gone; the next sweep takes it out of the line.

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
        await self.tell_positions()
        return True

    async def sweep(self) -> list[str]:
        """Take out of the line whose conversation has expired or was forgotten; returns those handoffs. Who came back
        into line while a process died hears so now."""
        gone = []
        for handoff in await self._floor.waiting(limit=1000):
            try:
                conversation = await self._conversations.get(handoff.conversation_id)
            except NotFound:
                await self._floor.abandon(handoff.id, "expired")
                gone.append(handoff.id)
                continue
            left_by = await self._floor.left_by(handoff.id) if conversation.holder == Holder.AGENT else None
            if left_by and conversation.handoff_id == handoff.id:
                await self._tell_requeued(handoff, left_by)
        return gone

    async def tell_positions(self) -> None:
        """Everyone in line hears their place."""
        view, pace, now = await self._floor.view(), await self._pace(), time.time()
        agents, waiting = list(view.agents.values()), list(view.waiting.values())
        for handoff in waiting[:TOLD_AT_MOST]:
            place = place_of(handoff, waiting, agents)
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
        step = f"joined:{await self._floor.assignment(handoff.id)}"
        await self._say(handoff, step, text, {"status": "joined", "name": agent.name}, changes)

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
        buttons: tuple[Button, ...] = (),
        while_holder: Holder | None = None,
    ) -> None:
        new = changes.handoff_id == handoff.id
        await self._conversations.say(
            handoff.conversation_id,
            Reply(text=text, author="system", custom=custom, buttons=buttons),
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


def _limit(agent: Agent) -> int | None:
    return None if agent.role == "supervisor" else agent.capacity
