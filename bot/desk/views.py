"""What the desk's page is shown of the nouns."""

from __future__ import annotations

from typing import Any

from bot.handoff.build import NOT_WISHES
from bot.handoff.summary import summaries
from bot.privacy import find, mask
from bot.types import Agent, Entry, Handoff, Queue, to_wire

Wire = dict[str, Any]


def summary(handoff: Handoff) -> Wire:
    """One line of the waiting list: enough to choose by, none of the customer's words."""
    return {
        "id": handoff.id,
        "conversation_id": handoff.conversation_id,
        "channel": handoff.channel,
        "language": handoff.language,
        "queue": handoff.queue,
        "reason": handoff.reason,
        "priority": handoff.priority,
        "value": handoff.value,
        "value_currency": handoff.value_currency,
        "waiting_since": handoff.waiting_since,
        "due_at": handoff.due_at,
        "summary": handoff.summary,
        "customer_name": _customer_name(handoff),
        "intents": [to_wire(guess) for guess in handoff.intents],
    }


def full(handoff: Handoff) -> Wire:
    """Everything a person gets from the bot; what customers wrote with its personal data masked."""
    customer_name = handoff.identity.name if handoff.identity is not None else ""
    return {
        **to_wire(handoff),
        "transcript": [line(entry, names=names_of(handoff)) for entry in handoff.transcript],
        "customer_name": customer_name,
        "summaries": summaries(handoff, not_wishes=NOT_WISHES),
    }


def person(agent: Agent) -> Wire:
    return to_wire(agent)


def queue(queue: Queue) -> Wire:
    return to_wire(queue)


def line(entry: Entry, *, names: tuple[str, ...] = ()) -> Wire:
    """A line of the transcript, in the shape of the native protocol's entries. A customer's has its personal data
    masked, and `masked` names the kinds: `bot.desk.reveal` shows them."""
    wire = to_wire(entry)
    if entry.author == "customer" and (spans := find(entry.text, names=names)):
        wire["text"] = mask(entry.text, names=names)
        wire["masked"] = sorted({span.kind for span in spans})
    message_id = wire.pop("message_id")
    return wire if message_id is None else {**wire, "id": message_id}


def names_of(handoff: Handoff) -> tuple[str, ...]:
    """The customer's name, whole and in its parts, as the sign-in knows it."""
    name = _customer_name(handoff)
    return tuple(dict.fromkeys(each for each in (name, *name.split()) if each))


def _customer_name(handoff: Handoff) -> str:
    return handoff.identity.name if handoff.identity is not None else ""
