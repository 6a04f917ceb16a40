"""Amounts of money in both languages, with and without a currency, and numbers that are none."""

from __future__ import annotations

import pytest

from tests.nlu.examples import money, surfaces

WITH_A_CURRENCY = [
    # signs and codes
    ("￥199.9", "199.90 CNY"),
    ("¥1,299.00", "1299.00 CNY"),
    ("¥ 88", "88.00 CNY"),
    ("$20", "20.00 USD"),
    ("$ 20.50", "20.50 USD"),
    ("US$1.5k", "1500.00 USD"),
    ("USD 20", "20.00 USD"),
    ("usd20", "20.00 USD"),
    ("20USD", "20.00 USD"),
    ("amount: 480 USD", "480.00 USD"),
    ("RMB 88", "88.00 CNY"),
    ("rmb88.8", "88.80 CNY"),
    ("700 rmb", "700.00 CNY"),
    ("CNY 1,000,000", "1000000.00 CNY"),
    ("HK$300", "300.00 HKD"),
    ("S$12.30", "12.30 SGD"),
    ("£20", "20.00 GBP"),
    ("a charge of 1£", "1.00 GBP"),
    ("€9.99 fee", "9.99 EUR"),
    ("$20 CAD", "20.00 CAD"),
    ("RMB ¥88", "88.00 CNY"),
    ("¥20元", "20.00 CNY"),
    ("HK$50元", "50.00 HKD"),
    ("＄２０．５０", "20.50 USD"),
    ("￥１，２９９", "1299.00 CNY"),
    # English words
    ("20 bucks", "20.00 USD"),
    ("two hundred bucks", "200.00 USD"),
    ("two hundred and fifty dollars", "250.00 USD"),
    ("twenty-five dollars", "25.00 USD"),
    ("a hundred dollars", "100.00 USD"),
    ("20 quid", "20.00 GBP"),
    ("fifty pounds", "50.00 GBP"),
    ("12.50 yuan", "12.50 CNY"),
    ("sixty-eight yuan", "68.00 CNY"),
    ("100 kuai", "100.00 CNY"),
    ("1.5 million yuan", "1500000.00 CNY"),
    ("50 cents", "0.50 USD"),
    ("20p", "0.20 GBP"),
    ("2 dollars and 50 cents", "2.50 USD"),
    ("3 dollars 50", "3.50 USD"),
    ("20 Hong Kong dollars", "20.00 HKD"),
    ("20 us dollars", "20.00 USD"),
    ("200 yen", "200 JPY"),
    # Chinese
    ("50美元", "50.00 USD"),
    ("20刀", "20.00 USD"),
    ("60美金", "60.00 USD"),
    ("100港币", "100.00 HKD"),
    ("30欧元", "30.00 EUR"),
    ("1000日元", "1000 JPY"),
    ("199块", "199.00 CNY"),
    ("199块钱", "199.00 CNY"),
    ("3000元整", "3000.00 CNY"),
    ("100塊", "100.00 CNY"),
    ("一百二十块", "120.00 CNY"),
    ("一百二十元", "120.00 CNY"),
    ("两百五十块", "250.00 CNY"),
    ("一千零五十元", "1050.00 CNY"),
    ("三万五千元", "35000.00 CNY"),
    ("1.2万元", "12000.00 CNY"),
    ("5千块", "5000.00 CNY"),
    ("壹仟元", "1000.00 CNY"),
    ("两亿三千万元", "230000000.00 CNY"),
    ("三块五", "3.50 CNY"),
    ("12块5", "12.50 CNY"),
    ("三块二毛五", "3.25 CNY"),
    ("3元5角", "3.50 CNY"),
    ("六块六", "6.60 CNY"),
    ("三块二五", "3.25 CNY"),
    ("三点五块", "3.50 CNY"),
    ("5毛", "0.50 CNY"),
    ("八毛钱", "0.80 CNY"),
    ("3毛5", "0.35 CNY"),
    ("人民币两万", "20000.00 CNY"),
    ("一块钱", "1.00 CNY"),
    ("一百块左右吧", "100.00 CNY"),
]

WITHOUT_A_CURRENCY = [
    # all that the message says
    ("500", "500.00 ?"),
    ("it was 120", "120.00 ?"),
    ("about 300 please", "300.00 ?"),
    ("大概三百", "300.00 ?"),
    ("是68", "68.00 ?"),
    ("fifty", "50.00 ?"),
    ("make it 5000", "5000.00 ?"),
    # by their shape
    ("a grand", "1000.00 ?"),
    ("I need 2 grand by then", "2000.00 ?"),
    ("1.5k", "1500.00 ?"),
    ("20w", "200000.00 ?"),
    ("1w2", "12000.00 ?"),
    ("好像是45.9", "45.90 ?"),
    ("五千", "5000.00 ?"),
    ("两百五", "250.00 ?"),
    ("1万2", "12000.00 ?"),
    ("一千二", "1200.00 ?"),
    ("three fifty? no, exactly 45.90", "45.90 ?"),
    ("骗子从我这里拿走了八千", "8000.00 ?"),
    # by the word before or after
    ("refund 200 for me", "200.00 ?"),
    ("I paid 199 yesterday", "199.00 ?"),
    ("raise my limit to 50000", "50000.00 ?"),
    ("the total was 358", "358.00 ?"),
    ("two payments of 128 to the same place", "128.00 ?"),
    ("is there 500 in my account", "500.00 ?"),
    ("I want that 25 back", "25.00 ?"),
    ("转了500给他", "500.00 ?"),
    ("限额改成20000", "20000.00 ?"),
    ("扣了我68，我没订过", "68.00 ?"),
    ("那笔399的退款", "399.00 ?"),
    ("给我妈转的2000到了没有", "2000.00 ?"),
    ("充100话费", "100.00 ?"),
]

NOT_AMOUNTS = [
    "two fifty",
    "I tried 5 times",
    "charged 2x",
    "I was charged twice for 2 orders",
    "my card is visa",
    "it has been 3 days",
    "open 24/7",
    "that's the one",
    "one moment",
    "k",
    "at 3 pm",
    "error 1003",
    "transfer my 401k",
    "9:30",
    "50%",
    "0.1% fee",
    "change my pin to 1234",
    "version 2.0.1",
    "小二",
    "小二你好",
    "一下",
    "有一笔消费不是我的",
    "扣了两次",
    "十分生气",
    "我们一块去吧",
    "万一不到账呢",
    "千万别扣",
    "第三方支付",
    "多打了一个零",
    "三个工作日",
    "百分之五十",
    "等了四十分钟",
    "几块钱",
    "一毛钱都没有收到",
    "3点半",
    "转人工",
    "我要去12315投诉你们",
    "is EUR one of these",
    "a couple hundred bucks",
    "差不多20来块",
    "a couple of hundred dollars",
    "十几块",
    "上千块",
    "1,2999 dollars",
    "USD 1.234",
    "between 50 and 60 dollars",
    "500 kr",
]


@pytest.mark.parametrize(("text", "told"), [*WITH_A_CURRENCY, *WITHOUT_A_CURRENCY])
def test_an_amount_is_read(text: str, told: str) -> None:
    assert money(text) == [told]


@pytest.mark.parametrize("text", NOT_AMOUNTS)
def test_a_number_that_counts_or_names_something_is_no_amount(text: str) -> None:
    assert money(text) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("$20 or $30?", ["20.00 USD", "30.00 USD"]),
        ("¥20 $30", ["20.00 CNY", "30.00 USD"]),
        ("ATM gave me 10 pounds when I withdrew 30.", ["10.00 GBP", "30.00 ?"]),
        ("付了200，300是运费", ["200.00 ?"]),
        ("我付了200元，退了50块5，还差149.5", ["200.00 CNY", "50.50 CNY", "149.50 ?"]),
        ("五块3号到账", ["5.00 CNY"]),
    ],
)
def test_several_amounts_are_kept_apart(text: str, told: list[str]) -> None:
    assert money(text) == told


@pytest.mark.parametrize(
    ("text", "surface"),
    [
        ("please refund $20 CAD now", "$20 CAD"),
        ("我付了 ￥１９９．９ 买的", "￥１９９．９"),
        ("三块二毛五就行", "三块二毛五"),
        ("pay 2 dollars and 50 cents to him", "2 dollars and 50 cents"),
        ("转\u200b了\u200b500给他", "500"),
    ],
)
def test_the_span_is_the_customers_own_words(text: str, surface: str) -> None:
    assert surfaces(text, "amount") == [surface]


def test_an_astronomical_number_is_no_amount() -> None:
    assert money("$" + "9" * 40) == []
