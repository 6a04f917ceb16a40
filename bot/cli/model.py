"""`xiaoer model`: the packages in `models/`, their signatures, and which of them is served."""

from __future__ import annotations

import argparse
import asyncio
import getpass
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING

from bot.errors import ModelError
from bot.settings import Settings

if TYPE_CHECKING:
    from bot.engine.shelf import Shelf, Signed


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("model", help="list, check, sign, pin and prune models")
    commands = parser.add_subparsers(dest="what", metavar="list|check|sign|use|prune|keys", required=True)
    commands.add_parser("list", help="the models, newest last: signed by us or why not, and which is served")
    for name, meaning in {
        "check": "exit with 1 unless our key signed it, and it is as it was then",
        "sign": "sign it with XIAOER_SIGNING_KEY; nothing else is needed",
    }.items():
        commands.add_parser(name, help=meaning).add_argument("package", type=Path)
    use = commands.add_parser("use", help="serve this model whatever is newer, or again the newest")
    which = use.add_mutually_exclusive_group(required=True)
    which.add_argument("package", nargs="?", type=Path, help="its name in models/")
    which.add_argument("--newest", action="store_true", help="take back what was pinned")
    prune = commands.add_parser("prune", help="delete old models of ours, but what is pinned or in use")
    prune.add_argument("--keep", type=int, help="how many stay (default: model.keep of endpoints.yml)")
    keys = commands.add_parser("keys", help="make a new pair of keys")
    keys.add_argument("folder", type=Path, help="where signing.pem and verify.pem are written")


def run(args: argparse.Namespace) -> int:
    if args.what == "keys":
        return _keys(args.folder)
    if args.what == "sign":
        return _sign(args.package)
    from bot.engine.shelf import Shelf

    settings = Settings.load(args.project)
    shelf = Shelf(settings)
    if args.what == "check":
        return _check(settings, args.package)
    if args.what == "use":
        return asyncio.run(_use(settings, shelf, None if args.newest else args.package))
    if args.what == "prune":
        keep = settings.model.keep if args.keep is None else args.keep
        for path in shelf.prune(keep=keep):
            print(f"deleted {path.name}")
        return 0
    return _list(shelf)


def _sign(path: Path) -> int:
    """Its time is when it was trained: signing an old package again makes it no newer."""
    from bot.engine import package, signing

    key = signing.private_key(Settings.only_secret("signing_key"), "XIAOER_SIGNING_KEY")
    signing.sign(path, key, made=package.trained_at(path))
    print(signing.signature_of(path))
    return 0


def _check(settings: Settings, path: Path) -> int:
    from bot.engine import package, signing

    try:
        package.check(path, signing.verify_key(settings), at_most=settings.model.max_mb << 20)
    except ModelError as error:
        print(f"{path}: not signed with our key: {error}")
        return 1
    print(f"{path}: signed with our key")
    return 0


async def _use(settings: Settings, shelf: Shelf, path: Path | None) -> int:
    """What is pinned stands in the audit trail before it is, where this machine has what that takes."""
    from bot.store.audit import Audit
    from bot.store.connect import connect

    name = "the newest" if path is None else shelf.demand(path).name
    if settings.redis_url and "audit" in settings.secrets:
        client = connect(settings.redis_url)
        try:
            audit = Audit(client, site=settings.site, key=settings.secrets["audit"])
            await audit.record("model.pinned", actor=f"operator:{getpass.getuser()}", subject=f"model:{name}")
        finally:
            await client.aclose()
    else:
        print("not recorded in the audit trail: that needs REDIS_URL and XIAOER_AUDIT_KEY", file=sys.stderr)
    shelf.pin(path)
    print("the newest is served again" if path is None else f"{name} is served from now on; `--newest` ends it")
    return 0


def _list(shelf: Shelf) -> int:
    signed, refused = shelf.sorted()
    for path, error in refused:
        print(f"{'':16}  {'':9}  refused   {path.name}: {error}")
    pinned = shelf.pinned()
    for each in reversed(signed):
        mark = "  <- pinned" if each.path == pinned else "  <- newest" if each == signed[0] else ""
        print(f"{_row(each)}{mark}")
    return 0


def _row(each: Signed) -> str:
    made = time.strftime("%Y-%m-%d %H:%M", time.localtime(each.statement.made))
    return f"{made}  {each.statement.size / 1e6:6.1f} MB  signed    {each.path.name}"


def _keys(folder: Path) -> int:
    from bot.engine import signing

    try:
        made = signing.make_keys(folder)
    except FileExistsError as error:
        print(f"xiaoer model keys: {error.filename} is there already; keys are never overwritten", file=sys.stderr)
        return 1
    print(f"XIAOER_SIGNING_KEY_FILE={made[0]}  (where models are trained)")
    print(f"XIAOER_VERIFY_KEY_FILE={made[1]}   (where they are served)")
    return 0
