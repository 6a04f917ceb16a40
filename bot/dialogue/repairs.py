"""What the framework does in the middle of anything: stopping, questions, what is not wanted, what is not understood.

Named after Rasa's conversation patterns; a flow of that name in the project goes before.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from rasa_sdk.events import ConversationPaused

from bot.dialogue import frames
from bot.dialogue.action import Action
from bot.dialogue.call import Call
from bot.dialogue.clauses import CLAUSE, names_opposite, verbs
from bot.dialogue.collects import CLEAR
from bot.dialogue.flows import CONFIRMED, Flow
from bot.dialogue.lookups import lookups_of
from bot.dialogue.state import Left, Offer, Topic
from bot.types import Level

FALLBACK = "nlu_fallback"
NOT_WISHES = (FALLBACK, "", "affirm", "deny", "stop")
"""Nothing is begun by these, and no rule is for them."""
LOST = "pattern_cannot_handle"
"""A project's `Lookups` of this name may know what is meant by a name or an amount."""
MAX_GUESSES = 3
_LONGEST = 48
"""Characters; a longer question names what it is about."""
PLAUSIBLE = 0.08
"""A guess less likely than this is not worth a button."""
_ASKING = ("asks_how", "ends_asking", "when", "what_to_do", "asks_which")
SURE_OF_ACT = 0.5
CLEARLY = 0.85
"""From here on an intent is what it seems, whatever else is going on."""


def overridden(call: Call, pattern: str) -> bool:
    """Whether the project has a flow of that name; it was begun then."""
    flow = call.flows.get(pattern)
    if flow is None:
        return False
    frames.push(call, flow)
    return True


def stops(call: Call) -> bool:
    """pattern_cancel_flow: it is plainly said to stop."""
    if not call.free_text:
        return call.intent == "stop"
    if any(call.words.just("stop", each) for each in (call.text, _without_lead(call))):
        return True
    return call.intent == "stop" and call.confidence >= CLEARLY


def _without_lead(call: Call) -> str:
    """ "Hmm no, leave it": what comes after the hesitation."""
    text = call.text
    for phrase in ("hesitates", "no"):
        text = call.words.begins(phrase, text) or text
    return text


def takes_back(call: Call, flow: Flow | None = None) -> bool:
    """It is plainly said that something is not wanted: "don't send it", "不办了". `flow`: that this is not."""
    if not call.free_text:
        return False
    wanted, unwanted = verbs(call)
    if flow is not None and flow.id in unwanted:
        return True
    act = call.message.get("act") or {}
    negated = act.get("name") == "negated" and float(act.get("confidence") or 0.0) >= SURE_OF_ACT
    plainly = call.words.says("takes_back", call.text) or (negated and call.words.says("negation", call.text))
    if not plainly or call.words.says("alternative", call.text):
        return False
    mine = {flow.id, *flow.implies} if flow is not None else set()
    if flow is not None and unwanted and not unwanted & mine and not names_opposite(call):
        return False  # It is of something else: "a new card, but don't block the old one".
    if flow is not None and flow.id in wanted and not unwanted and (_tells_option(call, flow) or _ends_wanting(call)):
        return False
    return flow is None or not unwanted or flow.id not in wanted


def _ends_wanting(call: Call) -> bool:
    """ "I did not sign up for that, dispute it": the last word of several is no denial."""
    clauses = [each for each in CLAUSE.split(call.text) if each and each.strip()]
    denying = [
        any(call.words.says(phrase, each) for phrase in ("takes_back", "unwanted", "denies")) for each in clauses
    ]
    return len(clauses) > 1 and not denying[-1]


def _tells_option(call: Call, flow: Flow) -> bool:
    """A clause of its own answers one of the flow's questions: "refund the shoes, I don't want them"."""
    sounds = [sound for each in flow.collects if each.options for sound in call.words.heard(each.options).values()]
    return any(sound.search(clause) for clause in CLAUSE.split(call.text) for sound in sounds)


def how_long(call: Call) -> bool:
    """ "How long does it take?", where what it is about is plain: what is going on, or was spoken of last."""
    topic = call.flows.get(call.topic.flow) if call.topic else None
    flow = call.flow or topic
    if flow is None or not flow.takes or not call.free_text or len(call.text) > _LONGEST:
        return False
    if not call.words.says("when", call.text) or call.words.says("names_something", call.text):
        return False
    call.say(flow.takes)
    return True


def cancel_flow(call: Call) -> None:
    """pattern_cancel_flow: end what is going on, and say what was not done."""
    top = call.top
    while top is not None and top.flow.startswith(frames.PATTERN):
        call.keep(stack=call.state.stack[:-1], otp=None)
        top = call.top
    flow = call.flow
    frames.drop(call)
    if flow is not None and flow.changes:
        call.keep(left=Left(flow=flow.id, at=call.now))
    if overridden(call, "pattern_cancel_flow"):
        return
    if flow is not None and flow.changes:
        call.say("utter_nothing_done", flow=call.words.name(flow.id, call.language))
    else:
        call.say("utter_stopped")


def asks(call: Call) -> bool:
    act = call.message.get("act") or {}
    return act.get("name") in ("question", "status") and float(act.get("confidence") or 0.0) >= SURE_OF_ACT


async def question(call: Call, *, inside: bool = False, flow: Flow | None = None) -> bool:
    """pattern_search: answer a question from the account or from the help centre. False: there is no answer."""
    if not call.free_text or (inside and not asks(call)):
        return False
    if flow is not None and call.level >= Level.SIGNED_IN and await lookups_of(flow.id).question(call):
        return True
    article = _first(call, call.message.get("help") or {})
    if article is None:
        return False
    if not inside:
        call.keep(topic=replace(call.topic or Topic(flow=""), article=article["id"], at=call.now))
    offered = (call.chip(flow.id),) if flow is not None and call.words.has_title(flow.id) and not inside else ()
    if offered and flow is not None and flow.effect in CONFIRMED:
        call.keep(offer=Offer(flow=flow.id, said=replace(call.said, act="request", intent=call.intent_of(flow.id))))
    call.say(
        "utter_help_answer",
        buttons=(*offered, *(() if inside else (call.person,))),
        passage=article["passage"],
        title=article["title"],
        link=f"/help/{article['language']}/{article['id']}",
    )
    return True


def _first(call: Call, found: dict[str, Any]) -> dict[str, Any] | None:
    """The article that answers. A question that names nothing ("and how long does that take?") is about what is going
    on, or was spoken of last."""
    names = len(call.text) > _LONGEST or call.words.says("names_something", call.text)
    spoken_of = call.flow is not None or call.topic is not None
    about = spoken_of and not names and any(call.words.says(each, call.text) for each in _ASKING)
    article = found.get("about") if about or (spoken_of and not names and asks(call)) else None
    if article is None and found.get("answered"):
        article = found["articles"][0]
    asking = asks(call) or any(call.words.says(each, call.text) for each in ("ends_asking", "supposing"))
    if article is None and asking and call.words.says("asks_how", call.text):
        article = found.get("of_intent")
    signed_in = call.level >= Level.SIGNED_IN
    return article if article and (signed_in or article["audience"] == "everyone") else None


def not_wanted(call: Call, flow: Flow | None = None) -> None:
    """Said that it is not wanted: nothing is done, and it may be had all the same."""
    if not overridden(call, "pattern_not_wanted"):
        clear = flow is not None and call.words.has_title(flow.id) and call.confidence >= CLEAR
        offered = (call.chip(flow.id),) if flow is not None and clear else ()
        done = next((each for each in reversed(call.state.deeds) if not each.undone), None)
        stands = done.title or call.words.name(done.flow, call.language) if done is not None else ""
        response = "utter_not_wanted_besides" if stands else "utter_not_wanted"
        call.say(response, buttons=(*offered, call.person), stands=stands)


def somebody_else(call: Call) -> None:
    """Nothing of another person's account is shown or changed, whoever asks."""
    if not overridden(call, "pattern_somebody_else"):
        call.say("utter_somebody_else", buttons=(call.person,))


async def cannot_handle(call: Call) -> bool | None:
    """pattern_cannot_handle: offer what was perhaps meant, then ask to say it otherwise; a person is a button away."""
    if call.intent not in NOT_WISHES or not call.free_text:
        return None
    misses = call.state.misses + 1
    call.keep(misses=misses)
    call.memo["lost"] = True
    if overridden(call, LOST) or await lookups_of(LOST).instead(call):
        return True
    guesses = _guesses(call) if misses == 1 else []
    if not guesses:
        call.say("utter_ask_rephrase", buttons=(call.person,))
        return True
    values = {name: str(call.entity(name)) for name in frames.NAMES_IT if call.entity(name)}
    options = [call.chip(each, **values) for each in guesses]
    options.append(call.button("none", "deny"))
    titles = [call.words.title(each, call.language) for each in guesses]
    if len(guesses) == 1:
        offer = Offer(flow=guesses[0], entities=call.said.entities, guesses=tuple(guesses))
        call.ask_back("utter_did_you_mean", offer, buttons=options, wish=titles[0])
        return True
    call.keep(offer=Offer(guesses=tuple(guesses)))
    call.say(
        "utter_which_did_you_mean", buttons=options, wishes=call.words.word("forms", "or", call.language).join(titles)
    )
    return True


def guess(call: Call, flow: Flow) -> None:
    """pattern_clarification: is this what was meant?"""
    title = call.words.title(flow.id, call.language)
    said = replace(call.said, act="request", intent=call.intent_of(flow.id))
    offer = Offer(flow=flow.id, said=said, guesses=(flow.id,))
    values = {name: str(call.entity(name)) for name in frames.NAMES_IT if call.entity(name)}
    buttons = (call.chip(flow.id, **values), call.button("none", "deny"))
    call.memo["asked"] = True
    call.ask_back("utter_did_you_mean", offer, buttons=buttons, wish=title)


def _guesses(call: Call) -> list[str]:
    ranking: list[dict[str, Any]] = call.message.get("intent_ranking") or []
    likely = [each["name"] for each in ranking if each.get("confidence", 0.0) >= PLAUSIBLE]
    flows = [flow.id for flow in map(call.flows.started_by, likely) if flow is not None]
    return [each for each in dict.fromkeys(flows) if call.words.has_title(each)][:MAX_GUESSES]


class Repeat(Action[Call]):
    """pattern_repeat_bot_messages."""

    called = "action_repeat"
    requires = Level.NONE

    def begin(self, call: Call) -> None:
        """What was offered is still offered."""

    async def perform(self, call: Call) -> None:
        signed_in_then = call.identity is not None and call.level < Level.SIGNED_IN
        said = None if signed_in_then else _last_said(call.tracker.events)
        if said is None:
            call.say("utter_nothing_to_repeat")
            return
        for each in said:
            data = each.get("data") or {}
            call.repeat(each.get("text") or "", data.get("buttons") or [], data.get("custom") or {})


def _last_said(events: list[dict[str, Any]]) -> list[dict[str, Any]] | None:
    """What the bot said after the message before this one."""
    said: list[dict[str, Any]] = []
    turns = 0
    for event in reversed(events):
        if event["event"] == "user":
            turns += 1
            if said:
                break
        elif event["event"] == "bot" and turns:
            said.insert(0, event)
        elif event["event"] == "session_started":
            break
    return said or None


class HandOver(Action[Call]):
    """pattern_human_handoff: a person takes over. The place in the queue is told by the system."""

    called = "action_handover"
    requires = Level.NONE

    async def perform(self, call: Call) -> None:
        if call.line is not None:
            return  # They are in line already.
        reason = call.slot("handover_reason") or "asked"
        call.set("handover_reason", reason)
        frames.drop_all(call)
        call.keep(topic=None)
        call.say(f"utter_handover_{reason}")
        call.add(ConversationPaused())
