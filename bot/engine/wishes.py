"""What a message asks beyond its intent: several wishes at once, and a question about what was just answered.

`config.yml` names it before RulePolicy:

    policies:
    - name: bot.engine.wishes.WishesPolicy
      priority: 9

Where a message outside any form is more than its intent says, it predicts `action_take_up`, with what is asked, in
order, in slot `wishes`; while slot `wanted` waits for a sign-in, what is said about signing in goes by its words, to
`action_take_up` or `action_about_sign_in`. Otherwise it predicts nothing. What it decides by is in `wishes_in` and
`bot.engine.follow_ups`, which are pure. Slot `topic` is what was answered last: `{"intent", "entities", "at"}`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rasa.core.policies.policy import PolicyPrediction
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import SlotSet
from rasa.shared.core.trackers import DialogueStateTracker

from bot.engine.decided import DecidedPolicy
from bot.engine.escalation import NOT_QUESTIONS
from bot.engine.follow_ups import (
    ABOUT_TRANSFERS,
    Wish,
    about_sign_in,
    asks_to_send,
    asks_why,
    follow_up,
)
from bot.languages import language_asked_for
from bot.types import ACCEPTED_OFFER

TAKE_UP = "action_take_up"
ABOUT_SIGN_IN = "action_about_sign_in"
ABOUT_LANGUAGE = "action_about_language"
ABOUT_SENDING = "action_about_sending"
WISHES_SLOT = "wishes"
TOPIC_SLOT = "topic"

JUST_THAT = 24
"""Characters; "done, signed in" says nothing else, also where no sign-in was waited for."""
LIKELY = 5
"""A part's intent has to be among so many likeliest of the whole message: parts alone say less than they seem to."""
NOT_WISHES = NOT_QUESTIONS - {"request_human"}
SECURITY = frozenset({"account_taken_over", "report_scam"})
BRINGS_A_PERSON = SECURITY | {"request_human"}
"""Alone: the person who comes sees the rest."""
PROTECTING = frozenset({"freeze_card", "card_lost"})
"""Done before a person comes."""
AREAS = (
    frozenset({"request_refund", "refund_status", "refund_not_arrived"}),
    frozenset({"payment_failed", "charged_twice", "payment_not_recognised", "payment_pending", "card_declined"}),
    ABOUT_TRANSFERS,
    frozenset({"transfer_wrong_recipient", "cancel_transfer"}),
    frozenset({"freeze_card", "unfreeze_card"}),
)
"""Parts that speak of one of these tell one story, not two wishes."""
IMPLIED = {
    "charged_twice": {"request_refund", "refund_status", "refund_not_arrived"},
    "payment_failed": {"request_refund", "refund_status", "refund_not_arrived"},
    "payment_not_recognised": {"request_refund", "charged_twice"},
    "transfer_failed": {"request_refund", "refund_status", "refund_not_arrived"},
    "transfer_wrong_recipient": {"request_refund", "transfer_status"},
    "cancel_transfer": {"request_refund", "cancel_refund", "transfer_status"},
    "card_lost": {"freeze_card", "replace_card"},
    "card_declined": {"payment_failed"},
    "request_refund": {"transfer_arrival_time", "complaint", "payment_not_recognised", "cancel_refund"},
    "refund_status": {"transfer_arrival_time", "complaint"},
    "refund_not_arrived": {"transfer_arrival_time", "complaint"},
}
"""What the first of two brings with it."""


def wishes_in(parsed: Mapping[str, Any]) -> list[Wish]:
    """The wishes of a message in order, if they are not just what its intent says; else none."""
    intent = str((parsed.get("intent") or {}).get("name") or "")
    ranking = (parsed.get("intent_ranking") or [])[:LIKELY]
    likely = [each["name"] for each in ranking]
    parts = [each for each in parsed.get("intents") or [] if each["name"] not in NOT_WISHES and each["name"] in likely]
    alone = SECURITY if any(each["name"] in PROTECTING for each in parts) else BRINGS_A_PERSON
    urgent = next((each for each in parts if each["name"] in alone), None)
    if urgent or intent in SECURITY:
        return [_wish(urgent, parsed)] if urgent and urgent["name"] != intent else []
    parts = _with_the_whole(intent, parts)
    by_likelihood = sorted(parts, key=lambda each: likely.index(each["name"]))
    kept: list[Mapping[str, Any]] = []
    for part in by_likelihood:
        if not any(_one_story(each["name"], part["name"]) for each in kept):
            kept.append(part)
    if len(kept) > 1 or (kept and intent in NOT_WISHES):
        return [_wish(each, parsed) for each in parts if each in kept]
    return []


def _with_the_whole(intent: str, parts: list[Any]) -> list[Any]:
    """What the whole message says, no part may say: then it stands for the part that tells a bit of the same story. If
    there is none, the parts are not to be trusted."""
    if intent in NOT_WISHES or any(each["name"] == intent for each in parts):
        return parts
    same = next((each for each in parts if _one_story(each["name"], intent)), None)
    return [{**each, "name": intent} if each is same else each for each in parts] if same else []


def _one_story(first: str, second: str) -> bool:
    together = {first, second}
    return (
        any(together <= area for area in AREAS) or second in IMPLIED.get(first, ()) or first in IMPLIED.get(second, ())
    )


def _wish(part: Mapping[str, Any], parsed: Mapping[str, Any]) -> Wish:
    """A part, with the details that were said in it."""
    text, whole = str(part["text"]), str(parsed.get("text") or "")
    said_in_it = [
        each
        for each in parsed.get("entities") or []
        if each.get("start") is None or whole[each["start"] : each.get("end")] in text
    ]
    confidence = next(each["confidence"] for each in parsed["intent_ranking"] if each["name"] == part["name"])
    return {"intent": part["name"], "text": text, "entities": said_in_it, "confidence": confidence}


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=False)
class WishesPolicy(DecidedPolicy):
    """Predicts `action_take_up` where `wishes_in` or `follow_up` finds something; learns nothing."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"priority": 9}

    def predict_action_probabilities(
        self, tracker: DialogueStateTracker, domain: Domain, rule_only_data: Any = None, **kwargs: Any
    ) -> PolicyPrediction:
        probabilities = self._default_predictions(domain)
        action, wishes = _look(tracker) if TAKE_UP in domain.action_names_or_texts else ("", ())
        if not action:
            return self._prediction(probabilities)
        probabilities[domain.index_for_action(action)] = 1.0
        return self._prediction(probabilities, optional_events=[SlotSet(WISHES_SLOT, list(wishes))] if wishes else None)


def _look(tracker: DialogueStateTracker) -> tuple[str, Sequence[Wish]]:
    """The action that the latest message needs before the rules see it, and the wishes to take up; or nothing."""
    if tracker.latest_action_name != ACTION_LISTEN_NAME or tracker.active_loop_name or not tracker.latest_message:
        return "", ()
    parsed = tracker.latest_message.parse_data
    ranking = parsed.get("intent_ranking") or []
    pressed = len(ranking) == 1 and ranking[0].get("confidence") == 1.0
    if pressed or parsed.get(ACCEPTED_OFFER):
        return "", ()
    text = str(parsed.get("text") or "").strip()
    about = about_sign_in(text)
    awaited = tracker.get_slot("wanted") and not tracker.get_slot("otp")
    if about == "done" and (awaited or len(text) <= JUST_THAT):
        return TAKE_UP, [_SIGNED_IN_NOW, *(tracker.get_slot(WISHES_SLOT) or [])]
    if about == "asks" and (awaited or asks_why(text)):
        return ABOUT_SIGN_IN, ()
    wishes = wishes_in(parsed)
    asked = follow_up(parsed, tracker.get_slot(TOPIC_SLOT), now=tracker.latest_message.timestamp or 0.0)
    if asked and not wishes:
        wishes = [asked]
    if wishes:
        return TAKE_UP, wishes
    return ABOUT_SENDING if asks_to_send(parsed) else ABOUT_LANGUAGE if language_asked_for(text) else "", ()


_SIGNED_IN_NOW = {"intent": "affirm", "text": "", "entities": []}
