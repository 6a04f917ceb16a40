"""The kind `one_of`: which of the account's things is meant."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from bot.dialogue.buttons import Button, payload
from bot.dialogue.call import TOPIC_S, Call
from bot.dialogue.candidates import Candidate, Reference, bare_amounts, hours_in, told_apart
from bot.dialogue.clauses import CLAUSE
from bot.dialogue.collects import ANSWERS, SHORT, Kind
from bot.dialogue.flows import Collect
from bot.dialogue.lookups import Lookups

MAX_OFFERED = 5
_ELLIPTIC = 48
"""Characters; a longer message says for itself what it is about."""
ALL = "all"
_FOUR = re.compile(r"(?<!\d)\d{4}(?!\d)")
_DETAILS = ("inform_amount", "inform_date", "inform_order")


class OneOf(Kind):
    """One of `Lookups.candidates`: taken at once if it is named or the only one, else offered as buttons."""

    async def hear(self, look: Lookups[Any], call: Call, collect: Collect, *, asked: bool) -> bool:
        everything = await look.listed(call)
        denied = await _denied(look, call, everything)
        candidates = [each for each in everything if each not in denied]
        reference = await self._reference(look, call, collect, asked=asked, text=_kept(call, denied))
        if collect.all_button and (reference.number == ALL.upper() or self._says_all(call, asked=asked)):
            call.set(collect.slot, ALL)
            return True
        if call.free_text and await self._of_the_list(look, call, collect, asked=asked):
            return True
        if reference.number and call.free_text and call.words.says("other", call.text):
            rest = [each for each in candidates if not each.numbered(reference.number)]
            if len(rest) == 1:  # "7302 is done already, do the other one".
                return self._take(call, collect, rest)
        found = reference.narrow(candidates) or (candidates if denied else None)
        places = asked or self._chooses_anew(call, collect)
        if found is None and places and (call.intent in ANSWERS or call.words.just("only_a_place", reference.text)):
            placed = reference.place(look.offered(call, candidates), call.words)
            found = [placed] if placed else None
        if found is None and not asked and candidates and call.words.says("newest_one", reference.text):
            found = candidates[:1]
        if found is None and not asked and candidates and call.words.says("oldest", reference.text):
            found = candidates[-1:]
        alone = look.offered(call, candidates)
        if found is None and asked and len(alone) == 1 and call.words.just("yes", call.text):
            found = alone
        if reference.number and not found:
            await self._not_among(look, call, reference.number)
            return True
        if not found and await self._is_another(look, call, collect, reference):
            return True
        return bool(found) and self._take(call, collect, found or [])

    def _chooses_anew(self, call: Call, collect: Collect) -> bool:
        """ "Actually the bigger one", said when it is chosen and something else is asked."""
        says_which = call.memo.get("corrects") or call.intent == "inform_order"
        return call.slot(collect.slot) is not None and bool(says_which) and call.free_text and len(call.text) <= SHORT

    async def _of_the_list(self, look: Lookups[Any], call: Call, collect: Collect, *, asked: bool) -> bool:
        """Words about the list or the choice, which name nothing."""
        if asked:
            return call.words.just("more", call.text) and await self._more(look, call)
        return call.slot(collect.slot) is not None and await self._other_than(look, call, collect)

    async def _other_than(self, look: Lookups[Any], call: Call, collect: Collect) -> bool:
        """ "Not that one, the one before": said of what was chosen, whatever is asked meanwhile."""
        ids = [each.id for each in await look.listed(call)]
        known = call.slot(collect.slot)
        if known not in ids or len(call.text) > _ELLIPTIC:
            return False
        if call.words.says("one_before", call.text) and ids.index(known) + 1 < len(ids):
            call.set(collect.slot, ids[ids.index(known) + 1])
            return True
        return call.words.just("not_that", call.text) and await look.choose_another(call)

    async def _more(self, look: Lookups[Any], call: Call) -> bool:
        """The next ones of the list, or the word that there are no more."""
        shown = call.top.offered if call.top else ()
        ids = [each.id for each in await look.listed(call)]
        last = max((ids.index(each) for each in shown if each in ids), default=-1)
        rest = ids[last + 1 :]
        if not rest:
            call.say("utter_no_more_of_them")
            return True
        call.note(offered=tuple(rest[:MAX_OFFERED]))
        return True

    async def _not_among(self, look: Lookups[Any], call: Call, number: str) -> None:
        if not await look.unsuitable(call, number):
            call.say("utter_number_not_found", number=number)

    async def _is_another(self, look: Lookups[Any], call: Call, collect: Collect, reference: Reference) -> bool:
        """What was described is there, but not where this can be done: say so instead of proposing another."""
        if not (reference.amounts or reference.dates or reference.text):
            return False
        if call.slot(collect.slot) is not None and not (self._points_at(call) or call.memo.get("corrects")):
            return False
        known = [each.id for each in await look.listed(call)]
        others = [each for each in await look.all_of_them(call) if each.id not in known]
        described = reference.narrow(others) or []
        of_one = len({each.name for each in described}) == 1
        return of_one and await look.unsuitable(call, described[0].id)

    def _points_at(self, call: Call) -> bool:
        """ "And that debit card?", while another is being spoken of."""
        return call.free_text and len(call.text) <= SHORT and call.words.says("about_it", call.text)

    def _says_all(self, call: Call, *, asked: bool) -> bool:
        return call.free_text and (call.words.just("every", call.text) if asked else False)

    def insists(self, look: Lookups[Any], call: Call, collect: Collect, *, asked: bool) -> bool:
        short = len(call.text) <= SHORT and call.flows.started_by(call.intent) is None
        named = asked and call.free_text and (short or call.words.says("the_one", call.text))
        return named or self._says_all(call, asked=asked) or (asked and call.words.just("more", call.text))

    def _take(self, call: Call, collect: Collect, found: Sequence[Candidate]) -> bool:
        known = call.slot(collect.slot)
        if len(found) > 1:
            if known is not None:
                return False
            call.note(offered=tuple(each.id for each in found))
            return True
        if found[0].id == known:
            return call.intent in _DETAILS or (call.intent in ANSWERS and len(call.text) <= SHORT)
        call.set(collect.slot, found[0].id)
        return True

    async def _reference(
        self, look: Lookups[Any], call: Call, collect: Collect, *, asked: bool, text: str
    ) -> Reference:
        number = call.entity(collect.slot) or call.entity("order_number") or await self._digits(look, call, text)
        opening = call.intent in ANSWERS or (call.flow is not None and call.intent in call.flow.triggers)
        opening = opening or (asked and call.words.says("the_one", call.text))
        corrects = bool(call.memo.get("corrects"))
        readable = opening or corrects or (asked and len(call.text) <= SHORT)
        return Reference(
            number=str(number).upper() if number else None,
            amounts=self._amounts(call, collect, text, asked=asked, readable=readable, named=bool(number)),
            dates=tuple(call.entities("date")),
            text=text if readable and call.free_text else "",
            roughly=asked or call.slot(collect.slot) is None,
            hours=hours_in(text, call.words) if readable and call.free_text else None,
        )

    async def _digits(self, look: Lookups[Any], call: Call, text: str) -> str | None:
        """Four digits that one of them ends with: "the 4418 one, please". Or that none does, where they are said to."""
        digits = _FOUR.findall(text) if call.free_text else []
        known = [*await look.listed(call), *await look.all_of_them(call)] if digits else []
        found = next((each for each in digits if any(one.id == each for one in known)), None)
        named = len(digits) == 1 and any(_FOUR.fullmatch(each.id) for each in known)
        return found or (digits[0] if named and call.words.says("names_ending", text) else None)

    def _amounts(
        self, call: Call, collect: Collect, text: str, *, asked: bool, readable: bool, named: bool
    ) -> tuple[Mapping[str, Any], ...]:
        """The amounts that may name it. Once it is chosen, an amount is how much of it, where the flow takes one."""
        takes_amounts = call.flow is not None and "amount" in call.flow.slots
        chosen = call.slot(collect.slot) is not None
        if not asked and takes_amounts and chosen and not (call.free_text and call.words.says("by_amount", call.text)):
            return ()
        said = (each for each in call.said.entities if each.get("entity") == "amount" and _is_in(each, call.text, text))
        amounts = tuple(each["value"] for each in said if isinstance(each["value"], dict))
        if readable and call.free_text and not named and not call.entities("date"):
            amounts = amounts or bare_amounts(text)
        return amounts

    async def settle(self, look: Lookups[Any], call: Call, collect: Collect) -> bool:
        candidates = look.offered(call, await look.listed(call))
        if candidates and await self._is_done_already(look, call, collect, candidates):
            return True
        if not candidates:
            await look.nothing_to_pick(call, collect.none)
            return True
        if self._the_others(call, collect, candidates):
            return False
        only = _spoken_of(call, collect, candidates) or await look.plausible(call, candidates)
        if only is None:
            return False
        call.set(collect.slot, only.id)
        return True

    def _the_others(self, call: Call, collect: Collect, candidates: Sequence[Candidate]) -> bool:
        """ "And the other one?": not the one that was spoken of. True if it is still to be asked which."""
        opening, topic = call.top.opening if call.top else None, call.topic
        if opening is None or opening.pressed or topic is None or not call.words.says("other", opening.text):
            return False
        known = {str(each["value"]) for each in topic.entities}
        others = [each for each in candidates if not known & {each.id, *each.aliases}]
        if len(others) == 1:
            call.set(collect.slot, others[0].id)
        elif others:
            call.note(offered=tuple(each.id for each in others))
        return len(others) != 1

    async def _is_done_already(
        self, look: Lookups[Any], call: Call, collect: Collect, candidates: Sequence[Candidate]
    ) -> bool:
        """ "Just do it", said of what is done already: never the other one, because that one will not do."""
        opening = call.top.opening if call.top else None
        if opening is None or call.words.says("names_something", opening.text):
            return False
        meant = next(iter(_mentioned(call, collect)), "")
        known = any(meant in (each.id, *each.aliases) for each in candidates)
        return bool(meant) and not known and await look.unsuitable(call, meant)

    async def ask(self, look: Lookups[Any], call: Call, collect: Collect) -> None:
        listed = await look.listed(call)
        candidates = look.offered(call, listed)[:MAX_OFFERED]
        call.note(offered=tuple(each.id for each in candidates))
        pattern = call.words.word("forms", "told_apart", call.language)
        titles = told_apart(candidates, [each.title for each in candidates], pattern)
        options = [
            Button(title, payload("inform_order", **{collect.slot: each.id}))
            for title, each in zip(titles, candidates, strict=True)
        ]
        if collect.all_button:
            options.append(call.button(collect.all_button, "inform_order", **{collect.slot: ALL}))
        options += [*look.more_options(call), call.stop]
        lines = told_apart(candidates, [each.line for each in candidates], pattern)
        call.say(
            collect.utter,
            buttons=options,
            card=card_of(collect.lists, candidates),
            options="\n".join(f"{place}. {line}" for place, line in enumerate(lines, start=1)),
        )


def card_of(kind: str, candidates: Sequence[Candidate]) -> dict[str, Any]:
    """The list as a card for clients that can show one; the text beside it says the same."""
    items = [
        {"id": each.id, "title": each.name or each.title, "amount": each.price, "date": each.day, "status": each.status}
        for each in candidates
    ]
    return {"card": kind, "items": items}


async def _denied(look: Lookups[Any], call: Call, listed: Sequence[Candidate]) -> list[Candidate]:
    """Those that are said not to be meant: "not the 57 one". Never all of them."""
    clauses = CLAUSE.split(call.text) if call.free_text and len(call.text) <= _ELLIPTIC * 2 else ()
    text = " ".join(each for each in clauses if call.words.says("not_which", each))
    if not text:
        return []
    candidates = [*listed, *await look.all_of_them(call)]
    number = next((each for each in _FOUR.findall(text) if any(one.numbered(each) for one in candidates)), None)
    found = Reference(number, () if number else bare_amounts(text), (), text).narrow(candidates) or []
    return found if len(found) < len(candidates) else []


def _is_in(entity: Mapping[str, Any], whole: str, text: str) -> bool:
    return text == whole or entity.get("start") is None or whole[entity["start"] : entity.get("end")] in text


def _kept(call: Call, denied: Sequence[Candidate]) -> str:
    """The clauses that say which one it is: "not the pending one, the one of 500"."""
    if not denied and not call.memo.get("corrects"):
        return call.text
    phrase = "not_which" if denied else "denies"
    kept = " ".join(each for each in CLAUSE.split(call.text) if not call.words.says(phrase, each))
    return kept or ("" if denied else call.text)


def _mentioned(call: Call, collect: Collect) -> list[str]:
    """What something was done to, or told of, a short while ago; the latest first. Nothing where the message names
    another."""
    opening = call.top.opening if call.top else None
    text = opening.text if opening is not None and not opening.pressed else ""
    if not text or len(text) > _ELLIPTIC or call.words.says("other", text) or _FOUR.search(text):
        return []
    lately = [each for each in reversed(call.state.deeds) if call.now - each.at < TOPIC_S]
    about = (*lately, *((call.topic,) if call.topic else ()))
    return [str(each["value"]) for done in about for each in done.entities if each["entity"] == collect.slot]


def _spoken_of(call: Call, collect: Collect, candidates: Sequence[Candidate]) -> Candidate | None:
    """That one, if it will do: "open it again", "还是锁上吧"."""
    mine = call.top.flow if call.top else ""
    if call.state.deeds and call.state.deeds[-1].flow == mine:
        return None
    names = _mentioned(call, collect)
    return next((each for name in names for each in candidates if name in (each.id, *each.aliases)), None)
