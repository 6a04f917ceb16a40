"""What this bank's actions and lookups are made of: the framework's, called with this bank's `Call`."""

from __future__ import annotations

from abc import ABC

from actions.call import Call
from bot.dialogue.action import Action as DialogueAction
from bot.dialogue.lookups import Lookups as DialogueLookups


class Action(DialogueAction[Call], ABC):
    pass


class Lookups(DialogueLookups[Call]):
    pass
