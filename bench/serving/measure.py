"""What is measured, one function a part; each returns plain figures for the report."""

from __future__ import annotations

import asyncio
import dataclasses
import json
import shutil
import statistics
import sys
import time
import uuid
from collections.abc import Callable, Sequence
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

import redis as sync_redis

from bench.serving import words
from bench.serving.generator import Plan
from bench.serving.processes import ROOT, CannotMeasure, call, cpu_s, machine_cpu_s, memory
from bench.serving.projects import Project
from bench.serving.servers import Server
from bot.cli.processes import die_with_parent
from bot.engine import signing
from bot.engine.shelf import Shelf
from bot.gateway.identity import sign
from bot.settings import Settings

Figures = dict[str, Any]

CUSTOMERS = (1, 8, 32, 128)
LONG_TURNS = 200
LONG_STOCK = (1, 8)
"""How many customers stock is asked for 200 turns each: more would take it the better part of an hour."""
STOCK_SHARE = 4
"""And for a fourth of the conversations, to see what one leaves in memory."""
WARM_UP_S = 2.0
_SLACK_S = 180.0
SIGNED_IN = ("C1001", "C1002", "C1003", "C1004")
_SIGN_INS = 2000
"""More than conversations in a run that are signed in: a proof counts in one."""
_PROCESSES = ("worker", "redis", "bank", "generator", "others")


@dataclasses.dataclass(frozen=True)
class Scale:
    """How much is done: `seconds` for each row of a table; the rest in counts."""

    seconds: float = 15.0
    customers: Sequence[int] = CUSTOMERS
    long_turns: int = LONG_TURNS
    long_stock: Sequence[int] = LONG_STOCK
    conversations: int = 1000
    swaps: int = 50
    sockets: int = 10_000
    starts: int = 3


async def load(server: Server, plan: Plan) -> Figures:
    """Run the generator, and say what each process spent on it: milliseconds of CPU a message, shares of the time."""
    names = {"redis": 0.0, "bank": 0.0} | {each.name: each.cpu_s() for each in server.others}
    before, machine = server.process.cpu_s(), machine_cpu_s()
    longest = plan.warm_up_s + (plan.seconds if not plan.conversations else 0.0) + _SLACK_S
    seen: Figures = await call("bench.serving.generator", dataclasses.asdict(plan), within_s=longest * 4)
    server.process.demand_alive()
    spent = {"worker": server.process.cpu_s() - before, "generator": seen.pop("generator_cpu_s")}
    spent |= {each.name: each.cpu_s() - names[each.name] for each in server.others}
    spent["others"] = max(0.0, machine_cpu_s() - machine - sum(spent.values()))
    return {
        "customers": plan.customers,
        **seen,
        "cpu_ms": {name: 1000 * spent[name] / max(1, seen["sent"]) for name in _PROCESSES if name in spent},
        "cpu_share": {name: spent[name] / seen["wall_s"] for name in _PROCESSES if name in spent},
    }


def plan_for(server: Server, scripts: list[list[str]], **options: Any) -> Plan:
    return Plan(port=server.port, scripts=scripts, tokens=tokens(server.project), **options)


def tokens(project: Project) -> list[str]:
    """Of the full bot's conversations every other one is signed in, each by a proof of its own."""
    if not project.is_full:
        return [""]
    secret = project.env()["XIAOER_IDENTITY_SECRET"]
    whom = (SIGNED_IN[n % len(SIGNED_IN)] for n in range(_SIGN_INS))
    signed = [sign(secret, customer_id=each, name="", jti=uuid.uuid4().hex, expires_in_s=7200) for each in whom]
    return [token for each in signed for token in (each, "")]


def scripts_for(project: Project, *, many: int = 400) -> list[list[str]]:
    return words.conversations(project.folder / "data", many=many) if project.is_full else words.STARTER


async def short(server: Server, scale: Scale, show: Callable[[Figures], None]) -> list[Figures]:
    rows = []
    for customers in scale.customers:
        plan = plan_for(
            server,
            scripts_for(server.project),
            customers=customers,
            seconds=scale.seconds,
            warm_up_s=min(WARM_UP_S, scale.seconds),
            prefix=f"short{customers}",
        )
        rows.append(await load(server, plan))
        show(rows[-1])
    return rows


async def long(server: Server, scale: Scale, show: Callable[[Figures], None]) -> list[Figures]:
    """Every customer has one conversation of 200 turns."""
    rows = []
    allowed = scale.long_stock if server.project.is_stock else scale.customers
    for customers in (each for each in scale.customers if each in allowed):
        plan = plan_for(
            server,
            list(words.LONG_FULL.values()) if server.project.is_full else [[*chain(*words.STARTER)]],
            customers=customers,
            turns=scale.long_turns,
            conversations=1,
            prefix=f"long{customers}",
        )
        plan = dataclasses.replace(plan, seconds=3600.0)
        rows.append(await load(server, plan))
        show(rows[-1])
    return rows


async def growth(server: Server, scale: Scale) -> Figures:
    """What a late turn costs against an early one: the same messages, all of a script once at either end."""
    scripts = [words.STARTER[1] + ["are you a bot?"]] if not server.project.is_full else [words.LONG_FULL["en"]]
    cycle = len(scripts[0])
    options = {"customers": 1, "turns": scale.long_turns, "conversations": 3, "seconds": 3600.0, "each_turn": True}
    seen = await load(server, plan_for(server, scripts, prefix="growth", **options))
    early = [ms for turn, ms, _ in seen["turns"] if 2 <= turn < 2 + cycle]
    late = [ms for turn, ms, _ in seen["turns"] if scale.long_turns - cycle < turn <= scale.long_turns]
    return {
        "turns": scale.long_turns,
        "early_ms": _typical(early, cycle),
        "late_ms": _typical(late, cycle),
        "ratio": _typical(late, cycle) / _typical(early, cycle),
        "by_turn_ms": [statistics.median(_at(seen["turns"], turn)) for turn in range(1, scale.long_turns + 1)],
    }


def _typical(ms: list[float], cycle: int) -> float:
    """The mean over the script's messages, of the median over the conversations of each."""
    return statistics.mean(statistics.median(ms[start::cycle]) for start in range(min(cycle, len(ms))))


def _at(turns: list[tuple[int, float, list[str]]], turn: int) -> list[float]:
    return [ms for at, ms, _ in turns if at == turn] or [0.0]


async def answers(server: Server) -> list[list[str]]:
    """What it says to every message of the starter's stories, to be held beside what the others say."""
    plan = plan_for(server, words.STARTER, customers=1, conversations=len(words.STARTER), seconds=3600.0,
                    each_turn=True, prefix="answers")  # fmt: skip
    return [texts for _, _, texts in (await load(server, plan))["turns"]]


async def conversations_memory(server: Server, scale: Scale) -> Figures:
    """Kilobytes a conversation of five turns adds, to the serving process and to Redis."""
    process, store = memory(server.worker).rss, redis_mb(server)
    conversations = scale.conversations // STOCK_SHARE if server.project.is_stock else scale.conversations
    plan = plan_for(
        server,
        scripts_for(server.project, many=conversations),
        customers=8,
        turns=5,
        conversations=max(1, conversations // 8),
        seconds=3600.0,
        prefix="memory",
    )
    seen = await load(server, plan)
    many = seen["conversations"]
    return {
        "conversations": many,
        "turns": 5,
        "worker_kb": (memory(server.worker).rss - process) * 1024 / many,
        "redis_kb": (redis_mb(server) - store) * 1024 / many,
    }


def redis_mb(server: Server) -> float:
    url = server.redis_url
    if not url:
        return 0.0
    with sync_redis.Redis.from_url(url) as client:
        return float(client.info("memory")["used_memory"]) / 1e6


async def swaps(server: Server, scale: Scale) -> Figures:
    """Memory of the worker while newer models appear in models/, each time with customers writing."""
    models = server.project.folder / "models"
    settings = Settings.load(server.project.folder, {})
    model, key = Shelf(settings).newest(), signing.signing_key(settings)
    before, curve, last = memory(server.worker), [], None
    try:
        for number in range(1, scale.swaps + 1):
            last, old = models / f"swap-{number}.tar.gz", last
            made = models / "next" / last.name
            made.parent.mkdir(exist_ok=True)
            shutil.copyfile(model, made)
            signing.sign(made, key, made=time.time())
            signing.signature_of(made).replace(signing.signature_of(last))
            made.replace(last)
            await _until(partial(_swapped, server, last.name), f"the swap to {last.name}", within_s=60)
            await load(server, plan_for(server, scripts_for(server.project), customers=2, seconds=0.5, prefix=f"swap{number}"))  # fmt: skip  # noqa: E501
            curve.append(memory(server.worker).rss)
            if old is not None:
                _remove(old)
    finally:
        for each in models.glob("*swap-*.tar.gz"):
            _remove(each)
    after = memory(server.worker)
    return {"swaps": scale.swaps, "before_mb": before.rss, "after_mb": after.rss, "growth": after.rss / before.rss - 1, "curve_mb": curve}  # fmt: skip  # noqa: E501


def _swapped(server: Server, name: str) -> bool:
    log = server.process.log.read_text(encoding="utf-8", errors="replace")
    if "model.refused" in log:
        raise CannotMeasure(f"a model was refused; see {server.process.log}")
    return f'"{name}"' in log


def _remove(model: Path) -> None:
    model.unlink(missing_ok=True)
    model.with_name(model.name + ".sig").unlink(missing_ok=True)


async def sockets(server: Server, scale: Scale) -> Figures:
    """Open that many, let them idle, and see what they hold and what they cost while nobody writes."""
    process, store = memory(server.worker), redis_mb(server)
    command = (sys.executable, "-m", "bench.serving.sockets")
    pipe = asyncio.subprocess.PIPE
    client = await asyncio.create_subprocess_exec(*command, cwd=ROOT, stdin=pipe, stdout=pipe, preexec_fn=die_with_parent)  # fmt: skip  # noqa: E501
    assert client.stdin is not None and client.stdout is not None
    try:
        client.stdin.write(json.dumps({"port": server.port, "sockets": scale.sockets}).encode() + b"\n")
        said = json.loads(await asyncio.wait_for(client.stdout.readline(), 60 + scale.sockets / 20) or "{}")
        if said.get("open") != scale.sockets:
            raise CannotMeasure(f"only {said.get('open', 0)} of {scale.sockets} sockets opened: {said.get('problem')}")
        await asyncio.sleep(2)
        open_mb, spent = memory(server.worker), cpu_s(server.worker)
        await asyncio.sleep(min(15.0, scale.seconds))
        idle = (cpu_s(server.worker) - spent) / min(15.0, scale.seconds)
    finally:
        client.stdin.close()
        await asyncio.wait_for(client.wait(), 30)
    return {
        "sockets": scale.sockets,
        "worker_mb": open_mb.rss,
        "kb_each": (open_mb.rss - process.rss) * 1024 / scale.sockets,
        "redis_kb_each": (redis_mb(server) - store) * 1024 / scale.sockets,
        "idle_cpu_share": idle,
    }


async def _until(condition: Callable[[], bool], what: str, *, within_s: float) -> None:
    end = asyncio.get_running_loop().time() + within_s
    while not condition():
        if asyncio.get_running_loop().time() > end:
            raise CannotMeasure(f"{what} did not happen within {within_s:.0f} s")
        await asyncio.sleep(0.05)
