"""What a message answers while a flow asks: values, in any order; corrections; a yes; or none of them."""

from __future__ import annotations

import re
from typing import Any

from bot.dialogue import frames, memory, prove, repairs
from bot.dialogue.call import Call
from bot.dialogue.clauses import names_opposite
from bot.dialogue.collects import ANSWERS, CERTAIN, CLEAR
from bot.dialogue.confirming import verb_alone
from bot.dialogue.flows import CONFIRM, Collect, Flow
from bot.dialogue.kinds import kind_of
from bot.dialogue.lookups import Lookups, lookups_of
from bot.dialogue.refusals import Refusals

VAGUE = 0.35
"""Less likely than this, a wish is not worth leaving a question for."""
_NUMBER = re.compile(r"\d|[一二两三四五六七八九十百千万]{2,}|\b(hundred|thousand)\b", re.IGNORECASE)
_DETAIL = re.compile(r"\d")
ASKS = 0.6
"""So sure must the understanding be that something is asked for it not to be an answer."""
_OF_AN_ANSWER = frozenset({"answer", "correction"})


class Answers(Refusals):
    async def take(self) -> bool | None:
        """None: it is about something else."""
        call = self.call
        if self.asked is None:
            return None
        of_a_code = call.top is not None and call.top.flow == prove.CODE_FLOW
        first = (self.values, self._stops) if of_a_code else (self._stops, self._aside, self.values)
        no = (self.takes_back, self.does_not_know, self.none_of_them, self.denies)
        for listen in (*first, *no, self._remembered, self._not_yet, self._question):
            if await listen():
                return True
        if self.asked.slot == CONFIRM and call.flows.started_by(call.intent) is call.flow and call.free_text:
            return True  # The same wish once more, with nothing new in it.
        plain_yes = call.free_text and call.words.just("yes", call.text)
        if not plain_yes and (self._is_other_wish() or (call.intent not in ANSWERS and call.confidence >= VAGUE)):
            return None
        self._missed(self.asked)
        return True

    async def _stops(self) -> bool:
        call, flow = self.call, self.call.flow
        if flow is not None and not flow.changes and call.free_text and call.words.just("that_is_all", call.text):
            frames.drop(call)
            call.say("utter_what_else")
            return True
        if not repairs.stops(call) or self._is_an_option() or self._commands():
            return False
        call.keep(wishes=())
        repairs.cancel_flow(call)
        return True

    def _commands(self) -> bool:
        """ "Withdraw it", to "shall I withdraw it?"."""
        asked, call = self.asked, self.call
        return asked is not None and asked.slot == CONFIRM and call.free_text and verb_alone(call, call.text.strip())

    async def _remembered(self) -> bool:
        call = self.call
        if not call.free_text or not await memory.told_inside(call):
            return False
        call.memo["back"] = True
        return True

    async def _not_yet(self) -> bool:
        """ "Is it done?", while it is not even said what is to be."""
        call, flow = self.call, self.call.flow
        if flow is None or not flow.changes or call.act != "status" or not repairs.asks(call):
            return False
        if call.flows.started_by(call.intent) is not flow and not call.words.says("did_it_work", call.text):
            return False
        call.say("utter_not_yet", flow=call.words.name(flow.id, call.language))
        return True

    async def _question(self) -> bool:
        """A question in the middle is answered, then it goes on; what a flow tells is that flow's."""
        call = self.call
        if repairs.how_long(call):
            call.memo["back"] = True
            return True
        started = call.flows.started_by(call.intent)
        general = started is not None and bool(started.takes) and call.words.says("in_general", call.text)
        if started is not None and not started.changes and self._is_other_wish() and not general:
            return False
        if general and started is not None and repairs.asks(call):
            call.say(started.takes)
        elif await self._told():
            return True
        elif not await repairs.question(call, inside=True):
            return False
        call.memo["back"] = True
        return True

    async def _told(self) -> bool:
        """Something else of the account is asked about, by its name."""
        of_a_list = self.asked is None or bool(self.asked.lists)
        return repairs.asks(self.call) and not of_a_list and await lookups_of(repairs.LOST).instead(self.call)

    def _is_an_option(self) -> bool:
        """ "I've changed my mind" is a reason, too, where a reason was asked for."""
        asked = self.asked
        heard = self.call.words.heard(asked.options) if asked is not None and asked.options else {}
        return any(sound.search(self.call.text) for sound in heard.values())

    async def _aside(self) -> bool:
        """Words about the question itself."""
        call = self.call
        if not call.free_text:
            return False
        for phrase, response in (
            ("hesitates", "utter_take_your_time"),
            ("why_ask", "utter_why_i_ask"),
            ("what_mean", "utter_let_me_explain"),
        ):
            if call.words.just(phrase, call.text):
                call.say(response)
                return True
        if call.words.says("why_code", call.text):
            call.say("utter_why_a_code" if call.top and call.top.flow == prove.CODE_FLOW else "utter_why_a_code_then")
            return True
        if call.words.says("not_said", call.text) and not call.entities("amount"):
            call.say("utter_my_mistake")
            return True
        return False

    async def values(self) -> bool:
        """Take every value that is in the message. True if it was an answer or a correction."""
        call, flow = self.call, self.call.flow
        assert flow is not None  # noqa: S101
        text = call.text if call.free_text else ""
        call.memo["corrects"] = bool(text) and (
            call.act == "correction" or call.words.begins("correction", text) is not None
        )
        if flow.id == prove.CODE_FLOW:
            if call.memo["corrects"] and await self._below():
                return True
            return await self._hear(flow, None, only=self.asked) or await self._below()
        return await self._hear(flow, self.asked)

    async def _below(self) -> bool:
        """While a code is awaited: a correction of what it is for makes it void, and takes another."""
        call = self.call
        then = call.state
        call.keep(stack=call.state.stack[:-1], otp=None)
        flow = call.flow
        number = call.free_text and flow is not None and "amount" in flow.slots and bool(_NUMBER.search(call.text))
        call.memo["corrects"] = call.memo["corrects"] or number
        asks = call.act in ("question", "status") and not number
        if flow is None or asks or self._is_other_wish():
            call.state = then
            return False
        before = {each: call.slot(each) for each in flow.slots}
        await self._hear(flow, None)
        if call.flow is flow and any(call.slot(each) != before[each] for each in flow.slots if each != CONFIRM):
            call.note(waiting="")
            return True
        if call.flow is flow:
            call.state = then
        return False

    async def _hear(self, flow: Flow, asked: Collect | None, *, only: Collect | None = None) -> bool:
        call, look = self.call, lookups_of(flow.id)
        before = {each: call.slot(each) for each in flow.slots}
        asked = only or asked
        corrected = bool(call.memo.get("corrects")) and _DETAIL.search(call.text) is not None
        other = (self._is_other_wish() and not corrected) or self._asks()
        heard = False
        for collect in (only,) if only else flow.collects:
            if collect.slot == CONFIRM or (call.flow is not flow and only is None):
                continue
            kind = kind_of(collect, call.domain)
            was_asked = asked is collect
            if not other or kind.insists(look, call, collect, asked=was_asked):
                heard = await kind.hear(look, call, collect, asked=was_asked) or heard
        if call.flow is not flow:
            return True
        changed = [name for name in flow.slots if name != CONFIRM and call.slot(name) != before[name]]
        if changed and only is None:
            self._go_back(flow, changed)
        if not changed and asked is not None and asked.slot == CONFIRM:
            heard = await self._confirm(look, asked, other=other) or heard
        if heard:
            call_top = call.top
            if call_top is not None and changed:
                call.note(misses=0)
        return heard

    def _go_back(self, flow: Flow, changed: list[str]) -> None:
        order = [each.slot for each in flow.collects]
        frames.back_to(self.call, min(changed, key=order.index))

    async def _confirm(self, look: Lookups[Any], asked: Collect, *, other: bool) -> bool:
        call = self.call
        kind = kind_of(asked, call.domain)
        if other and not kind.insists(look, call, asked, asked=True):
            return False
        if not await kind.hear(look, call, asked, asked=True):
            return False
        if call.memo.pop("declined", False):
            repairs.cancel_flow(call)
        return True

    def _is_other_wish(self) -> bool:
        """Clearly about something else: its details are not answers to this flow's questions."""
        call = self.call
        if names_opposite(call):
            return True
        if call.intent in ANSWERS or call.confidence < CLEAR:
            return False
        started = call.flows.started_by(call.intent)
        flow = call.flow
        mine = started is not None and flow is not None and (started is flow or _one_story(call, started, flow))
        return not mine and not (call.free_text and call.act in _OF_AN_ANSWER and call.confidence < CERTAIN)

    def _asks(self) -> bool:
        """A question is no answer, though there may be a number in it."""
        call, act = self.call, self.call.message.get("act") or {}
        asks = act.get("name") in ("question", "status") and call.free_text
        return asks and (float(act.get("confidence") or 0.0) >= ASKS or call.words.says("ends_asking", call.text))

    def _missed(self, asked: Collect) -> None:
        call, top = self.call, self.call.top
        misses = (top.misses if top else 0) + 1
        call.note(misses=misses)
        kind_of(asked, call.domain).missed(call, again=misses > 1)


def _one_story(call: Call, told: Flow, flow: Flow) -> bool:
    """A bit of the same story, told where it was asked about."""
    return told.id in flow.implies and call.act in ("report", "answer")
