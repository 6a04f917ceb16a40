"""Everything the rules find in one message. Pure: text and a moment in, finds out."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from spacy.matcher import Matcher
from spacy.vocab import Vocab

from bot.nlu import amounts, dates, day_rules, identifiers
from bot.nlu.anger import Anger
from bot.nlu.atoms import Atom, scan, to_doc
from bot.nlu.calendar_days import Prefer
from bot.nlu.date_reading import Context
from bot.nlu.found import ASKED, Found, choose
from bot.nlu.text import MAX_CHARS, Normal, normalise

ENTITIES = ("amount", "date", "order_number", "card_ending", "phone_number", "code", "anger")


class Rules:
    """Patterns compiled once; `find` is safe to call as often as one likes and never fails on a `str`.

    `entities` limits what is looked for. `prefer` says on which side of today a day without a year lies, `order` how
    3/11 is read.
    """

    def __init__(
        self,
        *,
        entities: Collection[str] = ENTITIES,
        prefer: Prefer = "past",
        order: str = "MDY",
        max_chars: int = MAX_CHARS,
    ) -> None:
        self._entities = frozenset(entities)
        self._prefer: Prefer = prefer
        self._order = order
        self._max_chars = max_chars
        self._vocab = Vocab()
        self._anger = Anger(self._vocab)
        self._matcher = Matcher(self._vocab)
        for prefix, table in (("", identifiers.PATTERNS), ("date.", dates.PATTERNS)):
            for name, patterns in table.items():
                self._matcher.add(prefix + name, patterns)
        day_rules.prepare()
        self._names = {self._vocab.strings[name]: name for name in self._vocab.strings if name in self._matcher}

    def find(self, text: str, *, now: datetime, expects: str = "") -> list[Found]:
        """Finds with spans in `text` itself, in its order. `expects`: the entity the dialogue has just asked for."""
        return self.find_normal(normalise(text, max_chars=self._max_chars), now=now, expects=expects)

    def find_normal(self, normal: Normal, *, now: datetime, expects: str = "") -> list[Found]:
        context = Context(now=now, prefer=self._prefer, order="DMY" if self._order == "DMY" else "MDY")
        atoms = scan(normal.text)
        if not atoms:
            return []
        doc = to_doc(self._vocab, atoms)
        found = [
            *dates.find_shaped(normal.text, context),
            *identifiers.find_shaped(normal.text),
            *identifiers.find_hinted(atoms),
            *amounts.find(atoms),
        ]
        for key, start, end in self._matcher(doc):
            each = self._resolve(self._names[key], atoms, start, end, context)
            if each is not None:
                found.append(each)
        found.extend(_bare(atoms, expects, context))
        joined = dates.join_ranges(choose(found), atoms, context.today)
        # Once more where they are typed: the one character ¾ is three in normal form, and may be in two finds.
        kept = choose(_in_original(each, normal) for each in joined)
        kept.extend(_in_original(each, normal) for each in self._anger.find(normal.text, atoms))
        return [each for each in kept if each.entity in self._entities]

    @staticmethod
    def _resolve(name: str, atoms: Sequence[Atom], start: int, end: int, context: Context) -> Found | None:
        room, _, rule = name.partition(".")
        if room == "date":
            return dates.resolve(rule, atoms, start, end, context)
        return identifiers.resolve(name, atoms, start, end)


MAX_OTHER_CHARS = 3
"""Chinese characters beyond fillers in a message that still says nothing but a number: 好像是45.9."""
_FILLERS = frozenset(("OF", "HAN", "AMOUNTCUE", "ALONGSIDE", "OTHER", "TO", "HALF", "REPEAT"))


def _bare(atoms: list[Atom], expects: str, context: Context) -> list[Found]:
    """What a message says that says nothing but one number, or one month."""
    numbers = [at for at, atom in enumerate(atoms) if atom.tag == "NUM" or (atom.digits and atom.tag == "WORD")]
    months = [at for at, atom in enumerate(atoms) if atom.tag == "MONTH"]
    others = [atom for at, atom in enumerate(atoms) if at not in (numbers or months)]
    says_more = any(atom.tag not in _FILLERS for atom in others)
    if says_more or sum(atom.tag == "HAN" for atom in others) > MAX_OTHER_CHARS:
        return []
    if numbers:
        found = _asked(atoms, numbers, expects, context) or _lone(atoms, numbers, expects)
    else:
        found = dates.bare_month(atoms[months[0]], context) if len(months) == 1 else None
    return [] if found is None else [found]


def _asked(atoms: list[Atom], numbers: list[int], expects: str, context: Context) -> Found | None:
    """The number as what the dialogue has asked for, where it can be that."""
    first, last = numbers[0], numbers[-1]
    value = identifiers.expected(expects, identifiers.digits_of(atoms[first and first - 1 : last + 1]))
    if value is not None and identifiers.bare(atoms, first)[1] == len(numbers):
        return Found(entity=expects, start=atoms[first].start, end=atoms[last].end, value=value, rank=ASKED)
    return dates.bare(atoms[first], context) if expects == "date" and len(numbers) == 1 else None


def _lone(atoms: list[Atom], numbers: list[int], expects: str) -> Found | None:
    """The number as what it looks like."""
    found, length = identifiers.bare(atoms, numbers[0])
    if found is not None and length == len(numbers) and expects != "amount":
        return found
    return amounts.bare(atoms, numbers[0]) if len(numbers) == 1 else None


def _in_original(found: Found, normal: Normal) -> Found:
    start, end = normal.span(found.start, found.end)
    return replace(found, start=start, end=end)


def as_rasa(found: Found, *, extractor: str) -> dict[str, Any]:
    """As Rasa's dialogue side reads entities; `unit` is ours and only there where it says something."""
    entity = {
        "entity": found.entity,
        "start": found.start,
        "end": found.end,
        "value": found.value,
        "confidence_entity": 1.0,
        "extractor": extractor,
    }
    return entity | {"unit": found.unit} if found.unit else entity
