"""docs/security.md answers every requirement of OWASP ASVS 5.0.0 at levels 1 and 2, and names what is there."""

from __future__ import annotations

import re
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TEXT = (ROOT / "docs" / "security.md").read_text("utf-8")
THREATS = (ROOT / "docs" / "threat-model.md").read_text("utf-8")
STATES = ("met", "not applicable", "open")
MET_WITHOUT_A_TEST = 32
"""So many are met by what no test of ours could break: a page, a library, something that is not there."""

REQUIREMENTS = """
1.1.1-2 1.2.1-9 1.3.1-11 1.4.1-3 1.5.1-2
2.1.1-3 2.2.1-3 2.3.1-4 2.4.1
3.2.1-2 3.3.1-4 3.4.1-6 3.5.1-5 3.7.1-2
4.1.1-3 4.2.1 4.3.1-2 4.4.1-4
5.1.1 5.2.1-3 5.3.1-2 5.4.1-3
6.1.1-3 6.2.1-12 6.3.1-4 6.4.1-4 6.5.1-5 6.6.1-3 6.8.1-4
7.1.1-3 7.2.1-4 7.3.1-2 7.4.1-5 7.5.1-2 7.6.1-2
8.1.1-2 8.2.1-3 8.3.1 8.4.1
9.1.1-3 9.2.1-4
10.1.1-2 10.2.1-2 10.3.1-4 10.4.1-11 10.5.1-5 10.6.1-2 10.7.1-3
11.1.1-2 11.2.1-3 11.3.1-3 11.4.1-4 11.5.1 11.6.1
12.1.1-3 12.2.1-2 12.3.1-4
13.1.1 13.2.1-5 13.3.1-2 13.4.1-5
14.1.1-2 14.2.1-4 14.3.1-3
15.1.1-3 15.2.1-3 15.3.1-7
16.1.1 16.2.1-5 16.3.1-4 16.4.1-3 16.5.1-3
17.1.1 17.2.1-4 17.3.1-2
"""
"""The ids of the standard's levels 1 (70) and 2 (183); `1.1.1-2` are 1.1.1 and 1.1.2."""


def required() -> list[str]:
    ids: list[str] = []
    for section, first, last in re.findall(r"(\d+\.\d+)\.(\d+)(?:-(\d+))?", REQUIREMENTS):
        ids += [f"{section}.{n}" for n in range(int(first), int(last or first) + 1)]
    return ids


def rows() -> list[tuple[str, str, str, str]]:
    """Id, matter, state, and where or why."""
    return re.findall(r"^\| (\d+\.\d+\.\d+) \| (.+?) \| \**(.+?)\** \| (.+) \|$", TEXT, flags=re.M)


def named(text: str) -> list[tuple[str, str]]:
    """A test's file, and its name (TypeScript) or the words of it (Python)."""
    found: list[tuple[str, str]] = []
    file = ""
    for path, sentence in re.findall(r"`((?:web/)?tests/[\w/.]+)`|(?<!\*)\*([^*]+)\*(?!\*)", text):
        file = path or file
        if sentence:
            found.append((file, sentence))
    return found


def test_every_requirement_is_answered_once_in_order() -> None:
    assert len(required()) == 70 + 183
    assert [number for number, *_ in rows()] == required()


def test_the_counts_are_those_of_the_rows() -> None:
    counted = Counter((int(number.partition(".")[0]), state) for number, _, state, _ in rows())
    table = re.findall(r"^\| V(\d+) [^|]+ \| (\d+) \| (\d+) \| (\d+) \|$", TEXT, flags=re.M)
    assert [int(chapter) for chapter, *_ in table] == list(range(1, 18))
    for chapter, *numbers in table:
        assert [int(each) for each in numbers] == [counted[int(chapter), state] for state in STATES], f"V{chapter}"
    (whole,) = re.findall(r"^\| \*\*all\*\* \| \*\*(\d+)\*\* \| \*\*(\d+)\*\* \| \*\*(\d+)\*\* \|$", TEXT, flags=re.M)
    assert [int(each) for each in whole] == [sum(state == each for *_, state, _ in rows()) for each in STATES]


@pytest.mark.parametrize(("number", "state", "why"), [(number, state, why) for number, _, state, why in rows()])
def test_every_answer_has_its_grounds(number: str, state: str, why: str) -> None:
    assert state in STATES
    assert len(why) > 5
    if state == "open":
        assert "losed by" in why or "As " in why or "leave " in why, f"{number}: what would close it?"
    if state == "met":
        assert "`" in why or "](" in why, f"{number}: where?"


def test_what_is_met_is_shown_by_a_test_with_few_exceptions() -> None:
    bare = [number for number, _, state, why in rows() if state == "met" and not named(why)]
    assert len(bare) <= MET_WITHOUT_A_TEST, bare


@pytest.mark.parametrize(("file", "sentence"), sorted(set(named(TEXT.partition("## OWASP ASVS")[2]))))
def test_a_test_that_is_named_is_there(file: str, sentence: str) -> None:
    source = (ROOT / file).read_text("utf-8")
    if file.endswith(".py"):
        name = "test_" + re.sub(r"\W+", "_", sentence.lower()).strip("_")
        assert f"def {name}(" in source
    else:
        assert sentence in source


def test_the_threat_model_names_a_place_and_a_test_for_each_threat() -> None:
    (table,) = re.findall(r"\| who \|.+?\n\n", THREATS, flags=re.S)
    lines = [line.strip("| ").split(" | ") for line in table.strip().splitlines()[2:]]
    assert len(lines) > 10
    for cells in lines:
        assert re.search(r"`(web/)?tests/", cells[-1]), cells
