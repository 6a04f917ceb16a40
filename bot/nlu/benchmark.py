"""How well a pipeline understands: one set of examples to learn from, another to be asked.

What is measured is a function from a text to a parse result as Rasa's: the one that serving uses.
"""

from __future__ import annotations

import csv
import resource
import sys
import time
from collections import defaultdict
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from bot.errors import ConfigError
from bot.nlu.calibration import calibration_error

Parser = Callable[[str], dict[str, Any]]
FALLBACK = "nlu_fallback"
ALARMS = (0.02, 0.05, 0.10)


@dataclass(frozen=True, slots=True)
class Example:
    text: str
    label: str
    act: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What was made of one example. `label` and `confidence` are of the likeliest intent that is one, whatever was
    decided; `outside` grows with how surely the text belongs to none."""

    example: Example
    label: str
    confidence: float
    outside: float
    refused: bool
    ms: float
    act: str = ""
    act_confidence: float = 0.0


def read(path: Path, *, text: str, label: str, act: str = "") -> list[Example]:
    """The rows of a CSV file with a header that have a text and a label, with the column `act` if one is named. Raises
    ConfigError."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            rows = csv.DictReader(file)
            for column in (text, label, *([act] if act else [])):
                if column not in (rows.fieldnames or ()):
                    known = ", ".join(rows.fieldnames or ())
                    raise ConfigError(f"{path}: no column {column!r}; its columns: {known}")
            found = [
                Example(row[text].strip(), row[label].strip(), (row[act] or "").strip() if act else "")
                for row in rows
                if row[text] and row[label]
            ]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise ConfigError(f"{path}: cannot be read as CSV: {error}") from error
    return [example for example in found if example.text and example.label]


def shots(examples: Sequence[Example], *, each: int, seed: int) -> list[Example]:
    """`each` random examples of each label, all of those that have fewer."""
    order = np.random.default_rng(seed).permutation(len(examples))
    counts: dict[str, int] = defaultdict(int)
    chosen = []
    for place in order:
        counts[examples[place].label] += 1
        if counts[examples[place].label] <= each:
            chosen.append(examples[place])
    return chosen


def folds(examples: Sequence[Example], *, count: int, seed: int) -> Iterator[tuple[list[Example], list[Example]]]:
    """What to learn from and what to ask, `count` times, each label spread evenly over the folds."""
    order = np.random.default_rng(seed).permutation(len(examples))
    seen: dict[str, int] = defaultdict(int)
    fold = np.zeros(len(examples), np.int64)
    for place in order:
        fold[place] = (seen[examples[place].label] + len(examples[place].label)) % count
        seen[examples[place].label] += 1
    for turn in range(count):
        inside = [example for example, its in zip(examples, fold, strict=True) if its != turn]
        yield inside, [example for example, its in zip(examples, fold, strict=True) if its == turn]


def ask(parse: Parser, examples: Sequence[Example], *, outside: str) -> list[Answer]:
    """Parses one message at a time, on one thread, after a few that are not counted."""
    from threadpoolctl import threadpool_limits

    answers = []
    with threadpool_limits(1):
        for example in examples[:20]:
            parse(f"{example.text} ...")
        for example in examples:
            start = time.perf_counter()
            parsed = parse(example.text)
            ms = (time.perf_counter() - start) * 1000
            answers.append(_answer(parsed, example, outside=outside, ms=ms))
    return answers


def _answer(parsed: dict[str, Any], example: Example, *, outside: str, ms: float) -> Answer:
    decided = parsed["intent"]["name"]
    ranking = [each for each in parsed.get("intent_ranking") or [parsed["intent"]] if each["name"]]
    inside = [each for each in ranking if each["name"] not in (FALLBACK, outside)]
    best: dict[str, Any] = inside[0] if inside else {"name": "", "confidence": 0.0}
    act = parsed.get("act") or {"name": "", "confidence": 0.0}
    return Answer(
        example=example,
        label=best["name"],
        confidence=float(best["confidence"]),
        outside=float(parsed.get("out_of_scope", 1.0 - float(best["confidence"]))),
        refused=decided in (None, FALLBACK, outside),
        ms=ms,
        act=act["name"],
        act_confidence=float(act["confidence"]),
    )


def figures(answers: Sequence[Answer], *, outside: str, train_rows: int, train_seconds: float) -> dict[str, Any]:
    """The figures as `xiaoer nlu benchmark --format json` prints them; what cannot be measured is None."""
    within = [answer for answer in answers if answer.example.label != outside]
    beyond = [answer for answer in answers if answer.example.label == outside]
    right = np.array([answer.label == answer.example.label for answer in within], bool)
    confidence = np.array([answer.confidence for answer in within])
    decided = [not answer.refused and answer.label == answer.example.label for answer in within]
    decided += [answer.refused for answer in beyond]
    ms = [answer.ms for answer in answers]
    inside, far = (np.array([answer.outside for answer in some]) for some in (within, beyond))
    return {
        "accuracy": _rounded(right.mean() if within else None),
        "macro_f1": _rounded(macro_f1([(each.example.label, each.label) for each in within]) if within else None),
        "ece": _rounded(calibration_error(confidence, right) if within else None),
        "oos_auroc": _rounded(area(inside, far)),
        "oos_recall": {f"{share:.2f}": _rounded(recall(inside, far, share)) for share in ALARMS},
        "decision_accuracy": _rounded(np.mean(decided)),
        **_act_figures([answer for answer in answers if answer.example.act]),
        "train_seconds": round(train_seconds, 2),
        "parse_ms": {"p50": round(float(np.percentile(ms, 50)), 2), "p99": round(float(np.percentile(ms, 99)), 2)},
        "peak_mb": round(peak_mb()),
        "rows": {"train": train_rows, "test": len(answers), "test_oos": len(beyond)},
    }


def _act_figures(told: Sequence[Answer]) -> dict[str, Any]:
    """Of the answers whose act is known; nothing where none is."""
    if not told:
        return {}
    right = np.array([answer.act == answer.example.act for answer in told], bool)
    return {
        "act_accuracy": _rounded(right.mean()),
        "act_macro_f1": _rounded(macro_f1([(answer.example.act, answer.act) for answer in told])),
        "act_ece": _rounded(calibration_error(np.array([answer.act_confidence for answer in told]), right)),
    }


def macro_f1(pairs: Sequence[tuple[str, str]]) -> float:
    """Of (true, said) labels the mean over labels of the harmonic mean of precision and recall; a label that is only
    said counts as 0."""
    hits: dict[str, int] = defaultdict(int)
    said: dict[str, int] = defaultdict(int)
    true: dict[str, int] = defaultdict(int)
    for label, answered in pairs:
        said[answered] += 1
        true[label] += 1
        hits[label] += label == answered
    return float(np.mean([2 * hits[label] / (said[label] + true[label]) for label in {*said, *true}]))


def area(inside: np.ndarray[Any, Any], outside: np.ndarray[Any, Any]) -> float | None:
    """Area under the receiver operating characteristic: how often a text from outside is further out than one from
    inside, ties counting half."""
    if not len(inside) or not len(outside):
        return None
    ordered = np.sort(inside)
    below = np.searchsorted(ordered, outside, "left") + np.searchsorted(ordered, outside, "right")
    return float(below.mean() / 2 / len(inside))


def recall(inside: np.ndarray[Any, Any], outside: np.ndarray[Any, Any], alarms: float) -> float | None:
    """The share of `outside` beyond the line that the share `alarms` of `inside` is beyond."""
    if not len(inside) or not len(outside):
        return None
    return float(np.mean(outside > np.quantile(inside, 1 - alarms)))


def peak_mb() -> float:
    """The most memory this process has had resident."""
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return most / 1024 if sys.platform != "darwin" else most / 1024**2


_ACT_LINES = (
    ("acts: accuracy", "act_accuracy"),
    ("acts: macro F1", "act_macro_f1"),
    ("acts: calibration error", "act_ece"),
)


def table(result: dict[str, Any]) -> str:
    """The figures for people to read."""

    def shown(value: float | None) -> str:
        return "-" if value is None else f"{value * 100:.2f} %"

    recalls = "  ".join(f"{shown(value)} at {float(share):.0%}" for share, value in result["oos_recall"].items())
    rows, ms = result["rows"], result["parse_ms"]
    lines = [
        ("accuracy", shown(result["accuracy"])),
        ("macro F1", shown(result["macro_f1"])),
        ("calibration error", shown(result["ece"])),
        ("out of scope: AUROC", shown(result["oos_auroc"])),
        ("out of scope: found", recalls),
        ("whole decision", shown(result["decision_accuracy"])),
        *((name, shown(result[key])) for name, key in _ACT_LINES if key in result),
        ("training", f"{result['train_seconds']:.1f} s"),
        ("one message", f"{ms['p50']:.2f} ms (p50)  {ms['p99']:.2f} ms (p99)"),
        ("peak memory", f"{result['peak_mb']} MB"),
        ("rows", f"{rows['train']} learned  {rows['test']} asked, {rows['test_oos']} of them out of scope"),
    ]
    return "\n".join(f"{name:26}{value}" for name, value in lines)


def _rounded(value: Any) -> float | None:
    return None if value is None else round(float(value), 5)
