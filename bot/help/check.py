"""What is wrong with the articles: twins, articles of one language only, ends that have passed, unknown intents, and
numbers that contradict `data/help/facts.yml`:

    withdrawal fee:                                  # a fact, its name is for people
      values: ["0.1%", "￥1"]                         # every number that a sentence about it may state
      en: [withdrawal fee, fee for withdrawals]      # a sentence with one of these words and a number is about it
      zh: [提现手续费, 提现费]
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from bot.errors import ConfigError
from bot.files import read_yaml
from bot.help.articles import FOLDER, Article, plain

ALIKE = 0.6
"""Of two articles' word runs, the share in common from which they are twins (Jaccard)."""
RUN = 5
_NUMBER = re.compile(r"(?:[¥￥$€£]\s?)?\d[\d,]*(?:\.\d+)?\s?(?:%|％|万|元|yuan|CNY|[a-z]{3}\b)?", re.IGNORECASE)
_SENTENCES = re.compile(r"(?<=[.!?])\s+|(?<=[。！？；;])|\n+")


def problems_in(
    articles: Sequence[Article],
    facts: Mapping[str, Mapping[str, list[str]]],
    *,
    intents: Collection[str],
    today: date,
) -> list[str]:
    """One line for each, naming the file. `intents` are all that the domain has."""
    return [
        *_twins(articles),
        *_of_one_language(articles),
        *(f"{_place(each)}: ended on {each.valid_until}" for each in articles if _has_ended(each, today)),
        *_unknown_intents(articles, intents),
        *(line for article in articles for line in contradictions(article, facts)),
    ]


def facts_of(path: Path) -> Mapping[str, Mapping[str, list[str]]]:
    """Raises ConfigError for a file that is not as above; none is no facts."""
    if not path.exists():
        return {}
    facts = read_yaml(path) or {}
    wrong = [name for name, fact in facts.items() if not _is_fact(fact)] if isinstance(facts, dict) else ["(the file)"]
    if wrong:
        raise ConfigError(
            *(f"data/{FOLDER}/facts.yml: {name}: expected `values` and a list of words a language" for name in wrong)
        )
    return dict(facts)


def contradictions(article: Article, facts: Mapping[str, Mapping[str, list[str]]]) -> Iterator[str]:
    """Sentences about a fact that state a number which is none of its values."""
    for sentence in _sentences(article):
        numbers = [_bare(number) for number in _NUMBER.findall(sentence)]
        for name, fact in facts.items():
            if not any(word.lower() in sentence.lower() for word in fact.get(article.language, ())):
                continue
            allowed = {_bare(value) for value in fact["values"]}
            for number in (number for number in numbers if number not in allowed):
                said = ", ".join(fact["values"])
                yield f"{_place(article)}: {name}: says {number!r}, data/{FOLDER}/facts.yml says {said}: {sentence!r}"


def _sentences(article: Article) -> Iterator[str]:
    for passage in article.passages:
        yield from (each.strip() for each in _SENTENCES.split(plain(passage.text)) if each.strip())


def _bare(number: str) -> str:
    """A number as it is compared: without grouping, in one spelling of its unit."""
    return number.replace(",", "").replace(" ", "").replace("￥", "¥").replace("％", "%").lower()


def _is_fact(fact: Any) -> bool:
    return isinstance(fact, dict) and "values" in fact and all(isinstance(each, list) for each in fact.values())


def _twins(articles: Sequence[Article]) -> Iterator[str]:
    runs = [(article, _runs(" ".join(passage.text for passage in article.passages))) for article in articles]
    for (one, left), (other, right) in itertools.combinations(runs, 2):
        if one.language != other.language:
            continue
        if one.title.lower() == other.title.lower():
            yield f"{_place(one)}: has the title of {_place(other)}"
        elif left and right and len(left & right) / len(left | right) >= ALIKE:
            yield f"{_place(one)}: says nearly the same as {_place(other)}"


def _runs(text: str) -> frozenset[str]:
    text = "".join(character for character in plain(text).lower() if character.isalnum() or character == " ")
    pieces = text.split() if " " in text.strip() else list(text)
    return frozenset(" ".join(pieces[at : at + RUN]) for at in range(len(pieces) - RUN + 1))


def _of_one_language(articles: Sequence[Article]) -> Iterator[str]:
    languages = {article.language for article in articles}
    there = {(article.language, article.id) for article in articles}
    for language, article in itertools.product(sorted(languages), articles):
        if (language, article.id) not in there:
            yield f"{_place(article)}: data/{FOLDER}/{language}/{article.id}.md is missing"


def _has_ended(article: Article, day: date) -> bool:
    return article.valid_until is not None and article.valid_until <= day


def _unknown_intents(articles: Iterable[Article], known: Collection[str]) -> Iterator[str]:
    for article in articles:
        for intent in article.intents:
            if intent not in known:
                yield f"{_place(article)}: intents: {intent!r} is not an intent of domain.yml"


def _place(article: Article) -> str:
    return f"data/{FOLDER}/{article.language}/{article.id}.md"
