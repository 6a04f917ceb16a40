"""What a short message says about what was answered last: once more, of something else, when, or back."""

from __future__ import annotations

from dataclasses import replace

from bot.dialogue import repairs
from bot.dialogue.call import Call
from bot.dialogue.clauses import CLAUSE, verbs
from bot.dialogue.collects import CLEAR
from bot.dialogue.flows import Flow
from bot.dialogue.state import Said
from bot.languages import language_asked_for

LONGEST = 48
"""Characters; what is longer says for itself what it is about."""

_ABOUT = frozenset({"request_human", "affirm", "deny", "greet", "thank", "goodbye"})
"""Never about what was answered."""


def same_again(call: Call) -> Said | None:
    """What was answered last, asked once more."""
    topic = call.topic
    if topic is None:
        return None
    return Said(intent=call.intent_of(topic.flow), entities=topic.entities, act="request", pressed=True)


def follow_up(call: Call) -> Said | None:
    """What a short message asks about what was answered last: the same once more, of something else, or when."""
    text, topic = call.text.strip(), call.topic
    if topic is None or topic.flow not in call.flows or len(text) > LONGEST or language_asked_for(text):
        return None
    if call.words.says("names_something", text):
        return None
    started = call.flows.started_by(call.intent)
    clear = call.confidence >= repairs.CLEARLY and call.intent != repairs.FALLBACK and not short_and_bare(call)
    if clear and started is not None and started.area:
        return None
    flow = call.flows[topic.flow]
    return _asked_when(call, flow) or _about_it(call, flow)


def _about_it(call: Call, flow: Flow) -> Said | None:
    text, topic, same = call.text, call.topic, same_again(call)
    if same is not None and call.words.says("and_now", text):
        return _status_of(call, flow) if flow.changes else same
    if same is None or topic is None or call.words.says("what_to_do", text) or _is_of_its_own(call, flow):
        return None
    clauses = [each for each in CLAUSE.split(text) if not call.words.says("unwanted", each)]
    taken_back = any(call.words.says("undo_it", each) for each in clauses)
    if (call.act == "status" and taken_back) or call.words.just("why_ask", text):
        return same
    if flow.undo and (call.act == "undo" or taken_back or verbs(call)[0] == {flow.undo}):
        return Said(intent=call.intent_of(flow.undo), entities=topic.entities, act="request", pressed=True)
    other = call.words.says("other", text) and call.intent != "request_human"
    if call.words.says("about_it", text) and (other or call.intent not in _ABOUT):
        return replace(call.said, intent=same.intent, confidence=1.0, act="request")
    return None


def _is_of_its_own(call: Call, flow: Flow) -> bool:
    """ "And the other payment, can I get it back?": it begins as a follow-up does, and names its own wish."""
    wanted = verbs(call)[0]
    if wanted and not wanted & {flow.id, flow.undo}:
        return True
    started = call.flows.started_by(call.intent)
    other = started is not None and bool(started.area) and started is not flow
    return other and call.confidence >= CLEAR and len(call.text) > 4


def _asked_when(call: Call, flow: Flow) -> Said | None:
    topic = call.topic
    if topic is None or not call.words.says("when", call.text):
        return None
    if "when" in flow.follow_ups:
        return same_again(call)
    return _status_of(call, flow)


def _status_of(call: Call, flow: Flow) -> Said | None:
    if call.topic is None or not flow.status or not call.flows[flow.status].triggers:
        return None
    return Said(intent=call.intent_of(flow.status), entities=call.topic.entities, act="status", pressed=True)


def short_and_bare(call: Call) -> bool:
    """ "When?" looks like many things, and is about what was spoken of; so is "how long does that take?"."""
    bare = len(call.text) <= 12 or (call.words.says("it", call.text) and call.words.says("when", call.text))
    return bare and not call.said.entities
