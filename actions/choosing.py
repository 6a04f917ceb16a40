"""The step that finds out which payment, refund, transfer or card is meant."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from actions import nouns
from actions.buttons import Button, button, payload, stop
from actions.call import Call
from actions.pick import EVERY, NEWEST_ONE, ONLY_A_PLACE, Candidate, Reference, bare_amounts, told_apart
from actions.steps import LEAVING, Step
from actions.wording import numbered

if TYPE_CHECKING:
    from actions.form import Form

MAX_OFFERED = 5
_ANSWERS = ("affirm", "deny", "inform_amount", "inform_date", "inform_order", "nlu_fallback", "out_of_scope", "")
_DETAILS = ("inform_amount", "inform_date", "inform_order")
_SHORT = 24
"""Characters; in a message no longer than that a name is an answer, whatever its intent seems to be."""


class Pick(Step):
    """One of `form.candidates`: taken at once if it is named or the only one, else offered as buttons."""

    lists = True

    def __init__(self, kind: str, which: str, none: str, *, slot: str = "order_number") -> None:
        self.slot = slot
        self._kind = kind
        """The card's name: payments, refunds, transfers, cards."""
        self._which = which
        self._none = none

    async def hear(self, form: Form, call: Call, *, asked: bool) -> bool:
        reference = self._reference(form, call, asked=asked)
        if form.takes_all and (reference.number == "ALL" or self._says_all(call, asked=asked)):
            call.set(self.slot, "all")
            return True
        candidates = await form.listed(call)
        found = reference.narrow(candidates)
        if found is None and asked and (call.intent in _ANSWERS or ONLY_A_PLACE.fullmatch(reference.text)):
            placed = reference.place(form.offered(call, candidates))
            found = [placed] if placed else None
        if found is None and not asked and candidates and NEWEST_ONE.search(reference.text):
            found = candidates[:1]
        if found is None and asked and call.intent == "affirm" and len(form.offered(call, candidates)) == 1:
            found = form.offered(call, candidates)
        if reference.number and not found:
            await form.not_among(call, reference.number)
            return True
        if not found and not asked and await self._is_another(form, call, reference):
            return True
        return bool(found) and self._take(form, call, found or [])

    async def _is_another(self, form: Form, call: Call, reference: Reference) -> bool:
        """What was described is there, but not where this can be done: say so instead of proposing another."""
        if not (reference.amounts or reference.dates or reference.text) or call.slot(self.slot) is not None:
            return False
        known = [each.id for each in await form.listed(call)]
        others = [each for each in await form.all_of_them(call) if each.id not in known]
        described = reference.narrow(others) or []
        return len(described) == 1 and await form.unsuitable(call, described[0].id)

    def _says_all(self, call: Call, *, asked: bool) -> bool:
        return asked and call.free_text and EVERY.fullmatch(call.text) is not None

    def insists(self, call: Call, *, asked: bool) -> bool:
        named = asked and call.free_text and len(call.text) <= _SHORT and call.intent not in LEAVING
        return named or self._says_all(call, asked=asked)

    def _take(self, form: Form, call: Call, found: Sequence[Candidate]) -> bool:
        if len(found) > 1:
            if call.slot(self.slot) is not None:
                return False
            form.narrow(call, found)
            return True
        if found[0].id == call.slot(self.slot):
            return call.intent in _DETAILS
        call.set(self.slot, found[0].id)
        return True

    def _reference(self, form: Form, call: Call, *, asked: bool) -> Reference:
        number = call.entity("card_ending" if self.slot == "card_ending" else "order_number")
        opening = call.intent in form.starts or call.intent in _ANSWERS
        readable = opening or (asked and len(call.text) <= _SHORT and call.intent not in LEAVING)
        amounts = tuple(each for each in call.entities("amount") if isinstance(each, dict))
        if readable and call.free_text and not number and not call.entities("date"):
            amounts = amounts or bare_amounts(call.text)
        return Reference(
            number=str(number).upper() if number else None,
            amounts=amounts,
            dates=tuple(call.entities("date")),
            text=call.text if readable and call.free_text else "",
            roughly=asked or call.slot(self.slot) is None,
        )

    async def settle(self, form: Form, call: Call) -> bool:
        candidates = form.offered(call, await form.listed(call))
        if not candidates:
            await form.nothing_to_pick(call, self._none)
            return self.filled(call)
        only = await form.plausible(call, candidates)
        if only is None:
            return False
        call.set(self.slot, only.id)
        return True

    async def ask(self, form: Form, call: Call) -> None:
        candidates = form.offered(call, await form.listed(call))[:MAX_OFFERED]
        form.narrow(call, candidates)
        titles = told_apart(candidates, [each.title for each in candidates], zh=call.zh)
        options = [
            Button(title, payload("inform_order", **{self.slot: each.id}))
            for title, each in zip(titles, candidates, strict=True)
        ]
        if form.takes_all:
            options.append(button(form.all_button, call.language, "inform_order", **{self.slot: "all"}))
        options += [*form.more_options(call), stop(call.language)]
        call.say(
            self._which,
            buttons=options,
            card=nouns.card_of(self._kind, candidates, call),
            options=numbered(told_apart(candidates, [each.line for each in candidates], zh=call.zh)),
        )
