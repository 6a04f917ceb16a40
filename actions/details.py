"""A number, a name, an amount or a date out of the blue."""

from __future__ import annotations

from dataclasses import replace

from actions.base import Action
from actions.call import Call
from actions.looking_up import FOR_PAYMENT, FOR_REFUND, FOR_TRANSFER, show_found
from bot.dialogue import frames
from bot.dialogue.call import TOPIC_S
from bot.types import Level

LIKELY = 0.02
"""So likely must a wish be for a bare number, amount or date to be taken as part of it."""
CLEARLY = 0.2
"""So likely, that what goes by the number or name need not be looked up first."""
_MORE_OF_THE_SAME = frozenset(
    [
        "refund_status",
        "refund_not_arrived",
        "payment_failed",
        "payment_pending",
        "transfer_status",
        "transfer_failed",
        "list_transactions",
        "monthly_bill",
        "request_receipt",
        "card_declined",
    ]
)
"""Answered, they may be asked of another number, day or name by just saying it."""
_FOR_NUMBER = {"P": FOR_PAYMENT, "O": FOR_PAYMENT, "R": FOR_REFUND, "T": FOR_TRANSFER}
_FOR_CARD = ("freeze_card", "unfreeze_card", "card_lost", "replace_card", "card_declined")
_FOR_AMOUNT = ("request_refund", "charged_twice", "payment_not_recognised", "list_transactions", "transfer_status")


class UseDetail(Action):
    """Show what it may be and offer what can be done with it."""

    called = "action_use_detail"
    requires = Level.NONE

    async def perform(self, call: Call) -> None:
        if call.entity("code") and not (call.entity("order_number") or call.entity("amount")):
            call.say("utter_no_code_needed")
            return
        topic = call.topic
        if call.entity("amount") and call.words.says("limit_to", call.text):
            _take_up(call, "change_limit")
            return
        again = _takes_an_amount(call)
        if again:
            _take_up(call, again)
            return
        if topic and topic.flow in _MORE_OF_THE_SAME:
            _take_up(call, topic.flow)
            return
        likely = _likely_wish(call, at_least=CLEARLY)
        if likely is None and await show_found(call):
            return
        likely = likely or _likely_wish(call, at_least=LIKELY)
        if likely:
            _take_up(call, likely)
            return
        number = str(call.entity("order_number") or "")
        ending = call.entity("card_ending")
        flows = _FOR_NUMBER.get(number[:1].upper(), ()) if number else _FOR_CARD if ending else _FOR_AMOUNT
        values = {"order_number": number} if number else {"card_ending": str(ending)} if ending else {}
        call.say("utter_what_about_it", buttons=[call.chip(each, **values) for each in flows or _FOR_AMOUNT])


def _takes_an_amount(call: Call) -> str:
    """What was just done or stopped, and takes an amount and nothing else: "then 5000"."""
    done, left = next(reversed(call.state.deeds), None), call.state.left
    lately = [(each.at, each.flow) for each in (done, left) if each is not None and call.now - each.at < TOPIC_S]
    flow = call.flows.get(max(lately)[1]) if lately and call.entity("amount") else None
    asks_it = flow is not None and not any(each.lists for each in flow.collects) and "amount" in flow.slots
    return flow.id if flow is not None and asks_it else ""


def _take_up(call: Call, flow_id: str) -> None:
    """The detail was said for this flow."""
    flow = call.flows[flow_id]
    frames.drop(call)
    frames.push(call, flow, said=replace(call.said, intent=call.intent_of(flow_id), act="request"))


def _likely_wish(call: Call, *, at_least: float) -> str | None:
    """ "Refund the 199.90 one" may look like an amount first and a wish second: then it is the wish that counts."""
    for each in call.message.get("intent_ranking") or []:
        flow = call.flows.started_by(each["name"])
        if flow is not None and flow.area and each.get("confidence", 0.0) >= at_least:
            return flow.id
    return None
