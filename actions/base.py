"""What all actions share: proof of identity before their code, one policy for failures, a record of what was tried.

An action is a class with a name (`called`), the proof it needs (`requires`) and `perform`. `run` is not for subclasses.
"""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from typing import Any, ClassVar, final

import structlog
from rasa_sdk import Action as SdkAction
from rasa_sdk import Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from actions import prove
from actions.buttons import button, person
from actions.call import Call
from actions.refusals import say_refusal
from actions.resume import offer_to_resume
from bot.errors import ServiceDown, ServiceRefused
from bot.types import Deed, Level

log = structlog.get_logger(__name__)

MAX_FAILURES = 2
"""The same thing failing so often in one conversation brings a person."""


class Action(SdkAction, ABC):
    """Base of all. A concrete class states `called` and `requires` itself, or it is refused when it is imported."""

    called: ClassVar[str]
    """The name in domain.yml."""
    requires: ClassVar[Level]
    """What must be known of who is asking before `perform` runs."""
    signed_out: ClassVar[str] = ""
    """A response for somebody who is not signed in: what can be said to anyone, before they are asked to sign in."""
    ends_flow: ClassVar[bool] = False
    """The last step of a form: afterwards what was collected is forgotten and an interrupted form is offered again."""
    solves: ClassVar[tuple[str, ...]] = ()
    """Intents that are settled when this is done."""
    answers: ClassVar[str] = ""
    """The question that this answers: what is said next may be about it ("and the other one?", "when?")."""

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        if cls.run is not Action.run:
            raise TypeError(f"{cls.__module__}.{cls.__name__}: run is final; write perform")
        if _is_abstract(cls):
            return
        missing = [name for name in ("called", "requires") if name not in vars(cls)]
        if cls.__dict__.get("requires") == Level.STEPPED_UP and cls.deed is Action.deed:
            missing.append("deed")
        if missing:
            raise TypeError(f"{cls.__module__}.{cls.__name__} does not declare {' and '.join(missing)}")

    def name(self) -> str:
        return self.called

    @property
    def target(self) -> str:
        """What to run again when this has to wait for a sign-in, a code or another try."""
        return self.called

    @final
    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        call = Call(self.called, dispatcher, tracker)
        try:
            await self._proven(call)
        except ServiceDown as error:
            log.warning("action.service_down", action=self.called, why=str(error))
            self._failed(call)
        except ServiceRefused as refusal:
            call.record("refused", refusal.code)
            call.step_down()
            if not await prove.refused(call, refusal.code, target=self.target):
                await self.refused(call, refusal.code)
        if call.slot("wishes") and call.through and self.ends_something(call):
            call.follow("action_take_up")
        return call.outcome()

    def ends_something(self, call: Call) -> bool:
        """After this the next of several wishes may be taken up."""
        return bool(self.ends_flow or self.solves or self.answers)

    async def _proven(self, call: Call) -> None:
        if call.level < min(self.requires, Level.SIGNED_IN):
            prove.ask_sign_in(call, target=self.target, first=self.signed_out)
            return
        deed = await self.deed(call) if self.requires == Level.STEPPED_UP else None
        if deed is not None and not call.proves(deed):
            await prove.ask_code(call, deed, target=self.target)
            return
        if call.slot("wanted") == self.target:
            call.set("wanted", None)
        call.recall(self.target)
        topic = call.slot("topic")
        details = {name: str(call.slot(name)) for name in ("order_number", "card_ending") if call.slot(name)}
        await self.perform(call)
        if deed is not None:
            await prove.spent(call, deed)
        if self.answers and call.slot("topic") is topic:
            call.answered(self.answers, **details)
        elif (self.ends_flow or self.solves) and call.slot("topic") is topic:
            call.set("topic", None)
        if (call.slot("retry") or {}).get("action") == self.called:
            call.set("retry", None)
        if self.solves:
            call.solved(*self.solves)
        if self.ends_flow:
            call.forget_form()
            offer_to_resume(call)

    async def deed(self, call: Call) -> Deed | None:
        """What `requires = STEPPED_UP` asks a code for, from what was collected: the code opens this and nothing else,
        and any change of it takes another. None: what is asked this time needs no more than a sign-in."""
        raise NotImplementedError(f"{self.called} requires a code without saying for what")

    @abstractmethod
    async def perform(self, call: Call) -> None:
        """Do it and say what happened. ServiceDown and ServiceRefused are for `run` to handle."""

    async def refused(self, call: Call, code: str) -> None:
        """The service said no: say why, and leave what cannot go on. Override to offer the sensible next step."""
        say_refusal(call, code)
        call.forget_form()
        call.leave_form()
        offer_to_resume(call)

    def _failed(self, call: Call) -> None:
        """Nothing is pretended: say that it failed, offer another try, and bring a person the second time."""
        unsure = call.key_used
        call.record("failed", "service_down")
        failures = sum(each["action"] == self.called and each["outcome"] == "failed" for each in call.slot("tried"))
        call.keep_said(self.target)
        if unsure:
            call.set("retry", {"action": self.called, "key": call.key})
        call.leave_form()
        if failures >= MAX_FAILURES:
            call.hand_over("action_failed")
            return
        offer = {"do": self.target}
        buttons = (button("retry", call.language, "affirm"), person(call.language))
        call.ask_back("utter_not_sure_it_worked" if unsure else "utter_service_down", offer, buttons=buttons)


def _is_abstract(cls: type) -> bool:
    """`__init_subclass__` runs before ABCMeta has filled `__abstractmethods__`, so look at the functions."""
    names = {name for base in cls.__mro__ for name in vars(base)}
    return any(getattr(inspect.getattr_static(cls, name, None), "__isabstractmethod__", False) for name in names)
