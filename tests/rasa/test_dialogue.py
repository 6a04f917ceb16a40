"""Rasa's dialogue features, turn for turn with Rasa 3.6's own processor on the same model."""

from __future__ import annotations

from collections.abc import Callable

import pytest
import pytest_asyncio

from tests.rasa.beside import Beside, write

CONFIG = """
    recipe: default.v1
    assistant_id: bistro
    language: en
    pipeline:
    - name: WhitespaceTokenizer
    - name: components.Cities
    - name: RegexEntityExtractor
    - name: EntitySynonymMapper
    - name: KeywordIntentClassifier
    policies:
    - name: MemoizationPolicy
      max_history: 4
    - name: AugmentedMemoizationPolicy
      max_history: 4
    - name: RulePolicy
    """
COMPONENT = '''
    """A graph component of the project's own: cities, by role and group."""

    import re
    from typing import List

    from rasa.engine.graph import GraphComponent
    from rasa.engine.recipes.default_recipe import DefaultV1Recipe
    from rasa.shared.nlu.training_data.message import Message
    from rasa.shared.nlu.training_data.training_data import TrainingData


    @DefaultV1Recipe.register(DefaultV1Recipe.ComponentType.ENTITY_EXTRACTOR, is_trainable=False)
    class Cities(GraphComponent):
        @classmethod
        def create(cls, config, model_storage, resource, execution_context) -> GraphComponent:
            return cls()

        def process_training_data(self, training_data: TrainingData) -> TrainingData:
            return training_data

        def process(self, messages: List[Message]) -> List[Message]:
            for message in messages:
                found = [
                    {
                        "entity": "city",
                        "value": each[2],
                        "role": {"from": "departure", "to": "destination"}[each[1]],
                        "group": "trip",
                        "start": each.start(2),
                        "end": each.end(2),
                        "extractor": "Cities",
                    }
                    for each in re.finditer(r"(from|to) ([A-Z][a-z]+)", message.get("text") or "")
                ]
                message.set("entities", [*message.get("entities", []), *found], add_to_output=True)
            return messages
    '''
DOMAIN = """
    version: "3.1"
    intents:
    - greet
    - order
    - trip
    - affirm
    - deny
    - stop
    - faq
    - either
    - other
    - count
    - picture
    - vip
    - weather: {use_entities: []}
    - ignored: {ignore_entities: [size]}
    - deep
    - greet+order
    - notwaiting
    - loopy
    entities:
    - size: {influence_conversation: false}
    - city: {roles: [departure, destination], groups: [trip]}
    slots:
      size:
        type: categorical
        values: [small, large]
        mappings: [{type: from_entity, entity: size}]
      people:
        type: float
        min_value: 0
        max_value: 10
        influence_conversation: false
        mappings:
        - {type: from_text, conditions: [{active_loop: order_form, requested_slot: people}]}
      remark:
        type: text
        influence_conversation: false
        mappings:
        - {type: from_text, not_intent: [deny, faq], conditions: [{active_loop: order_form, requested_slot: remark}]}
        - type: from_intent
          intent: deny
          value: none
          conditions: [{active_loop: order_form, requested_slot: remark}]
      takeaway:
        type: bool
        mappings:
        - type: from_intent
          intent: affirm
          value: true
          conditions: [{active_loop: order_form, requested_slot: takeaway}]
        - type: from_intent
          intent: deny
          value: false
          conditions: [{active_loop: order_form, requested_slot: takeaway}]
      hungry:
        type: bool
        influence_conversation: false
        mappings: [{type: from_trigger_intent, intent: order, value: true}]
      departure:
        type: text
        mappings: [{type: from_entity, entity: city, role: departure, group: trip}]
      destination:
        type: text
        mappings: [{type: from_entity, entity: city, role: destination, group: trip}]
      cities:
        type: list
        influence_conversation: false
        mappings: [{type: from_entity, entity: city}]
      counted:
        type: any
        initial_value: 0
        influence_conversation: false
        mappings: [{type: custom, action: action_count_words}]
      vip:
        type: bool
        initial_value: false
        mappings: [{type: from_intent, intent: vip, value: true}]
    forms:
      order_form:
        ignored_intents: [faq]
        required_slots: [size, people, takeaway, remark]
    actions:
    - action_count_words
    - action_say_counted
    - action_ask_people
    - validate_order_form
    - action_validate_slot_mappings
    - action_follow
    responses:
      utter_greet:
      - condition: [{type: slot, name: vip, value: true}]
        text: Welcome back, friend
      - text: Hello
      utter_either: [{text: Either}]
      utter_deep_one: [{text: One}]
      utter_deep_two: [{text: Two}]
      utter_ask_size: [{text: Which size?, buttons: [{title: Small, payload: '/order{"size": "small"}'}]}]
      utter_ask_order_form_takeaway: [{text: Takeaway?}]
      utter_ask_remark: [{text: "Any remark, for {people}?"}]
      utter_ordered: [{text: "{size} for {people}, takeaway {takeaway}: {remark}"}]
      utter_stopped: [{text: Stopped}]
      utter_faq: [{text: We open at nine}]
      utter_trip: [{text: "{departure} to {destination}"}]
      utter_small: [{text: Small it is}]
      utter_large: [{text: Large it is}]
      utter_weather: [{text: Sunny}]
      utter_vip: [{text: Noted}]
      utter_picture:
      - channel: socketio
        text: not on this channel
      - channel: rest
        text: Look
        image: https://x.example/a.png
        attachment: {type: video, payload: {src: https://x.example/v.mp4}}
        quick_replies: [{title: Nice, payload: /affirm}]
        elements: [{title: An element}]
        custom: {card: menu}
        metadata: {from: kitchen}
      utter_multi: [{text: Hello and what would you like?}]
      utter_first: [{text: First}]
      utter_second: [{text: Second}]
      utter_fallback: [{text: Pardon?}]
      utter_default: [{text: I do not know}]
    session_config: {session_expiration_time: 60, carry_over_slots_to_new_session: true}
    """
INTENTS = {
    "greet": "hello",
    "order": "order",
    "trip": "travel",
    "affirm": "yes",
    "deny": "no",
    "stop": "stop",
    "faq": "when",
    "either": "either",
    "other": "other",
    "count": "count",
    "picture": "picture",
    "vip": "vip",
    "weather": "weather",
    "ignored": "ignored",
    "deep": "deep",
    "greet+order": "both",
    "notwaiting": "notwaiting",
    "loopy": "follow",
}
NLU = (
    "nlu:\n"
    + "".join(f"- intent: {intent}\n  examples: |\n    - {word}\n" for intent, word in INTENTS.items())
    + "- intent: order\n  examples: |\n    - order [small](size)\n"
    + '    - order [big]{"entity": "size", "value": "large"}\n'
    + "- regex: size\n  examples: |\n    - tiny|small|large|big\n- lookup: size\n  examples: |\n    - huge\n"
    + "- synonym: small\n  examples: |\n    - tiny\n- synonym: large\n  examples: |\n    - big\n    - huge\n"
)
RULES = """
    version: "3.1"
    rules:
    - rule: greet
      steps: [{intent: greet}, {action: utter_greet}]
    - rule: order
      steps: [{intent: order}, {action: order_form}, {active_loop: order_form}]
    - rule: ordered
      condition: [{active_loop: order_form}]
      steps:
      - action: order_form
      - active_loop: null
      - slot_was_set: [{requested_slot: null}]
      - action: utter_ordered
    - rule: stop in the form
      condition: [{active_loop: order_form}]
      steps: [{intent: stop}, {action: action_deactivate_loop}, {active_loop: null}, {action: utter_stopped}]
    - rule: faq
      steps: [{intent: faq}, {action: utter_faq}]
    - rule: trip with both
      condition: [{slot_was_set: [{vip: true}]}]
      steps: [{intent: trip}, {action: utter_trip}]
    - rule: weather
      steps: [{intent: weather}, {action: utter_weather}]
    - rule: vip
      steps: [{intent: vip}, {action: utter_vip}]
    - rule: picture
      steps: [{intent: picture}, {action: utter_picture}]
    - rule: counted
      steps: [{intent: count}, {action: action_say_counted}]
    - rule: several intents at once
      steps: [{intent: greet+order}, {action: utter_multi}]
    - rule: does not wait
      wait_for_user_input: false
      steps: [{intent: notwaiting}, {action: utter_first}]
    - rule: goes on
      steps: [{action: utter_first}, {action: utter_second}]
    - rule: follow
      steps: [{intent: loopy}, {action: action_follow}]
    - rule: fallback
      steps: [{intent: nlu_fallback}, {action: utter_fallback}]
    - rule: at the beginning only
      conversation_start: true
      steps: [{intent: ignored}, {action: utter_weather}]
    """
STORIES = """
    version: "3.1"
    stories:
    - story: either or other
      steps:
      - or: [{intent: either}, {intent: other}]
      - action: utter_either
      - checkpoint: said
    - story: then deep, small
      steps:
      - checkpoint: said
      - intent: deep
      - slot_was_set: [{size: small}]
      - action: utter_deep_one
      - action: utter_small
    - story: then deep, large
      steps:
      - checkpoint: said
      - intent: deep
      - slot_was_set: [{size: large}]
      - action: utter_deep_two
      - action: utter_large
    """
ACTIONS = """
    from rasa_sdk import Action, FormValidationAction, ValidationAction
    from rasa_sdk.events import FollowupAction, SlotSet


    class Count(Action):
        def name(self):
            return "action_count_words"

        def run(self, dispatcher, tracker, domain):
            return [SlotSet("counted", len(tracker.latest_message.get("text", "").split()))]


    class Say(Action):
        def name(self):
            return "action_say_counted"

        async def run(self, dispatcher, tracker, domain):
            buttons = [{"title": "OK", "payload": "/affirm"}]
            dispatcher.utter_message(text=f"{tracker.get_slot('counted')} words", buttons=buttons)
            dispatcher.utter_message(response="utter_vip")
            return []


    class Ask(Action):
        def name(self):
            return "action_ask_people"

        def run(self, dispatcher, tracker, domain):
            dispatcher.utter_message(text="How many?")
            return []


    class Follow(Action):
        def name(self):
            return "action_follow"

        def run(self, dispatcher, tracker, domain):
            return [FollowupAction("utter_weather")]


    class ValidateOrder(FormValidationAction):
        def name(self):
            return "validate_order_form"

        async def required_slots(self, domain_slots, dispatcher, tracker, domain):
            return [each for each in domain_slots if each != "takeaway" or tracker.get_slot("people") != 1]

        def validate_people(self, value, dispatcher, tracker, domain):
            try:
                return {"people": float(value)}
            except ValueError:
                dispatcher.utter_message(text="A number, please")
                return {"people": None}


    class Validate(ValidationAction):
        def name(self):
            return "action_validate_slot_mappings"

        def validate_destination(self, value, dispatcher, tracker, domain):
            return {"destination": str(value).upper()}
    """
BISTRO = {
    "config.yml": CONFIG,
    "components.py": COMPONENT,
    "domain.yml": DOMAIN,
    "data/nlu.yml": NLU,
    "data/rules.yml": RULES,
    "data/stories.yml": STORIES,
    "actions/__init__.py": ACTIONS,
}

Start = Callable[[], Beside]


@pytest_asyncio.fixture(scope="module")
async def bistro(tmp_path_factory: pytest.TempPathFactory) -> Beside:
    folder = write(tmp_path_factory.mktemp("bistro"), BISTRO)
    patch = pytest.MonkeyPatch()
    patch.syspath_prepend(str(folder))
    made = await Beside.of(folder)
    patch.undo()
    return made


async def test_a_form_asks_validates_and_takes_slots_from_texts_intents_and_entities(bistro: Beside) -> None:
    said = await bistro.again().talk(["order tiny", "many", "3", "yes", "without onions please"])
    assert said == [["How many?"], ["A number, please", "How many?"], ["Takeaway?"], ["Any remark, for 3.0?"], said[-1]]
    assert said[-1] == ["small for 3.0, takeaway True: without onions please"]


async def test_a_forms_required_slots_may_depend_on_what_was_said(bistro: Beside) -> None:
    said = await bistro.again().talk(["order huge", "1", "no"])
    assert said[1:] == [["Any remark, for 1.0?"], ["large for 1.0, takeaway None: none"]]


async def test_a_form_is_interrupted_and_left(bistro: Beside) -> None:
    said = await bistro.again().talk(["order", "when", "stop", "hello"])
    assert said[0] == ["Which size?"]
    assert said[1][0] == "We open at nine"
    assert said[2:] == [["Stopped"], ["Hello"]]


async def test_slots_are_taken_by_role_group_trigger_and_a_custom_action(bistro: Beside) -> None:
    talk = bistro.again()
    await talk.step("vip")
    step = await talk.step("travel from Rome to Lima")
    assert step.said[0][0] == "Rome to LIMA"
    assert step.slots["cities"] is None, "without a role or group, none that has one"
    assert step.slots["counted"] == 5
    await talk.step("order")


async def test_a_rule_holds_only_under_its_condition(bistro: Beside) -> None:
    said = await bistro.again().talk(["travel from Rome to Lima", "vip", "travel from Rome to Lima"])
    assert said == [["I do not know"], ["Noted"], ["Rome to LIMA"]]


async def test_stories_with_or_and_checkpoints_go_by_slots(bistro: Beside) -> None:
    for size, first, last in (("small", "One", "Small it is"), ("big", "Two", "Large it is")):
        for intent in ("either", "other"):
            talk = bistro.again()
            await talk.step(intent)
            assert [text for text, _ in (await talk.step(f"deep {size}")).said] == [first, last]


async def test_a_variation_is_chosen_by_slot_and_by_channel_with_all_it_shows(bistro: Beside) -> None:
    talk = bistro.again()
    assert await talk.talk(["hello", "vip", "hello"]) == [["Hello"], ["Noted"], ["Welcome back, friend"]]
    ((text, data),) = (await talk.step("picture")).said
    assert text == "Look"
    assert data.keys() == {"image", "attachment", "quick_replies", "elements", "custom"}


async def test_an_actions_own_messages_and_follow_ups_are_run(bistro: Beside) -> None:
    said = await bistro.again().talk(["count these words", "follow", "notwaiting", "both"])
    assert [each[0] for each in said] == ["3 words", "Sunny", "First", "Hello and what would you like?"]


async def test_payloads_restart_back_and_session_start_do_as_in_rasa(bistro: Beside) -> None:
    talk = bistro.again()
    await talk.talk(["hello", "/vip", "hello", "/back", "/restart", "hello", '/order{"size": "large"}', "2"])
    await talk.talk(["/session_start", "hello"])


async def test_a_rule_for_the_beginning_holds_only_there(bistro: Beside) -> None:
    said = await bistro.again().talk(["ignored", "hello", "ignored"])
    assert said == [["Sunny"], ["Hello"], ["I do not know"]]


async def test_what_is_not_understood_does_as_in_rasa(bistro: Beside) -> None:
    await bistro.again().talk(["gibberish without any meaning", "hello"])
