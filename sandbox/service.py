"""What a route is, and how one request is answered: checked, carried out once, and its answer kept with its effect."""

from __future__ import annotations

import hashlib
import json
import sqlite3
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import BaseModel

from sandbox import clock, deeds
from sandbox.asked import Nothing
from sandbox.database import Database
from sandbox.deeds import Deed
from sandbox.refused import Missing, Refused

__all__ = ["Call", "Missing", "Outcome", "Refused", "Route", "answer", "forget_old_keys", "problem"]

KEEP_KEYS_S = 7 * 86_400.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """One checked request. `query` and `body` are of the route's types."""

    db: Database
    now: float
    path: Mapping[str, str] = field(default_factory=dict)
    query: Any = None
    body: Any = None
    origin: str = ""
    """Where the customer reaches us: http://127.0.0.1:8081."""
    proof: str = ""
    """Of a code that came back: the header Code-Proof."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Route:
    """One row of the table: serves requests, checks them, and documents itself."""

    method: str
    path: str
    name: str
    summary: str
    handle: Callable[[Call], BaseModel | str]
    """Returns the answer; text is sent as text/plain."""
    answers: type[BaseModel] | None
    """None: text."""
    query: type[BaseModel] = Nothing
    body: type[BaseModel] | None = None
    refusals: tuple[str, ...] = ()
    """The 422 codes. 404 needs no mention."""
    status: int = 200
    keyless: bool = False
    deed: Callable[[Call], Deed | None] | None = None
    """What a one-time code must have been sent for; None from it: nothing, this time."""

    @property
    def all_refusals(self) -> tuple[str, ...]:
        return (*self.refusals, *(deeds.REFUSALS if self.deed else ()))

    @property
    def changes(self) -> bool:
        return self.method == "POST"


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    status: int
    text: str
    replayed: bool = False
    final: bool = True
    """False: the answer is not kept for its key."""


def answer(route: Route, call: Call, *, idempotency_key: str = "") -> Outcome:
    """Carry the request out. What changes something does so once for its key, in one transaction with its answer."""
    if not route.changes:
        clock.advance(call.db, call.now)
        return _handled(route, call)
    request = _fingerprint(route, call)
    with call.db.transaction():
        stored = call.db.one("SELECT request, status, answer FROM idempotency WHERE key = ?", idempotency_key)
        if stored is not None:
            return _repeated(stored, request)
        clock.advance_within(call.db, call.now)
        outcome = _handled(route, call)
        if outcome.final:
            call.db.insert(
                "idempotency",
                key=idempotency_key,
                request=request,
                status=outcome.status,
                answer=outcome.text,
                at=call.now,
            )
    return outcome


def forget_old_keys(db: Database, now: float) -> None:
    db.run("DELETE FROM idempotency WHERE at < ?", now - KEEP_KEYS_S)


def problem(code: str, message: str, *, status: int, final: bool = True) -> Outcome:
    text = json.dumps({"error": code, "message": message}, ensure_ascii=False)
    return Outcome(status=status, text=text, final=final)


def _handled(route: Route, call: Call) -> Outcome:
    try:
        made = _undone_if_refused(route, call)
    except Refused as refused:
        return problem(refused.code, str(refused), status=refused.status, final=refused.final)
    return Outcome(status=route.status, text=made if isinstance(made, str) else made.model_dump_json())


def _undone_if_refused(route: Route, call: Call) -> BaseModel | str:
    if not route.changes:
        return route.handle(call)
    kept: Refused | None = None
    with call.db.undoable():
        try:
            return _proven(route, call)
        except Refused as refused:
            if not refused.keep:
                raise
            kept = refused
    raise kept


def _proven(route: Route, call: Call) -> BaseModel | str:
    """What the request may not do is said before what proof it lacks; then the code is spent with its effect."""
    deed = route.deed(call) if route.deed else None
    made = route.handle(call)
    if deed is not None:
        deeds.spend(call.db, call.path["customer_id"], call.proof, deed, now=call.now)
    return made


def _repeated(stored: sqlite3.Row, request: str) -> Outcome:
    if stored["request"] != request:
        return problem("idempotency_key_reused", "this Idempotency-Key came with another request", status=409)
    return Outcome(status=stored["status"], text=stored["answer"], replayed=True)


def _fingerprint(route: Route, call: Call) -> str:
    body = call.body.model_dump() if call.body is not None else None
    text = json.dumps([route.method, route.path, dict(call.path), body], sort_keys=True)
    return hashlib.sha256(text.encode()).hexdigest()
