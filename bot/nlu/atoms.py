"""Text as the entity rules read it: a spaCy Doc of classed atoms.

An atom is one number however it is written (`1,299.00`, `两百五`, `two hundred and fifty`), one known word or phrase
(`尾号`, `black friday`), one unknown Latin word, one other Chinese character or one mark. Its class is the token's TAG
and its meaning the LEMMA, so the rules are plain `Matcher` patterns, the same for both languages, and no segmentation
mistake can hide an amount. What a customer wrote never enters spaCy's string store, which does not forget: unknown
words and numbers go in as placeholders, and the atoms beside the Doc keep the text.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from decimal import Decimal
from typing import NamedTuple

from spacy.tokens import Doc
from spacy.vocab import Vocab

from bot.nlu import han_numerals, numerals
from bot.nlu.lexicon import LEXICON, Word
from bot.nlu.scripts import HAN, has_han


class Atom(NamedTuple):
    text: str
    start: int
    end: int
    tag: str
    lemma: str = ""
    number: Decimal | None = None
    digits: str = ""
    """The digits one by one, where it is a plain row of them (`482193`, `551.041`, `四八二一`, `seven`)."""


def _alternation(forms: list[str]) -> str:
    """The longest first, by first character: a word is tried against those that begin like it, not against all."""
    rests: dict[str, list[str]] = {}
    for form in sorted(forms, key=len, reverse=True):
        rests.setdefault(form[0], []).append(re.escape(form[1:]))
    return "|".join(f"{re.escape(first)}(?:{'|'.join(ends)})" for first, ends in rests.items())


_NUMERAL = f"[{han_numerals.ZH_CHARS}]"
_HAN_FORMS = [form for form in LEXICON if re.search(f"[{HAN}]", form)]
_NUMERAL_FORMS = [form for form in _HAN_FORMS if re.fullmatch(f"{_NUMERAL}+", form)]
_OTHER_HAN_FORMS = [form for form in _HAN_FORMS if form not in _NUMERAL_FORMS and len(form) > 1]
_LATIN_PHRASES = [form for form in LEXICON if form not in _HAN_FORMS and re.fullmatch(r"[a-z].*[^a-z].*|.+ .+", form)]
_LATIN_SIGNS = [form for form in _LATIN_PHRASES if form[-1] in "$€£¥"]
_EN = _alternation([*numerals.EN_WORDS])
_SCALE = f"(?:{_alternation([*numerals.EN_SCALES])})"
_DIGITS = (
    r"(?:\d{1,3}(?:,\d{3}){1,6}(?![\d,])|\d{1,2}(?:,\d\d){1,6},\d{3}(?!\d)|\d{1,3}(?:['’]\d{3}){1,6}(?!\d)|\d+)(?:\.\d+)?"
    r"|(?<![\d.])\.\d+"
)
_POINT = f"[{han_numerals.ZH_POINTS}]"
_HAN_MONEY = _alternation([form for form in _HAN_FORMS if LEXICON[form].tag == "CUR"])
_AND_A_HALF = r"(?: and an? half(?![a-z]))"
_POINT_DIGITS = rf"(?: point(?:[ -](?:oh|o|{_EN})(?![a-z]))+)"

_SCAN = re.compile(
    "|".join(
        (
            r"(?P<id>(?<![a-z0-9])[a-z]{1,2}-?\d{8,16}(?![a-z0-9]))",
            rf"(?P<half>(?<![a-z])half (?:an? )?{_SCALE}(?![a-z]))",
            rf"(?P<phrase>(?=[a-z$¥])(?<![a-z])(?:(?:{_alternation(_LATIN_SIGNS)})"
            rf"|(?:{_alternation(_LATIN_PHRASES)})(?![a-z])))",
            rf"(?P<zh_decimal>(?:{_NUMERAL}+|(?<![\d.])\d+){_POINT}(?:{_NUMERAL}+|\d+(?:[万亿千]+|(?!\d)))"
            rf"(?:(?<=[百千万萬亿億])|(?={_HAN_MONEY})|[wk](?![a-z0-9]))(?!{_NUMERAL}|[分刻半钟鐘整时]))",
            rf"(?P<han>(?:(?=[{HAN}])|(?<!\d)(?=\d))(?:(?:{_alternation(_OTHER_HAN_FORMS)})"
            rf"|(?:{_alternation(_NUMERAL_FORMS)})(?!{_NUMERAL})))",
            rf"(?P<zh_ordinal>第(?:{_NUMERAL}+|\d+))",
            rf"(?P<zh>(?:(?:{_DIGITS}) ?(?=[十百千万亿萬億])|{_NUMERAL})(?:{_NUMERAL}|(?<={_NUMERAL})(?:{_DIGITS}))*"
            r"(?:[wk](?![a-z0-9]))?)",
            r"(?P<ordinal>(?<![\d.])\d{1,2}(?:st|nd|rd|th)(?![a-z0-9]))",
            rf"(?P<scaled>(?:{_DIGITS})(?:{_AND_A_HALF}?[ -]?{_SCALE}(?![a-z0-9])|{_AND_A_HALF}"
            r"|[wk](?![a-z0-9])|w\d(?![\w.])))",
            rf"(?P<arabic>{_DIGITS})",
            rf"(?P<english>(?<![a-z])(?:an? (?={_SCALE}(?![a-z])))?(?:{_EN})(?![a-z]){_POINT_DIGITS}?"
            rf"(?:[ -](?:and )?(?:{_EN})(?![a-z])|{_AND_A_HALF})*)",
            r"(?P<word>[a-z\u00c0-\u024f]+(?:['’](?!s(?![a-z]))[a-z]+)*)",
            r"(?P<mark>['’]s(?![a-z])|\S)",
        )
    ),
    re.IGNORECASE,
)

_EN_ORDINALS = {
    word: at + 1
    for at, word in enumerate(
        [
            "first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth", "eleventh",
            "twelfth", "thirteenth", "fourteenth", "fifteenth", "sixteenth", "seventeenth", "eighteenth", "nineteenth",
            "twentieth",
        ]
    )
} | {"thirtieth": 30}  # fmt: skip


def scan(text: str) -> list[Atom]:
    """`text` is in normal form. Atoms come in order and cover everything but spaces."""
    atoms: list[Atom] = []
    for match in _SCAN.finditer(text):
        kind = match.lastgroup or "mark"
        atoms.extend(_read(kind, match.group(), match.start()))
    return atoms


def _read(kind: str, surface: str, start: int) -> list[Atom]:
    word = LEXICON.get(surface.lower())
    if kind in ("phrase", "han") and word:
        return [Atom(surface, start, start + len(surface), *word)]
    reader = _READERS.get(kind)
    return reader(surface, start) if reader is not None else [_read_word(kind, surface, start, word)]


def _read_word(kind: str, surface: str, start: int, word: Word | None) -> Atom:
    end, lower = start + len(surface), surface.lower()
    if lower in _EN_ORDINALS:
        return Atom(surface, start, end, "ORD", number=Decimal(_EN_ORDINALS[lower]))
    if lower == "oh":
        return Atom(surface, start, end, "WORD", digits="0")
    unknown = "WORD" if kind == "word" else "HAN" if has_han(surface) else "OTHER"
    return Atom(surface, start, end, *(word or Word(unknown, "")))


def _read_id(surface: str, start: int) -> list[Atom]:
    return [Atom(surface, start, start + len(surface), "ID")]


def _read_ordinal(surface: str, start: int) -> list[Atom]:
    return [Atom(surface, start, start + len(surface), "ORD", number=_ordinal(surface))]


def _read_arabic(surface: str, start: int) -> list[Atom]:
    digits = surface if surface.isascii() and surface.isdigit() else ""
    if re.fullmatch(r"\d{3}\.\d{3}", surface):
        digits = surface.replace(".", "")
    return [Atom(surface, start, start + len(surface), "NUM", "", numerals.parse_digits(surface), digits)]


def _ordinal(lower: str) -> Decimal | None:
    if lower[0] == "第":
        return han_numerals.parse_chinese(lower[1:]) if not lower[1:].isdigit() else Decimal(lower[1:])
    return Decimal(lower[:-2])


def _read_chinese(surface: str, start: int) -> list[Atom]:
    number = han_numerals.parse_chinese(surface)
    if number is not None:
        return [Atom(surface, start, start + len(surface), "NUM", "", number, han_numerals.chinese_digits(surface))]
    return [Atom(char, start + at, start + at + 1, "HAN") for at, char in enumerate(surface)]


def _read_english(surface: str, start: int) -> list[Atom]:
    if surface[0].isdigit() and "w" in surface.lower():
        number = han_numerals.parse_chinese(surface)
        return [Atom(surface, start, start + len(surface), "NUM", "", number)]
    number = numerals.parse_english(surface)
    if number is not None:
        digits = numerals.english_digit(surface.lower())
        return [Atom(surface, start, start + len(surface), "NUM", "", number, digits)]
    words = re.finditer(r"[^\s-]+", surface)
    return [
        Atom(each.group(), start + each.start(), start + each.end(), "NUM", "", *_word_value(each.group().lower()))
        for each in words
    ]


def _word_value(word: str) -> tuple[Decimal | None, str]:
    return numerals.parse_english(word), numerals.english_digit(word)


_READERS: dict[str, Callable[[str, int], list[Atom]]] = {
    "id": _read_id,
    "ordinal": _read_ordinal,
    "zh_ordinal": _read_ordinal,
    "arabic": _read_arabic,
    "zh": _read_chinese,
    "zh_decimal": _read_chinese,
    "half": _read_english,
    "scaled": _read_english,
    "english": _read_english,
}


def to_doc(vocab: Vocab, atoms: list[Atom]) -> Doc:
    """Words of the lexicon go in as they are; everything a customer made up as `·`."""
    words = [atom.text.lower() if atom.lemma or atom.tag == "OF" else "·" for atom in atoms]
    tags = [atom.tag for atom in atoms]
    return Doc(vocab, words=words, tags=tags, lemmas=[atom.lemma or "·" for atom in atoms])
