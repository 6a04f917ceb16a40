"""`xiaoer test`: the test stories `tests/**/test_*.yml`, and with `--nlu` cross-validation of the understanding."""

from __future__ import annotations

import argparse
import asyncio
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from bot.cli.loading import add_model_option, load_engine
from bot.errors import ConfigError

if TYPE_CHECKING:
    from bot.engine.testing import NluReport


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("test", help="run the test stories, and cross-validate the NLU")
    parser.add_argument("stories", nargs="*", type=Path, help="files or folders of test stories (default: tests/)")
    parser.add_argument("--nlu", action="store_true", help="cross-validate the NLU pipeline instead")
    parser.add_argument("--folds", type=int, default=5)
    parser.add_argument("--errors", type=Path, help="write what was misunderstood to this file, a JSON object a line")
    parser.add_argument("--at-least", type=float, default=0.0, help="exit with 1 below this accuracy (0 to 1)")
    add_model_option(parser)


def run(args: argparse.Namespace) -> int:
    return _nlu(args) if args.nlu else asyncio.run(_stories(args))


async def _stories(args: argparse.Namespace) -> int:
    files = story_files(args.stories or [args.project / "tests"])
    engine = await load_engine(args)
    from bot.engine.testing import run_stories

    report = await run_stories(engine, files)
    for story in report.failed:
        print(story)
    passed = report.stories - len(report.failed)
    print(f"{passed} of {report.stories} stories, {report.actions - report.wrong_actions} of {report.actions} actions")
    return 1 if report.failed else 0


def story_files(paths: Sequence[Path]) -> list[Path]:
    """Files as they are named, and `test_*.yml` of folders and of those in them. Raises ConfigError for none."""
    found: dict[Path, None] = {}
    missing = []
    for path in paths:
        files = [path] if path.is_file() else sorted(path.rglob("test_*.y*ml"))
        if not files:
            missing.append(str(path / "test_*.yml" if path.is_dir() else path))
        found |= dict.fromkeys(files)
    if missing:
        raise ConfigError(f"no such test stories: {', '.join(missing)}")
    return list(found)


def _nlu(args: argparse.Namespace) -> int:
    if args.folds < 2:
        raise ConfigError("--folds: at least 2")
    from bot.engine import quiet

    quiet.hush()
    from bot.engine.testing import cross_validate

    report = cross_validate(args.project, folds=args.folds, progress=_progress)
    _print(report)
    if args.errors:
        lines = [
            json.dumps({"text": text, "intent": intent, "guess": guess, "confidence": confidence}, ensure_ascii=False)
            for text, intent, guess, confidence in report.errors
        ]
        args.errors.write_text("\n".join([*lines, ""]), encoding="utf-8")
    return 0 if args.at_least <= report.accuracy else 1


def _print(report: NluReport) -> None:
    for intent, (correct, number) in sorted(report.by_intent.items(), key=lambda each: each[1][0] / each[1][1]):
        print(f"{correct / number:6.1%}  {correct:4} of {number:4}  {intent}")
    for intent, guess, times in report.confused[:10]:
        print(f"  {times:3} x {intent} taken for {guess}")
    print(f"accuracy {report.accuracy:.2%}, {report.correct} of {report.examples} examples")


def _progress(done: int, total: int, _: str) -> None:
    if sys.stderr.isatty():
        print(f"\rfold {done} of {total}", end="\n" if done == total else "", file=sys.stderr, flush=True)
