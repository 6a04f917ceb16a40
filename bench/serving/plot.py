"""Two grouped bar charts as one SVG: messages a second, and p99, by number of customers."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

WIDTH, HEIGHT, LEFT, TOP, GAP = 420, 260, 56, 40, 40
COLOURS = {"ours": "#0b6e4f", "stock": "#b23a48", "linear": "#e09f3e", "full": "#335c81"}


def bars(bots: Mapping[str, Any], names: Mapping[str, str]) -> str:
    """Empty where there is nothing to draw."""
    rows = {name: {row["customers"]: row for row in bots[name].get("short", ())} for name in names if name in bots}
    rows = {name: each for name, each in rows.items() if each}
    if not rows:
        return ""
    charts = [
        _chart(rows, "rate", "messages a second", 0),
        _chart(rows, "p99_ms", "99th percentile, ms", WIDTH + GAP),
    ]
    legend = "".join(
        f'<rect x="{LEFT + 150 * n}" y="{HEIGHT + 12}" width="12" height="12" fill="{COLOURS[name]}"/>'
        f'<text x="{LEFT + 18 + 150 * n}" y="{HEIGHT + 22}">{names[name]}</text>'
        for n, name in enumerate(rows)
    )
    width, height = 2 * WIDTH + GAP, HEIGHT + 36
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" viewBox="0 0 {width} {height}" '
        f'font-family="sans-serif" font-size="11" fill="#222"><rect width="{width}" height="{height}" fill="#fff"/>'
        f"{''.join(charts)}{legend}</svg>\n"
    )


def _chart(rows: Mapping[str, Mapping[int, Any]], figure: str, title: str, left: float) -> str:
    """A logarithmic scale: the contestants lie far apart."""
    customers = sorted({count for each in rows.values() for count in each})
    values = [row[figure] for each in rows.values() for row in each.values() if row[figure] > 0] or [1.0]
    low = math.floor(math.log10(min(values)))
    high = max(low + 1, math.ceil(math.log10(max(values))))
    floor, inner = HEIGHT - 28, HEIGHT - 28 - TOP

    def y(value: float) -> float:
        return floor - inner * (math.log10(max(value, 10.0**low)) - low) / (high - low)

    parts = [f'<text x="{left + LEFT}" y="20" font-size="13" font-weight="bold">{title}</text>']
    for decade in range(low, high + 1):
        at = y(10.0**decade)
        parts.append(f'<line x1="{left + LEFT}" x2="{left + WIDTH}" y1="{at:.1f}" y2="{at:.1f}" stroke="#ddd"/>')
        parts.append(f'<text x="{left + LEFT - 6}" y="{at + 4:.1f}" text-anchor="end">{10.0**decade:g}</text>')
    group = (WIDTH - LEFT) / len(customers)
    bar = group * 0.8 / len(rows)
    for n, count in enumerate(customers):
        start = left + LEFT + n * group
        parts.append(f'<text x="{start + group / 2:.1f}" y="{floor + 16}" text-anchor="middle">{count} at once</text>')
        for m, (name, each) in enumerate(rows.items()):
            if count in each and each[count][figure] > 0:
                x, top = start + group * 0.1 + m * bar, y(each[count][figure])
                parts.append(f'<rect x="{x:.1f}" y="{top:.1f}" width="{bar - 1:.1f}" height="{floor - top:.1f}" fill="{COLOURS[name]}"/>')  # fmt: skip  # noqa: E501
                parts.append(f'<text x="{x + bar / 2:.1f}" y="{top - 3:.1f}" font-size="9" text-anchor="middle">{each[count][figure]:.0f}</text>')  # fmt: skip  # noqa: E501
    return "".join(parts)
