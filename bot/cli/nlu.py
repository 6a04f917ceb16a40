"""`xiaoer nlu benchmark`: how well the project's pipeline understands; `xiaoer nlu report`: where its data is weak."""

from __future__ import annotations

import argparse
import json
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from bot.errors import ConfigError
from bot.nlu import benchmark
from bot.nlu.benchmark import Answer, Example, Parser


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("nlu", help="measure and inspect the understanding")
    commands = parser.add_subparsers(dest="nlu", metavar="WHAT", required=True)
    asked = commands.add_parser("benchmark", help="train the project's pipeline on one CSV file and ask it another")
    asked.add_argument("--train", type=Path, required=True, metavar="T.csv")
    asked.add_argument("--test", type=Path, metavar="S.csv")
    asked.add_argument("--cross-validation", type=int, metavar="K", help="ask a K-th of --train in turn; no --test")
    asked.add_argument("--text-column", default="text", metavar="C")
    asked.add_argument("--label-column", default="label", metavar="L")
    asked.add_argument("--act-column", default="", metavar="A", help="learn and ask acts too")
    asked.add_argument("--shots", type=int, metavar="K", help="learn from K random examples of each label")
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--out-of-scope-label", default="", metavar="X", help="rows of this label belong to no intent")
    asked.add_argument("--format", choices=("text", "json"), default="text")
    told = commands.add_parser(
        "report", help="confused pairs, overlapping examples, thin intents, label-noise suspects"
    )
    told.add_argument("--language", default="", help="only examples in this language: en, zh")
    told.add_argument("--most", type=int, default=20, help="lines a section (default: 20)")
    told.add_argument("--format", choices=("text", "json"), default="text")


def run(args: argparse.Namespace) -> int:
    return _benchmark(args) if args.nlu == "benchmark" else _report(args)


def _benchmark(args: argparse.Namespace) -> int:
    if (args.test is None) == (args.cross_validation is None):
        raise ConfigError("nlu benchmark: give either --test or --cross-validation")
    columns = {"text": args.text_column, "label": args.label_column, "act": args.act_column}
    learned = benchmark.read(args.train, **columns)
    rounds = (
        [(learned, benchmark.read(args.test, **columns))]
        if args.test
        else list(benchmark.folds(learned, count=_at_least_two(args.cross_validation), seed=args.seed))
    )
    answers: list[Answer] = []
    seconds, rows = 0.0, 0
    for train, test in rounds:
        some = benchmark.shots(train, each=args.shots, seed=args.seed) if args.shots else train
        parse, took = _train(args.project, some, outside=args.out_of_scope_label)
        answers += benchmark.ask(parse, test, outside=args.out_of_scope_label)
        seconds, rows = seconds + took, rows + len(some)
    result = benchmark.figures(
        answers,
        outside=args.out_of_scope_label,
        train_rows=rows // len(rounds),
        train_seconds=seconds / len(rounds),
    )
    print(json.dumps(result) if args.format == "json" else benchmark.table(result))
    return 0


def _at_least_two(count: int) -> int:
    if count < 2:
        raise ConfigError("nlu benchmark: --cross-validation needs at least 2")
    return count


def _train(project: Path, examples: list[Example], *, outside: str) -> tuple[Parser, float]:
    """The project's pipeline trained on `examples`, as `xiaoer train` does it, and the seconds it took."""
    from bot.engine import project as files
    from bot.engine import quiet, signing, training
    from bot.settings import Settings

    quiet.hush()
    from bot.engine.model import Model

    names = _intent_names({example.label for example in examples}, outside=outside)
    if len(names) < 2:
        raise ConfigError(f"nlu benchmark: {len(names)} labels to learn, two are needed")
    labels = {name: label for label, name in names.items()}
    with tempfile.TemporaryDirectory(prefix="xiaoer-benchmark-") as temporary:
        folder = Path(temporary)
        config = files.config_of(project)
        kept = {key: config[key] for key in ("recipe", "language", "pipeline") if key in config}
        (folder / "config.yml").write_text(json.dumps({**kept, "assistant_id": "benchmark", "policies": []}))
        (folder / "domain.yml").write_text('version: "3.1"\n')
        (folder / "data").mkdir()
        _write(folder / "data", examples, names)
        settings = Settings.load(folder, {})
        start = time.perf_counter()
        path = training.train(settings, force=True)
        took = time.perf_counter() - start
        model = Model.load(path, key=signing.verify_key(settings))
    return _parser(model, labels), took


def _write(folder: Path, examples: list[Example], names: dict[str, str]) -> None:
    """As Rasa's JSON, which is read fast; with acts as its YAML, which has a place for them."""
    if not any(each.act for each in examples):
        told = [{"text": each.text, "intent": names[each.label], "entities": []} for each in examples]
        data = json.dumps({"rasa_nlu_data": {"common_examples": told}})
        (folder / "nlu.json").write_text(data, encoding="utf-8")
        return
    lines = ['version: "3.1"', "nlu:"]
    for each in examples:  # a string of JSON is one of YAML
        lines += [
            f"- intent: {names[each.label]}",
            f"  metadata: {{act: {each.act}}}" if each.act else "  metadata: {}",
        ]
        lines += ["  examples:", f"  - text: {json.dumps(each.text)}"]
    (folder / "nlu.yml").write_text("\n".join(lines) + "\n", encoding="utf-8")


def _parser(model: Any, labels: dict[str, str]) -> Parser:
    tracker = model.new_tracker("benchmark")

    def parse(text: str) -> dict[str, Any]:
        parsed: dict[str, Any] = model.understand(text, tracker, metadata={})
        for intent in {id(each): each for each in [parsed["intent"], *parsed.get("intent_ranking", ())]}.values():
            intent["name"] = labels.get(intent["name"], intent["name"])
        return parsed

    return parse


def _intent_names(labels: set[str], *, outside: str) -> dict[str, str]:
    """Any label as a name that Rasa takes; the out-of-scope label as the one that the classifier looks for."""
    names: dict[str, str] = {}
    for number, label in enumerate(sorted(labels)):
        plain = "".join(char if char.isalnum() else "_" for char in label).strip("_") or "intent"
        taken = plain in names.values() or plain in ("out_of_scope", benchmark.FALLBACK)
        names[label] = "out_of_scope" if label == outside else f"{plain}_{number}" if taken else plain
    return names


def _report(args: argparse.Namespace) -> int:
    from bot.nlu import report

    examples = _own_examples(args.project, args.language)
    parts = report.look(examples, features=_features(args.project), most=args.most)
    print(json.dumps(parts, ensure_ascii=False) if args.format == "json" else report.text(parts))
    return 0


def _own_examples(project: Path, language: str) -> list[Example]:
    from bot.engine import quiet, training

    quiet.hush()
    from bot.nlu.scripts import identify

    data = training.importer_of(project).get_nlu_data()
    found = [Example(each.get("text"), each.get("intent")) for each in data.intent_examples if each.get("text")]
    kept = [each for each in found if not language or identify(each.text).dominant == language]
    if len({each.label for each in kept}) < 2:
        raise ConfigError(f"nlu report: fewer than two intents have examples{' in ' + language if language else ''}")
    print(f"{len(kept)} examples of {len({each.label for each in kept})} intents ...", file=sys.stderr)
    return kept


def _features(project: Path) -> Callable[[list[str]], Any]:
    """What bot.nlu's featurizers, as config.yml sets them up, make of texts: a Table."""
    from bot.engine import project as files
    from bot.nlu import features

    return features.table_maker(files.config_of(project).get("pipeline") or [])
