"""`xiaoer run`: serve. It needs real secrets and refuses to start without them."""

from __future__ import annotations

import argparse
import asyncio
import os
import signal
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import structlog

from bot.errors import ConfigError
from bot.settings import Settings

log = structlog.get_logger(__name__)

if TYPE_CHECKING:
    from aiohttp import web

    from bot.cli.service import Service
    from bot.gateway.siblings import Siblings

SOCKETS_CLOSE_WITHIN_S = 5.0
ONE_THREAD = ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS")
"""A message's sums are small: more threads would only wait for each other. More workers use more processors."""


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser("run", help="serve the bot", description=__doc__)
    parser.add_argument("--port", type=int, help="default: PORT, or gateway.port of endpoints.yml")
    parser.add_argument("--workers", type=int, default=1, help="processes that share the port (default 1)")
    parser.add_argument("--model", type=Path, help="a model package; default: the newest in models/, then newer ones")


def run(args: argparse.Namespace) -> int:
    env = dict(os.environ)
    if args.port is not None:
        env["PORT"] = str(args.port)
    again = ["run"] if args.model is None else ["run", "--model", str(args.model)]
    return serve(Settings.load(args.project, env), workers=args.workers, again=again, model=args.model)


def serve(settings: Settings, *, workers: int, again: Sequence[str], model: Path | None = None) -> int:
    """Until SIGTERM or SIGINT, in this process or in `workers` others, each of which is the command `again`. Raises
    ConfigError or ModelError before anything is served."""
    import uvloop

    from bot.cli import fleet, logs

    for each in ONE_THREAD:
        os.environ.setdefault(each, "1")
    _check(settings, workers)
    worker = os.environ.get(fleet.WORKER)
    if workers > 1 and worker is None:
        return asyncio.run(fleet.run(settings, workers=workers, command=again))
    if worker is None:
        fleet.demand_port(settings.gateway.host, settings.gateway.port)
    logs.configure(worker=worker or "0")
    uvloop.run(_serve(settings, model, _siblings(os.environ)))
    return 0


def _check(settings: Settings, workers: int) -> None:
    """All that can be said before anything heavy is loaded. Raises ConfigError with every problem."""
    from bot.desk.accounts import load_accounts

    problems: list[str] = [] if workers > 0 else [f"--workers {workers}: expected 1 or more"]
    checks = (
        lambda: settings.require("identity", "verify_key", "redis"),
        lambda: load_accounts(settings.project / settings.desk.accounts),
    )
    for check in checks:
        try:
            check()
        except ConfigError as error:
            problems += error.problems
    if problems:
        raise ConfigError(*problems)


def _siblings(env: Mapping[str, str]) -> Siblings | None:
    """The other workers, where there are any."""
    from bot.cli import fleet
    from bot.gateway.siblings import Siblings

    if fleet.WORKER not in env or fleet.FOLDER not in env:
        return None
    return Siblings(Path(env[fleet.FOLDER]), int(env[fleet.WORKER]))


async def _serve(settings: Settings, model: Path | None, siblings: Siblings | None) -> None:
    stop = asyncio.Event()
    for each in (signal.SIGINT, signal.SIGTERM):
        asyncio.get_running_loop().add_signal_handler(each, stop.set)
    from aiohttp import web

    from bot.cli import heartbeat
    from bot.cli.service import service
    from bot.engine.models import Models
    from bot.gateway.connections import Runner, connections

    models = await Models.load(settings, model)
    name = f"{os.uname().nodename}-{os.getpid()}"
    async with service(settings, models, name=name, siblings=siblings) as running:
        await _check_redis(running)
        aside = [asyncio.create_task(models.follow(running.audit.record, actor=f"worker:{name}", pinned=model))]
        runner = Runner(running.app, connections(settings.gateway), shutdown_timeout=SOCKETS_CLOSE_WITHIN_S)
        await runner.setup()
        if siblings is not None:
            siblings.socket.unlink(missing_ok=True)
            await web.UnixSite(runner, siblings.socket).start()
        site = await _listen(runner, settings, shared=siblings is not None)
        print(f"xiaoer run: serving at {site.name}", file=sys.stderr, flush=True)
        aside.append(asyncio.create_task(heartbeat.beating(os.environ)))
        await stop.wait()
        print("xiaoer run: stopping; turns in flight are finished first", file=sys.stderr, flush=True)
        aside[0].cancel()
        running.door.open = False
        await runner.cleanup()
    for task in aside:
        task.cancel()


async def _listen(runner: web.AppRunner, settings: Settings, *, shared: bool) -> web.TCPSite:
    """Raises ConfigError when the port is taken."""
    from aiohttp import web

    from bot.cli.fleet import port_taken

    host, port = settings.gateway.host, settings.gateway.port
    site = web.TCPSite(runner, host, port, backlog=1024, reuse_port=shared or None)
    try:
        await site.start()
    except OSError as error:
        raise port_taken(host, port, error) from error
    return site


async def _check_redis(running: Service) -> None:
    """Raises ConfigError when Redis cannot be reached: better now than at the first customer. Warns of one whose number
    is below the fixes of its Lua engine."""
    from bot.store.versions import version_of

    try:
        await running.conversations.entries("readiness", limit=1)
        version = await version_of(running.conversations.redis)
    except Exception as error:
        raise ConfigError(f"REDIS_URL: Redis does not answer: {error}") from error
    if not version.is_mended:
        log.warning("redis.unsafe_version", version=str(version), safe=version.safe)
