"""What a message does, where the conversation stands: listeners are asked in turn, one takes it."""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable
from dataclasses import replace

from bot.dialogue import frames, in_line, memory, prove, repairs, topics, wishes
from bot.dialogue.answers import Answers
from bot.dialogue.buttons import PAYLOAD, offered
from bot.dialogue.call import Call
from bot.dialogue.clauses import verbs
from bot.dialogue.collects import ANSWERS, CLEAR
from bot.dialogue.flows import Flow
from bot.dialogue.lookups import lookups_of
from bot.dialogue.repairs import CLEARLY
from bot.dialogue.state import Offer, Said
from bot.dialogue.words import plain
from bot.languages import language_asked_for

RUN_FLOW = "action_run_flow"
MOMENT = "pattern_moment"
"""A project's `Lookups` of this name hear each message first: what matters more than any flow."""
_LONGER = 10
"""Characters that may stand around a button's title that is typed."""
JUST_THAT = 24
"""Characters; "done, signed in" says nothing else, also where no sign-in was waited for."""
_NO_MORE = ("stop", "no", "that_is_all", "thanks", "noted")
"""After a yes, these make it none: "ok thanks, leave it"."""
UNKNOWN = (repairs.FALLBACK, "out_of_scope")

Listener = Callable[[], Awaitable[bool | None]]


class Hearing:
    """Listeners say True: it was for me; False: nobody here is to take it, the rules may; None: ask the next."""

    def __init__(self, call: Call) -> None:
        self.call = call
        self.offer = call.state.offer

    async def hear(self) -> bool:
        call = self.call
        call.keep(offer=None)
        if call.begins_session:
            frames.drop_all(call)
            call.keep(topic=None, misses=0)
            self.offer = None
        memory.whose(call)
        self._typed_button()
        if call.free_text and await lookups_of(MOMENT).instead(call):
            return True
        listeners: tuple[Listener, ...] = (
            self._in_line,
            self._language,
            self._sign_in,
            self._accepted,
            self._answered,
            self._remembered,
            self._stopped,
            self._wished,
            self._lost,
        )
        for listen in listeners:
            done = await listen()
            if done is not None:
                if done and call.state.misses and not call.memo.get("lost"):
                    call.keep(misses=0)
                return done
        return False

    def _typed_button(self) -> None:
        """Whoever types what stands on a button means the button."""
        call = self.call
        if not call.free_text:
            return
        text = plain(call.text)
        for each in offered(call.tracker.events):
            title = plain(str(each.get("title") or ""))
            longer = title in text and len(title) > 3 and len(text) - len(title) <= _LONGER
            if not title or not (text == title or (longer and call.words.just("padding", text.replace(title, "", 1)))):
                continue
            found = PAYLOAD.fullmatch(str(each.get("payload") or ""))
            if found is not None:
                values = json.loads(found["values"] or "{}")
                entities = tuple({"entity": name, "value": value} for name, value in values.items())
                call.hear(Said(text=call.text, intent=found["intent"], entities=entities, act="answer", pressed=True))
            return

    async def _in_line(self) -> bool | None:
        return await in_line.listen(self.call)

    async def _language(self) -> bool | None:
        call = self.call
        wanted = language_asked_for(call.text) if call.free_text else ""
        if not wanted:
            return None
        if call.top is not None and not call.top.waiting:
            if wanted != call.language:
                call.say("utter_any_language")
            return True
        again = topics.same_again(call)
        if again is None or wanted != call.language:
            call.say("utter_any_language")
            return True
        return wishes.start(call, [again])

    async def _sign_in(self) -> bool | None:
        call, flow = self.call, self.call.flow
        about = prove.about_sign_in(call)
        if call.top is not None and call.top.waiting == "sign_in" and flow is not None:
            return self._waits_for_sign_in(flow, about)
        if about == "done" and len(call.text) <= JUST_THAT:
            call.say("utter_what_else")
        elif about == "asks" and call.words.says("why", call.text):
            self._tell_about_sign_in()
        else:
            return None
        return True

    def _waits_for_sign_in(self, flow: Flow, about: str | None) -> bool | None:
        call = self.call
        yes = about == "done" or self._yes()
        if call.level >= flow.level:
            call.note(waiting="")
            again = call.free_text and call.flows.started_by(call.intent) is flow
            return True if yes or again else None
        if yes:
            prove.ask_sign_in(call)
        elif about == "asks":
            self._tell_about_sign_in()
        elif self._no() or repairs.stops(call):
            repairs.cancel_flow(call)
        else:
            return None
        return True

    def _tell_about_sign_in(self) -> None:
        call = self.call
        call.say("utter_about_sign_in", buttons=(call.button("signed_in", "affirm"), call.person))

    async def _accepted(self) -> bool | None:
        """A yes or a no to what was offered."""
        call, offer = self.call, self.offer
        if offer is None:
            return None
        if call.free_text and call.words.just("noted", call.text):
            return self._decline(offer) if not self._resumes(offer) else None
        if self._yes():
            return await self._accept(offer)
        if self._no() or (repairs.stops(call) and not offer.guesses):
            return self._decline(offer)
        if self._says_how_much(offer):
            known = (*offer.entities, *call.said.entities)
            frames.push(call, call.flows[offer.flow], said=replace(call.said, entities=known, act="request"))
            return True
        return None

    def _says_how_much(self, offer: Offer) -> bool:
        """ "Half of it", to "shall I ask for it back?"."""
        call, flow = self.call, self.call.flows.get(offer.flow)
        if flow is None or offer.guesses or self._resumes(offer) or not call.free_text or repairs.asks(call):
            return False
        amount = call.intent in ANSWERS and (call.entities("amount") or call.words.says("half", call.text))
        return "amount" in flow.slots and bool(amount) and not call.words.says("takes_back", call.text)

    async def _accept(self, offer: Offer) -> bool:
        call = self.call
        if offer.action == RUN_FLOW:
            if offer.said is not None:
                call.hear(offer.said)
                self.offer = None
                return await self.hear()
            return True
        if offer.action:
            call.follow(offer.action)
            return True
        if self._resumes(offer):
            frames.bring_back(call)
            call.memo["back"] = True
            return True
        flow = call.flows.get(offer.flow)
        if flow is None:
            call.say("utter_ask_rephrase", buttons=(call.person,))
            return True
        said = offer.said or Said(intent=call.intent_of(flow.id), entities=offer.entities, act="request", pressed=True)
        frames.push(call, flow, said=said, sure=True)
        return True

    def _decline(self, offer: Offer) -> bool:
        call = self.call
        if offer.guesses:
            call.memo["lost"] = True
            call.say("utter_ask_rephrase", buttons=(call.person,))
            return True
        if offer.action or self._resumes(offer):
            repairs.cancel_flow(call)
        elif call.top is None and not call.state.wishes:
            call.say("utter_what_else")
        return True

    def _resumes(self, offer: Offer) -> bool:
        top = self.call.top
        return top is not None and top.waiting == "resume" and top.flow == offer.flow

    async def _answered(self) -> bool | None:
        call, top = self.call, self.call.top
        if top is None or not top.opened:
            return None
        if top.waiting == "":
            return await Answers(call).take()
        if self.offer is None or not self._resumes(self.offer):
            return None
        then = call.state
        frames.bring_back(call)
        if await Answers(call).values():
            return True
        call.start_over()
        call.state = then
        return None

    async def _remembered(self) -> bool | None:
        return await memory.listen(self.call)

    async def _stopped(self) -> bool | None:
        call = self.call
        if not repairs.stops(call):
            return None
        if call.top is not None:
            repairs.cancel_flow(call)
            return True
        if self.offer is None and memory.undo_at_once(call):
            return True
        busy = self.offer is not None or bool(call.state.wishes)
        frames.drop_all(call)
        call.keep(topic=None)
        call.say("utter_stopped" if busy else "utter_nothing_to_stop")
        return True

    async def _wished(self) -> bool | None:
        return await wishes.listen(self.call)

    async def _lost(self) -> bool | None:
        """Nothing here is for it. A yes or no to nothing is answered; what was not understood is asked about."""
        call = self.call
        if self._yes() or self._no():
            call.say("utter_what_else")
            return True
        if call.line is not None and call.free_text and call.intent in ("", *UNKNOWN):
            return in_line.note(call)
        return await repairs.cannot_handle(call)

    def _yes(self) -> bool:
        call = self.call
        if not call.free_text:
            return call.intent == "affirm"
        if call.words.just("hesitates", call.text):
            return False
        if self._yes_with_it():
            return True
        return call.words.just("yes", call.text) or (call.intent == "affirm" and call.confidence >= CLEAR)

    def _yes_with_it(self) -> bool:
        """ "Yes, please search for it": what follows the yes wants nothing else."""
        call, offer = self.call, self.offer
        if offer is None or offer.guesses or not call.free_text:
            return False
        if offer.flow and offer.flow in verbs(call)[0] and not call.words.says("ends_asking", call.text):
            return True
        if verbs(call)[0] & {each.flow for each in call.state.deeds} - {offer.flow}:
            return False  # "Yes, dispute it", when that is done and something else is offered.
        rest = call.words.begins("yes", call.text)
        if rest is None or any(call.words.just(each, rest) for each in _NO_MORE):
            return False
        if any(call.words.says(each, call.text) for each in ("but", "takes_back", "other")) or "?" in call.text:
            return False
        wanted = call.flows.started_by(call.intent)
        other = wanted is not None and wanted.changes and wanted.id != offer.flow and call.act == "request"
        return not other or call.confidence < CLEARLY

    def _no(self) -> bool:
        call = self.call
        if not call.free_text:
            return call.intent == "deny"
        rest = call.words.begins("yes", call.text)
        if rest and any(call.words.just(each, rest) for each in ("stop", "no", "that_is_all")):
            return True  # "Ok thanks, leave it".
        return call.words.just("no", call.text) or (call.intent == "deny" and call.confidence >= CLEAR)
