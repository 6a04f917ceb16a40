"""The line as a customer stands in it: one for all whom the same people could take, in whatever queue."""

from __future__ import annotations

from collections.abc import Iterable

from bot.types import Agent, Handoff


def could_take(agent: Agent, handoff: Handoff) -> bool:
    """Whether somebody on duty sees it. A language is preferred, not required; supervisors see every queue."""
    needed = [skill for skill in handoff.skills if not skill.startswith("lang:")]
    has_all = agent.role == "supervisor" or all(skill in agent.skills for skill in needed)
    return agent.state != "offline" and has_all


def on_duty(handoff: Handoff, agents: Iterable[Agent]) -> bool:
    """Whether there is anybody who could take it."""
    return any(could_take(agent, handoff) for agent in agents)


def place_of(handoff: Handoff, waiting: Iterable[Handoff], agents: Iterable[Agent]) -> int:
    """1 is next. Ahead are those of a higher priority, or of the same and longer in line, that the same people could
    take; where nobody is on duty, all of them."""
    people = [agent for agent in agents if could_take(agent, handoff)]
    ahead = [
        other
        for other in waiting
        if other.id != handoff.id
        and (-other.priority, other.waiting_since, other.id) < (-handoff.priority, handoff.waiting_since, handoff.id)
        and (not people or any(could_take(agent, other) for agent in people))
    ]
    return len(ahead) + 1
