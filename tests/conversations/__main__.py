"""`python -m tests.conversations [en|zh] [part of an id]`: what went wrong in the conversations that may be read."""

from __future__ import annotations

import asyncio
import sys
import tempfile
from pathlib import Path

from bot.engine.engine import Engine
from bot.engine.training import train
from bot.settings import Settings
from tests.bank import PROJECT
from tests.conversations.playing import played, seeded_by_day
from tests.conversations.script import LANGUAGES, scripts


async def show(languages: list[str], only: str) -> None:
    settings = Settings.load(PROJECT, {})
    engine = await Engine.load(project=PROJECT, model=train(settings), settings=settings)
    with tempfile.TemporaryDirectory() as folder:
        for language in languages:
            right = total = 0
            seeded = seeded_by_day(Path(folder), language)
            chosen = [each for each in scripts("open", language) if only in each.id]
            async for play in played(engine, seeded, Path(folder), chosen):
                total, right = total + 1, right + (not play.faults)
                if play.faults:
                    talk = "\n".join(play.customer.history)
                    print(f"\n=== {play.script.id} {play.script.customer}\n{talk}\n--- " + "\n--- ".join(play.faults))
            print(f"\n{language}: {right} of {total}")


asked = [each for each in sys.argv[1:] if each in LANGUAGES] or list(LANGUAGES)
asyncio.run(show(asked, next((each for each in sys.argv[1:] if each not in LANGUAGES), "")))
