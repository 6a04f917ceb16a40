"""One way of writing Chinese, whoever writes it."""

import pytest

from bot.nlu.hanzi import plain
from bot.nlu.ngrams import prepare


@pytest.mark.parametrize(
    ("written", "read"),
    [
        ("忘記密碼了", "忘记密码了"),
        ("轉帳一直失敗", "转账一直失败"),
        ("收到釣魚簡訊", "收到钓鱼短信"),
        ("點解碌咗我兩次", "为什么刷了我两次"),
        ("我戶口有幾多錢", "我账户有多少钱"),
        ("唔係", "不是"),
        ("我呃……想退款", "我呃……想退款"),
    ],
)
def test_traditional_characters_and_cantonese_become_the_mainlands_writing(written: str, read: str) -> None:
    assert plain(written) == read


def test_text_without_chinese_is_only_lower_cased() -> None:
    assert prepare("Where is my REFUND") == "where is my refund"
