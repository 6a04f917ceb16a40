"""What a message asks for: one thing, several, or something about what was just answered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from bot.dialogue import frames, memory, repairs
from bot.dialogue.call import TOPIC_S, Call
from bot.dialogue.candidates import Reference
from bot.dialogue.clauses import CLAUSE, verbs
from bot.dialogue.collects import ANSWERS, CLEAR
from bot.dialogue.flows import CONFIRMED, Flow
from bot.dialogue.lookups import lookups_of
from bot.dialogue.parts import besides, wishes_in
from bot.dialogue.state import Left, Said
from bot.dialogue.topics import LONGEST, follow_up, short_and_bare
from bot.types import Level

SURE = 0.8
"""So likely must a wish be to be acted on without asking again."""
BARELY = 0.35
LIKELY_ENOUGH = 0.5
"""Less likely than this, something that changes anything is asked about first."""
ASKED = frozenset({"request", "report", "answer", "correction", "social", ""})
"""Acts that want the thing, or may."""
_BRIEF = 14
CLEARLY_SO = 0.9
PERSON = "pattern_human_handoff"
WISH = "pattern_wish"
"""A project's `Lookups` of this name look at each wish before it is taken for what its intent says."""


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
    flow = _left_before(call) or _by_verb(call) or call.flows.started_by(call.intent)
    if flow is None or call.confidence < flow.triggers.get(call.intent, 0.0):
        return True if await _nothing_wanted(call) else None
    return await _one(call, flow)


def _left_before(call: Call) -> Flow | None:
    """ "Go on, refund it", after it was left: the one that was spoken of, with what it was about."""
    left, wanted = call.state.left, verbs(call)[0]
    flow = call.flows.get(left.flow) if left is not None and call.now - left.at < TOPIC_S else None
    if flow is None or len(call.text) > _BRIEF or call.said.entities or repairs.takes_back(call) or repairs.asks(call):
        return None
    return flow if wanted and wanted <= {flow.id, *flow.implies} else None


def _by_verb(call: Call) -> Flow | None:
    """Where the intent says little, the verb does: "4418锁一下"; or names a part of it: "stolen, freeze my card"."""
    wanted, whole = verbs(call)[0], call.flows.started_by(call.intent)
    opposite = [
        each for each in wanted if whole is not None and each in call.flows and _undoes(call.flows[each], whole)
    ]
    if len(opposite) == 1 and whole is not None and whole.id not in wanted:
        wanted = frozenset(opposite)
    part = whole is not None and whole.protects and wanted <= set(whole.implies)
    says_little = call.intent in ANSWERS or call.confidence < CLEAR or part or wanted == set(opposite)
    asks = len(call.text) > LONGEST or call.words.says("ends_asking", call.text)
    if not says_little or asks or len(wanted) != 1 or _act(call) in ("question", "status") or repairs.takes_back(call):
        return None
    return call.flows.get(next(iter(wanted)))


def _undoes(flow: Flow, other: Flow) -> bool:
    return flow.undo == other.id or other.undo == flow.id


async def _several(call: Call) -> bool:
    """More than one wish, or another one than the whole message seems to be."""
    several = besides(call) or ([] if repairs.takes_back(call) else wishes_in(call))
    if not several:
        return False
    told = _act(call) == "question" and not any(_changes(call, each) for each in several)
    if told and await repairs.question(call):
        return True
    if len(several) > 1:
        call.say("utter_one_by_one")
    return start(call, several)


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
    if names and await lookups_of(repairs.LOST).instead(call):
        return True
    denies = call.words.says("takes_back", call.text) or bool(verbs(call)[1])
    denies = denies and call.intent in (*repairs.NOT_WISHES, *ANSWERS)
    if not (denies and not repairs.asks(call)) and await repairs.question(call):
        return True
    if denies:
        repairs.not_wanted(call)
    return denies


async def _one(call: Call, flow: Flow) -> bool:
    """One wish, by the kind of saying it is."""
    if _act(call) == "other_person" and not flow.person and (flow.changes or flow.level > Level.NONE):
        if not (call.words.says("asks_how", call.text) and await repairs.question(call)):
            repairs.somebody_else(call)
        return True
    meant: Flow | None = flow
    if flow.person and not flow.protects and repairs.takes_back(call, flow):
        if not await repairs.question(call):
            repairs.not_wanted(call)
        return True
    if flow.changes:
        meant = await _by_act(call, flow)
        if meant is not None and meant.changes and _in_doubt(call, meant) and call.words.has_title(meant.id):
            if not (repairs.asks(call) and await lookups_of(repairs.LOST).instead(call)):
                repairs.guess(call, meant)
            return True
    if meant is not None:
        frames.push(
            call, meant, said=call.said, sure=is_sure(call, replace(call.said, act=_act(call) or call.act), meant)
        )
    return True


def _act(call: Call) -> str:
    act = call.message.get("act") or {}
    name = str(act.get("name") or "") if float(act.get("confidence") or 0.0) >= repairs.SURE_OF_ACT else ""
    asks_it = name == "question" and call.words.says("can_you", call.text)
    mine = name == "other_person" and not call.words.says("another_person", call.text)
    return "request" if asks_it or mine else name


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
    if flow.effect not in CONFIRMED or not call.words.says("may_it", call.text) or len(call.text) > LONGEST:
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
    call.keep(left=Left(flow=flow.id, at=call.now))
    if flow.status and call.topic is None:
        call.answered(flow.status)
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
    if call.words.says("supposing", call.text) and await repairs.question(call, flow=flow):
        return
    beside = _asked_beside(call, flow)
    asks = beside is None and call.words.says("ends_asking", call.text)
    if asks and await lookups_of(repairs.LOST).instead(call):
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
    frames.push(call, flow, said=first, sure=is_sure(call, first, flow))
    return True


def is_sure(call: Call, said: Said, flow: Flow) -> bool:
    """Asked for so plainly that what does no harm needs no yes."""
    plain = ("request", "correction", "undo", "") if len(said.text) > _BRIEF else ASKED - {"report"}
    named = call.words.heard("verbs").get(flow.id)
    if named is not None and not said.pressed and not named.search(said.text):
        return False
    return said.pressed or (
        said.confidence >= SURE and said.act in plain and not call.words.says("ends_asking", said.text)
    )


async def _about_topic(call: Call) -> bool:
    """What is about the flow that was spoken of last: again, when, how long, and what now."""
    about = follow_up(call)
    if about is not None:
        return start(call, [about])
    if call.topic is None or len(call.text) > LONGEST or call.words.says("names_something", call.text):
        return False
    if any(call.words.just(each, call.text) for each in ("yes", "no", "stop", "thanks")):
        return False
    asks = repairs.asks(call) or call.words.says("when", call.text)
    if call.words.says("takes_back", call.text):
        return False
    if call.words.says("what_to_do", call.text) or (call.topic.article and asks and short_and_bare(call)):
        return await repairs.question(call)
    return repairs.how_long(call)
