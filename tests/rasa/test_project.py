"""A project's own parts beside Rasa's: a policy, files in folders of folders, stories of texts."""

from __future__ import annotations

from pathlib import Path

import pytest
import pytest_asyncio

from bot.cli import main
from bot.engine.training import train
from bot.settings import Settings
from tests.rasa.beside import Beside, write
from tests.rasa.test_training import CONFIG, NLU, RULES, SMALL

OWN = {
    "config.yml": CONFIG.replace(
        "- name: RulePolicy", "- name: MemoizationPolicy\n- name: RulePolicy\n- name: own.Last"
    )
    + "importers:\n- name: RasaFileImporter\n",
    "own.py": """
        from typing import List

        from rasa.core.policies.policy import Policy, PolicyPrediction
        from rasa.engine.storage.resource import Resource
        from rasa.shared.core.domain import Domain
        from rasa.shared.core.generator import TrackerWithCachedStates
        from rasa.shared.core.trackers import DialogueStateTracker
        from rasa.engine.recipes.default_recipe import DefaultV1Recipe


        @DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.POLICY_WITHOUT_END_TO_END_SUPPORT, is_trainable=False)
        class Last(Policy):
            looks_back = 1

            @staticmethod
            def get_default_config():
                return {"priority": 9}

            @classmethod
            def load(cls, config, model_storage, resource, execution_context):
                return cls(config, model_storage, resource, execution_context)

            def train(self, training_trackers: List[TrackerWithCachedStates], domain: Domain) -> Resource:
                return self._resource

            def predict_action_probabilities(
                self, tracker: DialogueStateTracker, domain: Domain, rule_only_data: dict = None
            ) -> PolicyPrediction:
                scores = self._default_predictions(domain)
                heard = tracker.latest_action_name == "action_listen" and tracker.latest_message.text == "surprise me"
                if heard:
                    scores[domain.index_for_action("utter_surprise")] = 1.0
                return self._prediction(scores)
        """,
    "domain/intents.yml": """
        version: "3.1"
        intents: [greet, bye]
        """,
    "domain/more/responses.yml": """
        responses:
          utter_greet: [{text: Hello}]
          utter_bye: [{text: Bye}]
          utter_surprise: [{text: Surprise}]
        """,
    "data/understood/nlu.yml": NLU,
    "data/rules.yml": RULES,
}


@pytest_asyncio.fixture(scope="module")
async def own(tmp_path_factory: pytest.TempPathFactory) -> Beside:
    folder = write(tmp_path_factory.mktemp("own"), OWN)
    patch = pytest.MonkeyPatch()
    patch.syspath_prepend(str(folder))
    made = await Beside.of(folder)
    patch.undo()
    return made


async def test_files_are_found_in_folders_of_folders(own: Beside) -> None:
    assert await own.again().talk(["hello"]) == [["Hello"]]


async def test_a_policy_of_ones_own_predicts(own: Beside) -> None:
    assert await own.again().talk(["surprise me"]) == [["Surprise"]]


TEXTS = """
    version: "3.1"
    stories:
    - story: in words
      steps:
      - user: "is anybody there"
      - bot: "Yes, I am"
      - user: "hello"
        intent: greet
      - action: utter_greet
    """


async def test_stories_of_texts_are_learned_by_heart(tmp_path: Path) -> None:
    config = CONFIG.replace("- name: RulePolicy", "- name: MemoizationPolicy\n- name: RulePolicy")
    folder = write(tmp_path, {**SMALL, "config.yml": config, "data/stories.yml": TEXTS})
    both = await Beside.of(folder)
    await both.talk(["is anybody there", "hello", "bye"])


def test_the_conversations_in_tests_may_say_what_is_understood(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    story = """
        stories:
        - story: whole
          steps:
          - user: |
              hello
            intent: greet
          - action: utter_greet
          - user: |
              see you
            intent: greet
          - action: utter_greet
        """
    folder = write(tmp_path, {**SMALL, "tests/test_whole.yml": story})
    train(Settings.load(folder, {}))
    assert main(["--project", str(folder), "test"]) == 1
    assert "0 of 1" in capsys.readouterr().out
