"""Whole conversations, written from personas by people who had not seen how the bot is built, judged by the bank's
books, by whether questions were met, and by whether a person was fetched.

Half of them nobody reads who works on the bot, `kept`: only their names are told when they fail. What went wrong in the
others is shown by

    python -m tests.conversations [en|zh] [part of an id]
"""

from __future__ import annotations

from pathlib import Path

import pytest

from bot.engine.engine import Engine
from tests.conversations.playing import played, seeded_by_day
from tests.conversations.script import LANGUAGES, scripts

RIGHT = {("open", "en"): 0.88, ("open", "zh"): 0.84, ("kept", "en"): 0.65, ("kept", "zh"): 0.55}
"""Never less than this. What it is to be: 0.9, also of what nobody has seen."""
AT_ONCE = {"en-cancelling-01", "zh-cancelling-01", "en-correction-09", "zh-correction-02", "zh-mixed-03"}
"""A card was frozen at once, without a yes, as what protects is; then the customer wanted it otherwise, and unfreezing
it takes a code."""


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("which", ["open", "kept"])
async def test_whole_conversations_go_right(engine: Engine, tmp_path: Path, which: str, language: str) -> None:
    chosen = scripts(which, language)
    everything = [play async for play in played(engine, seeded_by_day(tmp_path, language), tmp_path, chosen)]
    wrong = sorted(play.script.id for play in everything if play.faults)
    moved = [play.script.id for play in everything if any("against their word" in each for each in play.faults)]
    assert set(moved) <= AT_ONCE
    right = len(everything) - len(wrong)
    assert right >= len(everything) * RIGHT[which, language], f"{len(wrong)} of {len(everything)}: {wrong}"
