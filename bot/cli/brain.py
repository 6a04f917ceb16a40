"""`xiaoer brain WHAT`: what the service brain says about counts, call logs and forecasts in files."""

from __future__ import annotations

import argparse
import json
import math
from collections.abc import Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

from bot.cli import backtest
from bot.errors import ConfigError


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("brain", help="forecast, staffing, and what other policies would have done")
    commands = parser.add_subparsers(dest="brain", metavar="WHAT", required=True)
    _add_simulate(commands)
    _add_staff(commands)
    backtest.add(commands)


def run(args: argparse.Namespace) -> int:
    return {"backtest": backtest.run, "simulate": _simulate, "staff": _staff}[args.brain](args)


def _add_simulate(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    asked = commands.add_parser("simulate", help="a call log under other policies, with the same people")
    asked.add_argument("--log", type=Path, required=True, metavar="L.csv")
    asked.add_argument("--staff", type=Path, required=True, metavar="S.csv")
    asked.add_argument("--policy", action="append", metavar="P", help="may be repeated (default: fcfs, brain)")
    asked.add_argument("--seed", type=int, default=0)
    asked.add_argument("--within-s", type=float, default=20.0, help="answered in time (default: 20)")
    asked.add_argument("--promise-within-s", type=float, default=4 * 3600.0, help="no call later (default: 14400)")
    asked.add_argument("--forecast-error", type=float, default=0.0, help="each day's forecast wrong by this share")
    asked.add_argument("--accepts", type=float, default=0.6, help="share who take the offer of a call")
    asked.add_argument("--answers", type=float, default=0.75, help="share of attempts that are answered")
    asked.add_argument("--known", type=float, default=0.6, help="share of who left that can be called and want it")
    asked.add_argument("--worth", action="append", default=[], metavar="CLASS=N", help="an ordinary customer is 1")
    asked.add_argument("--format", choices=("text", "json"), default="text")


def _add_staff(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    asked = commands.add_parser("staff", help="people needed for a forecast")
    asked.add_argument("--forecast", type=Path, required=True, metavar="F.csv")
    asked.add_argument("--target", default="0.8/20", metavar="SHARE/SECONDS")
    asked.add_argument("--patience-s", type=float, help="mean patience (default: measured in --log)")
    asked.add_argument("--handle-s", type=float, required=True)
    asked.add_argument("--log", type=Path, metavar="L.csv", help="measure patience here")
    asked.add_argument("--interval-s", type=float, help="of the forecast (default: as its starts are apart)")
    asked.add_argument("--occupancy", type=float, default=0.88, help="nobody busier than this (default: 0.88)")
    asked.add_argument("--shrinkage", type=float, default=0.0, help="share of paid time away")
    asked.add_argument("--chats", type=int, default=1, help="conversations that one person has at once")
    asked.add_argument("--slowdown", type=float, default=0.0, help="longer by this share for each further chat")
    asked.add_argument("--format", choices=("text", "json"), default="text")


def _simulate(args: argparse.Namespace) -> int:
    from bot.brain.simulator.customers import Habits
    from bot.brain.simulator.study import Options, simulate
    from bot.brain.simulator.tables import read_log, read_staff

    for name in ("accepts", "answers", "known", "forecast_error"):
        _within(args, name, 0, 1)
    _within(args, "within_s", 0, 86400)
    _within(args, "promise_within_s", 0, 86400)
    _within(args, "seed", 0, 2**32)
    options = Options(
        seed=args.seed,
        target_s=args.within_s,
        within_s=args.promise_within_s,
        forecast_error=args.forecast_error,
        habits=Habits(accepts=args.accepts, answers=args.answers, known=args.known),
        worth=_worth(args.worth),
    )
    found = simulate(read_log(args.log), read_staff(args.staff), args.policy or ["fcfs", "brain"], options)
    print(json.dumps(found, ensure_ascii=False) if args.format == "json" else _policies(found))
    return 0


def _policies(found: Mapping[str, Any]) -> str:
    columns = ("offered", "served", "called_back", "unserved", "unserved_share", "asa_s", "occupancy", "seconds")
    lines = [f"{'policy':16}" + "".join(f"{each:>15}" for each in columns)]
    for name, row in found["policies"].items():
        lines.append(f"{name:16}" + "".join(f"{row[each]!s:>15}" for each in columns))
    lines += [
        f"{each['of']} against {each['against']}, {each['class']}, {each['figure']}: {each['difference']:+.4f} "
        f"({each['low']:+.4f} to {each['high']:+.4f})"
        for each in found["differences"]
    ]
    return "\n".join(lines)


def _staff(args: argparse.Namespace) -> int:
    from bot.brain.simulator.customers import curves
    from bot.brain.simulator.tables import read_forecast, read_log
    from bot.brain.staffing.patience import Patience
    from bot.brain.staffing.people import Target, needed

    _within(args, "handle_s", 1, 86400)
    _within(args, "shrinkage", 0, 0.95)
    _within(args, "occupancy", 0.05, 1)
    _within(args, "chats", 1, 100)
    _within(args, "slowdown", 0, 100)
    if (args.patience_s is None) == (args.log is None):
        raise ConfigError("brain staff: give either --patience-s or --log")
    if args.patience_s is not None:
        _within(args, "patience_s", 1, 1e6)
    patience = curves(read_log(args.log))[""] if args.log else Patience.exponential(args.patience_s)
    share, within_s = Target.parse(args.target)
    target = Target(
        share=share,
        within_s=within_s,
        occupancy=args.occupancy,
        shrinkage=args.shrinkage,
        chats=args.chats,
        slowdown=args.slowdown,
    )
    rows = read_forecast(args.forecast)
    interval_s = args.interval_s or min((b[0] - a[0] for a, b in pairwise(rows)), default=900.0)
    found = []
    for start, contacts in rows:
        need = needed(
            contacts=contacts, interval_s=interval_s, handle_s=args.handle_s, patience=patience, target=target
        )
        found.append(_row(start, contacts, need))
    whole = {"interval_s": interval_s, "target": {"share": share, "within_s": within_s}, "rows": found}
    whole["person_hours"] = round(sum(row["planned"] for row in found) * interval_s / 3600, 2)
    print(json.dumps(whole) if args.format == "json" else _table(found))
    return 0


def _row(start: float, contacts: float, need: Any) -> dict[str, Any]:
    from datetime import UTC, datetime

    return {
        "start": datetime.fromtimestamp(start, UTC).strftime("%Y-%m-%dT%H:%M:%S"),
        "forecast": contacts,
        "agents": need.present,
        "planned": need.planned,
        "erlangs": round(need.load, 3),
        "service_level_answered": round(need.line.answered, 4),
        "service_level_offered": round(need.line.offered, 4),
        "abandoned": round(need.line.abandoned, 4),
        "wait_s": round(need.line.wait_s, 2),
        "occupancy": round(need.line.occupancy, 4),
    }


def _table(rows: list[dict[str, Any]]) -> str:
    columns = tuple(rows[0])
    lines = ["".join(f"{each:>24}" for each in columns)]
    return "\n".join([*lines, *("".join(f"{row[each]!s:>24}" for each in columns) for row in rows)])


def _worth(given: list[str]) -> dict[str, float]:
    worth = {}
    for each in given:
        kind, _, number = each.rpartition("=")
        try:
            worth[kind] = float(number)
        except ValueError:
            worth[kind] = math.nan
        if not (kind and 0 < worth[kind] < 1000):
            raise ConfigError(f"--worth '{each}': expected CLASS=NUMBER, such as high=4, above 0 and below 1000")
    return worth


def _within(args: argparse.Namespace, name: str, least: float, most: float) -> None:
    value = getattr(args, name)
    if not least <= value <= most:
        raise ConfigError(f"--{name.replace('_', '-')} {value}: expected {least:g} to {most:g}")
