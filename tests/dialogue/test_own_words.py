"""A flow knows the words that answer its question, whatever the classifier takes them for."""

from __future__ import annotations

import pytest

from bot.dialogue.amounts import plain_amounts
from bot.dialogue.candidates import Candidate, bare_amounts, told_apart
from tests.dialogue.talking import WORDS, Talk


async def test_a_bare_number_is_an_amount_if_something_costs_so_much(talk: Talk) -> None:
    customer = talk("C1004")
    await customer.say("there's a weird charge on my card")
    assert "NOVAPLAY" in await customer.say("the 89.99 one")


def test_bare_amounts() -> None:
    assert [each["minor"] for each in bare_amounts("那笔199的, the 1,200.50 one, 3 of them, P20261103001")] == [
        19900, 120050,
    ]  # fmt: skip


async def test_what_is_said_at_once_is_not_asked_again(talk: Talk) -> None:
    heard = await talk("C1001", "zh").say("199.9那个京东的，我想退，东西坏了")
    assert "退款￥199.90，商家是京东商城" in heard


async def test_that_was_not_me_means_yes(talk: Talk) -> None:
    customer = talk("C1004")
    await customer.say("there's a payment I don't recognise")
    await customer.press("$89.99")
    customer.mishear({"name": "deny", "confidence": 0.99})
    assert "I've disputed the $89.99" in await customer.say("no i never bought that")


@pytest.mark.parametrize("text", [".", "?", "……", "😡"])
async def test_what_has_no_word_is_no_yes(talk: Talk, text: str) -> None:
    customer = talk("C1014")
    await customer.say("cancel my transfer")
    customer.mishear({"name": "affirm", "confidence": 0.99})
    assert "Shall I?" in await customer.say(text)


async def test_hesitation_is_no_yes(talk: Talk) -> None:
    customer = talk("C1014")
    await customer.say("cancel my transfer")
    customer.mishear({"name": "affirm", "confidence": 0.99})
    heard = await customer.say("hmm")
    assert heard.startswith("Take your time.")
    assert "Shall I?" in heard


@pytest.mark.parametrize("text", ["hmm", "umm...", "等一下", "等等 我想想", "hold on, let me check", "呃" * 900 + "!"])
def test_hesitation(text: str) -> None:
    assert WORDS.just("hesitates", text)


async def test_all_of_them(talk: Talk) -> None:
    customer = talk("C1014")
    await customer.say("i lost my wallet!!!")
    customer.mishear({"name": "goodbye", "confidence": 0.9})
    assert "credit card ending 3010 and debit card ending 3020" in await customer.say("all of them")
    await customer.press("Block")
    lost = [card.ending for card in await customer.bank.client.cards("C1014") if card.status == "lost"]
    assert sorted(lost) == ["3010", "3020"]


async def test_all_of_it_was_a_scam(talk: Talk) -> None:
    customer = talk("C1012")
    await customer.say("I got scammed")
    customer.mishear({"name": "goodbye", "confidence": 0.9})
    heard = await customer.say("all of it")
    assert "could still stop $2,500.00" in heard
    assert "$1,800.00" in heard


@pytest.mark.parametrize("text", ["all", "all of it", "both", "全部", "都是", "所有的", "两张都丢了"])
def test_everything(text: str) -> None:
    assert WORDS.just("every", text)


@pytest.mark.parametrize("text", ["the last one", "second", "最近一笔", "第二个", "上一笔吧"])
def test_a_place_in_the_list(text: str) -> None:
    assert WORDS.just("only_a_place", text)


async def test_just_freeze_it_means_the_card_that_was_spoken_of(talk: Talk) -> None:
    customer = talk("C1014")
    await customer.say("I lost my card ending 3010")
    assert "credit card ending 3010 is frozen" in await customer.say("just freeze it")


async def test_why_is_answered_and_asked_again(talk: Talk) -> None:
    customer = talk("C1011", "zh")
    await customer.say("我要补办一张卡")
    heard = await customer.say("为什么问这个")
    assert "没有您的确认" in heard
    assert "原因是？" in heard
    assert "工本费" in await customer.say("卡断了")


async def test_a_question_is_asked_again_in_the_other_language(talk: Talk) -> None:
    customer = talk("C1001", "zh")
    await customer.say("我要退那笔199的，东西坏了")
    assert "Shall I go ahead?" in await customer.say("in english please")


async def test_no_to_an_amount_ends_it(talk: Talk) -> None:
    customer = talk("C1014")
    await customer.say("change my limit")
    assert "haven't changed anything" in await customer.say("no")


async def test_an_amount_in_the_first_message_is_the_new_limit(talk: Talk) -> None:
    customer = talk("C1014")
    await customer.say("what's my limit")
    assert "to $20,000.00" in await customer.say("raise it to 20000")
    await customer.press("No")
    customer.mishear({"name": "inform_amount", "confidence": 0.96})
    assert "to $8,000.00" in await customer.say("set it to $8000")


async def test_a_part_does_not_become_another_payment(talk: Talk) -> None:
    customer = talk("C1014")
    await customer.say("I'd like a refund for noodle theory, it never arrived")
    await customer.say("the second one")
    assert "$16.37, out of the $32.75" in await customer.say("actually only half of it")
    assert "$16.00, out of the $32.75" in await customer.say("make it 16")


@pytest.mark.parametrize(
    ("said", "heard"),
    [
        ("I got no code", "I've sent a 6-digit code"),
        ("it's not coming", "I've sent a 6-digit code"),
        ("没收到验证码", "发送了6位验证码"),
        ("this is the wrong number", "the number we have for you"),
        ("手机不在身边", "您预留的手机"),
        ("why do you need that", "nobody but you"),
        ("为什么要验证码", "本人在操作"),
        ("刚刚输错了", "6位验证码"),
        ("等一下", "慢慢来"),
    ],
    ids=range(9),
)
@pytest.mark.parametrize("misheard", ["deny", "stop", "change_phone_number", "refund_not_arrived"])
async def test_words_about_the_code(talk: Talk, said: str, heard: str, misheard: str) -> None:
    customer = talk("C1014")
    await customer.say("cancel my transfer")
    await customer.say("yes")
    customer.mishear({"name": misheard, "confidence": 0.95})
    assert heard in await customer.say(said)
    assert "cancelled" in await customer.enter_code() or "已撤销" in customer.heard


async def test_three_wrong_codes_change_nothing_and_a_new_one_may_be_had(talk: Talk) -> None:
    customer = talk("C1014")
    await customer.say("cancel my transfer")
    await customer.say("yes")
    wrong = "111111" if await customer.code() != "111111" else "222222"
    await customer.say(wrong)
    await customer.say(wrong)
    assert "Nothing was changed" in await customer.say(wrong)
    await customer.say("yes")
    assert "is cancelled" in await customer.enter_code()


def test_what_looks_the_same_is_told_apart_by_the_time() -> None:
    noodles = [Candidate(id=clock, title="", line="$32.75, Noodle Theory", clock=clock) for clock in ("12:31", "12:32")]
    other = Candidate(id="3", title="", line="$11.43, Spotify", clock="09:00")
    texts = [each.line for each in (*noodles, other)]
    assert told_apart([*noodles, other], texts) == [
        "$32.75, Noodle Theory (12:31)", "$32.75, Noodle Theory (12:32)", "$11.43, Spotify",
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("text", "minors"),
    [
        ("make it 50 please", [5000]),
        ("from 5000 to 8000", [500000, 800000]),
        ("1,200.50", [120050]),
        ("1,2999", []),
        ("12,50", []),
        ("1 200", []),
        ("5 hundred", []),
        ("200多", []),
        ("三百5", []),
        ("a few hundred, say 3", []),
    ],
)
def test_where_an_amount_is_asked_for_a_number_that_may_be_several_is_none(text: str, minors: list[int]) -> None:
    assert [each["minor"] for each in plain_amounts(text)] == minors
