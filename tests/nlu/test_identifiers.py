"""Order numbers, card endings, phone numbers and one-time codes, by shape and by cue."""

from __future__ import annotations

from typing import Any

import pytest

from tests.nlu.examples import find, surfaces, values

ORDERS = [
    ("P20261103001", "P20261103001"),
    ("where is p20261103001?", "P20261103001"),
    ("订单编号 o20261118023", "O20261118023"),
    ("R20261115002 这个退款单到哪一步了", "R20261115002"),
    ("取消T20261121009", "T20261121009"),
    ("order number 20261103001", "20261103001"),
    ("transaction 2026112022001400123456", "2026112022001400123456"),
    ("流水号 20261103998877665544", "20261103998877665544"),
    ("订单号是：20261103001122", "20261103001122"),
    ("2026112022001400123456", "2026112022001400123456"),
    ("Ｐ２０２６１１０３００１", "P20261103001"),
]
CARDS = [
    ("ending in 4821", "4821"),
    ("my card ending 4821 is lost", "4821"),
    ("it ends with 4821", "4821"),
    ("last four digits are 4821", "4821"),
    ("last 4: 0917", "0917"),
    ("card number 4821", "4821"),
    ("the visa 4821", "4821"),
    ("****4821", "4821"),
    ("xxxx xxxx xxxx 4821", "4821"),
    ("*4821", "4821"),
    ("4111 1111 1111 1111", "1111"),
    ("尾号4821", "4821"),
    ("尾号是6630的那张", "6630"),
    ("卡号后四位1234", "1234"),
    ("尾号为4821的卡丢了", "4821"),
    ("4821那张卡", "4821"),
    ("我的卡6222021234567890123被盗刷", "0123"),
    ("尾号四八二一", "4821"),
    ("card ending four eight two one", "4821"),
]
PHONES = [
    ("13800138000", "13800138000"),
    ("138 0013 8000", "13800138000"),
    ("138-0013-8000", "13800138000"),
    ("+86 13800138000", "13800138000"),
    ("+8613800138000", "13800138000"),
    ("把手机号改成13800138000谢谢", "13800138000"),
    ("call me at +1 415 867 5309", "+14158675309"),
    ("+44 20 7946 0958 is mine", "+442079460958"),
    ("+1 (415) 867-5309", "+14158675309"),
    ("手机号一三八零零一三八零零零", "13800138000"),
]
CODES = [
    ("482193", "482193"),
    ("004821", "004821"),
    ("it's 413377", "413377"),
    ("482 193", "482193"),
    ("4 8 2 1 9 3", "482193"),
    ("four eight one nine two zero", "481920"),
    ("four eight oh nine two zero", "480920"),
    ("四八一九二零", "481920"),
    ("the code is 302817", "302817"),
    ("code 7744", "7744"),
    ("OTP 78451233", "78451233"),
    ("771203 is the code", "771203"),
    ("I received 650021", "650021"),
    ("the sms says 203948", "203948"),
    ("验证码是302817", "302817"),
    ("验证码：203948", "203948"),
    ("482193是验证码", "482193"),
    ("动态密码是346702", "346702"),
    ("短信收到了，是 559012", "559012"),
    ("code是449120", "449120"),
]


@pytest.mark.parametrize(
    ("text", "entity", "value"),
    [
        *((text, "order_number", value) for text, value in ORDERS),
        *((text, "card_ending", value) for text, value in CARDS),
        *((text, "phone_number", value) for text, value in PHONES),
        *((text, "code", value) for text, value in CODES),
    ],
)
def test_a_number_is_known_for_what_it_names(text: str, entity: str, value: str) -> None:
    assert [(found.entity, found.value) for found in find(text)] == [(entity, value)]


@pytest.mark.parametrize(
    ("text", "entity"),
    [
        ("my promo code is 482193", "code"),
        ("zip code 94105", "code"),
        ("错误代码1003", "code"),
        ("change my pin to 1234", "code"),
        ("received 100000 from him", "code"),
        ("$482193", "code"),
        ("把尾号是8899的手机号换掉", "card_ending"),
        ("iPhone 15", "card_ending"),
        ("手机尾号8899", "card_ending"),
        ("订单尾号8899", "card_ending"),
        ("order 4821", "order_number"),
        ("12345678901", "phone_number"),
        ("1+1=2", "phone_number"),
        ("4111 1111 1111 1112", "card_ending"),
    ],
)
def test_a_number_is_not_taken_for_what_it_is_not(text: str, entity: str) -> None:
    assert values(text, entity) == []


@pytest.mark.parametrize(
    ("text", "expects", "found"),
    [
        ("4821", "", [("amount", {"minor": 482100, "currency": None})]),
        ("4821", "card_ending", [("card_ending", "4821")]),
        ("4821", "code", [("code", "4821")]),
        ("100000", "", [("amount", {"minor": 10000000, "currency": None})]),
        ("100000", "code", [("code", "100000")]),
        ("199", "date", [("amount", {"minor": 19900, "currency": None})]),
        ("199", "order_number", [("amount", {"minor": 19900, "currency": None})]),
        ("482193", "amount", [("amount", {"minor": 48219300, "currency": None})]),
        ("20261103", "order_number", [("order_number", "20261103")]),
        ("it's 4821", "card_ending", [("card_ending", "4821")]),
        ("freeze my card", "card_ending", []),
    ],
)
def test_a_lone_number_is_what_the_dialogue_asked_for(text: str, expects: str, found: list[Any]) -> None:
    assert [(each.entity, each.value) for each in find(text, expects=expects)] == found


def test_one_message_may_hold_all_kinds() -> None:
    text = "Card ending 4821 was charged $20 on Nov 3 for P20261103001, call +14158675309, my code is 482193"
    assert [found.entity for found in find(text)] == [
        "card_ending", "amount", "date", "order_number", "phone_number", "code",
    ]  # fmt: skip


def test_a_whole_card_number_never_leaves_the_rules() -> None:
    [found] = find("我的卡号是6222021234567890123")
    assert found.value == "0123"


def test_a_row_of_digits_covers_all_its_words() -> None:
    assert surfaces("the code is four eight one nine two zero", "code") == ["four eight one nine two zero"]
