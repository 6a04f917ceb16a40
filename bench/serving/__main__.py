"""`python -m bench.serving` (`make bench`): measure, print a table, write docs/benchmarks/serving.{md,json,svg}.

--only ours,rest          contestants (ours, stock, linear) and parts, all where none of a kind is named
--seconds 10              for each row of the tables
--small                   a few seconds altogether: does everything still work? Writes nothing into docs/
"""

from __future__ import annotations

import argparse
import asyncio
import dataclasses
import fcntl
import resource
import signal
import sys
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial
from pathlib import Path
from typing import Any

from bench.serving import measure, projects, report
from bench.serving.measure import Scale
from bench.serving.processes import ROOT, CannotMeasure, memory
from bench.serving.projects import Project
from bench.serving.servers import Server, serving

CONTESTANTS = ("ours", "stock", "linear")
PARTS = ("rest", "long", "full", "workers", "ready", "memory", "swaps", "sockets")
SMALL = Scale(0.5, customers=(1, 4), long_turns=12, long_stock=(1,), conversations=16, swaps=2, sockets=40, starts=1)


def main() -> int:
    args = _parser().parse_args()
    words = set(args.only.split(",")) if args.only else set()
    unknown = words - {*CONTESTANTS, *PARTS}
    if unknown:
        print(f"bench: --only {', '.join(sorted(unknown))}: unknown; known: {', '.join((*CONTESTANTS, *PARTS))}")
        return 2
    scale = SMALL if args.small else dataclasses.replace(Scale(), seconds=args.seconds)
    run = Run(scale, words & set(CONTESTANTS) or set(CONTESTANTS), words & set(PARTS) or set(PARTS))
    _raise_limit(scale.sockets + 500)
    projects.HERE.mkdir(parents=True, exist_ok=True)
    try:
        with (projects.HERE / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
            asyncio.run(run.all())
    except BlockingIOError:
        print(f"bench: already running in {projects.HERE}", file=sys.stderr)
        return 1
    except (KeyboardInterrupt, asyncio.CancelledError):
        print("bench: stopped", file=sys.stderr)
        return 130
    text = report.markdown(run.figures)
    print("\n" + text)
    if not args.small:
        report.write(args.out, run.figures, text)
    return 1 if run.figures["problems"] and args.small else 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="make bench", description=__doc__, formatter_class=argparse.RawTextHelpFormatter)  # fmt: skip  # noqa: E501
    parser.add_argument("--only", default="", metavar="NAMES", help="such as ours,rest (with make: ARGS='--only ...')")
    parser.add_argument("--seconds", type=float, default=Scale().seconds)
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--out", type=Path, default=ROOT / "docs" / "benchmarks", help="where the report goes")
    return parser


def _raise_limit(files: int) -> None:
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = files if hard == resource.RLIM_INFINITY else min(files, hard)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))


class Run:
    """One run: figures are gathered part by part; a part that cannot be measured is said and left out."""

    def __init__(self, scale: Scale, contestants: set[str], parts: set[str]) -> None:
        self._scale = scale
        self._contestants = contestants
        self._parts = parts
        self.figures: dict[str, Any] = {"problems": [], "bots": {}}

    async def all(self) -> None:
        loop = asyncio.get_running_loop()
        task = asyncio.current_task()
        assert task is not None
        for each in (signal.SIGINT, signal.SIGTERM):
            loop.add_signal_handler(each, task.cancel)
        self.figures["about"] = {**report.about(), "seconds": self._scale.seconds}
        started = time.monotonic()
        makers: dict[str, Callable[[], Awaitable[Project]]] = {
            "ours": projects.ours_starter,
            "stock": projects.stock,
            "linear": lambda: projects.stock(linear=True),
        }
        for name in CONTESTANTS:
            if name in self._contestants and self._parts & {"rest", "long", "ready", "memory"}:
                await self._try(f"starter bot, {name}", partial(self._starter, name, makers[name]))
        if "ours" in self._contestants:
            await self._try("workers", lambda: self._workers("starter", projects.ours_starter))
            if self._parts & {"full", "memory", "swaps", "sockets", "ready", "workers"}:
                await self._try("full bot", self._full)
        self.figures["about"]["took_s"] = time.monotonic() - started

    async def _try(self, what: str, part: Callable[[], Awaitable[None]]) -> None:
        try:
            await part()
        except CannotMeasure as error:
            print(f"bench: {what}: {error}", flush=True)
            self.figures["problems"].append(f"{what}: {error}")

    async def _starter(self, name: str, make: Callable[[], Awaitable[Project]]) -> None:
        project, found = await make(), self.figures["bots"].setdefault(name, {})
        await self._start_often(project, found)
        async with _serving(project, found) as server:
            found["answers"] = await measure.answers(server)
            await self._talk(server, found, {"rest", "long"})

    async def _full(self) -> None:
        project, found = await projects.ours_full(), self.figures["bots"].setdefault("full", {})
        await self._start_often(project, found)
        async with _serving(project, found) as server:
            await self._talk(server, found, {"full"})
            if "swaps" in self._parts:
                self._say(project, f"{self._scale.swaps} model swaps")
                found["swaps"] = await measure.swaps(server, self._scale)
        if "sockets" in self._parts:
            async with _serving(project, found) as server:
                self._say(project, f"{self._scale.sockets} idle sockets")
                found["sockets"] = await measure.sockets(server, self._scale)
        await self._workers("full", projects.ours_full)

    async def _talk(self, server: Server, found: dict[str, Any], parts: set[str]) -> None:
        """Short and long conversations, growth, and what they leave in memory."""
        show = report.show(server.project.name)
        if self._parts & parts - {"long"}:
            found["short"] = await measure.short(server, self._scale, show("short"))
        if self._parts & parts - {"rest"}:
            found["growth"] = await measure.growth(server, self._scale)
            found["long"] = await measure.long(server, self._scale, show(f"{self._scale.long_turns} turns"))
        if "memory" in self._parts:
            found["conversations"] = await measure.conversations_memory(server, self._scale)
            found["after"] = dataclasses.asdict(memory(server.worker))

    async def _workers(self, bot: str, make: Callable[[], Awaitable[Project]]) -> None:
        if "workers" not in self._parts:
            return
        project, many = await make(), self._scale.customers[-2:]
        found = self.figures["bots"].setdefault("ours" if bot == "starter" else bot, {}).setdefault("workers", {})
        for workers in (1, 2):
            async with serving(project, workers=workers) as server:
                await server.demand_workers(workers)
                show = report.show(f"{project.name}, --workers {workers}")("short")
                scale = dataclasses.replace(self._scale, customers=many)
                found[str(workers)] = await measure.short(server, scale, show)

    async def _start_often(self, project: Project, found: dict[str, Any]) -> None:
        if "ready" in self._parts:
            starts = min(2, self._scale.starts) if project.is_stock else self._scale.starts
            for _ in range(starts - 1):
                async with _serving(project, found):
                    pass

    def _say(self, project: Project, what: str) -> None:
        print(f"bench: {project.name}: {what}", flush=True)


@asynccontextmanager
async def _serving(project: Project, found: dict[str, Any]) -> AsyncIterator[Server]:
    """`serving`, with a note of how long the start took and what the worker held then."""
    async with serving(project) as server:
        found.setdefault("ready_s", []).append(server.ready_s)
        found.setdefault("fresh", dataclasses.asdict(memory(server.worker)))
        yield server


if __name__ == "__main__":
    sys.exit(main())
