"""What is told, and the buttons that go with it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rasa_sdk import Tracker
from rasa_sdk.executor import CollectingDispatcher

from bot.dialogue.buttons import Button, payload
from bot.dialogue.heard import Heard
from bot.dialogue.project import Dialogue


class Told(Heard):
    """The telling side of a `Call`."""

    def __init__(
        self, dispatcher: CollectingDispatcher, tracker: Tracker, domain: Mapping[str, Any], dialogue: Dialogue
    ) -> None:
        super().__init__(tracker, dialogue.words)
        self.domain = domain
        self.flows = dialogue.flows
        self._dispatcher = dispatcher
        self._said = 0

    @property
    def spoke(self) -> bool:
        """Something was said in this run."""
        return self._said > 0

    def say(
        self, response: str, *, buttons: Sequence[Button] = (), card: Mapping[str, Any] | None = None, **facts: str
    ) -> None:
        """One message by the name of its response; `facts` fill its places. The text alone says everything."""
        self._said += 1
        self._dispatcher.utter_message(
            response=response,
            buttons=[{"title": each.title, "payload": each.payload} for each in buttons],
            json_message=dict(card) if card else None,
            **facts,
        )

    def has_response(self, response: str) -> bool:
        return response in self.domain.get("responses", ())

    def repeat(self, text: str, buttons: Sequence[Mapping[str, str]], card: Mapping[str, Any]) -> None:
        """Say again what was said, word for word."""
        self._said += 1
        self._dispatcher.utter_message(text=text, buttons=[dict(each) for each in buttons], json_message=dict(card))

    def button(self, name: str, intent: str, **values: str) -> Button:
        """A button of the catalogue's table `buttons`."""
        return Button(self.words.word("buttons", name, self.language), payload(intent, **values))

    def chip(self, flow: str, **values: str) -> Button:
        """A button that starts a flow."""
        return Button(self.words.title(flow, self.language), payload(self.intent_of(flow), **values))

    def intent_of(self, flow: str) -> str:
        """The intent that starts a flow."""
        found = self.flows.get(flow)
        return next(iter(found.triggers), flow) if found is not None else flow

    @property
    def yes_no(self) -> tuple[Button, ...]:
        return self.button("yes", "affirm"), self.button("no", "deny")

    @property
    def wanted(self) -> tuple[Button, ...]:
        """The answers to an offer."""
        return self.button("wanted", "affirm"), self.button("no", "deny")

    @property
    def person(self) -> Button:
        return self.button("person", "request_human")

    @property
    def stop(self) -> Button:
        return self.button("stop", "stop")
