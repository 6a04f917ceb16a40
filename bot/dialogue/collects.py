"""How the answers to a flow's questions are recognised: a kind takes what it can from a message, and asks."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from typing import Any

from bot.dialogue.buttons import Button, payload
from bot.dialogue.call import Call
from bot.dialogue.flows import Collect
from bot.dialogue.lookups import Lookups

CERTAIN = 0.9
"""Even what sounds like an answer is a wish, if its intent is so sure."""
CLEAR = 0.6
"""So sure must the classifier be for words to be a wish and not an answer, and for a yes to be a yes."""
ANSWERS = frozenset(
    [
        "affirm",
        "deny",
        "inform_amount",
        "inform_date",
        "inform_order",
        "inform_code",
        "nlu_fallback",
        "out_of_scope",
        "",
    ]
)
"""Intents that ask for nothing by themselves."""
SHORT = 24
"""Characters."""
LONGEST_WISH = 60
"""Characters; what is longer tells a story."""
_SENTENCE = re.compile(r"(?<=[.!?;。！？；，])\s*|,\s+")


class Kind(ABC):
    """One way of recognising. All state is in the conversation."""

    def filled(self, look: Lookups[Any], call: Call, collect: Collect) -> bool:
        return collect.optional or call.slot(collect.slot) is not None

    @abstractmethod
    async def hear(self, look: Lookups[Any], call: Call, collect: Collect, *, asked: bool) -> bool:
        """Take what belongs here from what was said; `asked` if this was the question. True if it was taken as meant
        for this, whether or not anything changed."""

    def insists(self, look: Lookups[Any], call: Call, collect: Collect, *, asked: bool) -> bool:
        """It may take from a message that seems to be about something else."""
        return False

    async def settle(self, look: Lookups[Any], call: Call, collect: Collect) -> bool:
        """Fill it without asking, where there is only one answer. May end the flow."""
        return False

    @abstractmethod
    async def ask(self, look: Lookups[Any], call: Call, collect: Collect) -> None: ...

    def missed(self, call: Call, *, again: bool) -> None:
        """What was said is no answer; `again`: and not for the first time."""
        call.say("utter_answer_not_understood", buttons=[call.person] if again else [])


class Option(Kind):
    """One of a few answers, as buttons, or the customer's own words."""

    async def hear(self, look: Lookups[Any], call: Call, collect: Collect, *, asked: bool) -> bool:
        choice, table = call.entity("choice"), collect.options
        codes, in_passing = call.words.codes(table), self._in_passing(call, table)
        if choice in codes:
            value: str | None = choice
        elif in_passing and (asked or not call.slot(collect.slot) or call.memo.get("corrects")):
            value = in_passing
        elif not asked and (told := self._told(call, codes)):
            value = told
        elif asked and call.free_text:
            value = call.words.called(table, call.text) or self._own_words(call, codes)
        else:
            return False
        if value is None:
            return False
        call.set(collect.slot, value)
        return True

    def _told(self, call: Call, codes: tuple[str, ...]) -> str | None:
        """The sentence of an opening message that tells why: "It came with pages missing."."""
        opens = call.flow is not None and call.intent in call.flow.triggers and "other" in codes
        if not opens or not call.free_text:
            return None
        sentences = [each.strip() for each in _SENTENCE.split(call.text)]
        return next((each[:200] for each in sentences[1:] if call.words.begins("tells_why", each) is not None), None)

    def _own_words(self, call: Call, codes: tuple[str, ...]) -> str | None:
        if (
            call.words.just("dont_know", call.text)
            or call.words.just("skip", call.text)
            or call.words.just("no", call.text)
        ):
            return "other" if "other" in codes else None
        speaks = len(re.findall(r"[^\W\d_]", call.text)) >= 2
        if not speaks or call.words.just("yes", call.text) or not meant_as_words(call):
            return None
        return call.text.strip()[:200]

    def insists(self, look: Lookups[Any], call: Call, collect: Collect, *, asked: bool) -> bool:
        in_passing = call.free_text and self._in_passing(call, collect.options) is not None
        if asked:
            return in_passing or call.words.called(collect.options, call.text) is not None
        return in_passing and len(call.text) <= SHORT and call.slot(collect.slot) is None and call.intent in ANSWERS

    def _in_passing(self, call: Call, table: str) -> str | None:
        heard = call.words.heard(table)
        return next((code for code, sound in heard.items() if call.free_text and sound.search(call.text)), None)

    async def ask(self, look: Lookups[Any], call: Call, collect: Collect) -> None:
        options = [
            Button(call.words.word(collect.options, code, call.language), payload("inform_order", choice=code))
            for code in call.words.codes(collect.options)
        ]
        call.say(collect.utter, buttons=options)


class Text(Kind):
    """The customer's own words, kept as they are (at most 1000 characters)."""

    async def hear(self, look: Lookups[Any], call: Call, collect: Collect, *, asked: bool) -> bool:
        flow = call.flow
        begins = not asked and call.slot(collect.slot) is None and flow is not None and call.intent in flow.triggers
        long = collect.at_once_from > 0 and call.free_text and _weight(call.text) >= collect.at_once_from
        whole = begins and long and not call.words.says("takes_back", call.text)
        if not whole and not (asked and call.free_text and meant_as_words(call, anything=True)):
            return False
        call.set(collect.slot, call.text.strip()[:1000])
        return True

    def insists(self, look: Lookups[Any], call: Call, collect: Collect, *, asked: bool) -> bool:
        return asked and call.free_text and meant_as_words(call, anything=True)

    async def ask(self, look: Lookups[Any], call: Call, collect: Collect) -> None:
        call.say(collect.utter, buttons=[call.stop])


def _weight(text: str) -> int:
    """A Chinese character says about as much as three Latin letters."""
    return sum(1 if character.isascii() else 3 for character in text)


def meant_as_words(call: Call, *, anything: bool = False) -> bool:
    """Whether a text may be kept as an answer in the customer's own words, and is not plainly something else: a wish,
    a question, a number, a yes, a courtesy. `anything`: it may tell a story that sounds like a wish."""
    words, text = call.words, call.text
    if any(
        words.just(each, text)
        for each in ("yes", "no", "hesitates", "stop", "what_mean", "why_ask", "thanks", "more", "dont_know")
    ):
        return False
    taken_back = words.says("takes_back", text) and len(text) <= LONGEST_WISH
    if re.fullmatch(r"[\W\d_]*", text) or taken_back or (words.says("not_that", text) and len(text) <= 2 * SHORT):
        return False
    started = call.flows.started_by(call.intent)
    other_wish = started is not None and (call.flow is None or started.id != call.flow.id)
    asks = call.act in ("question", "status") and call.confidence >= CLEAR
    if asks and (other_wish or not anything):
        return False
    if other_wish and call.act == "request" and call.confidence >= CERTAIN and len(text) <= LONGEST_WISH:
        return False
    if other_wish and started is not None and (started.person or started.id.startswith("pattern_")):
        return call.confidence < CLEAR
    return anything or not other_wish or call.confidence < CLEAR or call.act in ("answer", "report", "correction")


class Entity(Kind):
    """What the understanding found under the slot's own name, or where it was asked a plain number or the words."""

    async def hear(self, look: Lookups[Any], call: Call, collect: Collect, *, asked: bool) -> bool:
        found = call.entities(collect.slot)
        if not found and asked and call.free_text and not call.entities("choice") and meant_as_words(call):
            found = [call.text.strip()[:200]]
        if not found:
            return False
        call.set(collect.slot, found[-1])
        return True

    async def ask(self, look: Lookups[Any], call: Call, collect: Collect) -> None:
        call.say(collect.utter, buttons=[call.stop])


class LookedUp(Kind):
    """What the project's own code finds in a message (`Lookups.value`)."""

    async def hear(self, look: Lookups[Any], call: Call, collect: Collect, *, asked: bool) -> bool:
        found = await look.value(call, collect)
        if found is None or found == call.slot(collect.slot):
            return False
        call.set(collect.slot, found)
        return True

    async def ask(self, look: Lookups[Any], call: Call, collect: Collect) -> None:
        call.say(collect.utter, buttons=[call.stop])
