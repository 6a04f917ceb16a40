"""Every repair in every flow, in both languages: what a person may do in the middle of anything is the framework's."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest

from bot.dialogue.flows import Flow
from bot.dialogue.lookups import lookups_of
from tests.dialogue.talking import DIALOGUE, Customer, Talk

FLOWS = {each.id: each for each in DIALOGUE.flows.values() if any(not step.optional for step in each.collects)}
FLOWS.pop("pattern_code")
CUSTOMERS = {
    "payment_failed": "C1006",
    "refund_not_arrived": "C1002",
    "trace_refund": "C1002",
    "transfer_failed": "C1008",
    "close_account": "C1013",
    "unfreeze_card": "C1009",
}
"""Who has something for the flow to ask about; all others have C1014."""
LANGUAGES = ("en", "zh")

STAYS: dict[str, tuple[str, str]] = {
    "hesitation": ("one sec", "稍等一下"),
    "laughter": ("hahaha", "哈哈哈"),
    "dots": ("...", "……"),
    "why it asks": ("why do you ask?", "为什么问这个"),
    "what it means": ("what do you mean?", "什么意思"),
    "not what was said": ("that's not what I said", "我不是这个意思"),
    "does not know": ("I don't know", "不知道"),
    "once more": ("can you say that again", "请再说一遍"),
    "the fees": ("what are your fees?", "你们手续费怎么收"),
    "the balance": ("what's my balance", "查一下余额"),
    "thanks": ("thank you", "谢谢"),
    "the other language": ("in Chinese please", "in English please"),
}
"""Said in the middle; afterwards the same question stands, and nothing was done."""
ENDS: dict[str, tuple[str, str]] = {
    "stop": ("stop", "停"),
    "never mind": ("never mind", "算了不办了"),
    "changed my mind": ("forget it", "算了"),
    "the button typed": ("cancel", "取消办理"),
}
"""Ends the flow, says so, and nothing was done."""


def cells(repairs: dict[str, tuple[str, str]]) -> Iterator[Any]:
    for flow in FLOWS:
        for name, texts in repairs.items():
            for language, text in zip(LANGUAGES, texts, strict=True):
                yield pytest.param(flow, language, text, id=f"{flow}-{name}-{language}")


@pytest.fixture
def begin(talk: Talk, monkeypatch: pytest.MonkeyPatch) -> Any:
    """Starts a flow, and is at its first question. What could be settled without one is asked here all the same."""

    async def started(flow_id: str, language: str) -> Customer:
        async def nobody(*_: object) -> None:
            return None

        monkeypatch.setattr(type(lookups_of(flow_id)), "plausible", nobody)
        customer = talk(CUSTOMERS.get(flow_id, "C1014"), language)
        flow = FLOWS[flow_id]
        if flow.triggers:
            await customer.send(f"/{next(iter(flow.triggers))}")
        else:
            await _offered(customer)
        if flow.effect == "reversible" and not customer.state.stack:
            pytest.fail(f"{flow_id} asks nothing\n{customer.heard}")
        assert customer.state.top is not None, customer.heard
        assert customer.state.top.flow == flow_id
        assert customer.slot("requested_slot") is not None
        return customer

    return started


async def _offered(customer: Customer) -> None:
    """A flow that no intent starts is offered by another."""
    await customer.send("/refund_not_arrived")
    await customer.press([button.title for button in customer.buttons][0])
    await customer.say("yes")


def deeds(customer: Customer) -> list[str]:
    return [tried["action"] for tried in customer.slot("tried") or [] if tried["outcome"] == "done"]


@pytest.mark.parametrize(("flow", "language", "text"), cells(STAYS))
async def test_the_question_stands(begin: Any, flow: str, language: str, text: str) -> None:
    customer = await begin(flow, language)
    asked = customer.state.top
    await customer.say(text)
    assert customer.heard
    assert customer.state.top is not None, customer.heard
    assert (customer.state.top.flow, customer.state.top.at) == (asked.flow, asked.at), customer.heard
    assert customer.handed_over is None
    assert deeds(customer) == []


@pytest.mark.parametrize(("flow", "language", "text"), cells(ENDS))
async def test_it_ends(begin: Any, flow: str, language: str, text: str) -> None:
    customer = await begin(flow, language)
    await customer.say(text)
    assert customer.heard
    assert customer.state.stack == (), customer.heard
    assert deeds(customer) == []
    if FLOWS[flow].changes:
        assert DIALOGUE.words.name(flow, language) in customer.heard


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("flow", sorted(FLOWS))
async def test_another_wish_is_done_and_the_first_offered_again(begin: Any, flow: str, language: str) -> None:
    customer = await begin(flow, language)
    other = "reset_password" if flow != "reset_password" else "change_limit"
    await customer.send(f"/{other}")
    assert customer.state.top.flow == other
    await customer.say("no" if language == "en" else "不用了")
    assert DIALOGUE.words.name(flow, language) in customer.heard
    await customer.say("yes" if language == "en" else "继续")
    assert customer.state.top is not None, customer.heard
    assert customer.state.top.flow == flow, customer.heard
    assert customer.slot("requested_slot") is not None
    assert deeds(customer) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("flow", sorted(FLOWS))
async def test_a_person_comes_when_asked_for(begin: Any, flow: str, language: str) -> None:
    customer = await begin(flow, language)
    await customer.say("let me talk to a person" if language == "en" else "转人工客服")
    assert customer.handed_over == "asked"
    assert customer.state.stack == ()
    assert deeds(customer) == []


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("flow", sorted(FLOWS))
async def test_what_is_not_understood_is_asked_again_and_brings_nobody(begin: Any, flow: str, language: str) -> None:
    customer = await begin(flow, language)
    if FLOWS[flow].collects[0].kind == "text":
        return await _takes_any_words(customer, flow)
    for _ in range(3):
        customer.mishear({"name": "nlu_fallback", "confidence": 0.9})
        await customer.say("wibble" if language == "en" else "嗒嗒滴")
        assert customer.state.top.flow == flow, customer.heard
    assert customer.handed_over is None
    assert deeds(customer) == []


async def _takes_any_words(customer: Customer, flow: str) -> None:
    """A text in the customer's own words cannot be misunderstood; a number is none."""
    await customer.say("224.44")
    assert customer.state.top.flow == flow
    assert deeds(customer) == []


def test_every_flow_that_asks_is_in_the_matrix() -> None:
    asking = {flow.id for flow in DIALOGUE.flows.values() if _asks(flow)}
    assert asking - {"pattern_code"} == set(FLOWS)


def _asks(flow: Flow) -> bool:
    return any(not collect.optional for collect in flow.collects)
