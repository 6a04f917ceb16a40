"""A run told in a table, one line of verdict, and a file."""

from __future__ import annotations

import dataclasses
import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from chaos.book import PROMISES
from chaos.run import Outcome

SHOWN = 10


def as_json(outcome: Outcome) -> dict[str, Any]:
    options = outcome.options
    return {
        "seed": options.seed,
        "planned": {
            "messages": outcome.plan.messages,
            "kills": options.kills,
            "conversations": _conversations(outcome),
        },
        "kept": outcome.kept,
        "cut_short": outcome.cut_short,
        "took_s": round(outcome.took_s, 1),
        "faults": outcome.faults,
        "counts": dict(sorted(outcome.book.counts.items())),
        "violations": _violated(outcome),
        "ack_s": spread(outcome.book.ack_s),
        "answer_s": spread(outcome.book.answer_s),
        "requests": outcome.requests,
        "timeline": [f"{at:8.2f} {what}" for at, what in outcome.timeline],
        "details": [dataclasses.asdict(each) for each in outcome.book.violations[:1000]],
    }


def write(outcome: Outcome, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(json.dumps(as_json(outcome), indent=2, ensure_ascii=False) + "\n", encoding="utf-8")


def show(outcome: Outcome) -> str:
    counts, violated = outcome.book.counts, _violated(outcome)
    answers = spread(outcome.book.answer_s)
    lines = [
        f"messages      {counts['acknowledged']} acknowledged, {counts['answered']} answered,"
        f" {counts['kept for a person']} kept for a person, in {_conversations(outcome)} conversations",
        f"answers       half within {answers['p50']} s, 99 in 100 within {answers['p99']} s, all {answers['max']} s",
        f"money         {counts['refunds booked']} refunds and {counts['complaints booked']} complaints"
        f" in {counts['accounts audited']} accounts audited",
        f"faults        {sum(outcome.faults.values())}: "
        + ", ".join(f"{kind} {many}" for kind, many in sorted(outcome.faults.items())),
        f"took          {outcome.took_s:.0f} s" + (f"; cut short: {outcome.cut_short}" if outcome.cut_short else ""),
        "",
        *(f"{'kept' if not violated[each] else f'BROKEN {violated[each]}x':14}{each}" for each in PROMISES),
        *(f"  {each.conversation}: {each.promise}: {each.detail}" for each in outcome.book.violations[:SHOWN]),
        "",
        verdict(outcome),
    ]
    return "\n".join(lines)


def verdict(outcome: Outcome) -> str:
    counts, faults, broken = outcome.book.counts, sum(outcome.faults.values()), len(outcome.book.violations)
    told = f"{counts['acknowledged']} messages, {faults} faults, seed {outcome.options.seed}"
    if broken:
        return f"chaos: BROKEN {broken} times ({told})"
    return f"chaos: 0 lost, 0 doubled, 0 out of order, money exact ({told})"


def spread(seconds: Sequence[float]) -> dict[str, float]:
    ordered = sorted(seconds) or [0.0]
    at = {"p50": 0.5, "p95": 0.95, "p99": 0.99, "max": 1.0}
    return {name: round(ordered[min(len(ordered) - 1, int(part * len(ordered)))], 2) for name, part in at.items()}


def _conversations(outcome: Outcome) -> int:
    return len(outcome.plan.conversations)


def _violated(outcome: Outcome) -> dict[str, int]:
    found = Counter(each.promise for each in outcome.book.violations)
    return {promise: found[promise] for promise in PROMISES}
