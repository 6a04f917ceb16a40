"""What flows bring to the domain: the intents that start them, their actions, and the slots they collect.

`config.yml` names it among the importers:

    importers:
    - name: bot.dialogue.importer.Flows

So a thing the bot can do is one file of `data/flows/`, its words and its examples.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

from rasa.shared.core.constants import REQUESTED_SLOT
from rasa.shared.core.domain import Domain
from rasa.shared.core.training_data.structures import StoryGraph
from rasa.shared.importers.importer import TrainingDataImporter
from rasa.shared.nlu.training_data.training_data import TrainingData

from bot.dialogue import project
from bot.dialogue.policy import RUN_FLOW
from bot.dialogue.state import SLOT


class Flows(TrainingDataImporter):  # type: ignore[misc]
    """Nothing but a domain."""

    def __init__(
        self,
        config_file: str | None = None,
        domain_path: str | None = None,
        training_data_paths: list[str] | str | None = None,
    ) -> None:
        roots = [training_data_paths] if isinstance(training_data_paths, str) else training_data_paths or []
        self._roots = [Path(root) for root in roots]

    def get_domain(self) -> Domain:
        """Raises ConfigError, naming file and line. What the project's own domain says of a slot goes before."""
        flows = project.of_roots(self._roots).flows.values()
        actions = {action for flow in flows for action in flow.actions if not action.startswith("utter_")}
        return Domain.from_dict(
            {
                "intents": sorted({intent for flow in flows for intent in flow.triggers}),
                "actions": sorted({RUN_FLOW, *actions}),
                "slots": {
                    name: _slot()
                    for name in sorted({SLOT, REQUESTED_SLOT, *(each for flow in flows for each in flow.slots)})
                },
            }
        )

    def get_stories(self, exclusion_percentage: int | None = None) -> StoryGraph:
        return StoryGraph([])

    def get_conversation_tests(self) -> StoryGraph:
        return StoryGraph([])

    def get_config(self) -> dict[str, Any]:
        return {}

    def get_config_file_for_auto_config(self) -> str | None:
        return None

    def get_nlu_data(self, language: str | None = "en") -> TrainingData:
        return TrainingData()


def _slot() -> dict[str, Any]:
    return {"type": "any", "influence_conversation": False, "mappings": [{"type": "custom"}]}
