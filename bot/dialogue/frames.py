"""Moving about on the stack: a flow begins, steps on, is set aside, comes back, ends."""

from __future__ import annotations

from bot.dialogue.call import Call
from bot.dialogue.flows import CONFIRM, END, Collect, Flow
from bot.dialogue.state import ACTS, MAX_STACK, Frame, Said, Topic

PATTERN = "pattern_"
"""Flows of the framework: they collect for the one below, whose slots stay as they are."""
NAMES_IT = ("order_number", "card_ending")
"""Slots that name what a flow was about."""


def push(call: Call, flow: Flow, *, said: Said | None = None, sure: bool = False, called: bool = False) -> None:
    """Begin a flow on top. What the one below has collected is put away, unless the new one collects nothing."""
    if flow.collects and not flow.id.startswith(PATTERN):
        _put_away(call)
    frame = Frame(flow=flow.id, at=flow.first, opening=said, sure=sure, called=called)
    kept = [each for each in call.state.stack if each.flow != flow.id or flow.id.startswith(PATTERN)]
    call.keep(stack=(*kept, frame)[-MAX_STACK:])


def _put_away(call: Call) -> None:
    below = call.flow
    if below is None or below.id.startswith(PATTERN):
        if call.top is not None:  # A code that was waited for opens nothing once something else is wanted.
            call.keep(stack=call.state.stack[:-1], otp=None)
            _put_away(call)
        return
    values = {name: call.slot(name) for name in below.slots if call.slot(name) is not None}
    at = _first_open(call, below) if call.state.top and call.state.top.waiting in ACTS else call.state.top.at  # type: ignore[union-attr]
    call.note(values=values, waiting="resume", at=at)
    forget(call, below)


def _first_open(call: Call, flow: Flow) -> str:
    """Where a flow goes on that waited for its action: at the question for its yes, which counts no more."""
    return next((each.id for each in flow.collects if each.slot == CONFIRM), flow.first)


def bring_back(call: Call) -> None:
    """What was put away is on top again."""
    top = call.top
    if top is None:
        return
    for name, value in top.values.items():
        if name != CONFIRM:
            call.set(name, value)
    call.note(values={}, waiting="", mentioned=True)


def step_on(call: Call) -> None:
    """The step that the flow on top is at is done."""
    top, flow = call.top, call.flow
    if top is None or flow is None:
        return
    step = flow.at(top.at)
    if step is None:
        return
    to = flow.after(step)
    if step.next:
        taken = (each.to for each in step.next if each.condition is None or each.condition.holds(call.slots))
        to = next(taken, END)
    call.note(at=to, waiting="", runs="", asked=False, offered=(), misses=0)


def back_to(call: Call, slot: str) -> None:
    """A value was changed: the flow goes on from where it was asked, and its yes counts no more."""
    flow, top = call.flow, call.top
    if flow is None or top is None:
        return
    ids = [each.id for each in flow.steps]
    wanted = next((each.id for each in flow.collects if each.slot == slot), top.at)
    if top.at == END or ids.index(wanted) < ids.index(top.at):
        call.note(at=wanted, waiting="", runs="", offered=())
    if CONFIRM in flow.slots:
        call.set(CONFIRM, None)


def open_before(call: Call) -> bool:
    """A question before this step has lost its answer: the flow goes back to it. True if it did."""
    flow, top = call.flow, call.top
    step = flow.at(top.at) if flow is not None and top is not None else None
    if flow is None or not isinstance(step, Collect) or step.slot != CONFIRM:
        return False
    before = flow.steps[: flow.steps.index(step)]
    needed = (each for each in before if isinstance(each, Collect) and not each.optional)
    lost = next((each for each in needed if call.slot(each.slot) is None), None)
    if lost is None:
        return False
    call.note(at=lost.id, asked=False)
    return True


def drop(call: Call) -> None:
    """End the flow on top (with what the framework put over it) without going further."""
    while call.top is not None and call.top.flow.startswith(PATTERN):
        call.keep(stack=call.state.stack[:-1], otp=None)
    flow = call.flow
    if call.top is not None:
        call.keep(stack=call.state.stack[:-1], retry=None)
    if flow is not None:
        forget(call, flow)
    call.set("requested_slot", None)


def drop_all(call: Call) -> None:
    while call.top is not None:
        drop(call)
    call.keep(stack=(), offer=None, wishes=(), otp=None, retry=None)


def complete(call: Call) -> None:
    """The flow on top is through: it is what was spoken of last."""
    flow = call.flow
    assert flow is not None  # noqa: S101
    topic = call.state.topic
    if flow.id.startswith(PATTERN):
        call.keep(stack=call.state.stack[:-1])
    else:
        if (flow.area or flow.article) and (topic is None or topic.at < call.heard_at):
            values = {name: str(call.slot(name)) for name in NAMES_IT if call.slot(name)}
            entities = tuple({"entity": name, "value": value} for name, value in values.items())
            call.keep(topic=Topic(flow=flow.id, entities=entities, at=call.now))
        if flow.triggers and "when" not in flow.follow_ups:
            call.solved(*flow.triggers)
        drop(call)


def forget(call: Call, flow: Flow) -> None:
    """What it collected has served its purpose."""
    for name in flow.slots:
        if call.slot(name) is not None:
            call.set(name, None)
