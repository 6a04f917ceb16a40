"""What a flow asks of the project's code: where the values come from, and how its questions are worded.

A subclass names its flow; a flow without one needs none. Everything is looked up in the moment, nothing is kept.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, ClassVar, Generic, TypeVar

from bot.dialogue import frames
from bot.dialogue.buttons import Button
from bot.dialogue.call import Call
from bot.dialogue.candidates import Candidate
from bot.dialogue.flows import Collect

C = TypeVar("C", bound=Call)

_REGISTERED: dict[str, type[Lookups[Any]]] = {}


class Lookups(Generic[C]):
    """Base, and what a flow without its own has. `flow` is the flow's id."""

    flow: ClassVar[str] = ""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if "flow" in vars(cls):
            _REGISTERED[cls.flow] = cls

    # What subclasses say

    async def candidates(self, call: C) -> list[Candidate]:
        """What may be meant, the likeliest first."""
        return []

    async def all_of_them(self, call: C) -> list[Candidate]:
        """Everything of its kind, also what will not do: so that what was described is recognised."""
        return []

    async def plausible(self, call: C, candidates: Sequence[Candidate]) -> Candidate | None:
        """The one that is meant though nobody said so; by default the only one there is."""
        return candidates[0] if len(candidates) == 1 else None

    async def unsuitable(self, call: C, number: str) -> bool:
        """`number` is not among the candidates: if it exists all the same, say why it will not do and end the flow."""
        return False

    async def nothing_to_pick(self, call: C, response: str) -> None:
        """There is no candidate: say so and end the flow."""
        call.say(response)
        self.end(call)

    def more_options(self, call: C) -> list[Button]:
        """Further buttons beside the candidates."""
        return []

    async def instead(self, call: C) -> bool:
        """The message that starts it is better answered otherwise, and that was done."""
        return False

    async def question(self, call: C) -> bool:
        """Answer from the account what was asked about it, and what the help centre cannot know. False: not that."""
        return False

    async def opening(self, call: C) -> None:
        """What is done at once when it begins, before anything is asked: the protective, reversible step."""

    async def value(self, call: C, collect: Collect) -> Any:
        """For kind `looked_up`: what the message says for this slot, None if nothing."""
        return None

    async def allows(self, call: C, amount: dict[str, Any]) -> bool | None:
        """True: take it. False: it will not do, and the customer was told why. None: it was not meant as this."""
        return True

    async def part_of(self, call: C) -> Mapping[str, Any] | None:
        """`{minor, currency}` of what the amount is a part of, if it is a part of anything: half of it, all of it."""
        return None

    async def ask_amount(self, call: C, response: str) -> None:
        call.say(response, buttons=[call.stop])

    async def confirm(self, call: C, buttons: Sequence[Button]) -> None:
        """Word the last question: say what will be done, to what. The default says the flow's name."""
        flow = call.flow
        call.say("utter_confirm_flow", buttons=buttons, flow=call.words.name(flow.id if flow else "", call.language))

    def also_yes(self, text: str) -> bool:
        """What says yes to the last question, though it may sound like a no: "I never bought that"."""
        return False

    # What recognisers need

    async def listed(self, call: C) -> list[Candidate]:
        """The candidates, asked for once a turn."""
        if self.flow not in call.memo:
            call.memo[self.flow] = await self.candidates(call)
        found: list[Candidate] = call.memo[self.flow]
        return found

    async def chosen(self, call: C) -> Candidate:
        """The candidate that was picked."""
        picked = {call.slot(each.slot) for each in self._choices(call)}
        return next(each for each in await self.listed(call) if each.id in picked)

    def _choices(self, call: C) -> list[Collect]:
        return [each for each in (call.flow.collects if call.flow else ()) if each.lists]

    def offered(self, call: C, candidates: Sequence[Candidate]) -> list[Candidate]:
        """Those still in question: what the list was narrowed to, or all of them."""
        ids = call.top.offered if call.top else ()
        return [each for each in candidates if each.id in ids] if ids else list(candidates)

    async def has_others(self, call: C) -> bool:
        picks = self._choices(call)
        return bool(picks) and call.slot(picks[0].slot) != "all" and len(await self.listed(call)) > 1

    async def choose_another(self, call: C) -> bool:
        """Not this one: the other one if there are two, else ask which. False if there is no other."""
        picks = self._choices(call)
        if not picks:
            return False
        slot = picks[0].slot
        others = [each for each in await self.listed(call) if each.id != call.slot(slot)]
        if not others:
            return False
        call.set(slot, others[0].id if len(others) == 1 else None)
        frames.back_to(call, slot)
        call.note(offered=tuple(each.id for each in others), part=None)
        return True

    def end(self, call: C) -> None:
        """Leave the flow without doing what it is for."""
        frames.drop(call)


def lookups_of(flow_id: str) -> Lookups[Any]:
    found = _REGISTERED.get(flow_id, Lookups)()
    if type(found) is Lookups:
        found.flow = flow_id  # type: ignore[misc]
    return found
