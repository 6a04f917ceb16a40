"""The `xiaoer` command. Wiring only: each command is a file here with `add(subparsers)` and `run(args) -> int`."""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from bot.errors import XiaoerError

COMMANDS = {
    "run": "serve the bot",
    "demo": "serve everything a first look needs: Redis, the sandbox bank, demo accounts, the bot",
    "train": "train a model",
    "test": "run the test stories, and cross-validate the NLU",
    "chat": "talk to the bot in this terminal",
    "parse": "show what the bot understands of a text",
    "validate": "check a project's files before training",
    "help": "ask the help centre, and check its articles",
    "nlu": "measure and inspect the understanding",
    "conversation": "look into one conversation, repair it",
    "model": "list, check and sign models",
    "audit": "who did what: read, check, export",
    "rasa": "Rasa's own command, without TensorFlow",
    "brain": "forecast, staffing, and what other policies would have done",
    "desk": "who is signed in at the desk, and ending it",
}


def main(argv: Sequence[str] | None = None) -> int:
    arguments = list(sys.argv[1:] if argv is None else argv)
    parser = argparse.ArgumentParser(prog="xiaoer", description="Conversational self-service on Rasa.")
    parser.add_argument("--project", type=Path, default=Path.cwd(), help="the Rasa project's folder (default: here)")
    subparsers = parser.add_subparsers(dest="command", metavar="COMMAND", required=True)
    chosen = next((each for each in arguments if each in COMMANDS), None)
    for name, meaning in COMMANDS.items():
        if name == chosen:
            importlib.import_module(f"bot.cli.{name}").add(subparsers)
        else:
            subparsers.add_parser(name, help=meaning)
    args = parser.parse_args(arguments)
    args.project = args.project.resolve()
    if not args.project.is_dir():
        parser.error(f"--project {args.project} is not a folder")
    sys.path.insert(0, str(args.project))
    try:
        return int(importlib.import_module(f"bot.cli.{args.command}").run(args))
    except XiaoerError as error:
        print(f"xiaoer {args.command}: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 141


if __name__ == "__main__":
    sys.exit(main())
