"""Hands each message to the flows first, and goes on with them after each of their steps.

`config.yml` names it before RulePolicy:

    policies:
    - name: bot.dialogue.policy.FlowPolicy
      priority: 8

It predicts `action_run_flow`; where that finds nothing for it in a message, it rejects it, and the rules have it.
"""

from __future__ import annotations

from typing import Any

from rasa.core.policies.policy import PolicyPrediction
from rasa.engine.recipes.default_recipe import DefaultV1Recipe
from rasa.shared.core.constants import ACTION_LISTEN_NAME
from rasa.shared.core.domain import Domain
from rasa.shared.core.events import ActionExecutionRejected
from rasa.shared.core.trackers import DialogueStateTracker

from bot.dialogue.decided import DecidedPolicy
from bot.dialogue.state import SLOT

RUN_FLOW = "action_run_flow"


@DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=False)
class FlowPolicy(DecidedPolicy):
    """Learns nothing."""

    @staticmethod
    def get_default_config() -> dict[str, Any]:
        return {"priority": 8}

    def predict_action_probabilities(
        self, tracker: DialogueStateTracker, domain: Domain, rule_only_data: Any = None, **kwargs: Any
    ) -> PolicyPrediction:
        probabilities = self._default_predictions(domain)
        action = _next(tracker) if RUN_FLOW in domain.action_names_or_texts else ""
        if action not in domain.action_names_or_texts:
            return self._prediction(probabilities)
        probabilities[domain.index_for_action(action)] = 1.0
        return self._prediction(probabilities, is_no_user_prediction=True)


def _next(tracker: DialogueStateTracker) -> str:
    last = tracker.events[-1] if tracker.events else None
    if isinstance(last, ActionExecutionRejected) and last.action_name == RUN_FLOW:
        return ""
    if tracker.latest_action_name == ACTION_LISTEN_NAME:
        return RUN_FLOW
    state = tracker.get_slot(SLOT) or {}
    stack, wishes = list(state.get("stack") or ()), state.get("wishes")
    waiting = stack[-1].get("waiting", "") if stack else "resume" if wishes else "nothing"
    if tracker.latest_action_name == RUN_FLOW:
        return str(stack[-1].get("runs") if waiting == "action" else ACTION_LISTEN_NAME)
    return RUN_FLOW if waiting in ("", "resume") else ""
