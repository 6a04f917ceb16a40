"""Every repair in every flow that asks something, in both languages: a matrix, generated, with no cell left out.

The flow is begun by its button, so that it asks; nothing is assumed that nobody said. What each repair must do is the
same for all flows.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from bot.dialogue.flows import CONFIRM, Flow
from bot.dialogue.lookups import Lookups
from tests.dialogue.talking import DIALOGUE, Customer, Talk

PEOPLE = {
    "payment_failed": "C1006",
    "refund_not_arrived": "C1002",
    "transfer_failed": "C1008",
    "close_account": "C1013",
    "unfreeze_card": "C1009",
}
"""Whose account has what the flow is for; C1014 has most."""
ASKING = [
    flow
    for flow in DIALOGUE.flows.values()
    if not flow.id.startswith("pattern_") and flow.triggers and any(not each.optional for each in flow.collects)
]
"""A flow that nothing triggers is offered with all that it needs."""
STAYS = {
    "hesitation": ("one sec", "等一下"),
    "laughter": ("haha", "哈哈"),
    "dots": ("...", "……"),
    "why": ("why do you ask?", "为什么要问这个"),
    "what it means": ("what do you mean", "什么意思"),
    "not said": ("that's not what I said", "我没这么说"),
    "not known": ("I don't know", "我不知道"),
    "say it again": ("can you repeat that", "再说一遍"),
    "fees": ("what fees do you charge?", "手续费怎么收？"),
    "balance": ("what's my balance", "我余额多少"),
    "thanks": ("thanks", "谢谢"),
    "other language": ("能说中文吗", "can we speak English please"),
}
"""After these the same question is still open."""
ENDS = {
    "stop": ("stop", "停"),
    "never mind": ("never mind", "算了"),
    "forget it": ("forget it", "不弄了"),
}


@pytest.fixture(autouse=True)
def nothing_assumed(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where only one thing can be meant it is not asked for; here it is, so that every flow asks."""

    async def nobody(*_: Any) -> None:
        return None

    for kind in [Lookups, *_all_below(Lookups)]:
        if "plausible" in vars(kind):
            monkeypatch.setattr(kind, "plausible", nobody)


def _all_below(kind: type) -> list[type]:
    return [each for below in kind.__subclasses__() for each in [below, *_all_below(below)]]


Begun = Callable[[str, str], Awaitable[tuple[Customer, Flow]]]


@pytest.fixture
def begun(talk: Talk) -> Begun:
    """`await begun("freeze_card", "zh")`: the customer has pressed its button, and it asks."""

    async def begin(flow_id: str, language: str) -> tuple[Customer, Flow]:
        flow = DIALOGUE.flows[flow_id]
        customer = talk(PEOPLE.get(flow_id, "C1014"), language)
        await customer.send(f"/{next(iter(flow.triggers))}")
        assert _asks(customer, flow_id), customer.history
        return customer, flow

    return begin


def _asks(customer: Customer, flow_id: str) -> bool:
    stack = customer.state.stack
    return bool(stack) and stack[-1].flow == flow_id and bool(customer.slot("requested_slot"))


def matrix(columns: dict[str, tuple[str, str]]) -> list[Any]:
    return [
        pytest.param(flow.id, language, texts[place], id=f"{flow.id}-{language}-{name}".replace(" ", "_"))
        for flow in ASKING
        for place, language in enumerate(("en", "zh"))
        for name, texts in columns.items()
    ]


ROWS = matrix({"": ("", "")})


@pytest.mark.parametrize(("flow_id", "language", "text"), matrix(STAYS))
async def test_the_question_stands(begun: Begun, flow_id: str, language: str, text: str) -> None:
    customer, _ = await begun(flow_id, language)
    asked, before = customer.slot("requested_slot"), customer.state.top
    assert before is not None
    assert await customer.say(text), "said nothing"
    assert _asks(customer, flow_id), customer.history[-1]
    assert customer.slot("requested_slot") == asked, customer.history[-1]
    assert customer.handed_over is None


@pytest.mark.parametrize(("flow_id", "language", "text"), matrix(ENDS))
async def test_it_can_be_ended(begun: Begun, flow_id: str, language: str, text: str) -> None:
    customer, flow = await begun(flow_id, language)
    said = await customer.say(text)
    assert not customer.state.stack, said
    assert all(customer.slot(each) is None for each in flow.slots)
    if flow.changes:
        assert "haven't changed anything" in said or "没有" in said or "未" in said, said


@pytest.mark.parametrize(("flow_id", "language", "_"), ROWS)
async def test_another_wish_is_done_and_then_it_is_offered_again(
    begun: Begun, flow_id: str, language: str, _: str
) -> None:
    customer, _flow = await begun(flow_id, language)
    other = "/check_limits" if flow_id != "check_limits" else "/check_balance"
    await customer.send(other)
    assert any(each.flow == flow_id for each in customer.state.stack), customer.history[-1]
    if not _asks(customer, flow_id):
        await customer.say("yes" if language == "en" else "好的")
    assert _asks(customer, flow_id), customer.history


@pytest.mark.parametrize(("flow_id", "language", "_"), ROWS)
async def test_a_larger_wish_sets_it_aside(begun: Begun, flow_id: str, language: str, _: str) -> None:
    customer, _flow = await begun(flow_id, language)
    other = "complaint" if flow_id != "complaint" else "change_limit"
    await customer.send(f"/{other}")
    assert customer.state.top is not None
    assert customer.state.top.flow == other
    await customer.say("stop" if language == "en" else "停")
    assert any(each.flow == flow_id for each in customer.state.stack), customer.history
    await customer.say("yes" if language == "en" else "好的")
    assert _asks(customer, flow_id), customer.history


@pytest.mark.parametrize(("flow_id", "language", "_"), ROWS)
async def test_a_person_is_one_sentence_away(begun: Begun, flow_id: str, language: str, _: str) -> None:
    customer, _flow = await begun(flow_id, language)
    await customer.say("let me talk to a person" if language == "en" else "转人工")
    assert customer.handed_over is not None


@pytest.mark.parametrize(("flow_id", "language", "_"), ROWS)
async def test_what_is_no_answer_is_never_taken_for_one(begun: Begun, flow_id: str, language: str, _: str) -> None:
    customer, flow = await begun(flow_id, language)
    asked = customer.slot("requested_slot")
    for place, noise in enumerate(("###", "?!", "%%")):
        assert await customer.say(noise), f"silent at the {place + 1}th"
        assert customer.slot(asked) is None
    offered = {each.payload for each in customer.buttons}
    assert any("request_human" in each for each in offered) or customer.handed_over, customer.history[-1]
    assert asked != CONFIRM or flow.changes
