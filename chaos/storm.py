"""What goes wrong: each planned fault when its moment has come, and everything whole again at the end."""

from __future__ import annotations

import asyncio
import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress

from redis.asyncio import Redis
from redis.exceptions import RedisError

from chaos.house import House
from chaos.ledger import Ledger
from chaos.lines import Line
from chaos.parts import Part, Service, send
from chaos.plan import Fault

LOOK_S = 0.02
HELD_WITHIN_S = 8.0
"""So long a fault that needs money to move waits for it."""
CUT_PART = 0.5
"""So many of the customers lose their connections at once."""


class Storm:
    """`await run(faults)` while customers talk; `await heal()` afterwards, always. `done` counts what was done."""

    def __init__(
        self, house: House, ledger: Ledger, *, progress: Callable[[], float], lines: Callable[[], Iterable[Line]]
    ) -> None:
        self._house = house
        self._ledger = ledger
        self._progress = progress
        self._lines = lines
        self._under_way: set[asyncio.Task[None]] = set()
        self._busy: set[str] = set()
        """Parts that are down or being started: none is killed twice at once."""
        self._stopped: set[int] = set()
        self.done: Counter[str] = Counter()
        self.log: list[tuple[float, str]] = []
        """When (`time.monotonic`) what began."""

    async def run(self, faults: Iterable[Fault]) -> None:
        for fault in faults:
            while self._progress() < fault.at:
                await asyncio.sleep(LOOK_S)
            self.log.append((time.monotonic(), f"{fault.kind} {fault.lasts_s:.1f} s"))
            task = asyncio.create_task(self._do(fault), name=fault.kind)
            self._under_way.add(task)
            task.add_done_callback(self._under_way.discard)

    async def heal(self) -> None:
        """Let what is under way end, and have every part up and running. Raises what a fault's own code raised."""
        ended = await asyncio.gather(*self._under_way, return_exceptions=True)
        for pid in list(self._stopped):
            send(pid, signal.SIGCONT)
        for part in (self._house.redis, self._house.bank, *self._house.services):
            if not part.is_alive:
                await part.start()
            await part.wait_until_up()
        for error in ended:
            if isinstance(error, BaseException):
                raise RuntimeError("a fault could not be done") from error

    async def _do(self, fault: Fault) -> None:
        rng = random.Random(fault.seed)
        part, _, how = fault.kind.partition(".")
        match part, how:
            case "worker", "pause":
                await self._worker_paused(rng, fault.lasts_s)
            case "worker", _:
                await self._worker_ended(rng, signal.SIGKILL if how == "kill" else signal.SIGTERM)
            case "service", _:
                await self._service_killed(rng.choice(self._house.services), fault.lasts_s)
            case "redis", "cut":
                await self._redis_cut()
            case "bank", "drop":
                await self._ledger.drop()
                self.done["bank.drop"] += 1
            case "money", _:
                await self._money_killed()
            case "sockets", _:
                self._sockets_cut(rng)
            case _, "kill":
                await self._killed(self._part(part), fault.lasts_s)
            case _:
                await self._paused(self._part(part), fault.lasts_s)

    def _part(self, name: str) -> Part:
        return self._house.redis if name == "redis" else self._house.bank

    async def _killed(self, part: Part, down_s: float) -> None:
        await self._once_at_a_time(part)
        try:
            await part.kill()
            self.done[f"{part.name}.kill"] += 1
            await asyncio.sleep(down_s)
            await part.start()
            await part.wait_until_up()
        finally:
            self._busy.discard(part.name)

    async def _paused(self, part: Part, lasts_s: float) -> None:
        await self._once_at_a_time(part)
        try:
            await self._pause(part.pid, lasts_s)
            self.done[f"{part.name}.pause"] += 1
        finally:
            self._busy.discard(part.name)

    async def _once_at_a_time(self, part: Part) -> None:
        while part.name in self._busy:
            await asyncio.sleep(LOOK_S)
        self._busy.add(part.name)

    async def _worker_ended(self, rng: random.Random, by: signal.Signals) -> None:
        pid = await self._some_worker(rng)
        send(pid, by)
        send(pid, signal.SIGCONT)
        self.done["worker.kill" if by is signal.SIGKILL else "worker.stop"] += 1

    async def _worker_paused(self, rng: random.Random, lasts_s: float) -> None:
        await self._pause(await self._some_worker(rng), lasts_s)
        self.done["worker.pause"] += 1

    async def _pause(self, pid: int, lasts_s: float) -> None:
        self._stopped.add(pid)
        send(pid, signal.SIGSTOP)
        try:
            await asyncio.sleep(lasts_s)
        finally:
            send(pid, signal.SIGCONT)
            self._stopped.discard(pid)

    async def _some_worker(self, rng: random.Random) -> int:
        """Of either service; one that starts is as good as one that serves."""
        while True:
            services = list(self._house.services)
            rng.shuffle(services)
            for service in services:
                free = [pid for pid in service.workers() if pid not in self._stopped]
                if free:
                    return rng.choice(free)
            await asyncio.sleep(LOOK_S)

    async def _money_killed(self) -> None:
        """Where it hurts most: after the bank has moved the money, before the bot has written that it did."""
        is_held = await self._ledger.hold(HELD_WITHIN_S)
        for pid in self._house.shipped.workers():
            send(pid, signal.SIGKILL)
            send(pid, signal.SIGCONT)
        self.done["money.kill" if is_held else "worker.kill"] += 1

    async def _service_killed(self, service: Service, down_s: float) -> None:
        await self._once_at_a_time(service)
        try:
            await service.kill_all()
            self.done["service.kill"] += 1
            await asyncio.sleep(down_s)
            await service.start()
        finally:
            self._busy.discard(service.name)

    async def _redis_cut(self) -> None:
        with suppress(RedisError, OSError):
            async with Redis(port=self._house.redis_port, socket_timeout=2.0) as client:
                for kind in ("normal", "pubsub"):
                    await client.execute_command("CLIENT", "KILL", "TYPE", kind, "SKIPME", "yes")  # type: ignore[no-untyped-call]
        self.done["redis.cut"] += 1

    def _sockets_cut(self, rng: random.Random) -> None:
        for line in list(self._lines()):
            if rng.random() < CUT_PART:
                line.cut()
        self.done["sockets.cut"] += 1
