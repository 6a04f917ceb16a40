"""Service around the business: complaints, help, and plain courtesy."""

from __future__ import annotations

from dataclasses import replace

from actions.base import Action, Lookups
from actions.call import Call
from actions.looking_up import show_found
from bot.dialogue import frames
from bot.dialogue.candidates import Candidate
from bot.dialogue.flows import Flow
from bot.types import Level

ABOUT = 0.15
"""So likely must a topic be beside the anger to be what it is about."""
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
        about = _angry_about(call)
        if about is not None:
            call.say("utter_sorry_for_that")
            frames.drop(call)
            frames.push(call, about, said=replace(call.said, intent=call.intent_of(about.id), act="status"))
            return
        if await show_found(call):
            return
        call.say("utter_calm", buttons=(call.person, call.chip("help")))


def _angry_about(call: Call) -> Flow | None:
    """What they are angry about, where that can be told without changing anything."""
    for each in (call.message.get("intent_ranking") or [])[1:3]:
        flow = call.flows.started_by(each["name"])
        flow = call.flows[flow.status] if flow is not None and flow.changes and flow.status else flow
        if flow is not None and flow.area and not flow.changes and each.get("confidence", 0.0) >= ABOUT:
            return flow
    return None


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
        title = call.words.name("complaint", call.language)
        call.did(case.number, title=title, reference=case.number, due=case.answer_by, order_number=case.number)
        answer_by = await call.day(case.answer_by, weekday=True)
        call.say("utter_complaint_filed", buttons=(call.person,), number=case.number, answer_by=answer_by)


class ComplaintToWithdraw(Lookups):
    flow = "withdraw_complaint"

    async def candidates(self, call: Call) -> list[Candidate]:
        found = await call.bank.cases(call.customer_id, kind="complaint")
        return [
            Candidate(id=each.number, title=each.number, line=each.number, aliases=(each.about,) if each.about else ())
            for each in found
            if each.status == "open"
        ]


class WithdrawComplaint(Action):
    called = "action_withdraw_complaint"
    requires = Level.SIGNED_IN

    async def perform(self, call: Call) -> None:
        number = call.slot("order_number")
        await call.bank.withdraw_complaint(call.customer_id, number, idempotency_key=call.key)
        call.did(number, title=call.words.name("withdraw_complaint", call.language), reference=number)
        call.say("utter_complaint_withdrawn", number=number)
