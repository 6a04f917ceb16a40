"""The texts of responses: from the domain, or from an NLG server, which may fail without a turn failing with it."""

from __future__ import annotations

import asyncio
from typing import Any

import structlog
from rasa.core.nlg import NaturalLanguageGenerator
from rasa.core.nlg.response import TemplatedNaturalLanguageGenerator
from rasa.shared.core.domain import Domain
from rasa.shared.core.trackers import DialogueStateTracker
from rasa.utils.endpoints import EndpointConfig

from bot.engine import languages, slots

log = structlog.get_logger()

ANSWER_WITHIN_S = 5.0
_PARTS = ("text", "buttons", "quick_replies", "elements", "image", "attachment", "custom")


class Texts(NaturalLanguageGenerator):
    """Where the server does not answer in time, or not with a text, the domain's own response is said; where it has
    none, that there are no words. What the turn did is kept either way."""

    def __init__(self, server: NaturalLanguageGenerator, domain: Domain, *, within_s: float = ANSWER_WITHIN_S) -> None:
        self._server = server
        self._own = TemplatedNaturalLanguageGenerator(domain.responses)
        self._within_s = within_s

    async def generate(
        self, utter_action: str, tracker: DialogueStateTracker, output_channel: str, **kwargs: Any
    ) -> dict[str, Any] | None:
        try:
            async with asyncio.timeout(self._within_s):
                said = await self._server.generate(utter_action, tracker, output_channel, **kwargs)
        except Exception as error:
            log.error("nlg.failed", conversation=tracker.sender_id, response=utter_action, error=type(error).__name__)
        else:
            if said is None or any(said.get(part) for part in _PARTS):
                return dict(said) if said is not None else None
            log.error("nlg.failed", conversation=tracker.sender_id, response=utter_action, error="nothing in it")
        own: dict[str, Any] | None = await self._own.generate(utter_action, tracker, output_channel, **kwargs)
        return own or {"text": languages.WORDLESS.get(_language(tracker), languages.WORDLESS[languages.DEFAULT])}


def texts_of(domain: Domain, endpoint: dict[str, Any] | None) -> NaturalLanguageGenerator:
    """`endpoint` is endpoints.yml's `nlg`, or None for the domain's own responses."""
    if not endpoint:
        return NaturalLanguageGenerator.create(None, domain)
    return Texts(NaturalLanguageGenerator.create(EndpointConfig.from_dict(endpoint), domain), domain)


def _language(tracker: DialogueStateTracker) -> str:
    kept = slots.is_kept(tracker.slots, slots.LANGUAGE)
    return str(tracker.slots[slots.LANGUAGE].value) if kept else languages.DEFAULT
