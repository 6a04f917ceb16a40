"""Which article answers is found by meaning and by words together, and how surely is learned."""

from __future__ import annotations

import time

import numpy as np

from bot.help.shelf import Shelf, Words, learn, terms_of, unit


def vectors(*places: int, size: int = 8) -> np.ndarray:
    """Texts about the same thing point the same way, nearly."""
    noise = np.random.default_rng(0).normal(0, 0.1, (len(places), size))
    return unit((np.eye(size)[list(places)] + noise).astype(np.float32))


TEXTS = [
    "freezing a card",
    "how do I stop my card for a while",
    "refunds",
    "when do I get my money back from the shop",
    "closing an account",
    "how can I leave you",
]
SHELF = Shelf.of(TEXTS, vectors(0, 0, 1, 1, 2, 2), [0, 0, 1, 1, 2, 2])
ALL = np.arange(3)


def test_meaning_alone_finds_an_article_that_shares_no_word() -> None:
    scores = SHELF.ask(terms_of("block plastic"), vectors(0)[0], among=ALL)
    assert int(scores.argmax()) == 0


def test_words_decide_where_meaning_says_nothing() -> None:
    scores = SHELF.ask(terms_of("closing account"), np.zeros(8, np.float32), among=ALL)
    assert int(scores.argmax()) == 2


def test_only_the_articles_that_may_answer_are_asked() -> None:
    assert len(SHELF.ask(terms_of("refunds"), vectors(1)[0], among=np.array([0, 2]))) == 2


def test_chinese_is_found_by_characters_that_words_cut_differently() -> None:
    words = Words.of([terms_of("冻结银行卡"), terms_of("退款多久到账")])
    assert words.scores(terms_of("银行卡冻结后")).argmax() == 0


def test_what_was_learned_is_sure_of_its_own_and_doubts_strangers() -> None:
    rng = np.random.default_rng(1)
    articles, texts, rows, whose, kinds = 30, [], [], [], []
    for article in range(articles):
        direction = rng.normal(size=64)
        for kind in range(5):
            texts.append(f"word{article} topic{article} {kind}")
            rows.append(direction + rng.normal(0, 0.3, 64))
            whose.append(article)
            kinds.append(kind)
    shelf = Shelf.of(texts, unit(np.array(rows, np.float32)), whose)
    questions = np.flatnonzero(np.array(kinds) > 0)
    strangers = [(terms_of("weather"), unit(rng.normal(size=64).astype(np.float32))) for _ in range(60)]
    judge = learn(shelf, questions, strangers, np.zeros(articles, np.int64))
    among = np.arange(articles)
    own = [
        judge.probabilities(
            shelf.signs(terms_of(texts[at]), shelf.dense[at] + shelf.centre, among=among, without=int(at))
        ).max()
        for at in questions
    ]
    far = [judge.probabilities(shelf.signs(*each, among=among)).max() for each in strangers]
    assert np.quantile(own, 0.1) > 0.5 > np.quantile(far, 0.9)


def test_five_thousand_articles_answer_in_milliseconds() -> None:
    """A bound a hundred times above what it takes: it fails for what grows with the square."""
    rng = np.random.default_rng(2)
    texts = [f"article about thing{number} and matter{number % 97}" for number in range(20_000)]
    shelf = Shelf.of(texts, unit(rng.normal(size=(20_000, 96)).astype(np.float32)), [n // 4 for n in range(20_000)])
    start = time.process_time()
    for number in range(10):
        shelf.ask(terms_of(f"thing{number}"), rng.normal(size=96).astype(np.float32), among=np.arange(5_000))
    assert time.process_time() - start < 10
