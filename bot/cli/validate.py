"""`xiaoer validate`: what is wrong with a project's files, before training."""

from __future__ import annotations

import argparse
import sys
from functools import partial

from bot.channels.registry import read_channels
from bot.errors import ConfigError
from bot.settings import Settings


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    subparsers.add_parser("validate", help="check a project's files before training")


def run(args: argparse.Namespace) -> int:
    from bot.engine.checks import problems_in

    problems: list[str] = []
    for read in (Settings.load, partial(read_channels, max_text_chars=1)):
        try:
            read(args.project)
        except ConfigError as error:
            problems += error.problems
    problems += problems_in(args.project)
    for problem in problems:
        print(problem, file=sys.stderr)
    print(f"{args.project.name}: {'no problem found' if not problems else f'{len(problems)} problems'}")
    return 1 if problems else 0
