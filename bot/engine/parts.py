"""What turns of one model share, and how a turn fails."""

from __future__ import annotations

from dataclasses import dataclass

from rasa.core.channels.channel import OutputChannel
from rasa.core.nlg import NaturalLanguageGenerator

from bot.engine.in_process import Actions
from bot.engine.model import Model


class Failed(Exception):
    """An action's code, a policy or the NLU raised; the cause is chained. `what` names it."""

    def __init__(self, what: str) -> None:
        super().__init__(what)
        self.what = what


@dataclass(frozen=True)
class Parts:
    """What turns of one model share."""

    model: Model
    actions: Actions
    nlg: NaturalLanguageGenerator
    languages: tuple[str, ...]


class Channel(OutputChannel):
    """Where Rasa's actions believe they speak: only its name is used. Replies are read from the events."""

    def __init__(self, name: str) -> None:
        self._name = name

    def name(self) -> str:
        return self._name
