"""`xiaoer conversation`: what is known of one conversation without its words, and its repair."""

from __future__ import annotations

import asyncio
import os
import subprocess
import sys
from pathlib import Path

from bot.store import keys
from bot.store.conversations import Conversations
from tests.store.makers import turn


async def xiaoer(project: Path, redis_url: str, *arguments: str) -> tuple[int, str]:
    command = [sys.executable, "-m", "bot", "--project", str(project), "conversation", *arguments]
    env = {**os.environ, "REDIS_URL": redis_url}
    done = await asyncio.to_thread(
        subprocess.run, command, env=env, capture_output=True, text=True, check=False, cwd=Path(__file__).parents[2]
    )
    return done.returncode, done.stdout + done.stderr


async def test_show_and_repair_say_what_is_there_and_what_was_lost(project: Path, redis_url: str, redis) -> None:  # type: ignore[no-untyped-def]
    conversations = Conversations(redis)
    id = (await conversations.open(channel="web", language="en")).conversation_id
    await conversations.accept(turn(id, "my card is lost"))
    status, said = await xiaoer(project, redis_url, "show", id)
    assert (status, "my card" in said, "unreadable nothing" in said) == (0, False, True)
    assert "my card is lost" in (await xiaoer(project, redis_url, "show", id, "--texts"))[1]
    await redis.rpush(keys.conversation("main", id).events, b'{"event":"of another world"}')
    status, said = await xiaoer(project, redis_url, "show", id)
    assert status == 1 and "events.0" in said and "another world" not in said
    status, said = await xiaoer(project, redis_url, "repair", id)
    assert status == 0 and "dropped or rebuilt: events.0" in said
    status, said = await xiaoer(project, redis_url, "show", id, "--texts")
    assert (status, "of another world" in said) == (0, True)
    assert "nothing was changed" in (await xiaoer(project, redis_url, "repair", id))[1]
    status, said = await xiaoer(project, redis_url, "show", "nobody")
    assert (status, "Traceback" in said) == (1, False)
    await conversations.aclose()
