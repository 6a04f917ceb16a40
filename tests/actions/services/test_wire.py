"""From JSON to nouns: what fits becomes one, what does not is the service's fault."""

from __future__ import annotations

from dataclasses import dataclass

import pytest

from actions.services.wire import decode, decode_all
from bot.errors import ServiceDown


@dataclass(frozen=True, kw_only=True)
class Leaf:
    n: int


@dataclass(frozen=True, kw_only=True)
class Tree:
    name: str
    at: float
    ok: bool
    leaf: Leaf | None
    leaves: tuple[Leaf, ...]


GOOD = {"name": "x", "at": 3, "ok": True, "leaf": None, "leaves": [{"n": 1}, {"n": 2, "new": "field"}], "more": 1}


def test_it_reads_nested_nouns_and_ignores_what_it_does_not_know() -> None:
    assert decode(Tree, GOOD) == Tree(name="x", at=3.0, ok=True, leaf=None, leaves=(Leaf(n=1), Leaf(n=2)))


@pytest.mark.parametrize(
    ("change", "place"),
    [
        ({"name": 5}, "Tree.name: expected str, found int"),
        ({"at": "now"}, "Tree.at: expected float"),
        ({"at": True}, "Tree.at: expected float"),
        ({"ok": 1}, "Tree.ok: expected bool"),
        ({"leaf": []}, "Tree.leaf: expected an object"),
        ({"leaves": None}, "Tree.leaves: expected a list"),
        ({"leaves": [{"n": 1.5}]}, "Tree.leaves.n: expected int"),
        ({"leaves": [{}]}, "Tree.leaves: without n"),
    ],
)
def test_what_does_not_fit_names_its_place(change: dict[str, object], place: str) -> None:
    with pytest.raises(ServiceDown, match=place):
        decode(Tree, GOOD | change)


def test_a_list_that_is_none() -> None:
    with pytest.raises(ServiceDown, match="expected a list 'trees'"):
        decode_all(Tree, {"trees": "no"}, "trees")
