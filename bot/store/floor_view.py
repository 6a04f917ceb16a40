"""The floor as one looks at it, and how an update changes the look: pure, so a desk can follow without asking again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from bot.store.codec import handoff_from
from bot.types import Agent, Handoff

Kind = Literal["waiting.added", "waiting.removed", "accepted", "requeued", "moved", "closed", "agent"]


@dataclass(frozen=True, slots=True)
class Update:
    """What changed. `data` by kind:

    waiting.added    {"handoff": a lean handoff}
    waiting.removed  {"id", "why"}
    accepted         {"id", "agent_id", "at"}
    requeued         {"id", "agent_id", "why"}: in its old place; the agent had it
    moved            {"id", "from", "agent_id", "at"}
    closed           {"id", "agent_id", "to_bot"}
    agent            {"id"} with {"state", "since"} or {"profile": name, role, skills, capacity}
    """

    seq: int
    kind: Kind
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Accepted:
    handoff: Handoff
    """Lean."""
    agent_id: str
    at: float


@dataclass(frozen=True, slots=True)
class FloorView:
    """`view.after(update)` for each update since equals a view that is fetched afresh. Handoffs are lean: without
    transcript, slots and what was tried."""

    seq: int = 0
    waiting: Mapping[str, Handoff] = field(default_factory=dict)
    accepted: Mapping[str, Accepted] = field(default_factory=dict)
    agents: Mapping[str, Agent] = field(default_factory=dict)

    def line(self, queue: str | None = None) -> list[Handoff]:
        """Who waits, in order of service."""
        found = [each for each in self.waiting.values() if queue in (None, each.queue)]
        return sorted(found, key=order)

    def of(self, agent_id: str) -> list[Handoff]:
        """What an agent has, oldest accept first."""
        found = [each for each in self.accepted.values() if each.agent_id == agent_id]
        return [each.handoff for each in sorted(found, key=lambda each: (each.at, each.handoff.id))]

    def after(self, update: Update) -> FloorView:
        """`ValueError` if an update between was left out."""
        if update.seq != self.seq + 1:
            raise ValueError(f"floor update {update.seq} does not follow {self.seq}")
        waiting, accepted, agents = dict(self.waiting), dict(self.accepted), dict(self.agents)
        data = update.data
        match update.kind:
            case "waiting.added":
                handoff = handoff_from(data["handoff"])
                waiting[handoff.id] = handoff
            case "waiting.removed":
                waiting.pop(data["id"], None)
            case "accepted":
                accepted[data["id"]] = Accepted(waiting.pop(data["id"]), data["agent_id"], data["at"])
                _load(agents, data["agent_id"], 1)
            case "requeued":
                waiting[data["id"]] = accepted.pop(data["id"]).handoff
                _load(agents, data["agent_id"], -1)
            case "moved":
                accepted[data["id"]] = Accepted(accepted[data["id"]].handoff, data["agent_id"], data["at"])
                _load(agents, data["from"], -1)
                _load(agents, data["agent_id"], 1)
            case "closed":
                accepted.pop(data["id"], None)
                _load(agents, data["agent_id"], -1)
            case "agent":
                agents[data["id"]] = _agent(agents.get(data["id"]), data)
        return FloorView(update.seq, waiting, accepted, agents)


def order(handoff: Handoff) -> tuple[int, str]:
    return score(handoff), handoff.id


def score(handoff: Handoff) -> int:
    """Lower is served first: priority (-800 to 800, for doubles are exact no further), then arrival in ms."""
    return round(handoff.waiting_since * 1000) - max(-800, min(800, handoff.priority)) * 10**13


def lean(handoff: Handoff) -> Handoff:
    return replace(handoff, transcript=(), slots={}, tried=())


def agent_from(agent_id: str, profile: Mapping[str, Any], state: str, since: float, load: int) -> Agent:
    return Agent(id=agent_id, state=state, since=since, load=load, **profile)  # type: ignore[arg-type]


def _agent(known: Agent | None, data: Mapping[str, Any]) -> Agent:
    before = known or Agent(id=data["id"], name=data["id"])
    if "profile" in data:
        before = replace(before, **data["profile"])
    return replace(before, state=data["state"], since=data["since"]) if "state" in data else before


def _load(agents: dict[str, Agent], agent_id: str, change: int) -> None:
    if agent_id in agents:
        agents[agent_id] = replace(agents[agent_id], load=agents[agent_id].load + change)
