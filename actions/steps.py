"""The questions a form is made of. A step takes what it can from a message, and asks for what is missing."""

from __future__ import annotations

import re
from abc import ABC, abstractmethod
from collections.abc import Mapping
from decimal import Decimal
from typing import TYPE_CHECKING

from actions.buttons import Button, button, payload, person, stop, yes_no
from actions.call import Call
from actions.pick import OTHER
from actions.words import Said, word

if TYPE_CHECKING:
    from actions.form import Form

LEAVING = frozenset(
    [
        "stop",
        "request_human",
        "express_anger",
        "not_solved",
        "repeat_that",
        "help",
        "report_scam",
        "account_taken_over",
        "card_lost",
        "freeze_card",
        "greet",
        "goodbye",
        "thank",
        "bot_challenge",
    ]
)
"""Never read as free text."""
UNCLEAR = ("affirm", "deny", "inform_amount", "inform_date", "inform_order", "nlu_fallback", "out_of_scope")
_SHORT = 24
"""Characters."""
CLEAR = 0.6
"""So sure must the classifier be for words to be a wish and not an answer, and for a yes to be a yes."""
_YES = re.compile(
    r"(y|yes|yep|yeah|sure|ok|okay|please do|do it|go ahead|confirm(ed)?"
    r"|能|可以|行|好|好的|对|对的|是|是的|嗯+|要|需要|确认|确定|同意|没错)"
    r"[\s.!。！~，,]*(please|吧|啊|呀|呢|的|谢谢)?[\s.!。！]*",
    re.IGNORECASE,
)
_NO = re.compile(
    r"(n|no|nope|nah|不|不要|不用|不行|不是|不对|不需要|别)[\s.!。！~，,]*(thanks|了|吧|啊|谢谢)?[\s.!。！]*",
    re.IGNORECASE,
)
HESITATES = re.compile(
    r"\W*(?:(?:h+m+|u+m+|u+h+|er+m*|well|wait|hold on|hang on|(?:one|just a|give me a) (?:sec|second|moment|minute)"
    r"|let me (?:think|check|see|look)|呃|额|唔|这个|那个|等等|等一?下|等会儿?|稍等(?:一下)?"
    r"|等我(?:一下|看看|想想|找找)|让?我再?(?:想想|想一下|看看|看一下|找找|查查))[啊哈吧哦先]?\W*)+",
    re.IGNORECASE,
)
"""Neither a yes nor a no, whatever it resembles."""
_SAYS_SOMETHING = re.compile(r"\w|[\U0001F44D\U0001F44C\u2705\U0001F197\U0001F44E\u274C]")
"""A word, or a thumb."""
_NUMBER = re.compile(r"(?:\d{1,3}(?:,\d{3})+|\d+)(?:\.\d{1,2})?")
_NUMBERS = re.compile(r"\d(?:[\d.,'’]|\s(?=\d))*")
_NOT_PLAIN = re.compile(
    r"\d(?:[a-z]|\s*(?:[%$€£¥₹₩+十百千万亿点几多半毛]|(?:k|w|m|mil|bn)\b))|[一二两三四五六七八九十几]+[十百千万亿点块毛]"
    r"|[$€£¥₹₩-]\s*\d|\b(?:hundred|thousand|grand|million|billion|lakhs?|crores?|point|dozens?|couple|few|several"
    r"|between)\b",
    re.IGNORECASE,
)
"""What makes a number more than its digits; the understanding reads that, or leaves it."""
_HALF = re.compile(r"\bhalf\b|一半", re.IGNORECASE)
_PHONE = re.compile(r"\+?\d[\d\s-]{6,18}\d")


class Step(ABC):
    """`slot` is what it fills. Steps keep nothing: all state is in the conversation's slots."""

    slot: str = ""

    lists: bool = False
    """It offers things to choose from, so that a "no" may mean another one."""

    def filled(self, call: Call) -> bool:
        return call.slot(self.slot) is not None

    @abstractmethod
    async def hear(self, form: Form, call: Call, *, asked: bool) -> bool:
        """Take what belongs here from the message; `asked` if this was the question. True if something changed."""

    def insists(self, call: Call, *, asked: bool) -> bool:
        """It may take from a message that seems to be about something else."""
        return False

    async def settle(self, form: Form, call: Call) -> bool:
        """Fill it without asking, where there is only one answer. May end the form (`call.left`)."""
        return False

    @abstractmethod
    async def ask(self, form: Form, call: Call) -> None: ...


class Confirm(Step):
    """The last question before something is done; the form words it, with all that matters."""

    slot = "confirm"

    def __init__(self, *, yes: re.Pattern[str] | None = None) -> None:
        self._yes = yes
        """What says yes to this question, though it may sound like a no: "I never bought that"."""

    async def hear(self, form: Form, call: Call, *, asked: bool) -> bool:
        if not asked:
            return False
        other = "another" in call.entities("choice") or (
            call.intent != "affirm" and OTHER.search(call.text) is not None
        )
        if other and await form.choose_another(call):
            return True
        if other:
            call.say("utter_no_other_one")
        answer = self._answer(call)
        if answer is None:
            return False
        if answer == "affirm":
            call.set("confirm", True)
        else:
            form.give_up(call)
        return True

    def _answer(self, call: Call) -> str | None:
        """`affirm`, `deny`, or None: not a clear answer. What is nothing but a yes or no needs no classifier."""
        if call.free_text and (_YES.fullmatch(call.text.strip()) or (self._yes and self._yes.search(call.text))):
            return "affirm"
        if call.free_text and (HESITATES.fullmatch(call.text) or not _SAYS_SOMETHING.search(call.text)):
            return None
        if call.free_text and _NO.fullmatch(call.text.strip()):
            return "deny"
        return call.intent if call.confidence >= CLEAR and call.intent in ("affirm", "deny") else None

    def insists(self, call: Call, *, asked: bool) -> bool:
        return asked and self._answer(call) is not None

    async def ask(self, form: Form, call: Call) -> None:
        more = (button("another", call.language, "deny", choice="another"),) if await form.has_others(call) else ()
        await form.confirm(call, (*yes_no(call.language), *more))


class ConfirmIfUnsure(Confirm):
    """Asked only where the classifier was not quite sure what was wanted: for what does no harm and is urgent."""

    def filled(self, call: Call) -> bool:
        return super().filled(call) or bool((call.slot("flow") or {}).get("sure"))


class Choose(Step):
    """One of a few answers, as buttons, or the customer's own words."""

    def __init__(
        self,
        slot: str,
        response: str,
        options: Mapping[str, Said],
        *,
        words: Mapping[str, str],
        sound_like: tuple[str, ...] = (),
    ) -> None:
        self.slot = slot
        self._response = response
        self._options = options
        self._words = {code: re.compile(pattern, re.IGNORECASE) for code, pattern in words.items()}
        """What an option sounds like in passing: "it's broken, I want my money back"."""
        self._sound_like = sound_like
        """Intents that an answer in the customer's own words may seem to be; other clear intents are other wishes."""

    async def hear(self, form: Form, call: Call, *, asked: bool) -> bool:
        choice, in_passing = call.entity("choice"), self._in_passing(call)
        if choice in self._options:
            call.set(self.slot, choice)
        elif in_passing and not asked and not self.filled(call):
            call.set(self.slot, in_passing)
        elif asked and call.free_text and self._code(call.text):
            call.set(self.slot, self._code(call.text))
        elif asked and call.free_text and self._is_answer(form, call):
            call.set(self.slot, "other" if call.intent == "deny" else call.text.strip()[:200])
        else:
            return False
        return True

    def insists(self, call: Call, *, asked: bool) -> bool:
        if not asked:
            short = len(call.text) <= _SHORT and call.intent in (*UNCLEAR, *self._sound_like, "not_solved")
            return short and not self.filled(call) and self._in_passing(call) is not None
        return call.intent in self._sound_like or self._code(call.text) is not None

    def _is_answer(self, form: Form, call: Call) -> bool:
        if call.intent in LEAVING:
            return False
        return call.confidence < CLEAR or call.intent in (*UNCLEAR, *self._sound_like, *form.starts)

    def _in_passing(self, call: Call) -> str | None:
        text = call.text if call.free_text else ""
        return next((code for code, pattern in self._words.items() if pattern.search(text)), None)

    def _code(self, text: str) -> str | None:
        spoken = text.casefold().strip(" .。!！")
        return next((code for code, said in self._options.items() if spoken in (said[0].casefold(), said[1])), None)

    async def ask(self, form: Form, call: Call) -> None:
        buttons = [
            Button(word(self._options, code, call.language), payload("inform_order", choice=code))
            for code in self._options
        ]
        call.say(self._response, buttons=buttons)


class Text(Step):
    """The customer's own words, kept as they are (at most 1000 characters)."""

    def __init__(self, slot: str, response: str, *, at_once_from: int) -> None:
        self.slot = slot
        self._response = response
        self._at_once_from = at_once_from
        """A first message of so many characters already is the text."""

    async def hear(self, form: Form, call: Call, *, asked: bool) -> bool:
        whole = not asked and not self.filled(call) and call.intent in form.starts and self._long_enough(call.text)
        if not whole and not (asked and call.free_text and call.intent not in (*LEAVING, "affirm", "deny")):
            return False
        call.set(self.slot, call.text.strip()[:1000])
        return True

    def insists(self, call: Call, *, asked: bool) -> bool:
        return asked and call.intent not in LEAVING

    def _long_enough(self, text: str) -> bool:
        """A Chinese character says about as much as three Latin letters."""
        return sum(1 if character.isascii() else 3 for character in text) >= self._at_once_from

    async def ask(self, form: Form, call: Call) -> None:
        call.say(self._response, buttons=[stop(call.language)])


class Amount(Step):
    """An amount; the form says which are possible."""

    slot = "amount"

    def __init__(self, response: str = "", *, optional: bool = False, at_once: bool = False) -> None:
        self._response = response
        self._optional = optional
        """Only taken when it is said."""
        self._at_once = at_once
        """A number in the first message is one already; the last, if there are several: "from 5000 to 8000"."""

    def filled(self, call: Call) -> bool:
        return self._optional or super().filled(call)

    async def hear(self, form: Form, call: Call, *, asked: bool) -> bool:
        bare = call.free_text and (asked or (self._at_once and call.intent in form.starts))
        said = call.entities("amount") or (plain_amounts(call.text) if bare else [])
        amount = said[-1 if self._at_once else 0] if said else None
        if amount is None and call.free_text and _HALF.search(call.text):
            amount = await form.half(call)
        if not isinstance(amount, dict) or amount == call.slot("amount"):
            return False
        allowed = await form.allows(call, amount)
        if allowed:
            call.set("amount", amount)
        return allowed is not None

    async def ask(self, form: Form, call: Call) -> None:
        await form.ask_amount(call, self._response)


def plain_amounts(text: str) -> list[dict[str, int | None]]:
    """Plain numbers where an amount was asked for; none where any of them may be something else."""
    found = [each.rstrip(".,'’ ") for each in _NUMBERS.findall(text)]
    if _NOT_PLAIN.search(text) or not all(_NUMBER.fullmatch(each) for each in found):
        return []
    return [{"minor": int(Decimal(each.replace(",", "")) * 100), "currency": None} for each in found]


class Phone(Step):
    """A telephone number, as digits with an optional plus."""

    slot = "phone_number"

    def __init__(self, response: str) -> None:
        self._response = response

    async def hear(self, form: Form, call: Call, *, asked: bool) -> bool:
        bare = _PHONE.search(call.text) if asked and call.free_text else None
        number = call.entity("phone_number") or (re.sub(r"[\s-]", "", bare[0]) if bare else None)
        if not number or number == call.slot("phone_number"):
            return False
        call.set("phone_number", number)
        return True

    async def ask(self, form: Form, call: Call) -> None:
        call.say(self._response, buttons=[stop(call.language), person(call.language)])
