"""Several wishes in one message, questions about what was just answered, and words about signing in."""

from __future__ import annotations

import time
from dataclasses import replace
from typing import Any

import pytest

from actions.wished import Wished
from bot.dialogue.call import TOPIC_S
from bot.dialogue.parts import wishes_in
from bot.dialogue.prove import about_sign_in
from bot.dialogue.state import State, Topic
from bot.dialogue.topics import follow_up
from bot.languages import language_asked_for
from tests.dialogue.talking import Customer, Talk, heard


def parsed(text: str, *ranking: tuple[str, float], parts: tuple[tuple[str, str], ...] = ()) -> dict[str, Any]:
    ranked = [{"name": name, "confidence": confidence} for name, confidence in ranking]
    split = [{"name": name, "confidence": 0.99, "text": part} for name, part in parts]
    return {"text": text, "intent": ranked[0], "intent_ranking": ranked, "entities": [], "intents": split}


def names(found: dict[str, Any]) -> list[str]:
    return [wish.intent for wish in wishes_in(heard(found))]


@pytest.mark.parametrize(
    ("whole", "parts", "wishes"),
    [
        (["freeze_card", "check_balance"], ["freeze_card", "check_balance"], ["freeze_card", "check_balance"]),
        (["check_balance", "thank"], ["thank", "check_balance"], []),
        (["thank", "check_balance"], ["thank", "check_balance"], ["check_balance"]),
        (["charged_twice", "request_refund"], ["charged_twice", "request_refund"], []),
        (["unfreeze_card", "check_balance", "freeze_card"], ["freeze_card", "unfreeze_card"], []),
        (["request_refund", "refund_status"], ["request_refund", "ask_fees"], []),
        (["request_human", "refund_status"], ["refund_status", "request_human"], []),
        (["freeze_card", "request_human"], ["freeze_card", "request_human"], ["freeze_card", "request_human"]),
        (["freeze_card", "report_scam"], ["report_scam", "freeze_card"], ["report_scam"]),
        (["report_scam", "freeze_card"], ["report_scam", "freeze_card"], []),
        (
            ["card_lost", "freeze_card", "check_balance"],
            ["freeze_card", "check_balance"],
            ["card_lost", "check_balance"],
        ),
        (["close_account", "check_balance", "check_limits"], ["check_balance", "check_limits"], []),
    ],
)
def test_wishes(whole: list[str], parts: list[str], wishes: list[str]) -> None:
    """None, where the message is just what its intent says."""
    ranking = [(name, 0.9 / 3**place) for place, name in enumerate(whole)]
    assert names(parsed("...", *ranking, parts=tuple((name, name) for name in parts))) == wishes


def test_a_part_is_as_sure_as_the_whole_message_makes_it() -> None:
    """A card is frozen at once only if that is clearly wanted."""
    found = parsed("...", ("request_receipt", 0.7), ("freeze_card", 0.2), parts=(
        ("freeze_card", "a"), ("request_receipt", "b"),
    ))  # fmt: skip
    assert [wish.confidence for wish in wishes_in(heard(found))] == [0.2, 0.7]


TOPIC = Topic(flow="refund_status", entities=({"entity": "order_number", "value": "R1"},))


@pytest.mark.parametrize(
    ("text", "intent", "confidence", "asks"),
    [
        ("那到底什么时候到", "transfer_arrival_time", 0.9, "refund_status"),
        ("why does it take so long", "transfer_arrival_time", 0.7, "refund_status"),
        ("how long does a transfer take", "transfer_arrival_time", 0.9, None),
        ("那就撤了吧", "goodbye", 0.8, "cancel_refund"),
        ("what about the boots", "inform_order", 0.5, "refund_status"),
        ("能说英文吗", "out_of_scope", 0.9, None),
        ("when was I last charged", "list_transactions", 0.95, None),
        ("transfer me to a human", "request_human", 0.95, None),
    ],
)
def test_follow_ups(text: str, intent: str, confidence: float, asks: str | None) -> None:
    recent, old = (State(topic=replace(TOPIC, at=time.time() - ago)) for ago in (10, TOPIC_S + 10))
    wish = follow_up(heard(parsed(text, (intent, confidence)), recent))
    assert (wish.intent if wish else None) == asks
    assert follow_up(heard(parsed(text, (intent, confidence)), old)) is None


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("ok i'm logged in", "done"),
        ("登录好了", "done"),
        ("我已经登陆了", "done"),
        ("why do I need to sign in", "asks"),
        ("我登不上啊", "asks"),
        ("i can't log in", "asks"),
        ("someone logged in to my account", None),
        ("有人登录了我的账号", None),
        ("what's my balance", None),
    ],
)
def test_words_about_signing_in(text: str, said: str | None) -> None:
    assert about_sign_in(heard(parsed(text, ("nlu_fallback", 0.5), ("greet", 0.1)))) == said


@pytest.mark.parametrize(
    ("text", "intent", "asks"),
    [
        ("send $50 to my mom", "transfer_status", True),
        ("帮我转500给我妈", "transfer_failed", True),
        ("给张伟转2000", "transfer_status", True),
        ("我给张伟转的2000呢", "transfer_status", False),
        ("I sent $50 to the wrong person", "transfer_wrong_recipient", False),
        ("I want to change my limit to $50", "change_limit", False),
    ],
)
async def test_money_to_be_sent(text: str, intent: str, asks: bool) -> None:
    found = parsed(text, (intent, 0.9)) | {"entities": [{"entity": "amount", "value": {"minor": 5000}}]}
    assert (
        await Wished().instead(heard(found | {"intent_ranking": [*found["intent_ranking"], {"name": "greet"}]})) == asks
    )


async def test_money_is_not_sent_here(talk: Talk) -> None:
    assert "不能代您转账" in await talk("C1001", "zh").say("帮我转500给我妈")


def test_a_language_is_asked_for() -> None:
    texts = ("sorry, english please", "请说英文", "说中文吧", "english breakfast")
    assert [language_asked_for(text) for text in texts] == ["en", "en", "zh", ""]


async def test_wishes_are_done_one_after_the_other(talk: Talk) -> None:
    heard = await talk("C1002").say("freeze my card and tell me my balance")
    assert heard.index("is frozen") < heard.index("“tell me my balance”") < heard.index("$1,842.10 available")


async def test_the_next_wish_waits_for_the_form_and_its_code(talk: Talk) -> None:
    customer = talk("C1007", "zh")
    assert "撤销吗" in await customer.say("我想撤销转账，另外查下余额")
    await customer.say("确认")
    heard = await customer.enter_code()
    assert "已撤销" in heard
    assert "您的可用余额是" in heard


async def test_wishes_wait_for_the_sign_in(talk: Talk) -> None:
    customer = talk(language="zh")
    assert "请在App内登录" in await customer.say("查下余额，另外看下退款到哪了")
    customer.sign_in("C1001")
    heard = await customer.say("登录好了")
    assert "您的可用余额是" in heard
    assert "优衣库" in heard


async def test_stop_drops_the_other_wishes(talk: Talk) -> None:
    customer = talk("C1007", "zh")
    await customer.say("我想撤销转账，另外查下余额")
    assert "余额是" not in await customer.say("算了不办了")
    assert customer.state.wishes == ()


async def test_a_question_about_the_answer_needs_no_name(talk: Talk) -> None:
    customer = talk("C1008")
    await customer.say("my transfer failed")
    await customer.say("the one to Jason")
    assert "Greenpoint" in await customer.say("and the rent one?")
    assert "will be back in your balance" in await customer.say("when do I get it back")


async def test_the_answer_is_said_again_in_the_language_that_is_asked_for(talk: Talk) -> None:
    customer = talk("C1001", "zh")
    await customer.say("退款到哪了")
    assert "is on its way to your card" in await customer.say("can you tell me in English?")


async def test_why_one_has_to_sign_in(talk: Talk) -> None:
    customer = talk(language="zh")
    await customer.say("查余额")
    _misheard_as_taken_over(customer)
    assert "登录后我才能确认是您" in await customer.say("为什么要登录")
    assert customer.handed_over is None


async def test_signed_in_is_understood_by_its_words(talk: Talk) -> None:
    customer = talk()
    await customer.say("what's my balance")
    _misheard_as_taken_over(customer)
    assert "need to know it's you" not in await customer.say("ok i'm logged in")
    customer.sign_in("C1001")
    _misheard_as_taken_over(customer)
    assert "available" in await customer.say("ok i'm logged in")


async def test_signed_in_is_no_alarm_where_nobody_asked(talk: Talk) -> None:
    customer = talk("C1001")
    await customer.say("what's my balance")
    _misheard_as_taken_over(customer)
    assert "anything else" in await customer.say("done, signed in")


def _misheard_as_taken_over(customer: Customer) -> None:
    customer.mishear({"name": "account_taken_over", "confidence": 0.99})


async def test_a_yes_the_next_day_confirms_nothing(talk: Talk) -> None:
    customer = talk("C1014")
    await customer.say("report my card 3010 lost")
    assert customer.state.stack
    customer.later_s = 86_400
    said = await customer.say("yes")
    assert not customer.state.stack, said
    cards = {each.ending: each.status for each in await customer.bank.client.cards("C1014")}
    assert cards["3010"] == "active"
