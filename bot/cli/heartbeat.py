"""Whether a worker is alive: its event loop says so twice a second, by a byte through a pipe to its parent.

A process that was stopped, or whose loop is stuck in some action, still holds its share of the port: customers whom the
kernel gives it would wait for nothing.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress

FD = "XIAOER_HEARTBEAT"
"""The number of the pipe's end that a worker writes to."""
EVERY_S = 0.5
HUNG_AFTER_S = 5.0
"""Below the six seconds of a lease: by then others may take up its turns."""
UP_WITHIN_S = 900.0
"""Loading a large model takes what it takes; but not for ever."""


class Pulse:
    """One worker's, as its parent feels it. Its first beat says that it serves."""

    def __init__(self, *, now: float) -> None:
        self.has_served = False
        self._last = now

    def beat(self, *, now: float) -> None:
        self.has_served = True
        self._last = now

    def forgive(self, *, now: float) -> None:
        """What was not heard because nobody listened counts for nothing."""
        self._last = max(self._last, now)

    def is_hung(self, *, now: float) -> bool:
        return now - self._last > (HUNG_AFTER_S if self.has_served else UP_WITHIN_S)

    def silent_s(self, *, now: float) -> float:
        return now - self._last


@contextmanager
def listening() -> Iterator[tuple[Pulse, int]]:
    """A pulse, and the descriptor to hand to the worker and then to close."""
    loop = asyncio.get_running_loop()
    pulse, (near, far) = Pulse(now=loop.time()), os.pipe()

    def hear() -> None:
        if os.read(near, 4096):
            pulse.beat(now=loop.time())
        else:
            loop.remove_reader(near)

    loop.add_reader(near, hear)
    try:
        yield pulse, far
    finally:
        loop.remove_reader(near)
        os.close(near)


async def beating(env: Mapping[str, str]) -> None:
    """A worker's side, from when it serves until it is cancelled. Without a parent it ends at once."""
    if FD not in env:
        return
    number = int(env[FD])
    os.set_blocking(number, False)
    while True:
        with suppress(BlockingIOError):
            try:
                os.write(number, b".")
            except BrokenPipeError:
                return
        await asyncio.sleep(EVERY_S)
