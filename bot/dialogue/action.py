"""What all actions share: proof of identity before their code, one policy for failures, a record of what was tried.

An action is a class with a name (`called`), the proof it needs (`requires`) and `perform`. `run` is not for subclasses.
"""

from __future__ import annotations

import inspect
from abc import ABC, abstractmethod
from typing import Any, ClassVar, Generic, TypeVar, cast, final

import structlog
from rasa_sdk import Action as SdkAction
from rasa_sdk import Tracker
from rasa_sdk.events import EventType
from rasa_sdk.executor import CollectingDispatcher
from rasa_sdk.types import DomainDict

from bot.dialogue import frames, prove
from bot.dialogue.call import Call
from bot.dialogue.state import ACTS, Offer, Retry
from bot.errors import ServiceDown, ServiceRefused
from bot.types import Deed, Level

log = structlog.get_logger(__name__)

C = TypeVar("C", bound=Call)

MAX_FAILURES = 2
"""The same thing failing so often in one conversation brings a person."""


class Action(SdkAction, ABC, Generic[C]):  # type: ignore[misc]
    """Base of all. A concrete class states `called` and `requires` itself, or it is refused when it is imported."""

    called: ClassVar[str]
    """The name in the domain and in flows."""
    requires: ClassVar[Level]
    """What must be known of who is asking before `perform` runs."""

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

    @final
    async def run(self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: DomainDict) -> list[EventType]:
        call = cast(C, Call.of(self.called, dispatcher, tracker, domain))
        self.begin(call)
        try:
            await self._proven(call)
        except ServiceDown as error:
            log.warning("action.service_down", action=call.action, why=str(error))
            self.failed(call)
        except ServiceRefused as refusal:
            call.record("refused", refusal.code)
            call.step_down()
            if not await prove.refused(call, refusal.code, target=self.called):
                await self.refused(call, refusal.code)
        return call.outcome()

    async def _proven(self, call: C) -> None:
        if call.level < min(self.requires, Level.SIGNED_IN):
            prove.ask_sign_in(call, target=self.called)
            return
        deed = await self.deed(call) if self.requires == Level.STEPPED_UP else None
        if deed is not None and not call.proves(deed):
            await prove.ask_code(call, deed, target=self.called)
            return
        at = call.top
        await self.perform(call)
        if deed is not None:
            await prove.spent(call, deed)
        if call.state.retry is not None and call.state.retry.action == self.called:
            call.keep(retry=None)
        now = call.top
        awaited = at is not None and at.waiting in ACTS and at.runs == self.called
        if awaited and at is not None and now is not None and (now.flow, now.at) == (at.flow, at.at):
            frames.step_on(call)

    def begin(self, call: C) -> None:
        """What was offered stands until the next action has run. A flow's action hears what its flow began with."""
        call.keep(offer=None)
        if call.top is not None and call.top.waiting in ACTS and call.top.opening is not None:
            call.hear(call.top.opening)

    async def deed(self, call: C) -> Deed | None:
        """What `requires = STEPPED_UP` asks a code for, from what was collected: the code opens this and nothing else,
        and any change of it takes another. None: what is asked this time needs no more than a sign-in."""
        raise NotImplementedError(f"{self.called} requires a code without saying for what")

    @abstractmethod
    async def perform(self, call: C) -> None:
        """Do it and say what happened. ServiceDown and ServiceRefused are for `run` to handle."""

    async def refused(self, call: C, code: str) -> None:
        """The service said no: say why, and end what cannot go on. Override to offer the sensible next step."""
        response = f"utter_refused_{code}"
        call.say(response if call.has_response(response) else "utter_refused", buttons=(call.person,))
        frames.drop(call)

    def failed(self, call: C) -> None:
        """Nothing is pretended: say that it failed, offer another try, and bring a person the second time."""
        unsure = call.key_used
        call.record("failed", "service_down")
        failures = sum(each["action"] == call.action and each["outcome"] == "failed" for each in call.slot("tried"))
        if unsure:
            call.keep(retry=Retry(action=self.called, key=call.key))
        if failures >= MAX_FAILURES:
            call.hand_over("action_failed")
            return
        if call.top is not None and call.top.waiting in ACTS:
            call.note(waiting="again")
        offer = Offer(action=self.called, said=call.said)
        buttons = (call.button("retry", "affirm"), call.person)
        call.ask_back("utter_not_sure_it_worked" if unsure else "utter_service_down", offer, buttons=buttons)


def _is_abstract(cls: type) -> bool:
    """`__init_subclass__` runs before ABCMeta has filled `__abstractmethods__`, so look at the functions."""
    names = {name for base in cls.__mro__ for name in vars(base)}
    return any(getattr(inspect.getattr_static(cls, name, None), "__isabstractmethod__", False) for name in names)
