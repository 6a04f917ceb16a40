"""Showing what is masked in a customer's line: to whom it is theirs to see, for a stated reason, on record."""

from __future__ import annotations

from aiohttp import web

from bot.desk.api import readable
from bot.desk.body import body_of, text_of
from bot.desk.keys import DESK
from bot.desk.reading import until_its_end
from bot.desk.views import names_of
from bot.errors import AccessDenied, BadMessage, NotFound
from bot.privacy import find
from bot.types import Agent

REASONS = ("verify_identity", "contact_customer", "correct_details", "investigate")
"""Also the choices of the page."""


async def reveal(request: web.Request, agent: Agent) -> web.Response:
    """`{seq, reason}` -> `{seq, text}`: one line as it is stored. Cards, ids and codes are nowhere to be shown."""
    desk = request.app[DESK]
    body = await body_of(request)
    seq, reason = body.get("seq"), text_of(body, "reason", 64)
    if reason not in REASONS:
        raise BadMessage("bad_message", f"reason is unknown; known: {', '.join(REASONS)}")
    if not isinstance(seq, int) or isinstance(seq, bool) or not 0 < seq < 2**53:
        raise BadMessage("bad_message", "seq is not the number of a line")
    found = await readable(desk, request, agent)
    if agent.role != "supervisor" and await desk.floor.holder(found.id) != agent.id:
        raise AccessDenied("only who has the conversation, or a supervisor, may see what is masked")
    entries = await desk.conversations.entries(found.conversation_id, limit=2000)
    if agent.role != "supervisor":
        entries = until_its_end(found, entries)
    line = next((each for each in entries if each.seq == seq and each.author == "customer"), None)
    if line is None:
        raise NotFound(f"no line {seq} of the customer's")
    kinds = sorted({span.kind for span in find(line.text, names=names_of(found))})
    await desk.audit.record(
        "desk.revealed",
        actor=f"agent:{agent.id}",
        subject=f"handoff:{found.id}",
        conversation=found.conversation_id,
        address=desk.address_of(request),
        role=agent.role,
        reason=reason,
        line=str(seq),
        what=" ".join(kinds),
    )
    return web.json_response({"seq": seq, "text": line.text})
