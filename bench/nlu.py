"""`make bench-nlu`: how well we understand, beside stock Rasa 3.6.21's default pipeline (DIET), on the same rows.

    python -m bench.nlu [--data ../shared/data] [--only ours|diet] [--diet-epochs 100] [--shots 10]

Where `<name>_test.csv` lies beside `<name>_train.csv` it is what is asked; else a tenth of the training rows, the same
for both. DIET takes about 25 minutes for 15 epochs of BANKING77 on two cores, so `--only ours` is worth knowing. Of few
examples it always learns for the 100 epochs of Rasa's default. What was not run again stays in the table as it was,
with its date. Beside that: how long input takes that nobody should send, parsed by the shipped bot.
"""

from __future__ import annotations

import argparse
import asyncio
import csv
import datetime
import json
import subprocess
import sys
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from bench import nlu_odd
from bench.serving import projects
from bench.serving.processes import ROOT, CannotMeasure
from bot.nlu import benchmark
from bot.nlu.benchmark import Answer, Example

OUT = ROOT / "docs" / "benchmarks"
KEPT = OUT / "nlu.json"
SETS = {
    "banking77": {"label": "category", "outside": ""},
    "clinc150": {"label": "intent", "outside": "out_of_scope"},
}
OURS, DIET = "xiaoer", "stock Rasa (DIET)"
DEFAULT_EPOCHS = 100
BAD_INPUT = "bad input"


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench.nlu", description=__doc__.partition("\n")[0])
    parser.add_argument("--data", type=Path, default=ROOT.parent / "shared" / "data")
    parser.add_argument("--only", choices=("ours", "diet"))
    parser.add_argument("--sets", nargs="+", choices=sorted(SETS), default=sorted(SETS))
    parser.add_argument("--diet-epochs", type=int, default=DEFAULT_EPOCHS, help="of the whole sets; 0: few only")
    parser.add_argument("--shots", type=int, default=10, help="also learn from so few of BANKING77; 0: do not")
    options = parser.parse_args()
    kept: dict[str, Any] = json.loads(KEPT.read_text()) if KEPT.exists() else {}
    with tempfile.TemporaryDirectory(prefix="xiaoer-bench-nlu-") as temporary:
        for name in options.sets:
            files = _files(options.data, name, Path(temporary))
            if files is None:
                print(f"bench: {options.data / name}_train.csv is not there; left out")
                continue
            if options.only != "diet":
                kept.setdefault(name, {})[OURS] = _ours(name, files)
            if options.only != "ours" and options.diet_epochs:
                kept.setdefault(name, {})[f"{DIET}, {options.diet_epochs} epochs"] = _diet(
                    name, files, options.diet_epochs
                )
            if name == "banking77" and options.shots:
                by = kept.setdefault(f"{name}, {options.shots} each", {})
                if options.only != "diet":
                    few = [_ours(name, files, "--shots", str(options.shots), "--seed", str(seed)) for seed in range(3)]
                    by[OURS] = {**few[0], "accuracy": sum(each["accuracy"] for each in few) / 3}
                if options.only != "ours":
                    files = (_few(files[0], options.shots, Path(temporary)), *files[1:])
                    by[f"{DIET}, {DEFAULT_EPOCHS} epochs"] = _diet(name, files, DEFAULT_EPOCHS)
    if options.only != "diet":
        kept[BAD_INPUT] = nlu_odd.measure(ROOT)
    OUT.mkdir(parents=True, exist_ok=True)
    KEPT.write_text(json.dumps(kept, indent=1) + "\n")
    (OUT / "nlu-table.md").write_text(_table(kept))
    (OUT / "nlu.svg").write_text(_plot(kept))
    print(_table(kept))
    return 0


def _files(data: Path, name: str, temporary: Path) -> tuple[Path, Path, str] | None:
    """What to learn from, what to ask, and in words where that came from."""
    train = data / f"{name}_train.csv"
    if not train.exists():
        return None
    for kind in ("test", "val"):
        test = data / f"{name}_{kind}.csv"
        if test.exists():
            return train, test, f"its {kind} split"
    examples = benchmark.read(train, text="text", label=SETS[name]["label"])
    learned, asked = next(iter(benchmark.folds(examples, count=10, seed=0)))
    paths = temporary / f"{name}-learned.csv", temporary / f"{name}-asked.csv"
    for path, rows in zip(paths, (learned, asked), strict=True):
        _write(path, rows, label=SETS[name]["label"])
    return *paths, "a tenth of its training split"


def _few(train: Path, each: int, temporary: Path) -> Path:
    label = SETS["banking77"]["label"]
    path = temporary / "few.csv"
    _write(path, benchmark.shots(benchmark.read(train, text="text", label=label), each=each, seed=0), label=label)
    return path


def _write(path: Path, rows: Sequence[Example], *, label: str) -> None:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.writer(file)
        writer.writerow(["text", label])
        writer.writerows((row.text, row.label) for row in rows)


def _ours(name: str, files: tuple[Path, Path, str], *more: str) -> dict[str, Any]:
    print(f"bench: {name}: ours {' '.join(more)}", flush=True)
    command = [sys.executable, "-m", "bot", "--project", str(ROOT), "nlu", "benchmark", "--format", "json"]
    command += ["--train", str(files[0]), "--test", str(files[1]), "--label-column", SETS[name]["label"], *more]
    command += ["--out-of-scope-label", SETS[name]["outside"]] if SETS[name]["outside"] else []
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotMeasure(done.stderr.strip())
    return {**json.loads(done.stdout), "asked": files[2], "on": _today()}


def _diet(name: str, files: tuple[Path, Path, str], epochs: int) -> dict[str, Any]:
    python = asyncio.run(projects._stock_python())
    print(f"bench: {name}: DIET, {epochs} epochs; this takes long", flush=True)
    script = [str(python), str(Path(__file__).with_name("nlu_diet.py"))]
    command = [*script, str(files[0]), str(files[1]), "text", SETS[name]["label"], str(epochs)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode:
        raise CannotMeasure(done.stderr.strip().splitlines()[-1])
    told = json.loads(done.stdout.splitlines()[-1])
    outside = SETS[name]["outside"]
    answers = [
        Answer(
            example=Example("", each["label"]),
            label=each["name"],
            confidence=each["confidence"],
            outside=1 - each["confidence"],
            refused=each["refused"] or each["name"] == outside,
            ms=each["ms"],
        )
        for each in told["answers"]
    ]
    result = benchmark.figures(
        answers, outside=outside, train_rows=told["train_rows"], train_seconds=told["train_seconds"]
    )
    return {**result, "peak_mb": round(told["peak_mb"]), "asked": files[2], "on": _today()}


def _today() -> str:
    return datetime.datetime.now(datetime.UTC).date().isoformat()


def _table(kept: dict[str, Any]) -> str:
    columns = ("learned from", "by", "accuracy", "calibration error", "out of scope found at 5 %", "training")
    columns += ("one message", "memory", "asked, on")
    lines = [f"| {' | '.join(columns)} |", "|---" * len(columns) + "|"]
    for name, by in kept.items():
        if name == BAD_INPUT:
            continue
        for who, told in by.items():
            found, ms = told["oos_recall"]["0.05"], told["parse_ms"]
            cells = (
                name,
                who,
                f"{told['accuracy']:.2%}",
                f"{told['ece']:.3f}",
                "-" if found is None else f"{found:.0%}",
                f"{told['train_seconds']:.0f} s",
                f"{ms['p50']:.1f} / {ms['p99']:.1f} ms",
                f"{told['peak_mb']} MB",
                f"{told['asked']}, {told['on']}",
            )
            lines.append(f"| {' | '.join(cells)} |")
    if BAD_INPUT in kept:
        lines += ["", "| what nobody should send | ms, median of five | longest |", "|---|---|---|"]
        lines += [f"| {name} | {ms['median']:.1f} | {ms['longest']:.1f} |" for name, ms in kept[BAD_INPUT].items()]
    return "\n".join(lines) + "\n"


def _plot(kept: dict[str, Any]) -> str:
    """Horizontal bars of accuracy, from 50 % on."""
    rows = [
        (f"{name}: {who}", told["accuracy"], who == OURS)
        for name, by in kept.items()
        if name != BAD_INPUT
        for who, told in by.items()
    ]
    height = 30 * len(rows) + 20
    parts = []
    for place, (said, accuracy, own) in enumerate(rows):
        y, width = 30 * place + 10, max(accuracy - 0.5, 0) * 800
        colour = "#0b6e4f" if own else "#b23a48"
        parts.append(f'<rect x="300" y="{y}" width="{width:.0f}" height="20" fill="{colour}"/>')
        parts.append(f'<text x="290" y="{y + 14}" text-anchor="end">{said}</text>')
        parts.append(f'<text x="{306 + width:.0f}" y="{y + 14}">{accuracy:.1%}</text>')
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="760" height="{height}" viewBox="0 0 760 {height}" '
        f'font-family="sans-serif" font-size="12" fill="#222"><rect width="760" height="{height}" fill="#fff"/>'
        f"{''.join(parts)}</svg>\n"
    )


if __name__ == "__main__":
    try:
        sys.exit(main())
    except CannotMeasure as error:
        sys.exit(f"bench: {error}")
