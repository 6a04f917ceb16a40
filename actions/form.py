"""Forms: what a flow has to know before it can act, asked one thing at a time, in whatever order the customer says it.

A form is Rasa's: a loop with `required_slots` in domain.yml, started and submitted by rules. `validate_<form>` decides
which slot is asked next and asks it itself, because the questions depend on what is in the account. It takes what it
can from a message, gives messages about something else back to the rules, and goes on when those are through.
"""

from __future__ import annotations

import re
from abc import abstractmethod
from collections.abc import Sequence
from typing import Any, ClassVar

from rasa_sdk.events import ActionExecutionRejected, SlotSet

from actions.base import Action
from actions.buttons import Button, person, stop
from actions.call import Call
from actions.pick import Candidate
from actions.resume import offer_to_resume, set_aside
from actions.steps import CLEAR, HESITATES, Step
from actions.words import TOPICS, word
from bot.languages import language_asked_for

_ANSWERS = frozenset(
    ["affirm", "deny", "inform_amount", "inform_date", "inform_order", "inform_code", "nlu_fallback", "out_of_scope"]
)
_COURTESY = frozenset(["greet", "goodbye", "thank", "bot_challenge", "express_anger", "not_solved", "help"])
"""No wishes: these have to be clear to be more than an answer that was not understood."""
VAGUE = 0.35
"""Less likely than this, a wish is not worth leaving a question for."""
SURE = 0.8
"""So likely must a wish be to be acted on without asking again."""
ASIDE = re.compile(
    r"\W*(but )?why( (do you|would you) (ask|need|want)( that| this| it| to know)*| (that|this|not|is that))?\W*"
    r"|\W*(这是|你)?(为什么|为啥|干嘛|干什么用)(要|还要)?(问|知道|填|选|提供|确认)?(这个|这些|我)?(呢|啊|呀)?\W*",
    re.IGNORECASE,
)
"""Back to the question after a word about it."""
MAX_MISSES = 3
"""So many answers in a row that answer nothing, and a person is fetched."""


class Form(Action):
    """Base of `validate_<form>`. Subclasses name their steps in the order in which they are asked."""

    starts: ClassVar[tuple[str, ...]]
    """The intents that start it: said again inside, they are not a change of subject."""
    takes_all: ClassVar[bool] = False
    """"All of them" is an answer: the slot is then "all"."""
    all_button: ClassVar[str] = "all_cards"
    opens_with: ClassVar[str] = ""
    """A response that is said once, before the first question."""

    @property
    @abstractmethod
    def steps(self) -> tuple[Step, ...]:
        """What is asked, in this order; a class attribute in subclasses."""

    @property
    def form(self) -> str:
        return self.called.removeprefix("validate_")

    @property
    def target(self) -> str:
        return self.form

    def ends_something(self, call: Call) -> bool:
        return call.left

    # What subclasses say

    async def candidates(self, call: Call) -> list[Candidate]:
        """What may be meant, the likeliest first."""
        return []

    async def all_of_them(self, call: Call) -> list[Candidate]:
        """Everything of its kind, also what will not do: so that what was described is recognised."""
        return []

    async def plausible(self, call: Call, candidates: Sequence[Candidate]) -> Candidate | None:
        """The one that is meant though nobody said so; by default the only one there is."""
        return candidates[0] if len(candidates) == 1 else None

    async def confirm(self, call: Call, buttons: Sequence[Button]) -> None:
        """Word the last question."""
        raise NotImplementedError(f"{self.called} asks for confirmation without wording it")

    async def instead(self, call: Call) -> bool:
        """The message that starts it is better answered otherwise, and that was done."""
        return False

    async def allows(self, call: Call, amount: dict[str, Any]) -> bool | None:
        """True: take it. False: it will not do, and the customer was told why. None: it was not meant as this."""
        return True

    async def half(self, call: Call) -> dict[str, Any] | None:
        """Half of what the amount is a part of, if it is a part of anything."""
        return None

    async def ask_amount(self, call: Call, response: str) -> None:
        call.say(response, buttons=[stop(call.language)])

    async def unsuitable(self, call: Call, number: str) -> bool:
        """`number` is not among the candidates: if it exists all the same, say why it will not do and end the form."""
        return False

    async def nothing_to_pick(self, call: Call, response: str) -> None:
        """There is no candidate: say so and end the form."""
        call.say(response)
        self.end(call)

    def more_options(self, call: Call) -> list[Button]:
        """Further buttons beside the candidates."""
        return []

    # What steps need

    async def listed(self, call: Call) -> list[Candidate]:
        """The candidates, asked of the bank once a turn."""
        if "candidates" not in call.memo:
            call.memo["candidates"] = await self.candidates(call)
        found: list[Candidate] = call.memo["candidates"]
        return found

    async def chosen(self, call: Call) -> Candidate:
        """The candidate that was picked."""
        picked = call.slot("order_number") or call.slot("card_ending")
        return next(each for each in await self.listed(call) if each.id == picked)

    def offered(self, call: Call, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Those still in question: what the list was narrowed to, or all of them."""
        ids = (call.slot("flow") or {}).get("offered")
        return [each for each in candidates if each.id in ids] if ids else list(candidates)

    def narrow(self, call: Call, candidates: Sequence[Candidate]) -> None:
        self.note(call, offered=[each.id for each in candidates])

    async def has_others(self, call: Call) -> bool:
        return len(await self.listed(call)) > 1 and call.slot(self.steps[0].slot) != "all"

    async def choose_another(self, call: Call) -> bool:
        """Not this one: the other one if there are two, else ask which. False if there is no other."""
        slot = self.steps[0].slot
        others = [each for each in await self.listed(call) if each.id != call.slot(slot)]
        if not others:
            return False
        self.narrow(call, others)
        call.set(slot, others[0].id if len(others) == 1 else None)
        call.set("amount", None)
        return True

    async def not_among(self, call: Call, number: str) -> None:
        if not await self.unsuitable(call, number):
            call.say("utter_number_not_found", number=number)

    def give_up(self, call: Call) -> None:
        """The customer does not want it after all."""
        call.say("utter_nothing_done")
        self.end(call)

    def end(self, call: Call) -> None:
        """Leave the form without submitting it."""
        call.forget_form()
        call.leave_form()
        offer_to_resume(call)

    # The turn

    async def perform(self, call: Call) -> None:
        flow = call.slot("flow") or {}
        if flow.get("form") != self.form:
            await self._start(call)
        elif flow.get("resumed"):
            self.note(call, resumed=False)
            call.say("utter_back_to", topic=word(TOPICS, self.form, call.language))
        elif not await self._hear(call):
            call.reject(ActionExecutionRejected(self.form), SlotSet("flow", {**flow, "resumed": True}))
            return
        if not call.left:
            await self._ask_next(call)

    async def _start(self, call: Call) -> None:
        set_aside(call)
        call.forget_form()
        sure = call.confidence >= SURE and call.act != "report"
        call.set("flow", {"form": self.form, "sure": call.intent not in self.starts or sure})
        if await self.instead(call):
            self.end(call)
            return
        if self.opens_with:
            call.say(self.opens_with)
        for step in self.steps:
            if not call.left:
                await step.hear(self, call, asked=False)

    async def _hear(self, call: Call) -> bool:
        """False if the message is about something else."""
        if call.free_text and ASIDE.fullmatch(call.text):
            self.note(call)
            call.say("utter_why_i_ask")
            return True
        if call.free_text and HESITATES.fullmatch(call.text):
            self.note(call)
            call.say("utter_take_your_time")
            return True
        wanted = language_asked_for(call.text) if call.free_text else ""
        if wanted:
            self.note(call)
            if wanted != call.language:
                call.say("utter_any_language")
            return True
        asked = call.slot("requested_slot")
        before = {step.slot: call.slot(step.slot) for step in self.steps}
        changed = False
        other_wish = self._is_other_wish(call)
        for step in self.steps:
            if step.slot == "confirm" and changed:
                call.set("confirm", None)
            elif not call.left and not (other_wish and not step.insists(call, asked=step.slot == asked)):
                changed = await step.hear(self, call, asked=step.slot == asked) or changed
        if changed or call.intent in self.starts:
            moved = before != {step.slot: call.slot(step.slot) for step in self.steps}
            self.note(call, misses=0 if moved else (call.slot("flow") or {}).get("misses", 0))
            return True
        if call.intent not in _ANSWERS and call.confidence >= (CLEAR if call.intent in _COURTESY else VAGUE):
            return False
        self._missed(call)
        return True

    def _is_other_wish(self, call: Call) -> bool:
        """Clearly about something else: its details are not answers to this form's questions."""
        return call.intent not in (*_ANSWERS, *self.starts, "") and call.confidence >= CLEAR

    def _missed(self, call: Call) -> None:
        misses = (call.slot("flow") or {}).get("misses", 0) + 1
        self.note(call, misses=misses)
        if call.intent == "deny" and call.confidence >= CLEAR:
            self._none_of_them(call, again=misses > 1)
        elif misses >= MAX_MISSES:
            call.leave_form()
            call.follow("action_default_fallback")
        else:
            buttons = [person(call.language)] if misses > 1 else []
            call.say("utter_answer_not_understood", buttons=buttons)

    def _none_of_them(self, call: Call, *, again: bool) -> None:
        """ "No" to a list: it may be another one, or nothing at all. To any other question: nothing."""
        asked = call.tracker.slots.get("requested_slot")
        if again or not any(step.lists for step in self.steps if step.slot == asked):
            self.give_up(call)
            return
        call.say("utter_none_of_them", buttons=[stop(call.language), person(call.language)])
        call.memo["asked"] = True

    async def _ask_next(self, call: Call) -> None:
        for step in self.steps:
            if step.filled(call) or await step.settle(self, call):
                continue
            if not call.left and "asked" not in call.memo:
                await step.ask(self, call)
            if not call.left:
                call.set("requested_slot", step.slot)
            return
        call.set("requested_slot", None)

    def note(self, call: Call, **facts: Any) -> None:
        if call.slot("flow"):
            call.set("flow", {**call.slot("flow"), **facts})
