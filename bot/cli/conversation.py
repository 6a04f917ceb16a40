"""`xiaoer conversation`: what the store holds of one conversation, and whether it can be read.

xiaoer conversation show ID              who answers, how far it is, what waits; nothing that was said
xiaoer conversation show ID --texts      with what was said, and what was dropped because it could not be read
xiaoer conversation repair ID            drop or rebuild what cannot be read, and say what that was
"""

from __future__ import annotations

import argparse
import asyncio
import json
import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

from bot.engine.worker import readers
from bot.errors import ConfigError
from bot.settings import Settings
from bot.store import codec
from bot.store.audit import Audit
from bot.store.connect import connect
from bot.store.conversations import Conversations
from bot.store.mend import Snapshot

SECRET = ("secret", "identity", "customer", "proofs", "metadata", "agent", "lease")
"""Fields of `meta` that name people, or that are nobody's business: shown as there or not."""


def add(subparsers: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = subparsers.add_parser(
        "conversation",
        help="look into one conversation, repair it",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    what = parser.add_subparsers(dest="what", metavar="show|repair", required=True)
    show = what.add_parser("show", help="what is known of it")
    show.add_argument("id", metavar="ID")
    show.add_argument("--texts", action="store_true", help="also what customers and agents wrote")
    what.add_parser("repair", help="drop or rebuild what cannot be read").add_argument("id", metavar="ID")


def run(args: argparse.Namespace) -> int:
    settings = Settings.load(args.project)
    if args.what == "show":
        return asyncio.run(_show(settings, args.id, texts=args.texts))
    return asyncio.run(_repair(settings, args.id))


async def _show(settings: Settings, conversation_id: str, *, texts: bool) -> int:
    """1 where something cannot be read."""
    async with _opened(settings) as (conversations, _):
        found, lost = await conversations.look(conversation_id)
    for line in _meta(found):
        print(line)
    for part in ("log", "pending", "events", "effects", "seen", "offered", "dropped"):
        print(f"{part:10} {found.kinds[part]}, {_size(found, part)}")
    if texts:
        for line in _texts(found):
            print(line)
    print(f"unreadable {', '.join(lost) or 'nothing'}")
    return 1 if lost else 0


async def _repair(settings: Settings, conversation_id: str) -> int:
    async with _opened(settings) as (conversations, audit):
        await conversations.look(conversation_id)
        lost = await conversations.mend(conversation_id)
        if lost:
            what = ",".join(lost)[:500]
            await audit.record("conversation.repaired", actor="operator", conversation=conversation_id, lost=what)
    for each in lost:
        print(f"dropped or rebuilt: {each}")
    print("a worker tells the customer and asks a person in" if lost else "all of it can be read; nothing was changed")
    return 0


@asynccontextmanager
async def _opened(settings: Settings) -> AsyncIterator[tuple[Conversations, Audit]]:
    if not settings.redis_url:
        raise ConfigError("REDIS_URL: not set, and endpoints.yml has no `redis`")
    client = connect(settings.redis_url)
    conversations = Conversations(client, site=settings.site, readers=readers())
    try:
        yield conversations, Audit(client, site=settings.site, key=settings.secrets.get("audit", ""))
    finally:
        await conversations.aclose()
        await client.aclose()


def _meta(found: Snapshot) -> list[str]:
    if found.kinds["meta"] != "hash":
        return [f"meta       {found.kinds['meta']}, which it should not be"]
    flat: Sequence[bytes] = found.values["meta"]
    fields = {codec.text(name): codec.text(value) for name, value in zip(flat[::2], flat[1::2], strict=True)}
    return [f"{name:10} {_value(name, value)}" for name, value in sorted(fields.items())]


def _value(name: str, value: str) -> str:
    if name in SECRET:
        return "(there)" if value else "(none)"
    if name in ("until", "void") and value.partition(".")[0].isdigit():
        return f"{value} ({float(value) - time.time():+.0f} s)"
    return value[:200]


def _size(found: Snapshot, part: str) -> str:
    many = len(found.values[part])
    return f"{many // 2 if found.kinds[part] in ('hash', 'zset') else many} entries"


def _texts(found: Snapshot) -> list[str]:
    lines = []
    if found.kinds["log"] == "stream":
        for id, fields in found.values["log"]:
            parts = dict(zip(fields[::2], fields[1::2], strict=True))
            said = _json(parts.get(b"turn") or parts.get(b"reply") or b"")
            at = parts.get(b"at") or said.get("at", 0)
            author = "customer" if b"turn" in parts else said.get("author", "bot")
            lines.append(f"{codec.text(id):>8} {_moment(at)} {author}: {said.get('text', '(unreadable)')}")
    if found.kinds["dropped"] == "list":
        lines += [f" dropped {codec.text(each)}" for each in found.values["dropped"]]
    return lines


def _json(raw: bytes) -> dict[str, Any]:
    try:
        value = json.loads(raw)
    except (ValueError, RecursionError):
        return {}
    return value if isinstance(value, dict) else {}


def _moment(at: Any) -> str:
    try:
        return datetime.fromtimestamp(float(at), UTC).isoformat(timespec="seconds")
    except (ValueError, OverflowError, TypeError, OSError):
        return "?"
