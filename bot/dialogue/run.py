"""Walks the flows: one run of `action_run_flow` hears a message and goes on until something is asked or to be done."""

from __future__ import annotations

from rasa_sdk.events import ActionExecutionRejected

from bot.dialogue import frames, prove
from bot.dialogue.action import Action
from bot.dialogue.call import Call
from bot.dialogue.flows import Collect, Flow, Go, Run, SetSlots, Step
from bot.dialogue.hearing import Hearing
from bot.dialogue.kinds import kind_of
from bot.dialogue.lookups import lookups_of
from bot.dialogue.state import Offer
from bot.dialogue.wishes import is_sure
from bot.types import Level

RUN_FLOW = "action_run_flow"
LISTEN = "action_listen"
REPEAT = "pattern_repeat_bot_messages"
"""Its question was just said again."""
MAX_STEPS = 60
"""In one walk; a flow whose steps go round without asking anything ends there."""


class RunFlow(Action[Call]):
    """Predicted by `bot.dialogue.policy.FlowPolicy`: first for each message, and again after each step's action. What
    no flow and no repair is for, it leaves to the rules."""

    called = RUN_FLOW
    requires = Level.NONE

    def begin(self, call: Call) -> None:
        """What was offered is looked at first."""

    async def perform(self, call: Call) -> None:
        if call.tracker.latest_action_name == LISTEN:
            heard = await Hearing(call).hear()
            if not heard:
                call.reject(ActionExecutionRejected(RUN_FLOW))
                return
        await walk(call)

    def failed(self, call: Call) -> None:
        """Where something could not be looked up, nothing of this message has happened; another try hears it again."""
        spoke = call.said
        call.start_over()
        call.hear(spoke)
        flow = call.flow
        call.action = flow.actions[-1] if flow is not None and flow.actions else call.action
        super().failed(call)

    async def refused(self, call: Call, code: str) -> None:
        await super().refused(call, code)
        await walk(call)


async def walk(call: Call) -> None:
    """Go on with the flow on top until it asks, waits, or there is none."""
    for _ in range(MAX_STEPS):
        if call.follows or call.hands_over or await _rests(call):
            return
        top, flow = call.top, call.flow
        if top is None:
            continue
        if flow is None:  # The model that began it knew it; this one does not.
            frames.drop(call)
        elif not top.opened:
            if not await _open(call, flow) and call.top is not None and call.top.waiting == "sign_in":
                return
        elif frames.open_before(call):
            continue
        elif (step := flow.at(top.at)) is None:
            _complete(call)
        elif await _take(call, flow, step):
            return


async def _rests(call: Call) -> bool:
    """Nothing goes on before the customer says something, or an action is done. Else the next wish may have begun."""
    top = call.top
    if top is None:
        if await _next_wish(call):
            return False
        call.set("requested_slot", None)
        return True
    if top.waiting == "resume":
        if await _next_wish(call):
            return False
        _offer_to_resume(call)
    return bool(top.waiting)


async def _open(call: Call, flow: Flow) -> bool:
    """Begin a flow: who it is for, what is done at once, and what its first message already answers. False: it waits or
    is over."""
    top = call.top
    assert top is not None  # noqa: S101
    if flow.guard is not None and not flow.guard.holds(call.slots):
        frames.drop(call)
        call.say("utter_cannot_be_done_now")
        return False
    if call.level < flow.level:
        prove.ask_sign_in(call, first=flow.signed_out)
        return False
    call.note(opened=True)
    if top.opening is not None:
        call.hear(top.opening)
    look = lookups_of(flow.id)
    if top.opening is not None and await look.instead(call):
        if call.top is not None and call.top.flow == flow.id:
            frames.drop(call)
        return False
    if flow.opens_with:
        call.say(flow.opens_with)
    for collect in flow.collects:
        if collect.ask_before_filling:
            call.set(collect.slot, None)
        elif call.top is not None and call.top.flow == flow.id:
            await kind_of(collect, call.domain).hear(look, call, collect, asked=False)
    if call.top is not None and call.top.flow == flow.id:
        await look.opening(call)
    return call.top is not None and call.top.flow == flow.id


async def _take(call: Call, flow: Flow, step: Step) -> bool:
    """One step. True: what comes next is up to the customer, or to an action."""
    if isinstance(step, Collect):
        return await _collect(call, flow, step)
    if isinstance(step, Run):
        if step.action.startswith("utter_"):
            call.say(step.action)
            frames.step_on(call)
            return False
        call.note(waiting="action", runs=step.action)
        call.set("requested_slot", None)
        return True
    if isinstance(step, Go):
        to = call.flows[step.flow]
        frames.step_on(call)
        if not step.back:
            frames.drop(call)
        frames.push(call, to, called=step.back)
        return False
    if isinstance(step, SetSlots):
        for name, value in step.slots.items():
            call.set(name, value)
    frames.step_on(call)
    return False


async def _collect(call: Call, flow: Flow, collect: Collect) -> bool:
    look, kind = lookups_of(flow.id), kind_of(collect, call.domain)
    if kind.filled(look, call, collect):
        refused = next((each for each in collect.rejections if each.condition.holds(call.slots)), None)
        if refused is None:
            frames.step_on(call)
            return False
        call.set(collect.slot, None)
        call.say(refused.utter)
    elif await kind.settle(look, call, collect):
        return False
    if call.memo.pop("asked", False):
        call.set("requested_slot", collect.slot)
        return True
    if call.memo.pop("back", False) and not flow.id.startswith(frames.PATTERN):
        call.say("utter_back_to", topic=call.words.name(flow.id, call.language))
    await kind.ask(look, call, collect)
    if call.top is None or call.top.flow != flow.id:  # It found that there is nothing to ask.
        return False
    call.note(asked=True)
    call.set("requested_slot", collect.slot)
    return True


def _complete(call: Call) -> None:
    flow, top = call.flow, call.top
    assert flow is not None and top is not None  # noqa: S101
    chips = [call.chip(each) for each in flow.next_chips]
    frames.complete(call)
    below = call.top
    if flow.leaves:
        frames.drop_all(call)
    elif below is not None and top.called:
        frames.bring_back(call)
    elif below is not None and not flow.collects and below.waiting == "":
        call.memo["asked" if flow.id == REPEAT else "back"] = True
    elif chips and not call.state.wishes and call.top is None and call.state.offer is None:
        call.say("utter_what_next", buttons=chips)


async def _next_wish(call: Call) -> bool:
    """The next of several wishes, when nothing of the one before is left to ask."""
    if not call.state.wishes or call.state.offer is not None:
        return False
    wish, *later = call.state.wishes
    call.keep(wishes=tuple(later))
    flow = call.flows.started_by(wish.intent)
    if flow is None:
        return False
    call.say("utter_next_wish", wish=wish.text)
    frames.push(call, flow, said=wish, sure=is_sure(call, wish, flow))
    return True


def _offer_to_resume(call: Call) -> None:
    """After the interruption: shall we go on? Once; not if something else was just proposed."""
    top = call.top
    assert top is not None  # noqa: S101
    if call.state.offer is not None:
        return
    if top.mentioned:
        frames.drop(call)
        return
    call.note(mentioned=True)
    buttons = (call.button("go_on", "affirm"), call.button("no", "deny"))
    topic = call.words.name(top.flow, call.language)
    call.ask_back("utter_offer_resume", Offer(flow=top.flow), buttons=buttons, topic=topic)
