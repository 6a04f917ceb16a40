"""Whole conversations, written from personas by people who had not seen how the bot is built, judged by the bank's
books, by whether questions were met, and by whether a person was fetched.

Half of them nobody reads who works on the bot, `kept`: only their names are told when they fail. What went wrong in the
others is shown by

    python -m tests.conversations [en|zh] [part of an id]
"""

from __future__ import annotations

from collections import defaultdict
from pathlib import Path

import pytest

from bot.engine.engine import Engine
from tests.conversations.playing import Play, played
from tests.conversations.script import LANGUAGES, scripts

RIGHT = 0.9
"""Of all, in each language."""
RIGHT_OF_A_KIND = 0.7


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("which", ["open", "kept"])
async def test_whole_conversations_go_right(
    engine: Engine, seeded_file: tuple[Path, float], tmp_path: Path, which: str, language: str
) -> None:
    plays: dict[str, list[Play]] = defaultdict(list)
    async for play in played(engine, seeded_file, tmp_path, scripts(which, language)):
        plays[play.script.kind].append(play)
    everything = [play for each in plays.values() for play in each]
    wrong = sorted(play.script.id for play in everything if play.faults)
    moved = [play.script.id for play in everything if any("against their word" in each for each in play.faults)]
    assert not moved
    assert len(wrong) <= len(everything) * (1 - RIGHT), f"{len(wrong)} of {len(everything)}: {wrong}"
    for kind, of_kind in plays.items():
        right = [play for play in of_kind if not play.faults]
        assert len(right) >= len(of_kind) * RIGHT_OF_A_KIND, f"{kind}: {wrong}"
