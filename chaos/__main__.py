"""`python -m chaos --messages 20000 --kills 200 --seed N`: exit code 0 if every promise was kept, 1 if not."""

from __future__ import annotations

import argparse
import asyncio
import random
import signal
import sys
from pathlib import Path

from chaos import report
from chaos.parts import CannotStart
from chaos.plan import FAULTS
from chaos.run import Options, Outcome, run


def main() -> int:
    args = _parser().parse_args()
    seed = args.seed if args.seed is not None else random.randrange(1_000_000)
    root = Path(__file__).resolve().parents[1]
    options = Options(
        root=root,
        seed=seed,
        messages=args.messages,
        kills=args.kills,
        at_once=args.at_once,
        shipped=args.shipped,
        only=args.only,
        within_s=args.within,
        model=args.model,
    )
    print(
        f"chaos: {options.messages} messages, {options.kills} kills, seed {seed}; logs in {options.place}", flush=True
    )
    try:
        outcome = asyncio.run(_stoppable(options))
    except CannotStart as error:
        print(f"chaos: {error}", file=sys.stderr)
        return 2
    except asyncio.CancelledError:
        print("chaos: stopped", file=sys.stderr)
        return 130
    report.write(outcome, root / "var" / "chaos" / f"{seed}.json")
    print(report.show(outcome))
    return 0 if outcome.kept and not outcome.cut_short else 1


async def _stoppable(options: Options) -> Outcome:
    task = asyncio.ensure_future(run(options))
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, _stop, task, each)
    return await task


def _stop(task: asyncio.Task[Outcome], told: signal.Signals) -> None:
    print(f"chaos: {told.name}: stopping", file=sys.stderr, flush=True)
    task.cancel()


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m chaos", description="Hold the service to its promises.")
    parser.add_argument("--messages", type=int, default=20_000, help="messages the customers send (%(default)s)")
    parser.add_argument("--kills", type=int, default=200, help="processes killed or paused, and the like (%(default)s)")
    parser.add_argument("--seed", type=int, help="of the plan (default: a new one, which is printed)")
    parser.add_argument("--at-once", type=int, default=40, help="customers who talk at the same time (%(default)s)")
    parser.add_argument("--shipped", type=float, default=0.3, help="part of them to the shipped bot (%(default)s)")
    parser.add_argument("--only", nargs="+", default=(), choices=list(FAULTS), metavar="FAULT", help=", ".join(FAULTS))
    parser.add_argument("--within", type=float, default=3600.0, help="seconds, then it ends (%(default)s)")
    parser.add_argument("--model", type=Path, help="of the shipped bot (default: trained if need be)")
    return parser


if __name__ == "__main__":
    sys.exit(main())
