"""A bot whose answers show from outside which message they answer, and how many were answered before."""

import re

from rasa_sdk import Action
from rasa_sdk.events import SlotSet


class Count(Action):
    def name(self):
        return "action_count"

    def run(self, dispatcher, tracker, domain):
        text = tracker.latest_message.get("text") or ""
        number = next(iter(re.findall(r"\d+", text)), "?")
        counted = (tracker.get_slot("counted") or 0) + 1
        zh = "数" in text
        dispatcher.utter_message(text=f"记下了{number}。" if zh else f"I noted {number}.")
        dispatcher.utter_message(text=f"一共{counted}个。" if zh else f"That makes {counted}.")
        return [SlotSet("counted", counted)]
