"""docs/reliability.md names the tests that hold each promise; they exist."""

from __future__ import annotations

import re

import pytest

from tests.bank import PROJECT

TEXT = (PROJECT / "docs" / "reliability.md").read_text(encoding="utf-8")


def named() -> list[tuple[str, str]]:
    """Pairs of a test file and a test's sentence."""
    found: list[tuple[str, str]] = []
    for line in TEXT.replace("\n`test_cluster.py`", " `test_cluster.py`").splitlines():
        file = ""
        for part in re.findall(r"`(test_\w+\.py)`|(?<!\*)\*([^*]+)\*(?!\*)", line):
            file = part[0] or file
            if part[1] and file:
                found.append((file, part[1]))
    return found


def test_every_promise_names_a_test() -> None:
    rows = [line for line in TEXT.splitlines() if line.startswith("| **")]
    assert len(rows) == 13
    for row in rows:
        assert re.search(r"`test_\w+\.py`: \*", row), row


@pytest.mark.parametrize(("file", "sentence"), named())
def test_a_test_that_is_named_is_there(file: str, sentence: str) -> None:
    paths = list((PROJECT / "tests").rglob(file))
    name = "test_" + re.sub(r"\W+", "_", sentence.lower()).strip("_")
    assert any(f"def {name}(" in path.read_text(encoding="utf-8") for path in paths)
