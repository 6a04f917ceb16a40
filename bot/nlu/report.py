"""Where training data is weak, seen by judging each example as if it had not been learned from."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from bot.nlu import model
from bot.nlu.benchmark import Example, folds
from bot.nlu.kernel import CHOICES, Texts
from bot.nlu.table import Space, Table, unit

THIN = 20
FOLDS = 5
SURE = 0.9
ALIKE = 0.93
"""Of resemblances, 0 to 1: two texts this near say the same."""


def look(examples: Sequence[Example], *, features: Callable[[list[str]], Table], most: int = 20) -> dict[str, Any]:
    """Plain JSON types. `accuracy` and `by_intent` are cross-validated; `confused` are pairs of intents with how many
    examples of the first were taken for the second; `overlapping` are examples of different intents that say the same;
    `thin` are intents of fewer than THIN examples; `suspects` are examples that look mislabelled."""
    table = features([example.text for example in examples])
    names = [example.label for example in examples]
    taken, sure = _cross_validated(examples, table)
    right = np.array([name == other for name, other in zip(names, taken, strict=True)])
    counts = Counter(names)
    wrong: dict[str, list[bool]] = defaultdict(list)
    for name, hit in zip(names, right, strict=True):
        wrong[name].append(bool(hit))
    return {
        "examples": len(names),
        "accuracy": round(float(right.mean()), 4),
        "by_intent": {name: round(float(np.mean(wrong[name])), 3) for name in sorted(counts)},
        "thin": {name: count for name, count in sorted(counts.items(), key=lambda each: each[1]) if count < THIN},
        "confused": _confused(examples, taken)[:most],
        "overlapping": _overlapping(examples, table)[:most],
        "suspects": _suspects(examples, taken, sure)[:most],
    }


def _cross_validated(examples: Sequence[Example], table: Table) -> tuple[list[str], npt.NDArray[np.float64]]:
    """Which intent each example was taken for by what had learned from the others, and how likely it was thought."""
    places = {id(example): place for place, example in enumerate(examples)}
    taken, sure = [""] * len(examples), np.zeros(len(examples))
    for inside, outside in folds(examples, count=FOLDS, seed=0):
        learned, asked = ([places[id(each)] for each in some] for some in (inside, outside))
        understanding, _, _ = model.learn(
            table.rows(learned), [each.label for each in inside], outside="", false_alarms=0.05
        )
        for start in range(0, len(asked), 250):
            some = asked[start : start + 250]
            judged = understanding.judge(table.rows(some)).probabilities
            for place, row in zip(some, judged, strict=True):
                taken[place], sure[place] = understanding.intents[int(row.argmax())], float(row.max())
    return taken, sure


def _confused(examples: Sequence[Example], taken: Sequence[str]) -> list[dict[str, Any]]:
    pairs: dict[tuple[str, str], list[str]] = defaultdict(list)
    for example, other in zip(examples, taken, strict=True):
        if example.label != other:
            pairs[example.label, other].append(example.text)
    ordered = sorted(pairs.items(), key=lambda pair: -len(pair[1]))
    return [{"intent": a, "taken_for": b, "times": len(texts), "texts": texts[:3]} for (a, b), texts in ordered]


def _overlapping(examples: Sequence[Example], table: Table) -> list[dict[str, Any]]:
    turned = unit(table, Space.of(table))
    texts = Texts.of(turned)
    found = []
    for start in range(0, len(examples), 250):
        some = np.arange(start, min(start + 250, len(examples)))
        near = texts.resemblance(CHOICES[0], turned.rows(some))
        for row, place in enumerate(some):
            for other in np.flatnonzero(near[row, :place] >= ALIKE):
                a, b = examples[place], examples[other]
                if a.label != b.label:
                    told = {"intents": [b.label, a.label], "texts": [b.text, a.text]}
                    found.append({**told, "alike": round(float(near[row, other]), 3)})
    return sorted(found, key=lambda each: -each["alike"])


def _suspects(examples: Sequence[Example], taken: Sequence[str], sure: npt.NDArray[np.float64]) -> list[dict[str, Any]]:
    order = [place for place in np.argsort(-sure) if examples[place].label != taken[place] and sure[place] >= SURE]
    return [
        {
            "text": examples[place].text,
            "intent": examples[place].label,
            "looks_like": taken[place],
            "confidence": round(float(sure[place]), 3),
        }
        for place in order
    ]


def text(parts: dict[str, Any]) -> str:
    """The report for people to read."""
    lines = [f"{parts['examples']} examples, {parts['accuracy']:.1%} right in {FOLDS}-fold cross-validation", ""]
    weakest = sorted(parts["by_intent"].items(), key=lambda each: each[1])[:10]
    lines += ["Weakest intents", *(f"  {share:6.1%}  {name}" for name, share in weakest), ""]
    if parts["thin"]:
        lines += [f"Fewer than {THIN} examples", *(f"  {count:4}  {name}" for name, count in parts["thin"].items()), ""]
    lines.append("Confused pairs")
    for each in parts["confused"]:
        lines.append(f"  {each['times']:4}  {each['intent']} taken for {each['taken_for']}")
        lines += [f"          {some}" for some in each["texts"]]
    lines += ["", "The same said under two intents"]
    for each in parts["overlapping"]:
        said = "  |  ".join(f"{text} [{name}]" for text, name in zip(each["texts"], each["intents"], strict=True))
        lines.append(f"  {each['alike']:.2f}  {said}")
    lines += ["", "Labelled wrongly, perhaps"]
    for each in parts["suspects"]:
        lines.append(f"  {each['confidence']:.2f}  {each['text']} [{each['intent']}] looks like {each['looks_like']}")
    return "\n".join(lines)
