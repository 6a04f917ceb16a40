"""The load generator, a process of its own: a plan comes in as JSON on stdin, what was seen goes out on stdout.

A closed loop: every customer writes, waits for the whole answer, and writes again at once. A customer goes through the
scripts one conversation after another, each under a new sender name.
"""

from __future__ import annotations

import asyncio
import json
import resource
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from typing import Any

from bench.serving.client import BadAnswer, Client

PATH = "/webhooks/rest/webhook"
_BACK_OFF_S = 0.1


@dataclass(frozen=True)
class Plan:
    """`turns` is how long a conversation gets, its script repeated; 0: as long as the script. `conversations` ends a
    customer after so many; 0: when the time is over."""

    port: int
    customers: int
    scripts: list[list[str]]
    seconds: float = 10.0
    warm_up_s: float = 0.0
    turns: int = 0
    conversations: int = 0
    tokens: list[str] = field(default_factory=lambda: [""])
    prefix: str = "c"
    host: str = "127.0.0.1"
    each_turn: bool = False
    """Also report every answer as [turn of its conversation, milliseconds, texts]."""


@dataclass
class Seen:
    """What the customers saw; milliseconds of the answers that came after the warm-up."""

    ms: list[float] = field(default_factory=list)
    statuses: Counter[str] = field(default_factory=Counter)
    sent: int = 0
    silent: int = 0
    conversations: int = 0
    turns: list[tuple[int, float, list[str]]] = field(default_factory=list)


async def run(plan: Plan) -> dict[str, Any]:
    seen, start = Seen(), time.perf_counter()
    window = start + plan.warm_up_s, start + plan.warm_up_s + plan.seconds
    await asyncio.gather(*(_customer(plan, number, window, seen) for number in range(plan.customers)))
    end = time.perf_counter()
    measured_s = (min(window[1], end) if not plan.conversations else end) - window[0]
    cpu = resource.getrusage(resource.RUSAGE_SELF)
    return {
        "answered": len(seen.ms),
        "rate": len(seen.ms) / measured_s,
        **{name: _percentile(seen.ms, share) for name, share in PERCENTILES.items()},
        "sent": seen.sent,
        "silent": seen.silent,
        "conversations": seen.conversations,
        "statuses": dict(seen.statuses),
        "wall_s": end - start,
        "generator_cpu_s": cpu.ru_utime + cpu.ru_stime,
        "turns": seen.turns,
    }


PERCENTILES = {"p50_ms": 0.50, "p90_ms": 0.90, "p99_ms": 0.99, "max_ms": 1.0}


def _percentile(values: list[float], share: float) -> float:
    """The nearest rank; 0 of nothing."""
    ranked = sorted(values)
    return ranked[min(len(ranked) - 1, int(share * len(ranked)))] if ranked else 0.0


async def _customer(plan: Plan, number: int, window: tuple[float, float], seen: Seen) -> None:
    client = Client(plan.host, plan.port, PATH)
    count = 0
    while time.perf_counter() < window[1] and (not plan.conversations or count < plan.conversations):
        one = number + count * plan.customers
        script, token = plan.scripts[one % len(plan.scripts)], plan.tokens[one % len(plan.tokens)]
        sender = f"{plan.prefix}-{number}-{count}"
        seen.conversations += 1
        for turn in range(plan.turns or len(script)):
            if not plan.conversations and time.perf_counter() >= window[1]:
                break
            body = {"sender": sender, "message": script[turn % len(script)]}
            status = await _say(client, plan, seen, body=body, token=token, turn=turn, window=window)
            if status != "200":
                await asyncio.sleep(_BACK_OFF_S)
        count += 1
    client.close()


async def _say(
    client: Client, plan: Plan, seen: Seen, *, body: dict[str, str], token: str, turn: int, window: tuple[float, float]
) -> str:
    started = time.perf_counter()
    seen.sent += 1
    try:
        code, answer = await client.post(body, token=token)
        status = str(code)
    except (OSError, TimeoutError, BadAnswer) as error:
        status, answer = type(error).__name__, None
    ended = time.perf_counter()
    seen.statuses[status] += 1
    if status == "200" and ended >= window[0] and (plan.conversations or ended < window[1]):
        seen.ms.append((ended - started) * 1000)
        seen.silent += not answer
        if plan.each_turn:
            seen.turns.append((turn + 1, (ended - started) * 1000, [each.get("text", "") for each in answer]))
    return status


def main() -> None:
    plan = Plan(**json.load(sys.stdin))
    json.dump(asyncio.run(run(plan)), sys.stdout)


if __name__ == "__main__":
    main()
