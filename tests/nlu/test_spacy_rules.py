"""The components inside Rasa: what they set on a message, in what form, and how they say no."""

from __future__ import annotations

import copy
import json
import time
from pathlib import Path
from typing import Any

import pytest
import spacy
from hypothesis import given
from hypothesis import strategies as st

import bot.engine  # noqa: F401  lets Rasa be imported without TensorFlow
from bot.errors import ConfigError
from bot.nlu import words as words_module
from bot.nlu.language import LanguageIdentifier
from bot.nlu.spacy_pipeline import SpacyRules, TokensWhenAsked
from bot.nlu.words import Words

from rasa.shared.nlu.training_data.message import Message  # isort: skip
from rasa.shared.nlu.training_data.training_data import TrainingData  # isort: skip

NOON = 1_795_320_000.0
"""2026-11-22 12:00 in Shanghai."""


def component(**options: Any) -> SpacyRules:
    return SpacyRules({**SpacyRules.get_default_config(), **options}, clock=lambda: NOON)


RULES = component()
LANGUAGE = LanguageIdentifier(LanguageIdentifier.get_default_config())


def parse(text: str, *, rules: SpacyRules = RULES, **metadata: Any) -> dict[str, Any]:
    message = Message(data={"text": text, "metadata": metadata})
    LANGUAGE.process(rules.process([message]))
    told: dict[str, Any] = message.as_dict(only_output_properties=True)
    return told


def cut(text: str, rules: SpacyRules = RULES) -> list[tuple[str, int, int]]:
    message = Message(data={"text": text})
    rules.process([message])
    return [(token.text, token.start, token.end) for token in message.get("text_tokens")]


def test_entities_are_in_rasas_form() -> None:
    assert parse("refund £20.50")["entities"] == [
        {
            "entity": "amount",
            "start": 7,
            "end": 13,
            "value": {"minor": 2050, "currency": "GBP"},
            "unit": "GBP",
            "confidence_entity": 1.0,
            "extractor": "SpacyRules",
        }
    ]


def test_the_parse_result_is_json_and_names_the_language() -> None:
    told = json.loads(json.dumps(parse("我的refund 200块到哪了, 昨天")))
    assert (told["language"], told["dominant_language"]) == ("mixed", "zh")
    assert [entity["entity"] for entity in told["entities"]] == ["amount", "date"]


def test_the_conversations_language_is_kept_by_a_word_that_says_nothing() -> None:
    assert parse("ok", language="zh")["language"] == "zh"
    assert parse("👍", language="zh")["language"] == ""


def test_dates_count_from_the_messages_moment_in_the_customers_time_zone() -> None:
    early = 1_795_282_200.0  # 2026-11-21 17:30 UTC is 01:30 of the 22nd in Shanghai
    assert parse("yesterday", now=early)["entities"][0]["value"] == "2026-11-21"
    london = component(timezone="Europe/London")
    assert parse("yesterday", rules=london, now=early)["entities"][0]["value"] == "2026-11-20"


@pytest.mark.parametrize("now", [None, "soon", -1, float("nan"), float("inf"), 1e300, True, []])
def test_a_moment_that_is_none_gives_way_to_the_clock(now: Any) -> None:
    assert parse("yesterday", now=now)["entities"][0]["value"] == "2026-11-21"


def test_a_bare_number_is_what_the_dialogue_expects() -> None:
    assert parse("4821", expects="card_ending")["entities"][0]["entity"] == "card_ending"


def test_entities_of_earlier_components_are_kept() -> None:
    message = Message(data={"text": "$20", "entities": [{"entity": "product"}]})
    RULES.process([message])
    assert [entity["entity"] for entity in message.get("entities")] == ["product", "amount"]


def test_only_the_entities_asked_for_are_extracted() -> None:
    assert [entity["entity"] for entity in parse("$20 yesterday", rules=component(entities=["date"]))["entities"]] == [
        "date"
    ]


def test_english_chinese_and_mixed_text_are_cut_into_words() -> None:
    assert [word for word, _, _ in cut("I can't pay")] == ["I", "ca", "n't", "pay"]
    assert [word for word, _, _ in cut("退款还没到账")] == ["退款", "还", "没", "到账"]
    assert cut("我的refund到哪了") == [
        ("我", 0, 1),
        ("的", 1, 2),
        ("refund", 2, 8),
        ("到", 8, 9),
        ("哪", 9, 10),
        ("了", 10, 11),
    ]


def test_words_lie_where_the_customer_typed_them() -> None:
    assert cut("a\u200bb　ｒｅｆｕｎｄ") == [("ab", 0, 3), ("refund", 4, 10)]


@given(st.text(max_size=300))
def test_any_text_is_parsed_and_its_words_lie_in_it(text: str) -> None:
    parse(text)
    last = 0
    for _, start, end in cut(text):
        assert last <= start < end <= len(text) or start == end
        last = start


@pytest.mark.parametrize(
    "text",
    ["🤬" * 10_000, "a" * 10_000, "啊" * 10_000, "(" * 10_000, "昨天" * 5_000, "$20 " * 2_500, "1-" * 5_000,
     "e\u0301" * 5_000, "\u202e\u200b\x00" * 3_400, "مرحبا " * 1_700, "a hundred and " * 720, "二" * 10_000,
     "上个月底" * 2_500],
    ids=["emoji", "letters", "han", "marks", "dates", "amounts", "digits", "combining", "invisible", "arabic", "words",
         "numerals", "spans"],
)  # fmt: skip
def test_ten_thousand_characters_are_read_in_time_and_it_says_where_it_stopped(text: str) -> None:
    assert min(_cpu_seconds(text) for _ in range(5)) < 0.04, "20 ms and less where nothing else runs"
    if len(text.strip("\u202e\u200b\x00")) > 1000:
        assert parse(text)["truncated"] is True


def _cpu_seconds(text: str) -> float:
    start = time.process_time()
    parse(text)
    return time.process_time() - start


def test_a_short_message_does_not_speak_of_truncation() -> None:
    assert "truncated" not in parse("hello")


@pytest.mark.parametrize(
    ("options", "named"),
    [
        ({"entities": ["amount", "colour"]}, "colour"),
        ({"timezone": "Mars/Olympus"}, "Mars/Olympus"),
        ({"date_order": "YMD"}, "YMD"),
        ({"prefer_dates_from": "now"}, "now"),
        ({"models": {"fr": "fr_core_news_sm"}}, "fr"),
    ],
)
def test_a_wrong_option_is_refused_by_name(options: dict[str, Any], named: str) -> None:
    with pytest.raises(ConfigError, match=named):
        component(**options)


def test_a_missing_model_is_one_line_with_the_fix() -> None:
    with pytest.raises(ConfigError, match=r"en_core_web_xxl.*spacy download"):
        component(models={"en": "en_core_web_xxl"})


def test_a_full_model_takes_the_blank_ones_place(tmp_path: Path) -> None:
    nlp = spacy.blank("en")
    ruler = nlp.add_pipe("attribute_ruler")
    ruler.add(patterns=[[{"LOWER": "paid"}]], attrs={"LEMMA": "pay", "TAG": "VBD"})  # type: ignore[attr-defined]
    nlp.to_disk(tmp_path / "model")
    message = Message(data={"text": "I paid $20"})
    component(models={"en": str(tmp_path / "model")}).process([message])
    paid = message.get("text_tokens")[1]
    assert (paid.lemma, paid.get("pos")) == ("pay", "VBD")
    assert message.get("entities")[0]["entity"] == "amount"


def test_the_store_of_strings_does_not_grow_without_bound(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(words_module, "MAX_STRINGS", 100)
    words = Words()
    for number in range(300):
        words.cut(f"order x{number}y")
    assert len(words._pipelines["en"].vocab.strings) < words._sizes["en"] + 110


def test_examples_have_the_tokens_that_messages_have_cut_when_asked_for() -> None:
    data = TrainingData([Message(data={"text": "退我￥20 for the card", "intent": "request_refund"})])
    example = component().process_training_data(data).training_examples[0]
    tokens = example.get("text_tokens")
    assert isinstance(tokens, TokensWhenAsked)
    assert [(token.text, token.start, token.end) for token in tokens] == cut("退我￥20 for the card")
    assert tokens[0].text == cut("退我￥20 for the card")[0][0]
    assert copy.deepcopy(example).get("text_tokens")[-1].text == "card"
    assert isinstance(cut_now := RULES.tokenize(example, "text"), list)
    assert len(cut_now) == len(tokens)
