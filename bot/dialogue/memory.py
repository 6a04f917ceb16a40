"""The journal: what was done in this conversation is remembered, told, and taken back where it can be."""

from __future__ import annotations

from bot.dialogue import frames
from bot.dialogue.buttons import Button
from bot.dialogue.call import Call
from bot.dialogue.flows import Flow
from bot.dialogue.lookups import lookups_of
from bot.dialogue.state import Done, Said
from bot.types import Level

RECENT_S = 3600
"""So long "it" may be something that was done."""
_LONGEST = 60
"""Characters; what is longer tells something of its own."""


def whose(call: Call) -> None:
    """A journal belongs to one customer: to another it does not exist."""
    identity = call.identity
    customer = identity.customer_id if identity is not None and call.level >= Level.SIGNED_IN else ""
    if customer and call.state.customer != customer:
        deeds = call.state.deeds if not call.state.customer else ()
        call.keep(customer=customer, deeds=deeds)


def undo_of(call: Call, flow: Flow) -> bool:
    """Take back the newest of this flow's deeds, where there is one that can be: "no, no complaint after all"."""
    deed = next((each for each in _recent(call) if each.flow == flow.id and not each.undone), None)
    return deed is not None and bool(flow.undo) and _undo(call, [deed])


async def listen(call: Call) -> bool | None:
    """Answer what is asked about something done, or take it back. None: it is about nothing that was done."""
    deeds = _recent(call)
    if not call.free_text or len(call.text) > _LONGEST or call.level < Level.SIGNED_IN:
        return None
    text, words = call.text, call.words
    if words.says("reference", text):
        return _tell_reference(call, deeds) or await lookups_of("pattern_reference").question(call) or None
    if not deeds:
        return None
    if words.says("undo", text) or (call.act == "undo" and not call.entities("order_number")):
        return _undo(call, deeds)
    named = call.flows.started_by(call.intent)
    about_kin = call.act == "status" and named is not None and any(_kin(call, each, named) for each in deeds)
    if words.says("did_it_work", text) or about_kin:
        deed = _meant(call, deeds)
        if deed is not None:
            return _tell(call, deed)
    return None


def _recent(call: Call) -> list[Done]:
    """The newest first."""
    return [each for each in reversed(call.state.deeds) if call.now - each.at < RECENT_S]


def _meant(call: Call, deeds: list[Done]) -> Done | None:
    """The newest, unless something else is named: then the newest of that kind, if there is one."""
    named = call.flows.started_by(call.intent)
    if named is not None and named.area and call.confidence >= 0.5:
        same = [each for each in deeds if _kin(call, each, named)]
        if same:
            return same[0]
        if call.entities("order_number") or call.entities("card_ending"):
            return None
        if call.words.says("names_something", call.text):
            return None
    return deeds[0]


def _kin(call: Call, deed: Done, named: Flow) -> bool:
    flow = call.flows.get(deed.flow)
    return flow is not None and (
        flow.area == named.area or named.id in (flow.id, flow.undo) or flow.id in named.implies
    )


def _tell(call: Call, deed: Done) -> bool:
    if deed.undone:
        response = "utter_it_was_undone_with_reference" if deed.reference else "utter_it_was_undone"
    else:
        response = "utter_it_was_done_with_reference" if deed.reference else "utter_it_was_done"
    flow = call.flows.get(deed.flow)
    undo = () if deed.undone or flow is None or not flow.undo else (_undo_button(call, deed, flow),)
    call.say(
        response,
        buttons=undo,
        what=deed.title or call.words.name(deed.flow, call.language),
        number=deed.reference,
    )
    return True


def _tell_reference(call: Call, deeds: list[Done]) -> bool | None:
    referenced = [each for each in deeds if each.reference]
    if not referenced:
        return None
    named = call.flows.started_by(call.intent)
    kin = [each for each in referenced if named is not None and named.area and _kin(call, each, named)]
    deed = (kin or referenced)[0]
    call.say("utter_reference_is", number=deed.reference, what=deed.title or call.words.name(deed.flow, call.language))
    return True


def _undo(call: Call, deeds: list[Done]) -> bool:
    """The newest that is meant and can be taken back; what cannot is said to be so."""
    named = call.flows.started_by(call.intent)
    kin = [each for each in deeds if named is not None and _kin(call, each, named)]
    for deed in kin or deeds:
        flow = call.flows.get(deed.flow)
        if deed.undone or flow is None:
            continue
        if not flow.undo:
            call.say("utter_cannot_undo", what=deed.title or call.words.name(deed.flow, call.language))
            return True
        undo = call.flows[flow.undo]
        said = Said(intent=call.intent_of(undo.id), entities=deed.entities, act="request", pressed=True)
        frames.push(call, undo, said=said, sure=True)
        return True
    call.say("utter_nothing_to_undo")
    return True


def _undo_button(call: Call, deed: Done, flow: Flow) -> Button:
    values = {str(each["entity"]): str(each["value"]) for each in deed.entities}
    return call.chip(flow.undo, **values)
