"""The aiohttp application: keys, faults, request checking; everything else is in the table of routes."""

from __future__ import annotations

import asyncio
import hmac
import json
import logging
import re
import sqlite3
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from typing import Any

from aiohttp import web
from aiohttp.typedefs import Handler
from pydantic import BaseModel, ValidationError

from sandbox import openapi, service
from sandbox.asked import Fault, Faults
from sandbox.database import Database
from sandbox.faults import FaultBox
from sandbox.service import Call, Outcome, Refused, Route, problem
from sandbox.table import TABLE

log = logging.getLogger(__name__)

MAX_BODY_BYTES = 64 * 1024
KEYLESS = {"/openapi.json", *(route.path for route in TABLE if route.keyless)}


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What requests need."""

    db: Database
    key: str
    now: Callable[[], float]
    faults: FaultBox = field(default_factory=FaultBox)


PARTS = web.AppKey("parts", Parts)


def create_app(db: Database, *, key: str, now: Callable[[], float]) -> web.Application:
    """The service over an open database. `now` is its clock."""
    app = web.Application(middlewares=[_errors, _keys, _faults], client_max_size=MAX_BODY_BYTES)
    app[PARTS] = Parts(db=db, key=key, now=now)
    for route in TABLE:
        app.router.add_route(route.method, route.path, _serve(route))
    app.router.add_get("/openapi.json", _document)
    app.router.add_get("/faults", _list_faults)
    app.router.add_post("/faults", _add_fault)
    app.router.add_delete("/faults", _clear_faults)
    return app


def _serve(route: Route) -> Handler:
    async def handle(request: web.Request) -> web.Response:
        key = _idempotency_key(request) if route.changes else ""
        call = Call(
            db=request.app[PARTS].db,
            now=request.app[PARTS].now(),
            path=request.match_info,
            query=_checked(route.query, dict(request.query)),
            body=_checked(route.body, await _json_of(request)) if route.body else None,
            origin=f"{request.scheme}://{request.host}",
            proof=request.headers.get("Code-Proof", "")[:100],
        )
        media = "application/json" if route.answers else "text/plain"
        return _response(service.answer(route, call, idempotency_key=key), media)

    return handle


@cache
def _document_text() -> str:
    return json.dumps(openapi.document(TABLE))


async def _document(request: web.Request) -> web.Response:
    return web.Response(text=_document_text(), content_type="application/json")


def _response(outcome: Outcome, media: str = "application/json") -> web.Response:
    headers = {"Idempotent-Replay": "true"} if outcome.replayed else {}
    media = "application/json" if outcome.status >= 400 else media
    return web.Response(text=outcome.text, status=outcome.status, content_type=media, headers=headers)


def _idempotency_key(request: web.Request) -> str:
    key = request.headers.get("Idempotency-Key", "")
    if not re.fullmatch(r"[!-~]{1,200}", key):
        code = "bad_request" if key else "idempotency_key_required"
        raise Refused(code, "POST needs an Idempotency-Key of 1 to 200 visible characters", status=400)
    return key


async def _json_of(request: web.Request) -> Any:
    raw = await request.read()
    try:
        return json.loads(raw) if raw else {}
    except (ValueError, RecursionError) as error:
        raise Refused("bad_request", f"the body is not JSON: {error}", status=400) from error


def _checked(kind: type[BaseModel], given: Any) -> BaseModel:
    try:
        return kind.model_validate(given)
    except ValidationError as error:
        found = error.errors(include_url=False, include_context=False, include_input=False)
        said = "; ".join(f"{'.'.join(map(str, each['loc'])) or 'request'}: {each['msg']}" for each in found)
        raise Refused("bad_request", said, status=400) from error


@web.middleware
async def _errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    try:
        return await handler(request)
    except Refused as refused:
        return _response(problem(refused.code, str(refused), status=refused.status))
    except web.HTTPException as error:
        code = {404: "not_found", 405: "method_not_allowed", 413: "too_large"}.get(error.status, "bad_request")
        return _response(problem(code, error.reason, status=error.status))
    except sqlite3.OperationalError:
        log.exception("the database did not answer")
        return _response(problem("busy", "try again", status=503))
    except Exception:
        log.exception("%s failed", request.match_info.handler)
        return _response(problem("internal", "an error of ours", status=500))


@web.middleware
async def _keys(request: web.Request, handler: Handler) -> web.StreamResponse:
    resource = request.match_info.route.resource
    if resource is None or resource.canonical not in KEYLESS:
        given = request.headers.get("Authorization", "")
        if not hmac.compare_digest(given.encode(), f"Bearer {request.app[PARTS].key}".encode()):
            raise Refused("unauthorized", "give the service key as `Authorization: Bearer <key>`", status=401)
    return await handler(request)


@web.middleware
async def _faults(request: web.Request, handler: Handler) -> web.StreamResponse:
    if request.path == "/faults":
        return await handler(request)
    broken = await _break(request, "before")
    if broken is not None:
        return broken
    response = await handler(request)
    return await _break(request, "after") or response


async def _break(request: web.Request, when: str) -> web.Response | None:
    fault = request.app[PARTS].faults.take(request.method, request.path, when)
    if fault is None:
        return None
    if fault.delay_ms:
        await asyncio.sleep(fault.delay_ms / 1000)
        return None
    if fault.drop:
        if request.transport is not None:
            request.transport.abort()
        return web.Response(status=500)
    return _response(problem("fault", "a fault switch is set", status=fault.status or 503))


async def _add_fault(request: web.Request) -> web.Response:
    fault = _checked(Fault, await _json_of(request))
    assert isinstance(fault, Fault)  # noqa: S101
    request.app[PARTS].faults.faults.append(fault)
    return _response(Outcome(status=201, text=fault.model_dump_json()))


async def _list_faults(request: web.Request) -> web.Response:
    return _response(Outcome(status=200, text=Faults(faults=request.app[PARTS].faults.faults).model_dump_json()))


async def _clear_faults(request: web.Request) -> web.Response:
    request.app[PARTS].faults.faults.clear()
    return await _list_faults(request)
