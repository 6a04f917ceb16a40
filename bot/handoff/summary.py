"""A short plain text for the person who takes over: what was wanted, who it is, what was tried, why them. It says only
what the handoff holds."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby
from typing import Any

from bot.handoff.texts import DETAILS, LANGUAGES, LEVELS, OUTCOMES, SUMMARY, WHY, deed, pick, wish
from bot.types import Handoff, Identity, Level, Tried

NO_DECIMALS = frozenset({"JPY", "KRW", "VND"})


def summarise(handoff: Handoff, language: str, *, subject: str | None, now: float) -> str:
    """`subject` is the intent of what the customer wanted, None where none was recognised."""
    if subject is None:
        wanted = pick(SUMMARY["unknown"], language)
    else:
        template = pick(SUMMARY["wanted"], language)
        wanted = template.format(what=wish(subject, language), details=_details(handoff.slots, language))
    parts = [
        wanted,
        _customer(handoff.identity, language, now),
        _tried(handoff.tried, language),
        pick(SUMMARY["reason"], language).format(why=_why(handoff.reason, language)),
    ]
    return (" " if language != "zh" else "").join(parts)


def summaries(handoff: Handoff, *, not_wishes: frozenset[str]) -> dict[str, str]:
    """The summary in each language of the desk, for whoever reads it."""
    first = handoff.intents[0].intent if handoff.intents else ""
    subject = None if first in not_wishes else first
    return {each: summarise(handoff, each, subject=subject, now=handoff.waiting_since) for each in LANGUAGES}


def money(minor: int, currency: str) -> str:
    """Minor units as people write them: `CNY 12.00`."""
    digits = 0 if currency in NO_DECIMALS else 2
    whole, rest = divmod(abs(minor), 10**digits)
    number = f"{'-' if minor < 0 else ''}{whole}" + (f".{rest:0{digits}d}" if digits else "")
    return f"{currency} {number}".strip()


def _details(slots: Mapping[str, Any], language: str) -> str:
    found = []
    for name, said in DETAILS.items():
        value = _value(slots.get(name))
        if value:
            found.append(pick(said, language).format(value=value))
    if not found:
        return ""
    return pick(SUMMARY["details"], language).format(all=(", " if language != "zh" else "，").join(found))


def _value(slot: Any) -> str:
    """A slot as text; what has another shape than the entities' is left out."""
    match slot:
        case {"minor": int(minor), "currency": currency}:
            return money(minor, currency or "")
        case {"from": str(start), "to": str(end)}:
            return f"{start} – {end}"
        case str() | int():
            return str(slot)
        case _:
            return ""


def _customer(identity: Identity | None, language: str, now: float) -> str:
    level = Level.NONE if identity is None else identity.level_at(now)
    name = identity.name if identity is not None and identity.name else pick(SUMMARY["no_name"], language)
    return pick(SUMMARY["customer"], language).format(name=name, level=pick(LEVELS[int(level)], language))


def _tried(tried: tuple[Tried, ...], language: str) -> str:
    if not tried:
        return pick(SUMMARY["nothing"], language)
    shown = []
    for (action, outcome), same in groupby(tried, key=lambda each: (each.action, each.outcome)):
        times = len(list(same))
        text = f"{deed(action, language)}: {pick(OUTCOMES[outcome], language)}"
        shown.append(text + (f" ×{times}" if times > 1 else ""))
    return pick(SUMMARY["tried"], language).format(all=("; " if language != "zh" else "；").join(shown))


def _why(reason: str, language: str) -> str:
    return pick(WHY[reason], language) if reason in WHY else reason
