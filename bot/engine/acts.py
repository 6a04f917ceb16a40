"""What is done when somebody does not ask for the thing, but asks about it, or says that they do not want it.

`config.yml` names it before RulePolicy, with the intents whose rules change something, and what each act leads to:

    policies:
    - name: bot.engine.acts.ActsPolicy
      priority: 8
      effects: [freeze_card, unfreeze_card, ...]
      at_once: [freeze_card]
      asides:
        question: action_answer_question
        negated: action_not_wanted
        other_person: action_about_somebody_else

Outside any form, a message with one of `effects` as its intent and one of `asides` as its act goes to that action
instead of the intent's rule. It predicts nothing for pressed buttons and where the act is less sure than `sure`. A
question that no article answers is left to the rule all the same, which asks before it does anything. The rules of
`at_once` do not ask: they hear only acts of ASKED, all others go to the aside for questions. What no intent covers goes
to `answers` if the help centre has an article for it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from rasa.core.policies.policy import PolicyPrediction
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.constants import DEFAULT_NLU_FALLBACK_INTENT_NAME as FALLBACK
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker

from bot.engine.decided import DecidedPolicy

ASKED = frozenset({"request", "report", "answer", "correction"})
"""Acts that want the thing, or may."""


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=False)
class ActsPolicy(DecidedPolicy):
    """Predicts by `aside_for`; learns nothing."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {
            "priority": 8,
            "effects": [],
            "at_once": [],
            "asides": {},
            "answers": "",
            "sure": 0.5,
            "out_of_scope_intent": "out_of_scope",
        }

    def predict_action_probabilities(
        self, tracker: DialogueStateTracker, domain: Domain, rule_only_data: Any = None, **kwargs: Any
    ) -> PolicyPrediction:
        probabilities = self._default_predictions(domain)
        listens = tracker.latest_action_name == ACTION_LISTEN_NAME and not tracker.active_loop_name
        action = aside_for(tracker.latest_message.parse_data, self.config) if listens and tracker.latest_message else ""
        if action in domain.action_names_or_texts:
            probabilities[domain.index_for_action(action)] = 1.0
        return self._prediction(probabilities)


def aside_for(parsed: Mapping[str, Any], config: Mapping[str, Any]) -> str:
    """The action that a message needs instead of its intent's; "" if there is none."""
    act = parsed.get("act") or {}
    intent = (parsed.get("intent") or {}).get("name")
    if not act or (parsed.get("metadata") or {}).get("accepted_offer"):
        return ""
    if intent in config["at_once"] and act["name"] not in ASKED:
        return str(config["asides"].get(act["name"]) or config["asides"].get("question", ""))
    answered = bool((parsed.get("help") or {}).get("answered"))
    aside = str(config["asides"].get(act["name"], ""))
    if aside and intent in config["effects"] and config["sure"] <= act["confidence"]:
        return "" if act["name"] == "question" and not answered else aside
    return str(config["answers"]) if answered and intent in (FALLBACK, config["out_of_scope_intent"]) else ""
