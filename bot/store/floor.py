"""Floor: one site's queues, handoffs and agents. Of two agents who accept at the same moment, one gets it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from typing import Any

from bot.errors import AccessDenied, CannotAccept, NotFound, Taken
from bot.store import codec, keys
from bot.store import floor_lua as lua
from bot.store.connect import Client
from bot.store.floor_view import Accepted, FloorView, Update, agent_from, lean, score
from bot.store.script import Arg, Script
from bot.store.wake import Subscription, Wakes
from bot.types import Agent, Handoff, WrapUp, to_wire

__all__ = ["Floor", "FloorView", "Update"]

PROFILE = ("name", "role", "skills", "capacity")


class Floor:
    """`NotFound`: no such handoff or agent. Updates tell the desk of each change, in order."""

    def __init__(self, redis: Client, *, site: str = "main", wakes: Wakes | None = None) -> None:
        """`wakes`: those of a `Conversations`, to share its subscribed connection."""
        self.redis = redis
        self._keys = keys.FloorKeys(site)
        self._own_wakes = wakes is None
        self._wakes = wakes or Wakes(redis)

    async def aclose(self) -> None:
        if self._own_wakes:
            await self._wakes.aclose()

    # Handoffs

    async def enqueue(self, handoff: Handoff) -> int:
        """Put it in line, once for each id; returns its place in its queue (1 is next), 0 if it waits no more."""
        short = codec.dumps(to_wire(lean(handoff)))
        names = [self._keys.handoff(handoff.id), self._keys.queue(handoff.queue)]
        update = b'{"handoff":' + short + b"}"
        args: list[Arg] = [handoff.id, handoff.queue, score(handoff), codec.dumps(to_wire(handoff)), short, update]
        return int((await self._run(lua.ENQUEUE, names, args))[0])

    async def handoff(self, handoff_id: str) -> Handoff:
        """All of it, also after it has ended."""
        full: Any = await self.redis.hget(self._keys.handoff(handoff_id), "full")
        if full is None:
            raise NotFound(f"no handoff {handoff_id}")
        return codec.handoff_from(codec.loads(full))

    async def agent_of(self, handoff_id: str) -> str | None:
        """Who has or had it; None while it waits. `NotFound` as `handoff`."""
        state, agent_id = await self._fields(handoff_id, "state", "agent")
        if state is None:
            raise NotFound(f"no handoff {handoff_id}")
        return codec.text(agent_id) or None

    async def holder(self, handoff_id: str) -> str | None:
        """Who has it now; None while it waits and once it has ended. `NotFound` as `handoff`."""
        state, agent_id = await self._fields(handoff_id, "state", "agent")
        if state is None:
            raise NotFound(f"no handoff {handoff_id}")
        return codec.text(agent_id) if codec.text(state) == "accepted" else None

    async def state_of(self, handoff_id: str) -> str:
        """`waiting`, `accepted`, `closed` or `abandoned`."""
        (state,) = await self._fields(handoff_id, "state")
        if state is None:
            raise NotFound(f"no handoff {handoff_id}")
        return codec.text(state)

    async def wrapup(self, handoff_id: str) -> WrapUp | None:
        (wire,) = await self._fields(handoff_id, "wrapup")
        return None if wire is None else WrapUp(**codec.loads(wire))

    async def waiting(self, queue: str | None = None, limit: int = 200) -> list[Handoff]:
        """Who waits, by priority, then arrival. Lean: without transcript, slots and what was tried."""
        line = self._keys.waiting if queue is None else self._keys.queue(queue)
        rows = await self._run(lua.WAITING, [line], [min(limit, 5000)])
        return [codec.handoff_from(codec.loads(row)) for row in rows[0] if row]

    async def positions(self, queue: str) -> list[str]:
        """Handoff ids of a queue: the first is next."""
        found: Any = await self.redis.zrange(self._keys.queue(queue), 0, -1)
        return [codec.text(each) for each in found]

    async def position(self, handoff_id: str) -> int | None:
        """1 is next in its queue; None if it waits no more."""
        (queue,) = await self._fields(handoff_id, "queue")
        if queue is None:
            raise NotFound(f"no handoff {handoff_id}")
        rank: Any = await self.redis.zrank(self._keys.queue(codec.text(queue)), handoff_id)
        return None if rank is None else int(rank) + 1

    async def pace(self, queue: str) -> list[float]:
        """Moments of the latest accepts from a queue, at most 20, none older than an hour or so; the latest first."""
        found: Any = await self.redis.lrange(self._keys.pace(queue), 0, -1)
        return [float(each) for each in found]

    async def accept(self, handoff_id: str, agent_id: str, *, limit: int | None, now: float) -> None:
        """One agent gets it; again by the same agent changes nothing. `Taken(by=...)` if it is somebody else's or has
        ended. `CannotAccept` if the agent is offline, or has `limit` conversations (None: as many as they like)."""
        names = await self._with_queue(handoff_id)
        update = codec.dumps({"id": handoff_id, "agent_id": agent_id, "at": now})
        most = -1 if limit is None else limit
        word, *rest = await self._say(lua.ACCEPT, names, [handoff_id, agent_id, repr(now), update, most])
        if word == "taken":
            raise Taken(f"handoff {handoff_id} is not waiting any more", by=_name_in(rest[0]))
        _may_take(word, agent_id)

    async def requeue(self, handoff: Handoff, agent_id: str, *, why: str) -> bool:
        """Back into its old place in line, if this agent has it. False if they do not (any more)."""
        names = [self._keys.handoff(handoff.id), self._keys.queue(handoff.queue)]
        update = codec.dumps({"id": handoff.id, "agent_id": agent_id, "why": why})
        args: list[Arg] = [handoff.id, agent_id, score(handoff), why, update]
        return bool((await self._run(lua.REQUEUE, names, args))[0])

    async def move(self, handoff_id: str, from_agent: str, to_agent: str, *, limit: int | None, now: float) -> None:
        """From one agent to another. `Taken` if the first does not have it, `CannotAccept` as `accept`."""
        update = codec.dumps({"id": handoff_id, "from": from_agent, "agent_id": to_agent, "at": now})
        args: list[Arg] = [handoff_id, from_agent, to_agent, repr(now), update, -1 if limit is None else limit]
        word, *rest = await self._say(lua.MOVE, [self._keys.handoff(handoff_id)], args)
        if word == "taken":
            raise Taken(f"handoff {handoff_id} is not {from_agent}'s", by=_name_in(rest[0]))
        _may_take(word, to_agent)

    async def assignment(self, handoff_id: str) -> int:
        """How often it was given to an agent so far."""
        (count,) = await self._fields(handoff_id, "assignment")
        return int(count or 0)

    async def left_by(self, handoff_id: str) -> str | None:
        """Who had it last before it came back into line; None where nobody had."""
        (agent_id,) = await self._fields(handoff_id, "left_by")
        return codec.text(agent_id) if agent_id else None

    async def close(self, wrapup: WrapUp, *, to_bot: bool = False) -> None:
        """Only by its agent (`AccessDenied`); again changes nothing. `to_bot`: the bot answers from here on."""
        data = {"id": wrapup.handoff_id, "agent_id": wrapup.agent_id, "to_bot": to_bot}
        names = [self._keys.handoff(wrapup.handoff_id)]
        args: list[Arg] = [wrapup.handoff_id, wrapup.agent_id, codec.dumps(to_wire(wrapup)), codec.dumps(data)]
        word, *_ = await self._say(lua.CLOSE, names, [*args, keys.HANDOFF_TTL_S])
        if word == "denied":
            raise AccessDenied(f"handoff {wrapup.handoff_id} is not agent {wrapup.agent_id}'s")

    async def give_back(self, wrapup: WrapUp) -> None:
        await self.close(wrapup, to_bot=True)

    async def abandon(self, handoff_id: str, reason: str) -> bool:
        """The customer left or needs nobody any more: out of the line. False if it was not waiting."""
        names = await self._with_queue(handoff_id)
        update = codec.dumps({"id": handoff_id, "why": reason})
        return bool((await self._run(lua.ABANDON, names, [handoff_id, reason, update, keys.HANDOFF_TTL_S]))[0])

    async def active(self, agent_id: str) -> list[Handoff]:
        """What an agent has now, lean, oldest accept first."""
        return (await self.view()).of(agent_id)

    # Agents

    async def put_agent(self, agent: Agent) -> None:
        """Their profile (name, role, skills, capacity). The state is taken only for somebody new."""
        wire = to_wire(agent)
        profile = {name: wire[name] for name in PROFILE}
        update = codec.dumps({"id": agent.id, "profile": profile})
        first = codec.dumps({"id": agent.id, "profile": profile, "state": agent.state, "since": agent.since})
        state = f"{agent.since!r} {agent.state}"
        await self._run(lua.PUT_AGENT, [], [agent.id, codec.dumps(profile), state, update, first])

    async def set_state(self, agent_id: str, state: str, now: float) -> None:
        update = codec.dumps({"id": agent_id, "state": state, "since": now})
        await self._run(lua.SET_STATE, [], [agent_id, f"{now!r} {state}", update])

    async def seen(self, agent_id: str) -> None:
        """They are there: their page answers, or they just did something."""
        await self._run(lua.SEEN, [self._keys.seen], [agent_id])

    async def lost(self, after_s: float) -> list[str]:
        """Agents who take handoffs, or have some, and were not heard of for so long."""
        return [codec.text(each) for each in (await self._run(lua.LOST, [self._keys.seen], [repr(after_s)]))[0]]

    async def agent(self, agent_id: str) -> Agent:
        found = await self._run(lua.AGENT, [], [agent_id])
        return _agent(agent_id, *found)

    async def agents(self) -> list[Agent]:
        """By name."""
        return sorted((await self.view()).agents.values(), key=lambda agent: (agent.name, agent.id))

    # What the desk follows

    async def view(self) -> FloorView:
        """Everything at one moment, with the seq of the last update it includes."""
        seq, live, line, taken, profiles, states, loads = await self._run(lua.VIEW, [], [])
        leans = {name: codec.handoff_from(codec.loads(wire)) for name, wire in _pairs(live)}
        accepted = {}
        for name, value in _pairs(taken):
            at, _, agent_id = codec.text(value).partition(" ")
            accepted[name] = Accepted(leans[name], agent_id, float(at))
        known, load = dict(_pairs(states)), dict(_pairs(loads))
        agents = {name: _agent(name, profile, known[name], load.get(name)) for name, profile in _pairs(profiles)}
        return FloorView(int(seq), {name: leans[name] for name in map(codec.text, line)}, accepted, agents)

    async def updates(self, after: int) -> list[Update] | None:
        """What changed since `after`; None if that is too long ago (or of another life of Redis): fetch a `view`."""
        seq, rows = await self._run(lua.UPDATES, [], [after])
        found = [_update(row) for row in rows]
        if int(seq) < after or len(found) != int(seq) - after:
            return None
        return found

    def listen(self) -> AbstractAsyncContextManager[Subscription]:
        """`async for _ in subscription`: there may be updates."""
        return self._wakes.listen(self._keys.wake)

    # Within

    async def _fields(self, handoff_id: str, *names: str) -> Sequence[Any]:
        found: Sequence[Any] = await self.redis.hmget(self._keys.handoff(handoff_id), list(names))
        return found

    async def _with_queue(self, handoff_id: str) -> list[str]:
        (queue,) = await self._fields(handoff_id, "queue")
        if queue is None:
            raise NotFound(f"no handoff {handoff_id}")
        name = codec.text(queue)
        return [self._keys.handoff(handoff_id), self._keys.queue(name), self._keys.pace(name)]

    async def _run(self, script: Script, own: Sequence[str], args: Sequence[Arg]) -> list[Any]:
        _, *rest = await self._say(script, own, args)
        return rest

    async def _say(self, script: Script, own: Sequence[str], args: Sequence[Arg]) -> list[Any]:
        """The result's word and the rest. The scripts' KEYS are the floor's, then their own."""
        word, *rest = await script(self.redis, [*lua.floor_keys(self._keys), *own], [self._keys.wake, *args])
        if codec.text(word) == "unknown":
            raise NotFound(f"no such {codec.text(rest[0])}")
        return [codec.text(word), *rest]


def _may_take(word: str, agent_id: str) -> None:
    if word == "offline":
        raise CannotAccept("offline", f"agent {agent_id} is offline")
    if word == "full":
        raise CannotAccept("at_capacity", f"agent {agent_id} has as many conversations as their capacity")


def _name_in(profile: codec.Raw) -> str:
    return str(codec.loads(profile)["name"]) if profile else ""


def _agent(agent_id: str, profile: codec.Raw, state: codec.Raw, load: codec.Raw | None) -> Agent:
    since, _, name = codec.text(state).partition(" ")
    return agent_from(agent_id, codec.loads(profile), name, float(since), int(load or 0))


def _pairs(flat: Sequence[codec.Raw]) -> list[tuple[str, codec.Raw]]:
    return [(codec.text(name), value) for name, value in zip(flat[::2], flat[1::2], strict=True)]


def _update(row: tuple[codec.Raw, Sequence[codec.Raw]]) -> Update:
    parts: Mapping[str, codec.Raw] = dict(_pairs(row[1]))
    seq = int(codec.text(row[0]).partition("-")[0])
    return Update(seq, codec.text(parts["kind"]), codec.loads(parts["data"]))  # type: ignore[arg-type]
