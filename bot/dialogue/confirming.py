"""What is answered by yes or no: the last question before something is done, and a slot of type bool."""

from __future__ import annotations

import re
from typing import Any

from bot.dialogue.buttons import intent_in, offered
from bot.dialogue.call import Call
from bot.dialogue.clauses import names_opposite, verbs
from bot.dialogue.collects import LONGEST_WISH, Kind
from bot.dialogue.flows import CONFIRM, CONFIRMED, Collect
from bot.dialogue.lookups import Lookups

SURELY = 0.8
"""So sure must the classifier be for what is in no list of yeses and noes to be one."""
_COMMAND = 12
"""Characters; what is longer says more than a verb."""
_SAYS_SOMETHING = re.compile(r"\w|[\U0001F44D\U0001F44C\u2705\U0001F197\U0001F44E\u274C\U0001F64F]")
"""A word, or a thumb."""


class Confirm(Kind):
    """Only where nothing else is left to ask."""

    def filled(self, look: Lookups[Any], call: Call, collect: Collect) -> bool:
        flow, top = call.flow, call.top
        spared = flow is not None and flow.effect not in CONFIRMED and top is not None and top.sure
        return bool(call.slot(CONFIRM)) or spared

    async def hear(self, look: Lookups[Any], call: Call, collect: Collect, *, asked: bool) -> bool:
        if not asked:
            return False
        other = "another" in call.entities("choice") or (call.free_text and call.words.says("other", call.text))
        answer = self.answer(look, call)
        if other and answer != "affirm":
            if await look.choose_another(call):
                return True
            call.say("utter_no_other_one")
            return True
        if answer is None:
            return False
        if answer == "affirm":
            call.set(CONFIRM, True)
        else:
            call.memo["declined"] = True
        return True

    def answer(self, look: Lookups[Any], call: Call) -> str | None:
        """`affirm`, `deny`, or None: not a clear answer. What is nothing but a yes or no needs no classifier."""
        text, said = call.text.strip(), call.intent if call.intent in ("affirm", "deny") else None
        if not call.free_text:
            return said
        if look.also_yes(text) or call.words.just("yes", text):
            return "affirm"
        if not _SAYS_SOMETHING.search(text) or any(call.words.just(each, text) for each in ("hesitates", "dont_know")):
            return None
        if call.words.just("no", text):
            return "deny"
        if verb_alone(call, text):
            return "affirm"
        return self._with_more(call, text) or self._by_classifier(call, text, said)

    def _with_more(self, call: Call, text: str) -> str | None:
        """ "Yes, cancel the 50 one": what it is about is said again, and nothing was changed by that."""
        rest = call.words.begins("yes", text)
        if rest is None or len(text) > LONGEST_WISH:
            return None
        again = call.flow is not None and call.flow.id in verbs(call)[0]
        if not again and (call.words.just("stop", rest) or call.words.just("that_is_all", rest)):
            return "deny"
        return None if _qualifies(call, text) else "affirm"

    def _by_classifier(self, call: Call, text: str, said: str | None) -> str | None:
        qualified = _qualifies(call, text) or any(character.isdigit() for character in text)
        return said if call.confidence >= SURELY and not (qualified and said == "affirm") else None

    def insists(self, look: Lookups[Any], call: Call, collect: Collect, *, asked: bool) -> bool:
        return asked and self.answer(look, call) is not None

    async def ask(self, look: Lookups[Any], call: Call, collect: Collect) -> None:
        more = (call.button("another", "deny", choice="another"),) if await look.has_others(call) else ()
        await look.confirm(call, (*call.yes_no, *more))


class YesNo(Kind):
    """A question that is answered by yes or no: a slot of Rasa's type bool."""

    async def hear(self, look: Lookups[Any], call: Call, collect: Collect, *, asked: bool) -> bool:
        answer = Confirm().answer(look, call) if asked else None
        if answer is not None:
            call.set(collect.slot, answer == "affirm")
        return answer is not None

    def insists(self, look: Lookups[Any], call: Call, collect: Collect, *, asked: bool) -> bool:
        return asked and Confirm().answer(look, call) is not None

    async def ask(self, look: Lookups[Any], call: Call, collect: Collect) -> None:
        call.say(collect.utter, buttons=call.yes_no)


def verb_alone(call: Call, text: str) -> bool:
    """ "Refund it", "撤": what was asked, said as a command."""
    flow, (wanted, unwanted) = call.flow, verbs(call)
    if flow is None or len(text) > _COMMAND or call.words.just("stop", text) or call.words.says("ends_asking", text):
        return False
    beside = {intent_in(str(each.get("payload") or "")) for each in offered(call.tracker.events)}
    meant = {flow.id, *(each for each in flow.implies if call.intent_of(each) not in beside)}
    return bool(wanted & meant) and not unwanted and not call.said.entities


def _qualifies(call: Call, text: str) -> bool:
    """ "Yes but only half of it", "yes, open it?": no plain yes to what was asked."""
    words = call.words
    but = words.says("but", text) and not call.entities("amount")
    return but or words.says("takes_back", text) or words.says("ends_asking", text) or names_opposite(call)
