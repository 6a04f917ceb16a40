"""What holds for every message: formatting a thing and extracting it gives it back, and nothing ever fails."""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import date, timedelta

import dateparser
import pytest
from hypothesis import assume, example, given
from hypothesis import strategies as st

from bot.nlu import amounts, identifiers
from bot.nlu.atoms import scan
from bot.nlu.found import Found
from bot.nlu.han_numerals import parse_chinese
from bot.nlu.numerals import parse_english
from tests.nlu.examples import NOW, find
from tests.nlu.spelling import chinese, chinese_digits, english

TODAY = NOW.date()
MINORS = st.integers(1, 10**9)
WHOLE = st.integers(1, 10**7)
DAYS = st.dates(date(2015, 1, 1), TODAY)

AMOUNTS: dict[str, tuple[str, Callable[[int], str]]] = {
    "sign": ("USD", lambda minor: f"${minor / 100:.2f}"),
    "sign and commas": ("CNY", lambda minor: f"￥{minor / 100:,.2f}"),
    "full width": (
        "CNY",
        lambda minor: f"￥{minor / 100:.2f}".translate(str.maketrans("0123456789.", "０１２３４５６７８９．")),
    ),
    "code": ("USD", lambda minor: f"USD {minor / 100:,.2f}"),
    "yuan": ("CNY", lambda minor: f"{minor / 100:.2f} yuan"),
    "元": ("CNY", lambda minor: f"{minor / 100:.2f}元"),
    "美元": ("USD", lambda minor: f"{minor / 100:.2f}美元"),
}


def _indian(minor: int) -> str:
    whole, rest = divmod(minor, 100)
    head, tail = str(whole)[:-3], str(whole)[-3:]
    pairs = [head[max(0, at - 2) : at] for at in range(len(head), 0, -2)][::-1]
    return f"₹{','.join([*pairs, tail])}.{rest:02d}"


def _continental(minor: int, *, mark: str = ".") -> str:
    return f"{minor / 100:,.2f}".replace(",", "·").replace(".", ",").replace("·", mark)


AMOUNTS |= {
    "continental": ("EUR", lambda minor: f"€{_continental(minor)}"),
    "continental after": ("EUR", lambda minor: f"{_continental(minor)} €"),
    "continental spaced": ("PLN", lambda minor: f"{_continental(minor, mark=' ')} zł"),
    "swiss": ("CHF", lambda minor: "CHF " + f"{minor / 100:,.2f}".replace(",", "'")),
    "indian": ("INR", _indian),
    "spaced": ("USD", lambda minor: "USD " + f"{minor / 100:,.2f}".replace(",", " ")),
    "won": ("KRW", lambda minor: f"₩{minor:,}"),
    "dinar": ("KWD", lambda minor: f"KWD {minor / 1000:,.3f}"),
    "新台币": ("TWD", lambda minor: f"新台币{minor / 100:.2f}元"),
    "cents": ("USD", lambda minor: f"{minor // 100} dollars and {minor % 100} cents"),
    "角分": ("CNY", lambda minor: f"{minor // 100}元{minor // 10 % 10}角{minor % 10}分"),
}
SPELT: dict[str, tuple[str, Callable[[int], str]]] = {
    "chinese": ("CNY", lambda number: f"{chinese(number)}元"),
    "chinese 块钱": ("CNY", lambda number: f"{chinese(number)}块钱"),
    "english": ("USD", lambda number: f"{english(number)} dollars"),
    "english without and": ("USD", lambda number: f"{english(number, joint=' ')} bucks"),
}
SENTENCES = [("", ""), ("please refund ", " to my card"), ("帮我退", "，谢谢"), ("我付了 ", " 给商家")]
DATED: dict[str, Callable[[date], str]] = {
    "iso": lambda day: day.isoformat(),
    "slashed": lambda day: f"{day.year}/{day.month}/{day.day}",
    "american": lambda day: f"{day.month}/{day.day}/{day.year}",
    "chinese": lambda day: f"{day.year}年{day.month}月{day.day}日",
    "chinese 号": lambda day: f"{day.year}年{day.month}月{day.day}号",
    "chinese numerals": lambda day: f"{chinese_digits(day.year)}年{chinese(day.month)}月{chinese(day.day)}日",
    "month first": lambda day: f"{day:%B} {day.day}, {day.year}",
    "short month": lambda day: f"{day:%b} {day.day} {day.year}",
    "day first": lambda day: f"{day.day} {day:%B} {day.year}",
}


def only(text: str, entity: str) -> Found:
    [found] = [each for each in find(text) if each.entity == entity]
    return found


@pytest.mark.parametrize("name", AMOUNTS)
@given(minor=MINORS, sentence=st.sampled_from(SENTENCES))
def test_a_formatted_amount_comes_back(name: str, minor: int, sentence: tuple[str, str]) -> None:
    currency, write = AMOUNTS[name]
    written, text = write(minor), write(minor).join(sentence)
    found = only(text, "amount")
    assert found.value == {"minor": minor, "currency": currency}
    assert text[found.start : found.end] == written


@pytest.mark.parametrize("name", SPELT)
@given(number=WHOLE, sentence=st.sampled_from(SENTENCES[:3]))
def test_a_spelt_amount_comes_back(name: str, number: int, sentence: tuple[str, str]) -> None:
    currency, write = SPELT[name]
    text = write(number).join(sentence)
    found = only(text, "amount")
    assert found.value == {"minor": number * 100, "currency": currency}
    assert text[found.start : found.end] == write(number)


@given(st.integers(0, 9), st.integers(1, 9), st.integers(1, 9))
def test_yuan_jiao_and_fen_add_up(yuan: int, jiao: int, fen: int) -> None:
    assume(yuan)
    for text in (f"{chinese(yuan)}块{chinese(jiao)}毛{chinese(fen)}", f"{yuan}元{jiao}角{fen}分"):
        assert only(text, "amount").value["minor"] == yuan * 100 + jiao * 10 + fen


@given(st.integers(0, 10**12 - 1))
def test_a_chinese_number_comes_back(number: int) -> None:
    assert parse_chinese(chinese(number)) == number


@given(st.integers(0, 10**9 - 1), st.sampled_from([" and ", " "]))
def test_an_english_number_comes_back(number: int, joint: str) -> None:
    assert parse_english(english(number, joint=joint)) == number


@pytest.mark.parametrize("name", DATED)
@given(day=DAYS, sentence=st.sampled_from(SENTENCES[:3]))
def test_a_formatted_date_comes_back(name: str, day: date, sentence: tuple[str, str]) -> None:
    text = DATED[name](day).join(sentence)
    found = only(text, "date")
    assert found.value == day.isoformat()
    assert text[found.start : found.end] == DATED[name](day)


@given(st.integers(1, 400))
def test_days_ago_count_back_from_today(count: int) -> None:
    for text in (f"{count} days ago", f"{count}天前", f"{chinese(count)}天前"):
        assert only(text, "date").value == (TODAY - timedelta(days=count)).isoformat()


@pytest.mark.parametrize(
    "text",
    ["yesterday", "2 weeks ago", "3 months ago", "5 days ago", "a year ago", "Oct 28", "28 October 2025",
     "May 3rd, 2024", "last friday", "1 year and 2 months ago"],
)  # fmt: skip
@given(today=st.dates(date(2024, 1, 1), date(2030, 12, 31)))
@example(today=date(2028, 2, 29))
def test_dateparser_reads_plain_english_dates_alike(text: str, today: date) -> None:
    now = NOW.replace(year=today.year, month=today.month, day=today.day)
    settings = {"RELATIVE_BASE": now.replace(tzinfo=None), "PREFER_DATES_FROM": "past"}
    expected = dateparser.parse(text, languages=["en"], settings=settings)
    [found] = [each for each in find(text, now=now) if each.entity == "date"]
    assert expected is not None
    assert found.value == expected.date().isoformat()


PIECES = st.sampled_from(
    ["$", "¥", "20", "1,299", ".5", " ", "块", "元", "毛", "三", "百", "万", "十", "月", "号", "日", "年", "周",
     "五", "前", "天", "last", "the", "3rd", "Nov", "ago", "to", "from", "since", "week", "ending in", "4821",
     "code", "验证码", "P20261103001", "+1", "415", "-", "/", "到", "的", "a", "hundred", "grand", "couple",
     "and", "half", "半", "几", "上个", "底", "end of", "2026", "99", "!", "🤬", "\u200b", "０", "，", "(", "%",
     "不", "滚", "cents", "点", "第", "个"]
)  # fmt: skip
TEXTS = st.one_of(
    st.text(max_size=200),
    st.lists(PIECES, max_size=25).map("".join),
    st.lists(PIECES, max_size=25).map(" ".join),
)


@given(TEXTS)
@example("1.5点5块")
@example("P20261103001¾cents")
def test_nothing_fails_and_spans_lie_in_the_text_in_order(text: str) -> None:
    last = 0
    for found in find(text):
        assert 0 <= found.start < found.end <= len(text)
        assert text[found.start : found.end].strip()
        if found.entity != "anger":
            assert last <= found.start
            last = found.end


@given(TEXTS)
def test_values_have_the_shape_that_is_promised(text: str) -> None:
    for found in find(text):
        if found.entity == "amount":
            assert isinstance(found.value["minor"], int)
            assert found.value["minor"] >= 0
        elif found.entity == "anger":
            assert 0 < found.value <= 1
        elif found.entity == "date" and not isinstance(found.value, str):
            assert date.fromisoformat(found.value["from"]) < date.fromisoformat(found.value["to"])
        elif found.entity == "date":
            date.fromisoformat(found.value)
        else:
            assert found.value.isascii()


@given(
    st.lists(st.sampled_from([*"0123456789,.'$€ 点千百十万w", " ", "and ", "hundred ", "to "]), max_size=30).map(
        "".join
    )
)
def test_what_is_read_of_money_has_no_more_digits_beside_it(text: str) -> None:
    for found in find(text):
        if found.entity == "amount":
            assert not text[: found.start][-1:].isdigit() or not text[found.start].isdigit()
            assert not (text[found.end - 1].isdigit() and text[found.end : found.end + 1].isdigit())


UNITS = [
    "1,1", "1 ", "1 1 1-", "$", "$1 ", "¥1", "half a ", "a hundred and ", "三点", "三点五万", "一百", "1-1 to ", "111-",
    "double five ", "20 or ", "50.", "1k", "a dollar and ", "块五", "3元5角", "从1到", "between 1 and ", "1'0", "万亿",
    "w1w1",
]  # fmt: skip


@pytest.mark.parametrize("unit", UNITS)
def test_time_grows_with_the_length_and_no_faster(unit: str) -> None:
    short, long = (min(_seconds(unit, size) for _ in range(3)) for size in (5_000, 20_000))
    assert long < 10 * short + 0.01, "four times as long; with the square it would be sixteen"


def _seconds(unit: str, size: int) -> float:
    text = (unit * size)[:size]
    start = time.process_time()
    atoms = scan(text)
    list(amounts.find(atoms))
    list(identifiers.find_hinted(atoms))
    return time.process_time() - start


@given(TEXTS)
def test_the_same_message_is_always_read_alike(text: str) -> None:
    assert find(text) == find(text)
