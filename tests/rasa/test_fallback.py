"""Falling back in two stages, beside Rasa."""

from __future__ import annotations

from pathlib import Path

import pytest
import pytest_asyncio

from tests.rasa.beside import Beside, write

FALLBACK = {
    "config.yml": """
        recipe: default.v1
        assistant_id: unsure
        language: en
        pipeline:
        - name: WhitespaceTokenizer
        - name: RegexFeaturizer
        - name: LexicalSyntacticFeaturizer
        - name: CountVectorsFeaturizer
        - name: CountVectorsFeaturizer
          analyzer: char_wb
          min_ngram: 1
          max_ngram: 4
        - name: LogisticRegressionClassifier
        - name: FallbackClassifier
          threshold: 0.5
          ambiguity_threshold: 0.05
        policies:
        - name: RulePolicy
          core_fallback_threshold: 0.4
          core_fallback_action_name: action_default_fallback
        """,
    "domain.yml": """
        version: "3.1"
        intents: [apples, pears, out]
        responses:
          utter_apples: [{text: Apples}]
          utter_pears: [{text: Pears}]
          utter_default: [{text: A person will help}]
          utter_ask_rephrase: [{text: Say it another way}]
        """,
    "data/nlu.yml": """
        nlu:
        - intent: apples
          examples: |
            - I would like some apples
            - give me red apples
            - apples please
        - intent: pears
          examples: |
            - I would like some pears
            - give me green pears
            - pears please
        """,
    "data/rules.yml": """
        rules:
        - rule: apples
          steps: [{intent: apples}, {action: utter_apples}]
        - rule: pears
          steps: [{intent: pears}, {action: utter_pears}]
        - rule: two stages
          steps: [{intent: nlu_fallback}, {action: action_two_stage_fallback}, {active_loop: action_two_stage_fallback}]
        """,
}


@pytest.mark.parametrize(
    "said",
    [
        ["zzz qqq", "/apples", "apples please"],
        ["zzz qqq", "/out_of_scope", "give me green pears"],
        ["zzz qqq", "/out_of_scope", "vvv www", "/pears"],
        ["zzz qqq", "/out_of_scope", "vvv www", "/out_of_scope", "apples please"],
        ["/out", "apples please"],
    ],
    ids=["affirmed", "rephrased", "affirmed-later", "given-up", "no-rule"],
)
async def test_the_two_stages_of_falling_back(said: list[str], unsure: Beside) -> None:
    await unsure.again().talk(said)


@pytest_asyncio.fixture(scope="module")
async def unsure(tmp_path_factory: pytest.TempPathFactory) -> Beside:
    return await Beside.of(write(tmp_path_factory.mktemp("unsure"), FALLBACK))


def test_a_project_that_falls_back_passes_validation(tmp_path: Path) -> None:
    from bot.engine.checks import problems_in

    assert problems_in(write(tmp_path, FALLBACK)) == []
