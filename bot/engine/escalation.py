"""When to bring a person without being asked: anger, and the same question a third time. What is not understood brings
nobody: a person is a button away then.

`config.yml` names it before RulePolicy, with a higher priority:

    policies:
    - name: bot.engine.escalation.EscalationPolicy
      priority: 10

It looks at what the customer said since the conversation last began, and predicts `action_handover` with the reason in
slot `handover_reason`. Otherwise it predicts nothing. What it decides by is in `reason_to_escalate`, which is pure.
"""

from __future__ import annotations

import itertools
from collections import Counter
from collections.abc import Iterable, Reversible, Sequence
from dataclasses import dataclass
from typing import Any

from rasa.core.policies.policy import PolicyPrediction
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import (
    ActionExecuted,
    ConversationResumed,
    Restarted,
    SessionStarted,
    SlotSet,
    UserUttered,
)
from rasa.shared.core.trackers import DialogueStateTracker

from bot.dialogue.decided import DecidedPolicy
from bot.engine.slots import HANDOVER_REASON
from bot.types import ACCEPTED_OFFER

HANDOVER = "action_handover"
SOLVED_SLOT = "solved"
LOOKED_AT = 400
"""Events, from the end: what lies further back no longer counts."""
BEGINNINGS = frozenset(event.type_name for event in (ConversationResumed, Restarted, SessionStarted))

STRONG = 0.6
VERY_STRONG = 0.85
"""Of entity `anger`, 0 to 1."""
ANGRY_TWICE_WITHIN = 6
"""Messages."""
THIRD_TIME = 3
NOT_SOLVED_TWICE = 2
NOTHING_ASKED = frozenset({"express_anger", "nlu_fallback", "out_of_scope", "not_solved", "affirm", "deny", ""})
NOT_QUESTIONS = frozenset(
    [
        "greet",
        "goodbye",
        "thank",
        "bot_challenge",
        "affirm",
        "deny",
        "stop",
        "inform_amount",
        "inform_date",
        "inform_order",
        "inform_code",
        "repeat_that",
        "help",
        "request_human",
        "express_anger",
        "not_solved",
        "nlu_fallback",
        "out_of_scope",
    ]
)
"""Said again and again without anything being wrong, or dealt with by themselves."""
NOT_ASKING = frozenset({"negated", "undo", "correction", "answer", "other_person"})
"""Acts that ask for nothing, whatever they are about."""
DETAILS = ("order_number", "card_ending")
"""Another number is another question."""


@dataclass(frozen=True, slots=True)
class Heard:
    """One message, as far as it matters here."""

    intent: str
    details: tuple[str, ...] = ()
    anger: float = 0.0

    @property
    def angry(self) -> bool:
        return self.intent == "express_anger" or self.anger >= STRONG


@dataclass(frozen=True, slots=True)
class Solved:
    intents: tuple[str, ...]


def reason_to_escalate(history: Sequence[Heard | Solved]) -> str | None:
    """`anger`, `third_time` or None, given what was heard and solved, in order; the latest message last."""
    if not history or not isinstance(history[-1], Heard):
        return None
    latest = history[-1]
    heard = [each for each in history if isinstance(each, Heard)]
    if latest.anger >= VERY_STRONG and latest.intent in NOTHING_ASKED:
        return "anger"
    if latest.angry and sum(each.angry for each in heard[-ANGRY_TWICE_WITHIN:]) > 1:
        return "anger"
    if latest.intent == "not_solved" and sum(each.intent == "not_solved" for each in heard) >= NOT_SOLVED_TWICE:
        return "third_time"
    if _times_asked(history, latest) >= THIRD_TIME:
        return "third_time"
    return None


def _times_asked(history: Iterable[Heard | Solved], latest: Heard) -> int:
    if latest.intent in NOT_QUESTIONS or not latest.intent:
        return 0
    times: Counter[tuple[str, tuple[str, ...]]] = Counter()
    for each in history:
        if isinstance(each, Heard):
            times[each.intent, each.details] += 1
        else:
            for asked in [asked for asked in times if asked[0] in each.intents]:
                del times[asked]
    return times[latest.intent, latest.details]


def history_of(events: Reversible[Any]) -> list[Heard | Solved]:
    """What was heard and solved since the conversation began, was restarted, or came back from a person."""
    history: list[Heard | Solved] = []
    for event in reversed(_since_the_beginning(events)):
        kind = event.type_name
        if kind == UserUttered.type_name:
            if not event.parse_data.get(ACCEPTED_OFFER):
                history.append(_heard(event))
        elif event.key == SOLVED_SLOT and event.value:
            history.append(Solved(tuple(event.value)))
    return history


def _since_the_beginning(events: Reversible[Any]) -> list[Any]:
    """Messages and slots, the newest first, LOOKED_AT events far at most: the cost of a turn does not grow with
    the conversation. Told apart by name, because `isinstance` is slow for Rasa's abstract classes."""
    found = []
    for event in itertools.islice(reversed(events), LOOKED_AT):
        kind = event.type_name
        if kind in BEGINNINGS or (kind == ActionExecuted.type_name and event.action_name == HANDOVER):
            break
        if kind in (UserUttered.type_name, SlotSet.type_name):
            found.append(event)
    return found


def _heard(event: UserUttered) -> Heard:
    values = [(each.get("entity"), each.get("value")) for each in event.entities]
    act = (event.parse_data.get("act") or {}).get("name")
    return Heard(
        intent="" if act in NOT_ASKING else event.intent_name or "",
        details=tuple(sorted(str(value) for name, value in values if name in DETAILS)),
        anger=max((_number(value) for name, value in values if name == "anger"), default=0.0),
    )


def _number(value: Any) -> float:
    return float(value) if isinstance(value, (int, float)) else 0.0


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=False)
class EscalationPolicy(DecidedPolicy):
    """Predicts `action_handover` where `reason_to_escalate` finds a reason; learns nothing."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"priority": 10}

    def predict_action_probabilities(
        self, tracker: DialogueStateTracker, domain: Domain, rule_only_data: Any = None, **kwargs: Any
    ) -> PolicyPrediction:
        probabilities = self._default_predictions(domain)
        reason = None
        if tracker.is_paused():
            return self._prediction(probabilities)
        if tracker.latest_action_name == ACTION_LISTEN_NAME and HANDOVER in domain.action_names_or_texts:
            reason = reason_to_escalate(history_of(tracker.events))
        if reason is None:
            return self._prediction(probabilities)
        probabilities[domain.index_for_action(HANDOVER)] = 1.0
        # A form that is waiting for its answer makes a "no user" prediction, which only another such can overrule.
        return self._prediction(
            probabilities, optional_events=[SlotSet(HANDOVER_REASON, reason)], is_no_user_prediction=True
        )
