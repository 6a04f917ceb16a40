"""The desk's routes, all below `/desk/`: agents' and supervisors' API. The page itself is served by the gateway."""

from __future__ import annotations

import asyncio

from aiohttp import WSCloseCode, web

from bot.desk import api, reveal, signing
from bot.desk.guard import signed_in
from bot.desk.keys import DESK, Desk
from bot.desk.reading import READS, Reads
from bot.desk.socket import SOCKETS, desk_socket
from bot.desk.watch import watching


def add_routes(app: web.Application, desk: Desk) -> None:
    app[DESK] = desk
    app[SOCKETS] = set()
    app[READS] = Reads()
    app.cleanup_ctx.append(watching)
    app.on_shutdown.append(_going_away)
    router = app.router
    router.add_post("/desk/api/sign-in", signing.sign_in)
    router.add_post("/desk/api/sign-out", signed_in(signing.sign_out, changes=True))
    router.add_get("/desk/api/sessions", signed_in(signing.sessions))
    router.add_post("/desk/api/sessions/{id}/end", signed_in(signing.end_session, changes=True))
    router.add_get("/desk/api/me", signed_in(api.me))
    router.add_post("/desk/api/me/state", signed_in(api.set_state, changes=True))
    router.add_get("/desk/api/floor", signed_in(api.floor))
    router.add_get("/desk/api/handoffs/{id}", signed_in(api.handoff))
    router.add_post("/desk/api/handoffs/{id}/accept", signed_in(api.accept, changes=True))
    router.add_post("/desk/api/handoffs/{id}/messages", signed_in(api.say, changes=True))
    router.add_post("/desk/api/handoffs/{id}/typing", signed_in(api.typing, changes=True))
    router.add_post("/desk/api/handoffs/{id}/reveal", signed_in(reveal.reveal, changes=True))
    router.add_post("/desk/api/handoffs/{id}/put-back", signed_in(api.put_back, changes=True))
    router.add_post("/desk/api/handoffs/{id}/assign", signed_in(api.assign, changes=True, roles=("supervisor",)))
    router.add_post("/desk/api/handoffs/{id}/close", signed_in(api.close, changes=True))
    router.add_post("/desk/api/handoffs/{id}/give-back", signed_in(api.give_back, changes=True))
    router.add_get("/desk/ws", desk_socket)
    if desk.demo:
        router.add_get("/desk/api/demo-code", signing.demo_code)


async def _going_away(app: web.Application) -> None:
    closing = [page.close(WSCloseCode.GOING_AWAY) for page in app[SOCKETS]]
    await asyncio.gather(*closing, return_exceptions=True)
