"""`xiaoer audit`: who did what. Reads the trail, or files it was exported to; checks that nothing was changed; exports.

xiaoer audit --since 24h --event desk.signed_in      the lines, oldest first
xiaoer audit verify [FILE ...]                       exit 1 and the first place that does not hold
xiaoer audit export FILE                             append what is new to FILE, then let Redis forget it
"""

from __future__ import annotations

import argparse
import asyncio
import fcntl
import os
import re
import sys
import time
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from datetime import datetime
from pathlib import Path
from typing import IO

from bot.errors import AuditBroken, ConfigError
from bot.settings import Settings
from bot.store import audit_chain as chain
from bot.store.audit import Audit, AuditLine, Head
from bot.store.connect import connect

_AGO = re.compile(r"(\d+)([smhd])")
_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "audit",
        help="who did what: read, check, export",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--since", default="", help="from here on: 30m, 24h, 7d ago, or 2026-11-26T09:00")
    parser.add_argument("--event", default="", help="only these; `desk.` for all that begin so")
    parser.add_argument("--actor", default="", help="only what these did: agent:lin")
    parser.add_argument("--subject", default="", help="only what was done to these: handoff:...")
    parser.add_argument("--conversation", default="", help="only what concerns this one")
    parser.add_argument("--file", type=Path, action="append", default=[], help="read these exported files instead")
    parser.add_argument("--json", action="store_true", help="lines as they are stored")
    what = parser.add_subparsers(dest="what", metavar="verify|export")
    verify = what.add_parser("verify", help="exit with 1 unless every line holds")
    verify.add_argument("files", type=Path, nargs="*", metavar="FILE", help="exported files first, oldest first")
    verify.add_argument("--head", action="append", default=[], metavar="SEQ:HASH", help="must be there: from the log")
    verify.add_argument("--files-only", action="store_true", help="do not look into Redis")
    what.add_parser("export", help="write what is new to a file").add_argument("path", type=Path, metavar="FILE")


def run(args: argparse.Namespace) -> int:
    settings = Settings.load(args.project)
    if args.what == "verify":
        return asyncio.run(_verify(settings, args))
    if args.what == "export":
        return asyncio.run(_export(settings, args.path))
    return asyncio.run(_read(settings, args))


# Reading


async def _read(settings: Settings, args: argparse.Namespace) -> int:
    wanted = _filter(args)
    if args.file:
        for stored in _stored(args.file):
            _show(stored, wanted, raw=args.json)
        return 0
    async with _trail(settings) as audit:
        async for stored in audit.lines():
            _show(stored, wanted, raw=args.json)
    return 0


def _filter(args: argparse.Namespace) -> Callable[[AuditLine], bool]:
    since = moment(args.since, time.time()) if args.since else 0.0
    names = ("actor", "subject", "conversation")
    exactly = {name: getattr(args, name) for name in names if getattr(args, name)}

    def wanted(line: AuditLine) -> bool:
        event = args.event in ("", line.event) or (args.event.endswith(".") and line.event.startswith(args.event))
        return event and line.at >= since and all(getattr(line, name) == value for name, value in exactly.items())

    return wanted


def moment(text: str, now: float) -> float:
    """`30m`, `24h`, `7d` before `now`, or a date and time of this machine's zone. Raises ConfigError."""
    ago = _AGO.fullmatch(text)
    if ago:
        return now - int(ago[1]) * _SECONDS[ago[2]]
    try:
        return datetime.fromisoformat(text).timestamp()
    except ValueError as error:
        raise ConfigError(f"--since '{text}': expected 30m, 24h, 7d, or 2026-11-26T09:00") from error


def _show(stored: bytes, wanted: Callable[[AuditLine], bool], *, raw: bool) -> None:
    line = chain.parse(stored)
    if not wanted(line):
        return
    if raw:
        print(stored.decode())
        return
    when = datetime.fromtimestamp(line.at).astimezone().isoformat(" ", "seconds")
    named = {"conversation": line.conversation, "address": line.address, **line.fields}
    more = " ".join(f"{name}={value}" for name, value in named.items() if value != "")
    parts = (str(line.seq), when, line.event, line.actor or "-", line.subject, more)
    print("  ".join(_printable(each) for each in parts if each))


def _printable(text: str) -> str:
    """Nothing that could move a terminal's cursor or turn its text around."""
    return "".join(each if each.isprintable() else "\N{REPLACEMENT CHARACTER}" for each in text)


# Checking


async def _verify(settings: Settings, args: argparse.Namespace) -> int:
    key, heads, count = _key(settings), _heads(args.head), 0
    last: Head | None = None
    try:
        for stored in _stored(args.files):
            last = _expect(chain.follow(stored, last, key), heads)
            count += 1
        if not args.files_only:
            async with _trail(settings) as audit:
                last, more = await audit.verify(after=last)
                count += more
                async for stored in audit.lines():
                    _expect(chain.parse(stored), heads)
        if heads:
            raise AuditBroken(min(heads), "is not in what was checked")
    except AuditBroken as error:
        print(f"xiaoer audit verify: broken: {error}", file=sys.stderr)
        return 1
    last = last or Head()
    print(f"{count} lines hold; the last is {last.seq}:{last.hash}")
    return 0


def _heads(texts: list[str]) -> dict[int, str]:
    """Raises ConfigError."""
    heads = {}
    for each in texts:
        found = re.fullmatch(r"(\d+):([0-9a-f]{64})", each)
        if not found:
            raise ConfigError(f"--head '{each}': expected seq:hash, as the log's audit.recorded has them")
        heads[int(found[1])] = found[2]
    return heads


def _expect(line: AuditLine, heads: dict[int, str]) -> Head:
    """Raises AuditBroken if a head that was kept elsewhere says something else of this line."""
    if heads.pop(line.seq, line.hash) != line.hash:
        raise AuditBroken(line.seq, "has another hash than it once had: the trail was written anew")
    return line.head


# Exporting


async def _export(settings: Settings, path: Path) -> int:
    """Nothing is forgotten in Redis that is not on disk, and nothing is written that does not hold."""
    key, count = _key(settings), 0
    with _locked(path) as file:
        last = _last(file)
        async with _trail(settings) as audit:
            exported = await audit.exported()
            if last is not None and exported.seq > last.seq:
                raise ConfigError(f"{path}: ends at line {last.seq}, but {exported.seq} was exported: to another file?")
            before = last or exported
            try:
                async for stored in audit.lines(after=before.seq):
                    before = chain.follow(stored, before, key).head
                    file.write(stored + b"\n")
                    count += 1
            except AuditBroken as error:
                print(f"xiaoer audit export: {error}; look with `xiaoer audit verify`", file=sys.stderr)
                return 1
            file.flush()
            os.fsync(file.fileno())
            left = await audit.mark_exported(before)
    print(f"{count} lines to {path}, up to {before.seq}:{before.hash}; {left} wait")
    return 0


@contextmanager
def _locked(path: Path) -> Iterator[IO[bytes]]:
    """Open to be appended to, for its owner only, after its last whole line. Raises ConfigError."""
    try:
        descriptor = os.open(path, os.O_RDWR | os.O_CREAT, 0o600)
    except OSError as error:
        raise ConfigError(f"cannot write {path}: {error.strerror}") from error
    with os.fdopen(descriptor, "r+b") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise ConfigError(f"{path}: another export is writing there") from error
        yield file


def _last(file: IO[bytes]) -> Head | None:
    """Of the file's last whole line; half a line of an export that was cut off goes."""
    last, whole = None, 0
    for stored in file:
        if not stored.endswith(b"\n"):
            break
        last, whole = stored, whole + len(stored)
    file.seek(whole)
    file.truncate()
    return None if last is None else chain.parse(last).head


# Where it is


@asynccontextmanager
async def _trail(settings: Settings) -> AsyncIterator[Audit]:
    """The trail in Redis. Raises ConfigError where nobody says which Redis."""
    if not settings.redis_url:
        raise ConfigError("REDIS_URL: not set, and endpoints.yml has no `redis`; for example redis://127.0.0.1:6379/0")
    client = connect(settings.redis_url)
    try:
        yield Audit(client, site=settings.site, key=settings.secrets.get("audit", ""))
    finally:
        await client.aclose()


def _key(settings: Settings) -> bytes:
    return settings.secrets.get("audit", "").encode()


def _stored(paths: list[Path]) -> Iterator[bytes]:
    """The lines of exported files. Raises ConfigError."""
    for path in paths:
        try:
            file = path.open("rb")
        except OSError as error:
            raise ConfigError(f"cannot read {path}: {error.strerror}") from error
        with file:
            yield from (stored.rstrip(b"\n") for stored in file)
