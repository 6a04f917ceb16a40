"""Whole conversations, written from personas by people who had not seen how the bot is built, judged by the bank's
books, by whether questions were met, and by whether a person was fetched.

Half of them nobody reads who works on the bot, `kept`: only their names are told when they fail. What went wrong in the
others is shown by

    python -m tests.conversations [en|zh] [part of an id]
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bank import PROJECT
from tests.conversations.script import LANGUAGES

RIGHT = {("open", "en"): 0.88, ("open", "zh"): 0.82, ("kept", "en"): 0.65, ("kept", "zh"): 0.48}
"""Never less than this. What it is to be: 0.9, also of what nobody has seen."""
AT_ONCE = {"en-cancelling-01", "zh-cancelling-01", "en-correction-09", "zh-correction-02", "zh-mixed-03"}
"""A card was frozen at once, without a yes, as what protects is; then the customer wanted it otherwise, and unfreezing
it takes a code."""


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("which", ["open", "kept"])
def test_whole_conversations_go_right(model: Path, which: str, language: str) -> None:
    """In a process of its own, as a service is."""
    command = [sys.executable, "-m", "tests.conversations", "--count", which, language]
    ran = subprocess.run(command, cwd=PROJECT, capture_output=True, text=True, check=True, timeout=280)
    found = json.loads(ran.stdout.splitlines()[-1])
    assert set(found["moved"]) <= AT_ONCE
    right = found["of"] - len(found["wrong"])
    assert right >= found["of"] * RIGHT[which, language], f"{right} of {found['of']}: {found['wrong']}"
