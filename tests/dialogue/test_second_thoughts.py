"""Said with second thoughts, in a hurry, or as an aside: what people write when they do not fill in a form."""

from __future__ import annotations

import pytest

from tests.dialogue.talking import WORDS, Talk


@pytest.mark.parametrize(
    ("customer", "language", "lines", "heard"),
    [
        # The goods are not wanted, the refund is.
        ("C1001", "zh", ["退199.9那单，不想要了"], "退款￥199.90，商家是京东商城"),
        # Another wish in the clause that denies one.
        ("C1009", "zh", ["信用卡丢了", "先冻着吧别挂失"], "确认冻结吗"),
        ("C1001", "zh", ["别给我转人工，我就想知道退款到哪了"], "优衣库旗舰店"),
        ("C1002", "en", ["send me a new card, mine is cracked", "don't block the old one though"], "Shall I?"),
        # What was asked, said as a command.
        ("C1007", "zh", ["给张伟转错钱了，能追回吗", "撤"], "验证码"),
        ("C1003", "zh", ["我被扣了两次", "退一笔"], "验证码"),
        # The opposite of what a wish is called.
        ("C1009", "zh", ["4418冻上", "那解4418"], "确认解冻吗"),
        # A command in the same breath as the reason for it.
        ("C1001", "zh", ["我钱包被偷了快帮我冻卡"], "6621的借记卡已冻结"),
        # It does not sound like what was shown last.
        ("C1005", "zh", ["上个月花了多少", "那笔我不认识"], "不认识的是哪一笔"),
        # Two wishes, and the second with a value that is corrected.
        ("C1001", "zh", ["帮我查下余额，顺便把限额提到8000", "不对，是6000"], "降低到￥6,000.00"),
        # An answer to an offer that says how much.
        ("C1001", "zh", ["退款到哪了", "京东那单呢", "一半", "不想要了"], "99.95"),
        # A denial that is the report itself, and one that is none.
        ("C1004", "en", ["I didn't authorise the 89.99 payment to NOVAPLAY"], "$89.99 to NOVAPLAY"),
        ("C1004", "en", ["I did not sign up for any novaplay subscription. It's fraud. Dispute please."], "dispute it"),
        ("C1004", "en", ["report the novaplay payment as fraud"], "$89.99 to NOVAPLAY"),
        ("C1004", "en", ["no need to freeze my card, it was me who paid novaplay"], "I won't"),
        # Which one, by which it is not, by its state, or by which is bigger.
        ("C1014", "en", ["cancel my refund", "not the 57 one"], "$50.00"),
        ("C1014", "en", ["stop the refund that was approved"], "$57.31"),
        ("C1014", "en", ["cancel the amazon refund", "the smaller one", "actually the bigger one"], "$57.31"),
        # Of one shop's payments the newest, where the other is long past.
        ("C1008", "en", ["I want my money back for the Whole Foods order", "it was spoiled"], "$133.18"),
        # The same wish once more, with nothing new in it.
        (
            "C1002",
            "en",
            ["refund my last purchase", "i ordered the wrong one", "it arrived broken"],
            "Shall I go ahead?",
        ),
        # Left, and taken up again.
        ("C1003", "zh", ["重复扣的那笔先别退，我问问饭店", "问完了，退吧"], "第二笔退给您"),
        # What would be is asked, in the sentence that says what is not wanted.
        ("C1002", "en", ["i'm not asking you to close my account, how would closing work?"], "14 days"),
        ("C1011", "zh", ["限额别给我改", "现在是多少"], "每日限额是￥1,000.00"),
        ("C1006", "en", ["raise my limit", "hmm no, leave it as it is"], "haven't changed anything"),
        ("C1009", "zh", ["我不是要挂失，就问问挂失了还能恢复吗", "那什么都别动"], "没有任何变动"),
        # A number that is none of theirs.
        ("C1002", "zh", ["冻结3010那张"], "没有查到3010"),
        # A reference there is none of.
        ("C1001", "zh", ["那之前投诉的单号多少"], "还没有编号"),
    ],
)
async def test_it_is_understood(talk: Talk, customer: str, language: str, lines: list[str], heard: str) -> None:
    said = talk(customer, language)
    *before, last = lines
    for line in before:
        await said.say(line)
    assert heard in await said.say(last)


async def test_thanks_and_leave_it_is_no_yes(talk: Talk) -> None:
    customer = talk("C1004")
    await customer.say("why was my card declined?")
    await customer.say("ok thanks, leave it")
    assert customer.state.top is None


async def test_yes_to_what_is_done_accepts_nothing_else(talk: Talk) -> None:
    customer = talk("C1004")
    await customer.say("i never made the novaplay payment")
    assert "freeze your card" in await customer.say("yes")
    await customer.say("yes dispute it")
    assert {card.status for card in await customer.bank.client.cards("C1004")} == {"active"}


async def test_nothing_more_is_not_nothing(talk: Talk) -> None:
    """What was done at once still stands when the next step is not wanted, and is said to."""
    customer = talk("C1001", "zh")
    await customer.say("钱包丢了赶紧帮我把卡停了")
    assert "冻结尾号6621的借记卡" in await customer.say("先别挂失，我再找找")


async def test_what_was_that_is_told_and_taken_back_is_taken_back(talk: Talk) -> None:
    customer = talk("C1009", "zh")
    await customer.say("请马上冻结尾号4418的卡")
    assert "刚才办好的是：冻结尾号4418的信用卡" in await customer.say("刚刚弄的是哪张")
    assert "确认解冻吗" in await customer.say("撤销刚才的操作")


async def test_not_that_card_after_it_was_frozen_offers_to_open_it(talk: Talk) -> None:
    customer = talk("C1001", "zh")
    await customer.say("我想冻结卡")
    assert "解冻尾号6621的借记卡" in await customer.say("不是这张")


async def test_the_one_before_is_the_next_in_the_list(talk: Talk) -> None:
    customer = talk("C1002")
    assert "reason" in await customer.say("I'd like a refund for my last purchase")
    await customer.say("not that one, the one before")
    assert "$11.72 from Spotify" in await customer.say("i bought it twice")


async def test_one_more_is_no_undo(talk: Talk) -> None:
    customer = talk("C1007", "zh")
    await customer.say("撤回给张伟的转账")
    await customer.say("好")
    await customer.enter_code()
    assert "协助追回" in await customer.say("刘强的那笔也撤")


async def test_an_account_that_is_secured_is_not_offered_to_be(talk: Talk) -> None:
    customer = talk("C1001", "zh")
    await customer.say("有人打电话说我账户异常，让我把钱转到安全账户")
    await customer.say("好")
    assert "已经锁定" in await customer.say("我已经把验证码告诉他了")


async def test_stopping_it_freezes_nothing_that_was_not_named(talk: Talk) -> None:
    customer = talk("C1002")
    await customer.say("can you stop it? i found another card")
    assert {card.status for card in await customer.bank.client.cards("C1002")} == {"active"}


@pytest.mark.parametrize(
    "text", ["行，知道了", "哦，明白了", "好的了解", "ok got it", "oh, I see", "alright, understood"]
)
async def test_to_have_understood_is_no_yes(talk: Talk, text: str) -> None:
    customer = talk("C1002", "zh" if text[0] > "z" else "en")
    await customer.say("where is my new card?")
    assert await customer.say(text) != ""
    assert customer.state.top is None


@pytest.mark.parametrize(
    "text", ["我老公卡丢了", "my wife's card", "帮她冻结", "my neighbour lost it", "on behalf of a client"]
)
def test_somebody_else_is_named(text: str) -> None:
    assert WORDS.says("another_person", text)


@pytest.mark.parametrize("text", ["我钱包被偷了快帮我冻卡", "freeze my card", "卡在地铁上丢了", "it's my card"])
def test_nobody_else_is_named(text: str) -> None:
    assert not WORDS.says("another_person", text)
