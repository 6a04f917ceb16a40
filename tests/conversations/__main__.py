"""`python -m tests.conversations [en|zh] [part of an id]`: what went wrong in the conversations that may be read."""

from __future__ import annotations

import asyncio
import json
import sys
import tempfile
import time
from pathlib import Path

from bot.engine.engine import Engine
from bot.engine.training import train
from bot.settings import Settings
from sandbox.database import Database
from sandbox.seed import seed
from tests.bank import PROJECT
from tests.conversations.playing import Play, played
from tests.conversations.script import LANGUAGES, scripts


async def play(which: str, language: str, only: str = "") -> list[Play]:
    """In the order of the files, each with a freshly seeded bank."""
    settings = Settings.load(PROJECT, {})
    engine = await Engine.load(project=PROJECT, model=train(settings), settings=settings)
    with tempfile.TemporaryDirectory() as folder:
        bank, now = Path(folder) / "bank.db", time.time()
        with Database(bank) as db:
            seed(db, now)
        chosen = [each for each in scripts(which, language) if only in each.id]
        return [play async for play in played(engine, (bank, now), Path(folder), chosen)]


def show(plays: list[Play], language: str) -> None:
    for each in plays:
        if each.faults:
            talk = "\n".join(each.customer.history)
            print(f"\n=== {each.script.id} {each.script.customer}\n{talk}\n--- " + "\n--- ".join(each.faults))
    print(f"\n{language}: {sum(not each.faults for each in plays)} of {len(plays)}")


def count(plays: list[Play]) -> dict[str, object]:
    """What the test reads: no text of any conversation."""
    wrong = [each.script.id for each in plays if each.faults]
    moved = [each.script.id for each in plays if any("against their word" in fault for fault in each.faults)]
    return {"of": len(plays), "wrong": wrong, "moved": moved}


if sys.argv[1:2] == ["--count"]:
    print(json.dumps(count(asyncio.run(play(*sys.argv[2:4])))))
    sys.exit()
asked = [each for each in sys.argv[1:] if each in LANGUAGES] or list(LANGUAGES)
for language in asked:
    show(
        asyncio.run(play("open", language, next((each for each in sys.argv[1:] if each not in LANGUAGES), ""))),
        language,
    )
