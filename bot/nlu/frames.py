"""What is said of a thing, without the thing: "don't _ my _", "is my _ _ ?".

A word that few intents share names a topic and leaves a gap; the words that all of them share, and the marks, are the
frame. Which words are shared is learned from the examples, so the same code serves any language.
"""

from __future__ import annotations

import itertools
import math
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Sequence

from bot.nlu.ngrams import cut, prepare

GAP = "_"
START, END = "<", ">"
LONGEST = 4
"""Of runs in a frame, in words."""
_MARKS = re.compile(r"([?!,.;:，。；：、…~]+)")


def said(text: str) -> list[str]:
    """The words of a text and the first of each run of marks, in order."""
    found: list[str] = []
    for piece in _MARKS.split(prepare(text)):
        if _MARKS.fullmatch(piece):
            found.append(piece[0])
        else:
            found += cut(piece)
    return found


def shared_words(texts: Sequence[Sequence[str]], topics: Sequence[str], *, share: float, at_least: int) -> set[str]:
    """Words of at least `at_least` texts that are spread over topics as if over `share` of them or more: the
    exponential of the entropy of a word's topics says over how many."""
    of_word: dict[str, Counter[str]] = defaultdict(Counter)
    sizes = Counter(topics)
    for words, topic in zip(texts, topics, strict=True):
        for word in set(words):
            of_word[word][topic] += 1
    enough = max(2.0, share * len(sizes))
    return {
        word
        for word, counts in of_word.items()
        if at_least <= counts.total() and enough <= _spread(counts, sizes) and not word.isdigit()
    }


def _spread(counts: Counter[str], sizes: Counter[str]) -> float:
    """Topics as if of equal size."""
    rates = [count / sizes[topic] for topic, count in counts.items()]
    total = sum(rates)
    return math.exp(-sum(rate / total * math.log(rate / total) for rate in rates))


def frame(words: Iterable[str], shared: Collection[str]) -> list[str]:
    """`words` between START and END, each run of others one GAP."""
    kept = (word if word in shared or _MARKS.fullmatch(word) else GAP for word in words)
    return [START, *(word for word, _ in itertools.groupby(kept)), END]


def runs(words: Sequence[str], longest: int = LONGEST) -> Iterator[str]:
    """Every run of 1 to `longest` words that is more than a gap."""
    for size in range(1, longest + 1):
        for at in range(len(words) - size + 1):
            run = words[at : at + size]
            if size > 1 or run[0] not in (GAP, START, END):
                yield " ".join(run)
