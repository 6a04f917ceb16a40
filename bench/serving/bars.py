"""The bars the project set itself, and tables."""

from __future__ import annotations

import statistics
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

Figures = dict[str, Any]


def table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    if not rows:
        return ""
    widths = [max(len(row[n]) for row in (head, *rows)) for n in range(len(head))]
    lines = [" | ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in (head, *rows)]
    rule = "|".join("-" * (width + 2) for width in widths)
    return "\n".join([f"| {lines[0]} |", f"|{rule}|", *(f"| {line} |" for line in lines[1:])])


def row(rows: Sequence[Figures] | None, customers: int) -> Figures | None:
    return next((row for row in rows or () if row["customers"] == customers), None)


class Bar(NamedTuple):
    what: str
    measured: float | None
    form: str
    bar: float
    stretch: float
    more_is_better: bool = False

    @property
    def verdict(self) -> str:
        sign = 1 if self.more_is_better else -1
        value = sign * (self.measured or 0.0)
        return "stretch met" if value >= sign * self.stretch else "met" if value >= sign * self.bar else "**missed**"


def bars(bots: Figures) -> str:
    """Each bar of the project with what was measured."""
    lines = [
        (each.what, *(each.form.format(value) for value in (each.measured, each.bar, each.stretch)), each.verdict)
        for each in (*_speed(bots), *_size(bots.get("full", {})))
        if each.measured is not None
    ]
    return "## Against the bars\n\n" + table(("", "measured", "bar", "stretch", ""), lines) if lines else ""


def _speed(bots: Figures) -> Iterator[Bar]:
    ours, stock, full = (bots.get(name, {}) for name in ("ours", "stock", "full"))
    our32, stock32 = row(ours.get("short"), 32), row(stock.get("short"), 32)
    faster = _best(ours) / _best(stock) if _best(stock) and _best(ours) else None
    sooner = stock32["p99_ms"] / our32["p99_ms"] if our32 and stock32 else None
    yield Bar("starter bot, messages/s against stock", faster, "{:.1f} x", 8, 15, True)
    yield Bar("p99 at 32 customers, against stock", sooner, "1/{:.0f}", 10, 20, True)
    yield Bar("full bot, one worker, messages/s", _best(full) or None, "{:.0f}", 120, 250, True)
    for name, bot in (("starter", ours), ("full", full)):
        yield Bar(f"second worker, {name} bot", _second(bot), "{:.2f} x", 1.6, 1.8, True)
        yield Bar(f"turn 200 against turn 2, {name} bot", bot.get("growth", {}).get("ratio"), "{:.2f} x", 1.5, 1.1)


def _size(full: Figures) -> Iterator[Bar]:
    swaps, sockets, held = full.get("swaps", {}), full.get("sockets", {}), full.get("after") or full.get("fresh") or {}
    ready = statistics.median(full["ready_s"]) if full.get("ready_s") else None
    growth = 100 * swaps["growth"] if swaps else None
    yield Bar("resident memory of a worker, full bot", held.get("rss"), "{:.0f} MB", 400, 300)
    yield Bar(f"and after {swaps.get('swaps')} model swaps", growth, "{:+.1f} %", 5, 2)
    yield Bar("ready to serve, full bot", ready, "{:.1f} s", 6, 3)
    yield Bar(f"each of {sockets.get('sockets')} idle sockets", sockets.get("kb_each"), "{:.1f} kB", 30, 15)


def _best(bot: Figures) -> float:
    return max((each["rate"] for each in bot.get("short", ())), default=0.0)


def _second(bot: Figures) -> float | None:
    """The best of two workers against the best of one, over the same numbers of customers."""
    rates = {many: max(each["rate"] for each in rows) for many, rows in bot.get("workers", {}).items()}
    return rates["2"] / rates["1"] if rates.get("2") and rates.get("1") else None
