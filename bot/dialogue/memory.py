"""The journal: what was done in this conversation is remembered, told, and taken back where it can be."""

from __future__ import annotations

import re
from datetime import UTC, datetime

from bot.dialogue import frames, repairs, wording
from bot.dialogue.buttons import Button
from bot.dialogue.call import Call
from bot.dialogue.candidates import Candidate, Reference
from bot.dialogue.flows import Flow
from bot.dialogue.lookups import lookups_of
from bot.dialogue.state import Done, Said
from bot.types import Level

AT_ONCE_S = 300
RECENT_S = 3600
"""So long "it" may be something that was done."""
_UNSURE = ("", "nlu_fallback", "out_of_scope", "inform_order", "ask_fees")
_DIGITS = re.compile(r"(?<!\d)\d{4}(?!\d)")
_NO_FLOW = Flow(id="")
_SHORT = 24
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


def undo_at_once(call: Call) -> bool:
    """ "No, don't", said right after something was done at once: it is taken back."""
    deed, topic = next(iter(_recent(call)), None), call.topic
    if deed is None or topic is None or topic.flow != deed.flow or call.now - deed.at > AT_ONCE_S or deed.undone:
        return False
    return bool(call.flows[deed.flow].undo) and _undo(call, [deed])


async def listen(call: Call) -> bool | None:
    """Answer what is asked about something done, or take it back. None: it is about nothing that was done."""
    deeds = _recent(call)
    if not call.free_text or call.level < Level.SIGNED_IN:
        return None
    if len(call.text) > _LONGEST:
        return _undo(call, deeds) if deeds and call.words.says("undo", call.text) else None
    if call.words.says("reference", call.text):
        return await _asks_reference(call, deeds)
    asks = _asks_if_done(call) or (call.act == "status" and call.flows.started_by(call.intent) is _left_flow(call))
    if _asks_of_nothing(call, deeds):
        return True
    if asks and _was_left(call, deeds):
        call.say("utter_nothing_done", flow=call.words.name(_left(call), call.language))
        status = call.flows.get(call.flows[_left(call)].status)
        if status is not None and not status.collects:
            frames.push(call, status, said=call.said)
        return True
    return (await _redo(call, deeds[0]) or _of_deeds(call, deeds)) if deeds else None


def _asks_of_nothing(call: Call, deeds: list[Done]) -> bool:
    """ "Nothing was changed, right?", "did you open one?", where nothing was done or left."""
    if call.words.says("nothing_done", call.text) and call.top is None:
        stands = deeds[0].title or call.words.name(deeds[0].flow, call.language) if deeds else ""
        call.say("utter_what_was_done" if stands else "utter_nothing_changed", what=stands)
        return True
    spoken_of = bool(deeds) or call.state.left is not None or call.topic is not None
    if not _asks_if_done(call) or spoken_of or call.intent not in _UNSURE:
        return False
    call.say("utter_nothing_was_done")
    return True


async def _asks_reference(call: Call, deeds: list[Done]) -> bool | None:
    told = _tell_reference(call, deeds) or await lookups_of("pattern_reference").question(call)
    begins = call.flows.started_by(call.intent)
    no_wish = begins is not None and begins.changes and len(call.text) <= _SHORT
    if not told and (no_wish or (call.topic is None and call.intent in _UNSURE)):
        call.say("utter_no_reference")
        return True
    return told or None


async def _redo(call: Call, deed: Done) -> bool:
    """ "Sorry, the other one": it is done for that one, and taking back what was done is offered."""
    flow, topic = call.flows.get(deed.flow), call.topic
    corrects = call.act == "correction" or call.words.begins("correction", call.text) is not None
    corrects = corrects or call.words.just("not_that", call.text)
    if flow is None or topic is None or topic.flow != flow.id or not corrects or repairs.asks(call):
        return False
    which = next((each for each in flow.collects if each.lists), None)
    found = await _another(call, flow, deed) if which is not None else []
    if not found and call.words.just("not_that", call.text) and len(call.text) <= _SHORT and flow.undo:
        return _undo(call, [deed])
    if which is None or len(found) != 1:
        return False
    if flow.undo:
        back = Said(intent=call.intent_of(flow.undo), entities=deed.entities, act="undo", pressed=True)
        frames.push(call, call.flows[flow.undo], said=back)
    known = ({"entity": which.slot, "value": found[0].id},)
    said = Said(intent=call.intent_of(flow.id), entities=known, act="request", pressed=True)
    frames.push(call, flow, said=said, sure=True)
    return True


def _of_deeds(call: Call, deeds: list[Done]) -> bool | None:
    text, words = call.text, call.words
    if words.says("when", text) and deeds[0].due and not words.says("names_something", text):
        return _tell_due(call, deeds[0])
    looks_back = call.act == "undo" or words.says("just_now", text)
    if looks_back and words.says("asks_which", text) and not words.says("undo", text):
        call.say("utter_what_was_done", what=deeds[0].title or words.name(deeds[0].flow, call.language))
        return True
    named = call.flows.started_by(call.intent)
    one_more = words.says("also", text) and named is not None and named.changes
    undoes = words.says("undo", text) or (call.act == "undo" and not call.entities("order_number"))
    if undoes and not one_more:
        return _undo(call, deeds)
    about_kin = call.act == "status" and named is not None and any(_kin(call, each, named) for each in deeds)
    deed = _meant(call, deeds) if about_kin or _asks_if_done(call) else None
    return _tell(call, deed) if deed is not None else None


async def _another(call: Call, flow: Flow, deed: Done) -> list[Candidate]:
    """What is named instead of what it was done to."""
    number = next((str(each) for name in frames.NAMES_IT for each in call.entities(name)), None)
    number = number or next(iter(_DIGITS.findall(call.text)), None)
    others = [each for each in await lookups_of(flow.id).listed(call) if not each.numbered(deed.object)]
    named = Reference(number, (), (), "" if number else call.text).narrow(others)
    return named or (others if call.words.says("other", call.text) else [])


def _asks_if_done(call: Call) -> bool:
    return call.words.says("did_it_work", call.text)


def _left_flow(call: Call) -> Flow | None:
    return call.flows.get(_left(call)) or _NO_FLOW


def _left(call: Call) -> str:
    return call.state.left.flow if call.state.left is not None else ""


def _was_left(call: Call, deeds: list[Done]) -> bool:
    """What was stopped last came after all that was done, and is what is asked about."""
    left = call.state.left
    if left is None or call.now - left.at > RECENT_S or (deeds and deeds[0].at > left.at):
        return False
    named = call.flows.started_by(call.intent)
    return named is None or not named.area or call.confidence < 0.5 or named.area == call.flows[left.flow].area


def _tell_due(call: Call, deed: Done) -> bool:
    today = datetime.fromtimestamp(call.now, UTC).date()
    day = wording.day(deed.due, call.language, today=today, weekday=True)
    call.say("utter_due", what=deed.title or call.words.name(deed.flow, call.language), day=day)
    return True


async def told_inside(call: Call) -> bool | None:
    """In the middle of a flow: whether something that was done went through, or its number."""
    if call.words.says("reference", call.text) or (_asks_if_done(call) and _recent(call)):
        return await listen(call)
    return None


def _recent(call: Call) -> list[Done]:
    """The newest first."""
    return [each for each in reversed(call.state.deeds) if call.now - each.at < RECENT_S]


def _meant(call: Call, deeds: list[Done]) -> Done | None:
    """The newest, unless something else is named: then the newest of that kind, if there is one."""
    numbers = _DIGITS.findall(call.text)
    if numbers:
        return next((each for each in deeds if any(_names(each, number) for number in numbers)), None)
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


def _names(deed: Done, number: str) -> bool:
    return deed.object.endswith(number) or any(str(each["value"]).endswith(number) for each in deed.entities)


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
    return _tell_due(call, deed) if deed.due and not deed.undone else True


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
