"""The normal form of text and the way back to what was typed."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.nlu.text import normalise


@pytest.mark.parametrize(
    ("typed", "normal"),
    [
        ("ＡＢＣ１２３", "ABC123"),
        ("￥１，２９９．００", "¥1,299.00"),
        ("付了200，300是运费", "付了200，300是运费"),
        ("a\u200bb\u00adc\ufeff", "abc"),
        ("a\x00b\x07c", "abc"),
        ("a\t\nb\u3000c", "a  b c"),
        ("cafe\u0301", "café"),
        ("\ud800", "\ufffd"),
        ("❤\ufe0f", "❤"),
        ("\u202eabc", "abc"),
    ],
)
def test_normal_form(typed: str, normal: str) -> None:
    assert normalise(typed).text == normal


def test_a_span_leads_back_to_what_was_typed() -> None:
    normal = normalise("付\u200b了￥１９９。")
    start = normal.text.index("¥")
    begin, end = normal.span(start, start + 4)
    assert normal.original[begin:end] == "￥１９９"


def test_too_long_a_text_is_cut_and_says_so() -> None:
    normal = normalise("a" * 10_000)
    assert (len(normal.text), normal.truncated) == (1000, True)
    assert not normalise("a" * 1000).truncated


@given(st.text())
def test_every_normal_character_has_a_place_in_the_original(text: str) -> None:
    normal = normalise(text)
    last = 0
    for at in range(len(normal.text)):
        start, end = normal.span(at, at + 1)
        assert last <= start < end <= len(text)
        last = start


@given(st.text(max_size=50))
def test_normalising_twice_changes_nothing(text: str) -> None:
    once = normalise(text).text
    assert normalise(once).text == once
