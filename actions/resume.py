"""A flow that was interrupted by another one is offered again once that is through."""

from __future__ import annotations

from actions.buttons import button
from actions.call import FORM_SLOTS, Call
from actions.words import TOPICS, word


def set_aside(call: Call) -> None:
    """Another form takes over: keep where this one stood."""
    flow = call.slot("flow")
    if flow:
        call.set("paused", {"flow": flow, "slots": {name: call.slot(name) for name in FORM_SLOTS}})


def offer_to_resume(call: Call) -> None:
    """After the interruption: shall we go on? Not if something else was just proposed or a person takes over."""
    paused = call.slot("paused")
    if not paused or call.slot("handover_reason") or call.proposes:
        return
    form = paused["flow"]["form"]
    buttons = (button("go_on", call.language, "affirm"), button("no", call.language, "deny"))
    call.ask_back("utter_offer_resume", {"resume": form}, buttons=buttons, topic=word(TOPICS, form, call.language))


def resume(call: Call) -> None:
    """Put back what was set aside and let its form ask where it stopped."""
    paused = call.slot("paused")
    if not paused:
        return
    for name, value in paused["slots"].items():
        call.set(name, value)
    call.set("flow", {**paused["flow"], "resumed": True})
    call.set("paused", None)
    call.follow(paused["flow"]["form"])
