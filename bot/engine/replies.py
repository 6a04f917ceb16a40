"""What Rasa's bot utters, as replies."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from rasa.shared.core.events import BotUttered, Event

from bot.types import Button, Reply

SAFE = ("https://", "http://", "mailto:", "tel:")


def replies_in(events: Iterable[Event]) -> list[Reply]:
    """One reply for each BotUttered that says or shows anything, in order."""
    replies = (_reply(event.text, event.data or {}) for event in events if isinstance(event, BotUttered))
    return [reply for reply in replies if reply.text or reply.buttons or reply.attachment or reply.custom]


def _reply(text: str | None, data: Mapping[str, Any]) -> Reply:
    """A picture's URL goes to `attachment`; `elements`, and attachments that are not a URL, to `custom`."""
    custom = data.get("custom") or {}
    custom = dict(custom) if isinstance(custom, Mapping) else {"payload": custom}
    attachment = data.get("image") or data.get("attachment")
    if attachment is not None and not isinstance(attachment, str):
        custom["attachment"] = attachment
        attachment = None
    if data.get("elements"):
        custom["elements"] = data["elements"]
    buttons = [*(data.get("buttons") or []), *(data.get("quick_replies") or [])]
    return Reply(
        text=text or "",
        buttons=tuple(_button(each) for each in buttons if each.get("title")),
        attachment=attachment or None,
        custom=custom,
    )


def _button(raw: Mapping[str, Any]) -> Button:
    """A link where there is a `url` that can be opened safely and no payload, as Rasa's channels tell the two apart."""
    title, url = str(raw["title"]), str(raw.get("url") or "")
    if url and not raw.get("payload") and url.lower().startswith(SAFE):
        return Button(title=title, url=url)
    return Button(title=title, payload=str(raw.get("payload") or title))
