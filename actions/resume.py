"""A flow that was interrupted by another one is offered again once that is through."""

from __future__ import annotations

from actions.buttons import button
from actions.call import FORM_SLOTS, Call
from actions.words import TOPICS, word


def set_aside(call: Call) -> None:
    """Another form takes over: keep where this one stood."""
    flow = call.slot("flow")
    if flow:
        asked = call.tracker.slots.get("requested_slot")
        call.set("paused", {"flow": flow, "slots": {name: call.slot(name) for name in FORM_SLOTS}, "asked": asked})


def offer_to_resume(call: Call) -> None:
    """After the interruption: shall we go on? Once; not if something else was just proposed or a person takes over."""
    paused = call.slot("paused")
    if not paused or call.slot("handover_reason") or call.proposes:
        return
    if paused.get("offered"):
        call.set("paused", None)
        return
    call.set("paused", {**paused, "offered": True})
    form = paused["flow"]["form"]
    buttons = (button("go_on", call.language, "affirm"), button("no", call.language, "deny"))
    call.ask_back("utter_offer_resume", {"resume": form}, buttons=buttons, topic=word(TOPICS, form, call.language))


def resume(call: Call, *, answered: bool = False) -> None:
    """Put back what was set aside and let its form ask where it stopped; or go on, if this message is the answer."""
    paused = call.slot("paused")
    if not paused:
        return
    for name, value in paused["slots"].items():
        call.set(name, value)
    call.set("flow", {**paused["flow"], "resumed": not answered})
    call.set("requested_slot", paused["asked"])
    call.set("paused", None)
    call.follow(paused["flow"]["form"])
