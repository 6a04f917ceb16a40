"""Promises of a call, placed where the forecast has room. A promise is a window, and counts as load in it."""

from __future__ import annotations

from collections.abc import Mapping

from bot.brain.floor import Slot

QUARTER_S = 900.0
WINDOW_QUARTERS = 2
"""A promise names half an hour."""
BUSY = 1.0
"""The share of the people there that may be planned: promises wait for a lull of minutes, so all of it."""
ROOM = 0.0
"""People to spare that make a window one with room."""
QUIET_UNTIL, QUIET_FROM = 8, 21
"""Nobody is called before and after, by the hour of the site's wall clock."""


class Plan:
    """People and expected load by quarter hour (seconds of the site's wall clock over 900), and what was promised."""

    def __init__(
        self, *, people: Mapping[int, float], load: Mapping[int, float], handle_s: float, within_s: float
    ) -> None:
        """`load` in erlangs: contacts in hand at once. `within_s`: no promise later than this."""
        self._people, self._load = people, load
        self._each = handle_s / QUARTER_S
        self._quarters = int(within_s // QUARTER_S)
        self._promised: dict[int, float] = {}
        self._known: tuple[int, Slot | None] | None = None

    def spare(self, quarter: int) -> float:
        """People that the quarter has more than it needs; below zero in a rush."""
        return BUSY * self._people.get(quarter, 0.0) - self._load.get(quarter, 0.0) - self._promised.get(quarter, 0.0)

    def slot(self, now: float) -> Slot | None:
        """The first window with room for one more; else the calmest, if it is calmer than now; else None.
        Somebody is there in all of it, and it lies outside the quiet hours."""
        here = int(now // QUARTER_S)
        if self._known is None or self._known[0] != here:
            self._known = here, self._slot(here)
        return self._known[1]

    def _slot(self, here: int) -> Slot | None:
        rooms = [
            (min(self.spare(each), self.spare(each + 1)), each)
            for each in range(here + 1, here + self._quarters)
            if self._open(each)
        ]
        if not rooms:
            return None
        first = next((each for room, each in rooms if room >= ROOM), None)
        if first is None:
            room, first = max(rooms, key=lambda pair: (pair[0], -pair[1]))
            if room <= self.spare(here):
                return None
        return Slot(start=first * QUARTER_S, end=(first + WINDOW_QUARTERS) * QUARTER_S)

    def promise(self, slot: Slot) -> None:
        """One more call in the window: half of it in each quarter."""
        self._known = None
        for quarter in range(int(slot.start // QUARTER_S), int(slot.end // QUARTER_S)):
            self._promised[quarter] = self._promised.get(quarter, 0.0) + self._each / WINDOW_QUARTERS

    def _open(self, quarter: int) -> bool:
        hours = ((each * QUARTER_S) % 86400 / 3600 for each in (quarter, quarter + 1))
        return all(QUIET_UNTIL <= hour < QUIET_FROM for hour in hours) and all(
            self._people.get(each, 0.0) > 0 for each in (quarter, quarter + 1)
        )


def is_quiet(now: float) -> bool:
    """By the site's wall clock."""
    return not QUIET_UNTIL <= now % 86400 / 3600 < QUIET_FROM
