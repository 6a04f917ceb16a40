"""`xiaoer train`: a signed model in `models/`, or at once the one that was made from exactly these inputs."""

from __future__ import annotations

import argparse
import sys
import time

from bot.settings import Settings


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("train", help="train a model from config.yml, domain.yml and data/")
    parser.add_argument("--force", action="store_true", help="train even if nothing changed")
    parser.add_argument("--quiet", action="store_true", help="print only the model's path")


def run(args: argparse.Namespace) -> int:
    from bot.engine import project, training

    settings = Settings.load(args.project)
    found = None if args.force else training.unchanged(settings, project.fingerprint(args.project))
    if found is not None:
        print(found if args.quiet else f"{found}: nothing has changed since it was trained")
        return 0
    start = time.monotonic()
    if not (args.quiet or sys.stderr.isatty()):
        print("training ...", flush=True)
    with _Bar(quiet=args.quiet) as bar:
        path = training.train(settings, force=args.force, progress=bar.show)
    print(path if args.quiet else f"{path}: trained in {time.monotonic() - start:.0f} s")
    return 0


class _Bar:
    def __init__(self, *, quiet: bool) -> None:
        from tqdm import tqdm

        self._bar = tqdm(
            total=1,
            desc="training",
            disable=quiet or not sys.stderr.isatty(),
            file=sys.stderr,
            leave=False,
            bar_format="{desc} |{bar:24}| {n_fmt}/{total_fmt} {elapsed} {postfix}",
        )

    def __enter__(self) -> _Bar:
        return self

    def __exit__(self, *_: object) -> None:
        self._bar.close()

    def show(self, done: int, total: int, name: str) -> None:
        self._bar.total = total
        self._bar.n = done
        self._bar.set_postfix_str(name)
