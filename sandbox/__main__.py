"""`python -m sandbox --port 8081 --db var/sandbox.db`: serve the sandbox bank until told to stop."""

from __future__ import annotations

import argparse
import asyncio
import errno
import os
import signal
import socket
import stat
import sys
import time
from collections.abc import Mapping
from pathlib import Path

from aiohttp import web

from sandbox.app import create_app
from sandbox.database import Database, WrongFile
from sandbox.seed import prepare

SECRET = "XIAOER_BANK_KEY"  # noqa: S105


class CannotStart(Exception):
    """One line for the person who started us."""


def main() -> int:
    options = _parser().parse_args()
    try:
        key = key_from(os.environ)
        asyncio.run(_serve(options, key=key))
    except (CannotStart, WrongFile) as error:
        print(f"sandbox: {error}", file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        pass
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m sandbox", description="A stand-in bank with seeded customers.")
    parser.add_argument("--host", default="127.0.0.1", help="address to listen on (%(default)s)")
    parser.add_argument("--port", type=int, default=8081, help="port to listen on; 0 picks one (%(default)s)")
    parser.add_argument("--fd", type=int, help="a socket to take over that listens already, instead of host and port")
    parser.add_argument("--db", type=Path, default=Path("var/sandbox.db"), help="the SQLite file (%(default)s)")
    parser.add_argument("--fresh", action="store_true", help="start over with freshly seeded customers")
    parser.add_argument("--keep", action="store_true", help="keep a file seeded more than seven days ago")
    return parser


async def _serve(options: argparse.Namespace, *, key: str) -> None:
    stopping = asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, stopping.set)
    with Database(options.db) as db:
        runner = web.AppRunner(create_app(db, key=key, now=time.time), access_log=None, shutdown_timeout=2.0)
        await runner.setup()
        try:
            host, port = await _listen(runner, options)
            seeded = prepare(db, time.time(), fresh=options.fresh, keep=options.keep)
            print(f"sandbox bank ready at http://{host}:{port} ({options.db}, {seeded})", flush=True)
            await stopping.wait()
        finally:
            await runner.cleanup()


async def _listen(runner: web.AppRunner, options: argparse.Namespace) -> tuple[str, int]:
    """Returns where, with the port that the system picked if it was 0. Raises CannotStart."""
    given = options.fd is not None
    place = f"descriptor {options.fd}" if given else f"{options.host}:{options.port}"
    try:
        ours = web.SockSite(runner, socket.socket(fileno=options.fd)) if given else None
        await (ours or web.TCPSite(runner, options.host, options.port)).start()
    except OSError as error:
        if error.errno == errno.EADDRINUSE:
            raise CannotStart(f"port {options.port} is taken; give another with --port") from error
        raise CannotStart(f"cannot listen on {place}: {error.strerror}") from error
    host, port = runner.addresses[0][:2]
    return str(host), int(port)


def key_from(env: Mapping[str, str]) -> str:
    """The service key. Raises CannotStart with what to do if there is none."""
    if env.get(SECRET):
        return env[SECRET]
    if not env.get(f"{SECRET}_FILE"):
        raise CannotStart(f"{SECRET}: not set; give it, or {SECRET}_FILE with the path of a file of mode 0600")
    path = Path(env[f"{SECRET}_FILE"])
    try:
        mode, key = path.stat().st_mode, path.read_text(encoding="utf-8").strip()
    except OSError as error:
        raise CannotStart(f"{SECRET}_FILE: cannot read {path}: {error.strerror}") from error
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise CannotStart(f"{SECRET}_FILE: {path} may be read by others; chmod 600 it")
    if not key:
        raise CannotStart(f"{SECRET}_FILE: {path} is empty")
    return key


if __name__ == "__main__":
    sys.exit(main())
