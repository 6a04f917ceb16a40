"""Who takes which waiting contact. A policy is a function of the floor.

To add one, write it in a file of its own and name it in `POLICIES`; `tests/brain/test_assignment.py` holds all to it.
"""

from __future__ import annotations

from collections.abc import Callable

from bot.brain.assignment.lines import fcfs, priority_aging
from bot.brain.floor import Assignment, Floor

Assign = Callable[[Floor], list[Assignment]]
"""Gives nobody more than their capacity and nothing without its skills; the same floor gets the same answer, and each
contact comes first once it has waited long enough."""

POLICIES: dict[str, Assign] = {"fcfs": fcfs, "priority_aging": priority_aging}

__all__ = ["POLICIES", "Assign"]
