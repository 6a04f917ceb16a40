"""Processes of a run, started and ended here, and what Linux says about them: CPU seconds, memory."""

from __future__ import annotations

import asyncio
import json
import os
import re
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bot.cli.processes import die_with_parent, stop

ROOT = Path(__file__).resolve().parents[2]
_TICKS = os.sysconf("SC_CLK_TCK")


class CannotMeasure(Exception):
    """One line for the person at the terminal; the other parts go on."""


@dataclass(frozen=True)
class Memory:
    """Megabytes. `pss` counts pages shared with other processes by its share, `private` those that are its alone."""

    rss: float
    pss: float
    private: float


@dataclass(frozen=True)
class Process:
    name: str
    process: asyncio.subprocess.Process
    log: Path

    @property
    def pid(self) -> int:
        return self.process.pid

    @property
    def workers(self) -> list[int]:
        """The processes that serve: its children, or itself where it has none."""
        children = Path(f"/proc/{self.pid}/task/{self.pid}/children").read_text(encoding="ascii").split()
        return [int(pid) for pid in children] or [self.pid]

    def cpu_s(self) -> float:
        return sum(cpu_s(pid) for pid in {self.pid, *self.workers})

    def demand_alive(self) -> None:
        if self.process.returncode is not None:
            tail = self.log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-1:]
            raise CannotMeasure(f"{self.name} ended with status {self.process.returncode}: {' '.join(tail)}")


@asynccontextmanager
async def running(
    name: str, command: Sequence[object], *, env: Mapping[str, str], log: Path, folder: Path = ROOT
) -> AsyncIterator[Process]:
    """Its output goes to `log`. It ends when the block is left, or when we die."""
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("wb") as output:
        process = await asyncio.create_subprocess_exec(
            *map(str, command),
            cwd=folder,
            env=dict(env),
            stdin=asyncio.subprocess.DEVNULL,
            stdout=output,
            stderr=output,
            start_new_session=True,
            preexec_fn=die_with_parent,
        )
    try:
        yield Process(name, process, log)
    finally:
        await stop(process)


async def call(module: str, plan: Mapping[str, Any], *, within_s: float) -> Any:
    """Run `python -m module` with a plan on stdin; what it says in JSON on stdout."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", module),
        cwd=ROOT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        preexec_fn=die_with_parent,
    )
    try:
        output, _ = await asyncio.wait_for(process.communicate(json.dumps(dict(plan)).encode()), within_s)
    finally:
        await stop(process)
    if process.returncode:
        raise CannotMeasure(f"{module} ended with status {process.returncode}")
    return json.loads(output)


async def finished(command: Sequence[object], *, env: Mapping[str, str], log: Path, folder: Path, within_s: float) -> None:  # fmt: skip  # noqa: E501
    """Run a command to its end. Raises CannotMeasure, which names the log."""
    what = " ".join(map(str, command[:4]))
    async with running(what, command, env=env, log=log, folder=folder) as process:
        try:
            status = await asyncio.wait_for(process.process.wait(), within_s)
        except TimeoutError as error:
            raise CannotMeasure(f"{what}: not done in {within_s:.0f} s; see {log}") from error
    if status:
        raise CannotMeasure(f"{what}: status {status}; see {log}")


def cpu_s(pid: int) -> float:
    """Seconds of processor time of all its threads so far; 0 if it has gone."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()
    except OSError:
        return 0.0
    return (int(fields[11]) + int(fields[12])) / _TICKS


def machine_cpu_s() -> float:
    """Seconds that all processors together were busy since the machine started."""
    user, nice, system, _, _, irq, softirq, *_ = (
        int(each) for each in Path("/proc/stat").read_text(encoding="ascii").split("\n", 1)[0].split()[1:]
    )
    return (user + nice + system + irq + softirq) / _TICKS


def memory(pid: int) -> Memory:
    text = Path(f"/proc/{pid}/smaps_rollup").read_text(encoding="ascii")
    kb = {name: int(value) for name, value in re.findall(r"^(\w+): +(\d+) kB$", text, re.MULTILINE)}
    return Memory(kb["Rss"] / 1024, kb["Pss"] / 1024, (kb["Private_Clean"] + kb["Private_Dirty"]) / 1024)
