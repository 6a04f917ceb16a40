"""What a message asks for: one thing, several, or something about what was just answered."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from bot.dialogue import frames, memory, repairs
from bot.dialogue.call import Call
from bot.dialogue.candidates import Reference
from bot.dialogue.collects import ANSWERS, CLAUSE, CLEAR, verbs
from bot.dialogue.flows import CONFIRMED, Flow
from bot.dialogue.lookups import lookups_of
from bot.dialogue.state import Said
from bot.languages import language_asked_for
from bot.types import Level

LIKELY = 5
"""A part's intent has to be among so many likeliest of the whole message: parts alone say less than they seem to."""
SURE = 0.8
"""So likely must a wish be to be acted on without asking again."""
BARELY = 0.35
LIKELY_ENOUGH = 0.5
"""Less likely than this, something that changes anything is asked about first."""
_ASKING = re.compile(r"[?？吗么嘛]\W*$|[用行好能]不\W*$")
ASKED = frozenset({"request", "report", "answer", "correction", "social", ""})
"""Acts that want the thing, or may."""
_BRIEF = 14
_LONGEST = 48
CLEARLY_SO = 0.9
LOST = "pattern_cannot_handle"
PERSON = "pattern_human_handoff"
WISH = "pattern_wish"
"""A project's `Lookups` of this name look at each wish before it is taken for what its intent says."""
_ABOUT = frozenset({"request_human", "affirm", "deny", "greet", "thank", "goodbye"})
"""Never about what was answered."""


async def listen(call: Call) -> bool | None:
    """Begin what is wanted, or answer what is asked. None: nothing was wanted that a flow does."""
    if not call.free_text:
        flow = call.flows.started_by(call.intent)
        return start(call, [call.said]) if flow is not None else None
    if _wants_person(call) and _no_danger(call):
        return start(call, [replace(call.said, intent=call.intent_of(PERSON), act="request")])
    if await _several(call):
        return True
    if await lookups_of(WISH).instead(call) or await _about_topic(call) or await _is_a_question(call):
        return True
    flow = _by_verb(call) or call.flows.started_by(call.intent)
    if flow is None or call.confidence < flow.triggers.get(call.intent, 0.0):
        return True if await _nothing_wanted(call) else None
    return await _one(call, flow)


def _by_verb(call: Call) -> Flow | None:
    """Where the intent says little, the verb does: "4418冻一下"."""
    wanted = verbs(call)[0]
    says_little = call.intent in ANSWERS or call.confidence < CLEAR
    asks = len(call.text) > _LONGEST or call.words.says("ends_asking", call.text)
    if not says_little or asks or len(wanted) != 1 or _act(call) in ("question", "status") or repairs.takes_back(call):
        return None
    return call.flows.get(next(iter(wanted)))


async def _several(call: Call) -> bool:
    """More than one wish, or another one than the whole message seems to be."""
    several = _besides(call) or ([] if repairs.takes_back(call) else wishes_in(call))
    if not several:
        return False
    told = _act(call) == "question" and not any(_changes(call, each) for each in several)
    if told and await repairs.question(call):
        return True
    if len(several) > 1:
        call.say("utter_one_by_one")
    return start(call, several)


def _besides(call: Call) -> list[Said]:
    """What is wanted in the other clauses of a message that says what is not."""
    parts = [each for each in call.message.get("intents") or [] if call.flows.started_by(str(each["name"])) is not None]
    wanted = [each for each in parts if not (call.words.says("denies", str(each["text"])) and _does(call, each))]
    return [_wish(each, call) for each in wanted] if len(wanted) < len(parts) else []


def _does(call: Call, part: Mapping[str, Any]) -> bool:
    flow = call.flows.started_by(str(part["name"]))
    return flow is not None and flow.changes


def _changes(call: Call, wish: Said) -> bool:
    flow = call.flows.started_by(wish.intent)
    return flow is None or flow.changes or flow.person


def _wants_person(call: Call) -> bool:
    says = call.words.says
    return any(says("wants_person", each) and not says("unwanted", each) for each in CLAUSE.split(call.text))


def _no_danger(call: Call) -> bool:
    """What protects comes before a person, who then sees the rest."""
    parts = [call.intent, *(str(each["name"]) for each in call.message.get("intents") or [])]
    flows = [call.flows.started_by(each) for each in parts]
    return not any(each is not None and each.protects and not each.person for each in flows)


async def _is_a_question(call: Call) -> bool:
    """Something general, which only sounds like what the account can tell; or that nothing is wanted."""
    flow = call.flows.started_by(call.intent)
    if flow is None or flow.changes or call.confidence >= CLEARLY_SO:
        return False
    if not flow.area and not flow.person and repairs.takes_back(call):
        repairs.not_wanted(call)
        return True
    return _act(call) == "question" and await repairs.question(call)


async def _nothing_wanted(call: Call) -> bool:
    """It asks for nothing that a flow does: a question, or that nothing be done."""
    names = repairs.asks(call) or any(call.words.says(each, call.text) for each in ("about_it", "ends_asking"))
    if names and await lookups_of(LOST).instead(call):
        return True
    if await repairs.question(call):
        return True
    if call.intent in repairs.NOT_WISHES and call.words.says("takes_back", call.text):
        repairs.not_wanted(call)
        return True
    return False


async def _one(call: Call, flow: Flow) -> bool:
    """One wish, by the kind of saying it is."""
    if _act(call) == "other_person" and not flow.person and (flow.changes or flow.level > Level.NONE):
        if not (call.words.says("asks_how", call.text) and await repairs.question(call)):
            repairs.somebody_else(call)
        return True
    meant: Flow | None = flow
    if flow.changes:
        meant = await _by_act(call, flow)
        if meant is not None and meant.changes and _in_doubt(call, meant) and call.words.has_title(meant.id):
            if not (repairs.asks(call) and await lookups_of(LOST).instead(call)):
                repairs.guess(call, meant)
            return True
    if meant is not None:
        frames.push(call, meant, said=call.said, sure=is_sure(replace(call.said, act=_act(call) or call.act)))
    return True


def _act(call: Call) -> str:
    act = call.message.get("act") or {}
    name = str(act.get("name") or "") if float(act.get("confidence") or 0.0) >= repairs.SURE_OF_ACT else ""
    return "request" if name == "question" and call.words.says("can_you", call.text) else name


def _in_doubt(call: Call, flow: Flow) -> bool:
    """What changes anything is not begun by a guess. What asks for a yes anyway may be a worse guess."""
    return call.confidence < (BARELY if flow.effect in CONFIRMED else LIKELY_ENOUGH)


async def _by_act(call: Call, flow: Flow) -> Flow | None:
    """The flow that is to begin where this one was spoken of; None: it was answered otherwise."""
    act = _act(call)
    if repairs.takes_back(call, flow):
        await _not_wanted(call, flow)
        return None
    if act == "undo" and flow.undo:
        sure = float(call.message["act"]["confidence"]) >= SURE
        return None if memory.undo_of(call, flow) else call.flows[flow.undo] if sure else flow
    if act in ("question", "status") and not await _may_it_be(call, flow):
        return await _asked_about(call, flow, act)
    return flow


async def _asked_about(call: Call, flow: Flow, act: str) -> Flow | None:
    """It is answered, or told by the flow that knows; what would change something is only proposed."""
    if await repairs.question(call, flow=flow):
        return None
    if act == "status" and flow.status:
        return call.flows[flow.status]
    if not call.words.has_title(flow.id):
        return flow
    repairs.guess(call, flow)
    return None


async def _may_it_be(call: Call, flow: Flow) -> bool:
    """ "Can I still cancel it?", of what was just spoken of or is named: the flow knows, and asks before it does
    anything."""
    if flow.effect not in CONFIRMED or not call.words.says("may_it", call.text) or len(call.text) > _LONGEST:
        return False
    if call.topic is not None and call.topic.entities:
        return True
    if call.level < flow.level:
        return False
    amounts = tuple(each for each in call.entities("amount") if isinstance(each, dict))
    named = Reference(None, amounts, tuple(call.entities("date")), call.text)
    return len(named.narrow(await lookups_of(flow.id).listed(call)) or []) == 1


async def _not_wanted(call: Call, flow: Flow) -> None:
    """Taken back if it was done; else nothing is done, and what is asked about it is answered."""
    undo = call.flows.get(flow.undo)
    wanted = [found for each in verbs(call)[0] if (found := call.flows.get(each)) is not None]
    if len(wanted) == 1 and wanted[0] is not flow:
        frames.push(call, wanted[0], said=replace(call.said, act="request"))
        return
    if memory.undo_of(call, flow):
        return
    if undo is not None and not undo.triggers and call.level >= undo.level and await lookups_of(undo.id).listed(call):
        frames.push(call, undo, said=replace(call.said, act="undo"), sure=True)
        return
    beside = _asked_beside(call, flow)
    asks = beside is None and call.words.says("ends_asking", call.text)
    if asks and await lookups_of(LOST).instead(call):
        return
    if beside is not None:
        frames.push(call, beside, said=replace(call.said, act="status"))
    elif not (call.words.says("asks_how", call.text) and await repairs.question(call, flow=flow)):
        repairs.not_wanted(call, flow)


def _asked_beside(call: Call, flow: Flow) -> Flow | None:
    """What is asked in the same breath: "don't cancel it. Is it on its way?", "... I only ask why it failed"."""
    if not (repairs.asks(call) or "?" in call.text or "？" in call.text or call.words.says("asks_how", call.text)):
        return None
    parts = [call.flows.started_by(str(each["name"])) for each in call.message.get("intents") or []]
    told = next((each for each in parts if each is not None and each.area and not each.changes), None)
    return told or call.flows.get(flow.status)


def start(call: Call, wishes: Sequence[Said]) -> bool:
    """Begin the first; the others come when it is through."""
    first, *later = wishes
    flow = call.flows.started_by(first.intent)
    if flow is None:
        return False
    if later:
        call.keep(wishes=tuple(later))
    frames.push(call, flow, said=first, sure=is_sure(first))
    return True


def is_sure(said: Said) -> bool:
    """Asked for so plainly that what does no harm needs no yes."""
    plain = ("request", "correction", "undo", "") if len(said.text) > _BRIEF else ASKED - {"report"}
    return said.pressed or (said.confidence >= SURE and said.act in plain and not _ASKING.search(said.text))


def wishes_in(call: Call) -> list[Said]:
    """The wishes of a message in order, if they are not just what its intent says; else none."""
    parsed, flows = call.message, call.flows
    whole = flows.started_by(call.intent)
    ranking = (parsed.get("intent_ranking") or [])[:LIKELY]
    likely = [each["name"] for each in ranking]
    parts = [
        each
        for each in parsed.get("intents") or []
        if each["name"] in likely and (found := flows.started_by(each["name"])) is not None and _is_wish(found)
    ]
    of = {each["name"]: flow for each in parts if (flow := flows.started_by(each["name"])) is not None}
    protecting = any(flow.protects and not flow.person for flow in of.values())
    alone = [each for each in parts if of[each["name"]].person]
    if alone and protecting:  # What protects is done before a person comes, who then sees the rest.
        alone = [each for each in alone if of[each["name"]].protects]
    if alone or (whole is not None and whole.person and whole.protects):
        return [_wish(alone[0], call)] if alone and alone[0]["name"] != call.intent else []
    parts = _with_the_whole(call.intent, whole, parts, of)
    by_likelihood = sorted(parts, key=lambda each: likely.index(each["name"]))
    kept: list[Mapping[str, Any]] = []
    for part in by_likelihood:
        flow = flows.started_by(part["name"])
        if flow is not None and not any(_one_story(flows.started_by(each["name"]), flow) for each in kept):
            kept.append(part)
    if len(kept) > 1 or (kept and (whole is None or not _is_wish(whole))):
        return [_wish(each, call) for each in parts if each in kept]
    return []


def _is_wish(flow: Flow) -> bool:
    """Something to be done or told; courtesies and repairs are not."""
    return bool(flow.area) or flow.person


def _with_the_whole(intent: str, whole: Flow | None, parts: list[Any], of: Mapping[str, Flow]) -> list[Any]:
    """What the whole message says, no part may say: then it stands for the part that tells a bit of the same story. If
    there is none, the parts are not to be trusted."""
    if whole is None or not _is_wish(whole) or any(each["name"] == intent for each in parts):
        return parts
    same = next((each for each in parts if _one_story(of[each["name"]], whole)), None)
    return [{**each, "name": intent} if each is same else each for each in parts] if same else []


def _one_story(first: Flow | None, second: Flow | None) -> bool:
    if first is None or second is None or first is second:
        return True
    return (first.area == second.area != "") or second.id in first.implies or first.id in second.implies


def _wish(part: Mapping[str, Any], call: Call) -> Said:
    """A part, with the details that were said in it. It is as sure as the whole message."""
    text, whole = str(part["text"]), call.text
    said_in_it = tuple(
        each
        for each in call.said.entities
        if each.get("start") is None or whole[each["start"] : each.get("end")] in text
    )
    ranking = call.message.get("intent_ranking") or []
    confidence = next((each["confidence"] for each in ranking if each["name"] == part["name"]), 0.0)
    return Said(text=text, intent=part["name"], entities=said_in_it, confidence=confidence, act=call.act)


def same_again(call: Call) -> Said | None:
    """What was answered last, asked once more."""
    topic = call.topic
    if topic is None:
        return None
    return Said(intent=call.intent_of(topic.flow), entities=topic.entities, act="request", pressed=True)


def follow_up(call: Call) -> Said | None:
    """What a short message asks about what was answered last: the same once more, of something else, or when."""
    text, topic = call.text.strip(), call.topic
    if topic is None or topic.flow not in call.flows or len(text) > _LONGEST or language_asked_for(text):
        return None
    if call.words.says("names_something", text):
        return None
    started = call.flows.started_by(call.intent)
    clear = call.confidence >= repairs.CLEARLY and call.intent != repairs.FALLBACK and not _short_and_bare(call)
    if clear and started is not None and started.area:
        return None
    flow = call.flows[topic.flow]
    return _asked_when(call, flow) or _about_it(call, flow)


async def _about_topic(call: Call) -> bool:
    """What is about the flow that was spoken of last: again, when, how long, and what now."""
    about = follow_up(call)
    if about is not None:
        return start(call, [about])
    if call.topic is None or len(call.text) > _LONGEST or call.words.says("names_something", call.text):
        return False
    if any(call.words.just(each, call.text) for each in ("yes", "no", "stop", "thanks")):
        return False
    asks = repairs.asks(call) or call.words.says("when", call.text)
    if call.words.says("what_to_do", call.text) or (call.topic.article and asks and _short_and_bare(call)):
        return await repairs.question(call)
    return repairs.how_long(call)


def _about_it(call: Call, flow: Flow) -> Said | None:
    text, topic, same = call.text, call.topic, same_again(call)
    if same is None or topic is None or call.words.says("what_to_do", text) or _is_of_its_own(call, flow):
        return None
    taken_back = call.words.says("undo_it", text)
    if (call.act == "status" and taken_back) or call.words.just("why_ask", text):
        return same
    if call.words.says("and_now", text) and flow.changes:
        return _status_of(call, flow)
    if flow.undo and (call.act == "undo" or taken_back):
        return Said(intent=call.intent_of(flow.undo), entities=topic.entities, act="request", pressed=True)
    other = call.words.says("other", text) and call.intent != "request_human"
    if call.words.says("about_it", text) and (other or call.intent not in _ABOUT):
        return replace(call.said, intent=same.intent, confidence=1.0, act="request")
    return None


def _is_of_its_own(call: Call, flow: Flow) -> bool:
    """ "And the other payment, can I get it back?": it begins as a follow-up does, and names its own wish."""
    started = call.flows.started_by(call.intent)
    other = started is not None and bool(started.area) and started is not flow
    return other and call.confidence >= CLEAR and len(call.text) > 6


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


def _short_and_bare(call: Call) -> bool:
    """ "When?" looks like many things, and is about what was spoken of; so is "how long does that take?"."""
    bare = len(call.text) <= 12 or (call.words.says("it", call.text) and call.words.says("when", call.text))
    return bare and not call.said.entities
