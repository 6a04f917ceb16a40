"""What customers write: the starter bot's stories, and real questions in both languages for the full bot."""

from __future__ import annotations

import random
from collections.abc import Sequence
from pathlib import Path

import yaml

STARTER = [
    ["hello", "I am great", "are you a bot?", "bye"],
    ["hey", "I am sad", "yes", "goodbye"],
    ["good morning", "very sad", "no", "see you later"],
    ["hi", "so perfect", "am I talking to a human?", "bye bye"],
    ["hello there", "not very good", "of course", "have a nice day"],
]
"""Along the stories that `rasa init` gives, so that there is one right answer to each."""

LONG_FULL = {
    "en": ["hi", "what's my balance", "how long does a transfer take", "what can you do", "thanks"],
    "zh": ["你好", "查一下余额", "转账要多久到账", "你能做什么", "谢谢"],
}
"""For conversations of hundreds of turns: nothing that is handed over to a person."""

SEED = 20261122
_ANSWERS = frozenset({"inform_amount", "inform_date", "inform_order", "inform_code", "affirm", "deny"})
_FRAME = frozenset({"greet", "thank"})
_HANDED_OVER = frozenset({"request_human", "express_anger", "complaint", "account_taken_over", "report_scam"})
_SELDOM = 0.1
"""The weight of what always goes to a person; such a conversation has no more bot's turns."""


def questions(data: Path, language: str) -> dict[str, list[str]]:
    """Intent to its examples in `<data>/nlu/<language>/`."""
    found: dict[str, list[str]] = {}
    for path in sorted((data / "nlu" / language).glob("*.yml")):
        for item in yaml.safe_load(path.read_text(encoding="utf-8")).get("nlu") or ():
            lines = [line.removeprefix("- ").strip() for line in item.get("examples", "").splitlines()]
            found.setdefault(item["intent"], []).extend(line for line in lines if line)
    return found


def conversations(data: Path, *, many: int, languages: Sequence[str] = ("en", "zh")) -> list[list[str]]:
    """Short ones: a greeting, three questions drawn over all intents, thanks. The same for the same data."""
    chance = random.Random(SEED)
    asked = {language: questions(data, language) for language in languages}
    scripts = []
    for number in range(many):
        by_intent = asked[languages[number % len(languages)]]
        intents = [intent for intent in by_intent if intent not in _ANSWERS | _FRAME]
        weights = [_SELDOM if intent in _HANDED_OVER else 1.0 for intent in intents]
        chosen = ["greet", *chance.choices(intents, weights, k=3), "thank"]
        scripts.append([chance.choice(by_intent[intent]) for intent in chosen])
    return scripts
