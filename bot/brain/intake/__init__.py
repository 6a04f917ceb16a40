"""The line now, or an offer to be called. A policy is a function; to add one, write it and name it in `POLICIES`."""

from __future__ import annotations

from collections.abc import Callable

from bot.brain.floor import Contact, Intake, Prospect

Decide = Callable[[Contact, Prospect], Intake]

BOTHER = 0.02
"""What being called later costs an ordinary customer who would have been answered, against 1 for one who is lost."""
WAIT_COST_PER_S = 0.0005
"""What each second in line costs: half an hour as much as to be lost."""


def line(contact: Contact, prospect: Prospect) -> Intake:
    return Intake(choice="line", why="everybody waits in the line", cost=contact.value * prospect.leaves)


def expected_cost(contact: Contact, prospect: Prospect) -> Intake:
    """The choice whose expected cost is lower."""
    here = contact.value * (prospect.leaves + WAIT_COST_PER_S * prospect.wait_s)
    if prospect.wait_s <= 0:
        return Intake(choice="line", why="somebody is free", cost=here)
    if prospect.slot is None:
        return Intake(choice="line", why="no quarter hour to come has more room than this one", cost=here)
    later = contact.value * (1 - prospect.reached + BOTHER)
    met = f"a wait of {prospect.wait_s:.0f} s, which {prospect.leaves:.0%} would not stay for,"
    if later < here:
        return Intake(
            choice="callback", why=f"{met} costs {here:.2f}; a call later {later:.2f}", cost=later, slot=prospect.slot
        )
    return Intake(choice="line", why=f"{met} costs {here:.2f}; a call later {later:.2f}", cost=here)


POLICIES: dict[str, Decide] = {"line": line, "expected_cost": expected_cost}
