"""The dialogue of one project: its flows, its words, and the class its actions are called with.

An action finds the one it belongs to with `current()`. A serving process sets it around each action, so that several
projects may live in one process; where nobody did, as in an action server, it is that of the working directory.
"""

from __future__ import annotations

from collections.abc import Container, Iterator, Sequence
from contextvars import ContextVar
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path

from bot.dialogue import flow_files, words
from bot.dialogue.flows import CONFIRM, Collect, Flows
from bot.dialogue.words import Words

KINDS = ("confirm", "one_of", "option", "text", "amount", "phone", "code", "yes_no", "entity", "looked_up")
"""How answers are recognised: `bot.dialogue.kinds`."""


@dataclass(frozen=True, slots=True)
class Dialogue:
    flows: Flows = field(default_factory=Flows)
    words: Words = field(default_factory=Words)


_current: ContextVar[Dialogue | None] = ContextVar("dialogue", default=None)


OWN = Path(__file__).parent / "patterns.yml"


def load(project: Path) -> Dialogue:
    """From `data/flows/*.yml` and `data/words/*.yml`. Raises ConfigError naming file and line."""
    return of_roots([project / "data"])


def of_roots(roots: Sequence[Path]) -> Dialogue:
    own, theirs = flow_files.read([OWN]), flow_files.read(flow_files.flow_files(roots), known=flow_files.read([OWN]))
    return Dialogue(Flows({**own, **theirs}), words.read(words.word_files(roots)))


def problems_in(dialogue: Dialogue, responses: Container[str], articles: Container[str]) -> Iterator[str]:
    """What is wrong between flows, words, responses and help articles, one line for each."""
    for flow in dialogue.flows.values():
        file = flow.place.rpartition(":")[0]
        named = flow.area or flow.collects
        if named and not flow.id.startswith("pattern_") and not dialogue.words.has_title(flow.id):
            yield f"{flow.place}: flow {flow.id} has no words: add it to `flows:` in data/words/<language>.yml"
        if flow.article and flow.article not in articles:
            yield f"{flow.place}: flow {flow.id}: article: there is no data/help/<language>/{flow.article}.md"
        uttered = (each for each in flow.actions if each.startswith("utter_"))
        for response in (flow.signed_out, flow.opens_with, flow.takes, *uttered):
            if response and response not in responses:
                yield f"{flow.place}: flow {flow.id}: there is no response {response}"
        for collect in flow.collects:
            yield from (
                f"{file}:{collect.line}: flow {flow.id}: {what}" for what in _wrong(collect, dialogue, responses)
            )


def _wrong(collect: Collect, dialogue: Dialogue, responses: Container[str]) -> Iterator[str]:
    if collect.kind and collect.kind not in KINDS:
        yield f"collect {collect.slot}: kind {collect.kind!r}: one of {', '.join(KINDS)}"
    if collect.options and not dialogue.words.codes(collect.options):
        yield f"collect {collect.slot}: options: no catalogue has a table {collect.options}"
    asks = collect.slot != CONFIRM and not collect.optional and collect.kind != "code"
    for response in (collect.utter if asks else "", collect.none):
        if response and response not in responses:
            yield f"collect {collect.slot}: there is no response {response}"


def enter(dialogue: Dialogue) -> None:
    """What follows in this task belongs to it."""
    _current.set(dialogue)


def current() -> Dialogue:
    return _current.get() or _of_working_directory()


@lru_cache(maxsize=1)
def _of_working_directory() -> Dialogue:
    return load(Path.cwd())
