"""Which article answers is found by meaning and by words together, and how surely is learned."""

from __future__ import annotations

import time

import numpy as np

from bot.help.shelf import Shelf, Words, terms_of, unit


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
SHELF = Shelf.of(TEXTS, [vectors(0, 0, 1, 1, 2, 2)], [0, 0, 1, 1, 2, 2])


def best(shelf: Shelf, text: str, *vector: np.ndarray) -> int:
    return int(shelf.scores(shelf.nearness(text, vector)).argmax())


def test_meaning_alone_finds_an_article_that_shares_no_word() -> None:
    assert best(SHELF, "block plastic", vectors(0)[0]) == 0


def test_words_decide_where_no_encoder_reads_the_question() -> None:
    assert best(SHELF, "closing account", np.zeros(8, np.float32)) == 2


def test_an_encoder_that_did_not_read_the_question_is_left_out() -> None:
    both = Shelf.of(TEXTS, [vectors(0, 0, 1, 1, 2, 2), vectors(0, 0, 1, 1, 2, 2)], [0, 0, 1, 1, 2, 2])
    one, two = vectors(1)[0], np.zeros(8, np.float32)
    np.testing.assert_allclose(both.nearness("x", [one, two]), SHELF.nearness("x", [one]), rtol=1e-6)


def test_an_article_is_as_near_as_its_best_texts_not_its_luckiest() -> None:
    shelf = Shelf.of([f"t{n}" for n in range(8)], [vectors(*range(8))], [0, 0, 0, 0, 1, 1, 1, 1])
    np.testing.assert_allclose(shelf.scores(np.array([9, 0, 0, 0, 3, 3, 3, 3], np.float32)), [2.25, 3.0])


def test_chinese_is_found_by_characters_that_words_cut_differently() -> None:
    words = Words.of([terms_of("冻结银行卡"), terms_of("退款多久到账")])
    assert words.scores(terms_of("银行卡冻结后")).argmax() == 0


def test_the_line_lets_few_strangers_over_it_and_most_questions() -> None:
    rng = np.random.default_rng(1)
    texts, rows, whose = [], [], []
    for article in range(30):
        direction = rng.normal(size=64)
        for kind in range(6):
            texts.append(f"word{article} topic{article} {kind}")
            rows.append(direction + rng.normal(0, 0.3, 64))
            whose.append(article)
    dense = unit(np.array(rows, np.float32))
    asked = list(range(5, len(texts), 6))
    kept = [place for place in range(len(texts)) if place not in asked]
    strangers = [(f"weather {n}", [unit(rng.normal(size=64).astype(np.float32))]) for n in range(100)]
    shelf = Shelf.of([texts[at] for at in kept], [dense[kept]], [whose[at] for at in kept]).learned(strangers)

    def surely(text: str, vector: np.ndarray) -> float:
        return float(shelf.line.surely(shelf.scores(shelf.nearness(text, [vector]))).max())

    assert np.mean([surely(text, *vector) >= 0.5 for text, vector in strangers]) <= 0.05
    assert np.mean([surely(texts[at], dense[at]) >= 0.5 for at in asked]) >= 0.9


def test_five_thousand_articles_answer_in_milliseconds() -> None:
    """A bound a hundred times above what it takes: it fails for what grows with the square."""
    rng = np.random.default_rng(2)
    texts = [f"article about thing{number} and matter{number % 97}" for number in range(20_000)]
    shelf = Shelf.of(texts, [unit(rng.normal(size=(20_000, 96)).astype(np.float32))], [n // 4 for n in range(20_000)])
    start = time.process_time()
    for number in range(10):
        shelf.scores(shelf.nearness(f"thing{number}", [rng.normal(size=96).astype(np.float32)]))
    assert time.process_time() - start < 10
