"""While a customer waits for a person: their place, leaving the line, and what the bot does not try to answer then."""

from __future__ import annotations

from typing import Any

from bot.dialogue import frames, repairs
from bot.dialogue.action import Action
from bot.dialogue.call import Call
from bot.dialogue.collects import CLEAR
from bot.types import Level

LEAVES = "pattern_leave_line"


async def listen(call: Call) -> bool | None:
    """Before anything else that a message may be. None: it is not about the line, and done as ever."""
    if call.line is None:
        return None
    text, flow = call.text, call.flows.started_by(call.intent)
    asks_for_person = flow is not None and flow.id == "pattern_human_handoff"
    if call.free_text and (call.words.says("leave_line", text) or _gives_up(call)):
        leave(call)
    elif asks_for_person or (call.free_text and call.words.says("how_long_line", text)):
        tell_place(call)
    elif call.top is None and repairs.stops(call):
        leave(call)
    elif call.free_text and (call.words.just("thanks", text) or call.words.just("hesitates", text)):
        return True  # There is nothing to say to it; they know that somebody comes.
    else:
        return None
    return True


def _gives_up(call: Call) -> bool:
    """ "Never mind, I'll wait for the letter": nothing else is wanted with it."""
    wanted = call.flows.started_by(call.intent)
    other = wanted is not None and bool(wanted.area) and call.confidence >= CLEAR
    return call.top is None and call.words.begins("stop", call.text) is not None and not other


def leave(call: Call) -> None:
    frames.drop_all(call)
    frames.push(call, call.flows[LEAVES])


def tell_place(call: Call) -> None:
    line: dict[str, Any] = dict(call.line or {})
    wait_s = line.get("wait_s")
    response = "utter_place_in_line" if line.get("on_duty", True) else "utter_place_in_line_nobody"
    if wait_s is not None and line.get("on_duty", True):
        response = "utter_place_in_line_minutes"
    minutes = str(max(1, round((wait_s or 60) / 60)))
    call.say(
        response, buttons=(call.button("leave_line", "stop"),), position=str(line.get("position", 1)), minutes=minutes
    )


def note(call: Call) -> bool:
    """What the bot cannot do is for the person who comes; said once."""
    misses = call.state.misses
    call.keep(misses=misses + 1)
    call.memo["lost"] = True
    if not misses:
        call.say("utter_noted_for_person", buttons=(call.button("leave_line", "stop"),))
    return True


class LeaveLine(Action[Call]):
    """The worker takes them out of the line when this has run, and the system says so."""

    called = "action_leave_line"
    requires = Level.NONE

    async def perform(self, call: Call) -> None:
        call.keep(misses=0)
