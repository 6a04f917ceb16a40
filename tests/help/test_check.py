"""`xiaoer help check`: what no reader of one article would see."""

from __future__ import annotations

from datetime import date
from typing import Any

from bot.help.articles import Article, Passage
from bot.help.check import problems_in

TODAY = date(2026, 11, 26)
FACTS = {"withdrawal fee": {"values": ["0.1%"], "en": ["withdrawal fee"], "zh": ["提现手续费"]}}


def article(name: str, text: str = "Some text.", **more: Any) -> Article:
    told = {"language": "en", "title": name, "passages": (Passage(heading="", text=text),), **more}
    return Article(id=name, **told)


def problems(*articles: Article) -> list[str]:
    return problems_in(articles, FACTS, intents={"freeze_card"}, today=TODAY)


def test_a_number_that_contradicts_a_fact_is_found_in_either_language() -> None:
    right = article("fees", "The withdrawal fee is 0.1 %.")
    wrong = article("cash", "It is free. The withdrawal fee is 0.2% of the amount.")
    chinese = article("zh-fees", "提现手续费为 0.2％。", language="zh")
    found = problems(
        right, wrong, article("zh-fees"), article("fees", language="zh"), article("cash", language="zh"), chinese
    )
    assert [line.split(":")[0] for line in found] == ["data/help/en/cash.md", "data/help/zh/zh-fees.md"]
    assert "says '0.2%', data/help/facts.yml says 0.1%" in found[0]


def test_twins_are_found() -> None:
    text = "A frozen card pays nothing until you lift the freeze, in the app or here in the chat, day or night."
    assert problems(article("one", text), article("two", text + " Really."))[0].endswith(
        "says nearly the same as data/help/en/two.md"
    )


def test_an_article_of_one_language_an_ended_one_and_an_unknown_intent_are_named() -> None:
    found = problems(
        article("a", "Freezing stops payments.", intents=("freeze_crad",), valid_until=TODAY),
        article("b", "Refunds take some days.", language="zh"),
        article("b", "Nothing alike is written here."),
    )
    assert found == [
        "data/help/en/a.md: data/help/zh/a.md is missing",
        "data/help/en/a.md: ended on 2026-11-26",
        "data/help/en/a.md: intents: 'freeze_crad' is not an intent of domain.yml",
    ]
