"""What the bot can do, one file per business area; docs/reference/dialogue.md tells how it is put together."""

from __future__ import annotations

from actions import services
from bot.settings import Settings


def begin(settings: Settings) -> None:
    """The engine's word, at each model it loads: which account services there are, and their keys."""
    services.configure(settings.services)
