"""Service around the business: complaints, help, and plain courtesy."""

from __future__ import annotations

from actions.base import Action
from actions.call import Call
from actions.looking_up import show_found
from bot.types import Level

SHOWN_FIRST = ("request_refund", "refund_status", "charged_twice", "transfer_status", "card_lost", "check_balance")


class Greet(Action):
    called = "action_greet"
    requires = Level.NONE

    async def perform(self, call: Call) -> None:
        if len(call.state.stack) > 1:
            call.say("utter_hello")
            return
        name = call.identity.name if call.identity and call.level >= Level.SIGNED_IN else ""
        options = [call.chip(each) for each in SHOWN_FIRST]
        if any(event.get("name") == self.called for event in call.tracker.events if event["event"] == "action"):
            call.say("utter_here")
        elif name:
            call.say("utter_greet_by_name", buttons=options, name=name)
        else:
            call.say("utter_greet", buttons=options)


class Help(Action):
    called = "action_help"
    requires = Level.NONE

    async def perform(self, call: Call) -> None:
        call.say("utter_help", buttons=[*(call.chip(each) for each in SHOWN_FIRST), call.person])


class Calm(Action):
    """Anger without a request: take it seriously, once; the escalation policy brings a person when it goes on."""

    called = "action_calm"
    requires = Level.NONE

    async def perform(self, call: Call) -> None:
        if await show_found(call):
            return
        call.say("utter_calm", buttons=(call.person, call.chip("help")))


class NotSolved(Action):
    called = "action_not_solved"
    requires = Level.NONE

    async def perform(self, call: Call) -> None:
        call.say("utter_not_solved", buttons=(call.person,))


class FileComplaint(Action):
    """One complaint about one thing: saying it again adds nothing."""

    called = "action_file_complaint"
    requires = Level.SIGNED_IN

    async def perform(self, call: Call) -> None:
        filed = next(
            (each for each in reversed(call.state.deeds) if each.flow == "complaint" and not each.undone), None
        )
        if filed is not None:
            call.say("utter_complaint_is_filed", buttons=(call.person,), number=filed.reference)
            return
        about = next((str(each) for each in call.entities("order_number")), "")
        case = await call.bank.complain(
            call.customer_id, reason=call.slot("reason"), about=about, idempotency_key=call.key
        )
        call.did(case.number, title=call.words.name("complaint", call.language), reference=case.number)
        answer_by = await call.day(case.answer_by, weekday=True)
        call.say("utter_complaint_filed", buttons=(call.person,), number=case.number, answer_by=answer_by)
