"""`xiaoer brain backtest`: what the forecast would have said on days kept back."""

from __future__ import annotations

import argparse
import json
import time
from pathlib import Path

from bot.errors import ConfigError


def add(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    asked = commands.add_parser("backtest", help="the forecast against days kept back")
    asked.add_argument("--counts", type=Path, required=True, metavar="C.csv")
    asked.add_argument("--last", type=int, required=True, metavar="DAYS")
    asked.add_argument("--interval", type=int, default=30, metavar="MINUTES")
    asked.add_argument("--intraday", metavar="HH:MM", help="forecast the rest of each day again at this time")
    asked.add_argument("--format", choices=("text", "json"), default="text")


def run(args: argparse.Namespace) -> int:
    from bot.brain.forecast.backtest import backtest
    from bot.brain.forecast.counts import read_counts

    if args.interval < 1 or 1440 % args.interval:
        raise ConfigError(f"--interval {args.interval}: expected minutes that divide a day, such as 15, 30 or 60")
    began = time.perf_counter()
    _, table = read_counts(args.counts, interval_min=args.interval)
    found = backtest(table, last=args.last, noon=_slot(args.intraday, args.interval))
    found["seconds"] = round(time.perf_counter() - began, 3)
    print(json.dumps(found) if args.format == "json" else "\n".join(f"{name:14} {of}" for name, of in found.items()))
    return 0


def _slot(given: str | None, interval: int) -> int | None:
    if given is None:
        return None
    try:
        moment = time.strptime(given, "%H:%M")
    except ValueError as error:
        raise ConfigError(f"--intraday '{given}': expected a time of day, such as 12:00") from error
    return -(-(moment.tm_hour * 60 + moment.tm_min) // interval)
