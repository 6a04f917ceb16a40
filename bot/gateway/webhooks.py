"""`POST /webhooks/<channel>/webhook`: channels that are answered in the same breath, Rasa's REST among them."""

from __future__ import annotations

from aiohttp import web

from bot.channels import Channel, encode_all
from bot.channels.base import write
from bot.errors import BadIdentity
from bot.gateway.headers import bearer
from bot.gateway.keys import CHANNELS, FRONT_DOOR, PROXIES

ANSWER_WITHIN_S = 30.0


async def alive(request: web.Request) -> web.Response:
    """As Rasa's channels answer a GET."""
    _channel(request)
    return web.json_response({"status": "ok"})


async def webhook(request: web.Request) -> web.Response:
    """Accept a message and answer with the replies to it; with `?stream=true` one JSON object a line,
    all at once: a turn's replies become real together."""
    channel, door = _channel(request), request.app[FRONT_DOOR]
    received = channel.decode(await request.read())
    conversation_id, accepted = await door.receive_from(
        received,
        channel=channel.name,
        identity_token=_proof(request) or received.identity_token,
        address=request.app[PROXIES].address(request),
    )
    entries = await door.answers.wait(
        conversation_id, accepted.seq, within_s=ANSWER_WITHIN_S, repeated=accepted.repeated
    )
    if entries is None:
        body = {"error": "late", "message": "accepted, not answered yet; send it again with the same message_id"}
        return web.json_response(body, status=504, headers={"Retry-After": "2"})
    door.ended(conversation_id, done=accepted.seq)
    messages = encode_all(channel, entries, to=received.sender)
    if request.query.get("stream", "").lower() == "true":
        lines = "".join(write(message) + "\n" for message in messages)
        return web.Response(text=lines, content_type="text/event-stream")
    return web.json_response(messages, dumps=write)


def _channel(request: web.Request) -> Channel:
    channel = request.app[CHANNELS].get(request.match_info["channel"])
    if channel is None or channel.transport != "webhook":
        raise web.HTTPNotFound
    return channel


def _proof(request: web.Request) -> str | None:
    token = bearer(request)
    if token == "":
        raise BadIdentity("forged", "Authorization is not `Bearer <identity token>`")
    return token
