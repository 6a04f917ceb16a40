"""`xiaoer model`: the packages in `models/`, and their signatures."""

from __future__ import annotations

import argparse
import sys
import time
from pathlib import Path

from bot.settings import Settings


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("model", help="list, check and sign models")
    commands = parser.add_subparsers(dest="what", metavar="list|check|sign|keys", required=True)
    commands.add_parser("list", help="the models, newest last, and whether our key signed them")
    for name, meaning in {
        "check": "exit with 1 unless our key signed it",
        "sign": "sign it with XIAOER_SIGNING_KEY",
    }.items():
        commands.add_parser(name, help=meaning).add_argument("package", type=Path)
    keys = commands.add_parser("keys", help="make a new pair of keys")
    keys.add_argument("folder", type=Path, help="where signing.pem and verify.pem are written")


def run(args: argparse.Namespace) -> int:
    if args.what == "keys":
        return _keys(args.folder)
    from bot.engine import package

    settings = Settings.load(args.project)
    if args.what == "sign":
        settings.require("signing_key")
        package.sign(args.package, package.signing_key(settings))
        print(package.signature_of(args.package))
        return 0
    key = package.verify_key(settings)
    if args.what == "check":
        signed = package.is_signed(args.package, key)
        print(f"{args.package}: {'signed with our key' if signed else 'not signed with our key'}")
        return 0 if signed else 1
    for path in sorted((args.project / "models").glob("*.tar.gz"), key=lambda each: each.stat().st_mtime):
        stat = path.stat()
        made = time.strftime("%Y-%m-%d %H:%M", time.localtime(stat.st_mtime))
        state = "signed  " if package.is_signed(path, key) else "unsigned"
        print(f"{made}  {stat.st_size / 1e6:6.1f} MB  {state}  {path.name}")
    return 0


def _keys(folder: Path) -> int:
    from bot.engine import package

    try:
        signing, verify = package.make_keys(folder)
    except FileExistsError as error:
        print(f"xiaoer model keys: {error.filename} is there already; keys are never overwritten", file=sys.stderr)
        return 1
    print(f"XIAOER_SIGNING_KEY_FILE={signing}  (where models are trained)")
    print(f"XIAOER_VERIFY_KEY_FILE={verify}   (where they are served)")
    return 0
