"""`xiaoer desk`: who is signed in at the desk, and ending it from outside.

xiaoer desk sessions             everybody's, oldest first
xiaoer desk end 3f9a...          one session, by its id
xiaoer desk end lin              all of an agent's
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from datetime import datetime

from bot.cli import logs
from bot.errors import ConfigError
from bot.settings import Settings
from bot.store.audit import Audit
from bot.store.connect import Client, connect
from bot.store.sessions import Session, Sessions


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    formatter = argparse.RawDescriptionHelpFormatter
    parser = subparsers.add_parser("desk", help="who is signed in", description=__doc__, formatter_class=formatter)
    what = parser.add_subparsers(dest="what", metavar="sessions|end", required=True)
    what.add_parser("sessions", help="who is signed in, since when, from where")
    what.add_parser("end", help="end a session, or all of an agent's").add_argument("whose", metavar="ID|AGENT")


def run(args: argparse.Namespace) -> int:
    settings = Settings.load(args.project)
    if not settings.redis_url:
        raise ConfigError("REDIS_URL: not set, and endpoints.yml has no `redis`; for example redis://127.0.0.1:6379/0")
    logs.configure(worker="desk")
    return asyncio.run(_run(settings, args))


async def _run(settings: Settings, args: argparse.Namespace) -> int:
    client = connect(settings.redis_url)
    try:
        found = await Sessions(client, site=settings.site).all()
        if args.what == "sessions":
            for session in found:
                print(_line(session))
            return 0
        mine = [each for each in found if args.whose in (each.id, each.agent_id)]
        await _end(settings, client, mine)
    finally:
        await client.aclose()
    if not mine:
        print(f"xiaoer desk end: nobody is signed in as '{args.whose}', and no session is called so", file=sys.stderr)
        return 1
    print(f"{len(mine)} ended")
    return 0


async def _end(settings: Settings, client: Client, found: list[Session]) -> None:
    """Open pages close by themselves: their process sees it within a second."""
    sessions = Sessions(client, site=settings.site)
    audit = Audit(client, site=settings.site, key=settings.secrets.get("audit", ""))
    for session in found:
        await sessions.end(session.digest)
        await audit.record(
            "desk.session_ended",
            actor="operator",
            subject=f"account:{session.agent_id}",
            session=session.id,
            why="ended",
        )


def _line(session: Session) -> str:
    opened, seen = (_when(each) for each in (session.opened_at, session.seen_at))
    return f"{session.id}  {session.agent_id:12}  since {opened}  last {seen}  {session.address}"


def _when(at: float) -> str:
    return datetime.fromtimestamp(at).astimezone().isoformat(" ", "minutes")
