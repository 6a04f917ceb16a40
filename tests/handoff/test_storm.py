"""A floor in a storm, seeded: agents come, go and vanish, processes die in the middle of what they do."""

from __future__ import annotations

import asyncio
import random
from collections import Counter

import pytest

from bot.errors import AccessDenied, CannotAccept, NotFound, Taken
from bot.handoff.life import Handoffs
from bot.store.conversations import Changes, Conversations, TurnCommit
from bot.store.floor import Floor
from bot.types import Agent, Handoff, Holder
from tests.store.makers import handoff, person, turn, wrapup

AGENTS, HANDOFFS, STEPS = 8, 24, 160
REFUSED = (AccessDenied, CannotAccept, NotFound, Taken)


class Storm:
    def __init__(self, seed: int, conversations: Conversations, floor: Floor) -> None:
        self.random = random.Random(seed)
        self.conversations, self.floor = conversations, floor
        self.handoffs = Handoffs(conversations, floor)
        self.agents = [person(f"a{n}", capacity=3) for n in range(AGENTS)]
        self.opened: list[Handoff] = []
        self.ended: Counter[str] = Counter()

    async def begin(self) -> None:
        for agent in self.agents:
            await self.floor.put_agent(agent)
        for n in range(HANDOFFS):
            opened = await self.conversations.open(channel="web")
            await self.conversations.accept(turn(opened.conversation_id, "a person please"))
            work = await self.conversations.begin(opened.conversation_id, worker="w")
            assert work is not None
            made = handoff(f"h{n}", conversation_id=opened.conversation_id, waiting_since=1_800_000_000.0 + n)
            changes = Changes(holder=Holder.QUEUE, handoff_id=made.id)
            await self.conversations.finish(work.lease, work.turns[0], TurnCommit(changes=changes))
            await self.handoffs.open(made)
            self.opened.append(made)

    async def step(self) -> None:
        """Something that somebody does; every fourth time the process dies at one of its calls of Redis."""
        doing = asyncio.create_task(self._act(self.random.choice(self.agents), self.random.choice(self.opened)))
        if self.random.random() < 0.25:
            for _ in range(self.random.randrange(12)):
                await asyncio.sleep(0)
            doing.cancel()
        try:
            await doing
        except (*REFUSED, asyncio.CancelledError):
            pass

    async def _act(self, agent: Agent, about: Handoff) -> None:
        match self.random.randrange(7):
            case 0 | 1 | 2:
                await self.handoffs.accept(agent, about.id)
            case 3:
                await self.handoffs.close(wrapup(about.id, agent.id))
            case 4:
                await self.handoffs.release(agent.id, "lost")
            case 5:
                await self.handoffs.move(about.id, agent)
            case 6:
                await self.handoffs.leave(about.conversation_id)

    async def calm(self) -> None:
        """Everybody is gone, and what was half done is finished."""
        for agent in self.agents:
            await self.handoffs.release(agent.id, "lost")
        await self.handoffs.sweep()


@pytest.mark.parametrize("seed", range(6))
async def test_nobody_is_lost_held_twice_or_left_behind(conversations: Conversations, floor: Floor, seed: int) -> None:
    storm = Storm(seed, conversations, floor)
    await storm.begin()
    for n in range(STEPS):
        await storm.step()
        if n % 20 == 0:
            await all_is_well(storm)
    await storm.calm()
    await all_is_well(storm)
    view = await floor.view()
    assert view.accepted == {}, "nobody is with an agent who is gone"
    assert all(agent.load == 0 for agent in view.agents.values())
    line = view.line()
    assert line == sorted(line, key=lambda each: each.waiting_since), "in the order in which they came"
    for each in line:
        conversation = await conversations.get(each.conversation_id)
        assert (conversation.holder, conversation.handoff_id) == (Holder.QUEUE, each.id), "who waits knows it"


async def all_is_well(storm: Storm) -> None:
    view = await storm.floor.view()
    states = {each.id: await storm.floor.state_of(each.id) for each in storm.opened}
    assert {name for name, state in states.items() if state == "waiting"} == set(view.waiting)
    assert {name for name, state in states.items() if state == "accepted"} == set(view.accepted)
    loads = Counter(each.agent_id for each in view.accepted.values())
    for agent in view.agents.values():
        assert agent.load == loads[agent.id] <= agent.capacity
