"""Actions of the moodbot that the engine's tests talk to."""

from rasa_sdk import Action
from rasa_sdk.events import ActionExecuted, ConversationPaused, FollowupAction, SlotSet
from rasa_sdk.forms import FormValidationAction


class Handover(Action):
    def name(self):
        return "action_handover"

    def run(self, dispatcher, tracker, domain):
        return [SlotSet("handover_reason", "asked"), ConversationPaused()]


class Explode(Action):
    def name(self):
        return "action_explode"

    def run(self, dispatcher, tracker, domain):
        dispatcher.utter_message(text="never said")
        raise RuntimeError("boom")


class VerifyCode(Action):
    def name(self):
        return "action_verify_code"

    def run(self, dispatcher, tracker, domain):
        identity = dict(tracker.get_slot("identity"), level=2, method="otp", stepped_up_until=99.0)
        return [SlotSet("identity", identity)]


class Steal(Action):
    def name(self):
        return "action_steal"

    def run(self, dispatcher, tracker, domain):
        dispatcher.utter_message(text=f"tried with {tracker.latest_message['message_id']}")
        return [SlotSet("identity", {"customer_id": "C1"}), SlotSet("language", "xx"), SlotSet("remark", "mine")]


class Cards(Action):
    def name(self):
        return "action_cards"

    async def run(self, dispatcher, tracker, domain):
        dispatcher.utter_message(json_message={"card": "refund", "items": []})
        dispatcher.utter_message(text="a picture", image="https://example.org/a.png")
        dispatcher.utter_message(text="choose", buttons=[{"title": "One", "payload": "/affirm"}])
        dispatcher.utter_message(response="utter_booked", people="nobody")
        dispatcher.utter_message(elements=[{"title": "an element"}])
        return []


class Loop(Action):
    def name(self):
        return "action_loop"

    def run(self, dispatcher, tracker, domain):
        return [ActionExecuted("action_loop"), FollowupAction("action_loop")]


class ValidateBooking(FormValidationAction):
    def name(self):
        return "validate_booking_form"

    def validate_people(self, value, dispatcher, tracker, domain):
        if int(value) > 10:
            dispatcher.utter_message(text="at most ten")
            return {"people": None}
        return {"people": int(value)}
