"""How amounts of money and telephone numbers are recognised."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from bot.dialogue.call import Call
from bot.dialogue.collects import Kind
from bot.dialogue.flows import Collect
from bot.dialogue.lookups import Lookups

_NUMBER = re.compile(r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d{1,2})?")
_NUMBERS = re.compile(r"\d(?:[\d.,'’]|\s(?=\d))*")
_NOT_PLAIN = re.compile(
    r"\d(?:[a-z]|\s*(?:[%$€£¥₹₩+十百千万亿点几多半毛]|(?:k|w|m|mil|bn)\b))|[一二两三四五六七八九十几]+[十百千万亿点块毛]"
    r"|[$€£¥₹₩-]\s*\d|\b(?:hundred|thousand|grand|million|billion|lakhs?|crores?|point|dozens?|couple|few|several"
    r"|between)\b",
    re.IGNORECASE,
)
"""What makes a number more than its digits; the understanding reads that, or leaves it."""
_NOT = re.compile(r"(不是|不要|唔系|唔係|\bnot|\binstead of|\brather than)\s*[$￥¥€£]?$", re.IGNORECASE)
_NOT_THIS = re.compile(r"(不是|不要|唔系|唔係|\bnot|\binstead of|\brather than)\s*[$￥¥€£]?[\d.,]+", re.IGNORECASE)
_PHONE = re.compile(r"\+?\d[\d\s-]{6,18}\d")
_TAIL = re.compile(r"(?<!\d)(\d{3,6})(?!\d)")
"""The end of a number that is corrected: "it's 0198 at the end"."""


class Amount(Kind):
    """An amount of money, `{minor, currency}`; the project says which are possible."""

    async def hear(self, look: Lookups[Any], call: Call, collect: Collect, *, asked: bool) -> bool:
        opening = call.flow is not None and call.intent in call.flow.triggers
        corrects = bool(call.memo.get("corrects"))
        bare = call.free_text and (asked or corrects or (opening and not collect.optional))
        said = _meant_amounts(call) or (plain_amounts(_NOT_THIS.sub("", call.text)) if bare else [])
        last = not collect.optional or corrects
        amount = said[-1 if last else 0] if said else await self._share(look, call)
        if not isinstance(amount, dict):
            return False
        if amount == call.slot(collect.slot):
            return asked or corrects
        allowed = await look.allows(call, amount)
        if allowed:
            call.set(collect.slot, amount)
        return allowed is not None

    async def _share(self, look: Lookups[Any], call: Call) -> dict[str, Any] | None:
        if not call.free_text:
            return None
        half, whole = call.words.says("half", call.text), call.words.says("whole", call.text)
        of = await look.part_of(call) if half or whole else None
        return {**of, "minor": of["minor"] // 2 if half else of["minor"]} if of else None

    async def ask(self, look: Lookups[Any], call: Call, collect: Collect) -> None:
        await look.ask_amount(call, collect.utter)


def _meant_amounts(call: Call) -> list[Any]:
    """Without those that are named as what it is not: "8000, not 5000"."""
    text, found = call.text, [each for each in call.said.entities if each.get("entity") == "amount"]
    meant = [each for each in found if not _NOT.search(text[: int(each.get("start") or 0)])]
    return [each.get("value") for each in meant or found]


def plain_amounts(text: str) -> list[dict[str, int | None]]:
    """Plain numbers where an amount was asked for; none where any of them may be something else."""
    found = [each.rstrip(".,'’ ") for each in _NUMBERS.findall(text)]
    if _NOT_PLAIN.search(text) or not all(_NUMBER.fullmatch(each) for each in found):
        return []
    return [{"minor": int(Decimal(each.replace(",", "")) * 100), "currency": None} for each in found]


class Phone(Kind):
    """A telephone number, as digits with an optional plus."""

    async def hear(self, look: Lookups[Any], call: Call, collect: Collect, *, asked: bool) -> bool:
        corrects = bool(call.memo.get("corrects"))
        bare = _PHONE.search(call.text) if (asked or corrects) and call.free_text else None
        number = call.entity("phone_number") or (re.sub(r"[\s-]", "", bare[0]) if bare else None)
        known = call.slot(collect.slot)
        if not number and known and corrects:
            tail = _TAIL.search(call.text)
            number = known[: -len(tail[1])] + tail[1] if tail else None
        if not number:
            return False
        call.set(collect.slot, number)
        return True

    async def ask(self, look: Lookups[Any], call: Call, collect: Collect) -> None:
        call.say(collect.utter, buttons=[call.stop, call.person])
