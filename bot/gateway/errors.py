"""Every refusal as one shape: `{"error": code, "message": text}` with a fitting status, and never a traceback.

The same codes go over sockets; `docs/reference/http-api.md` lists them.
"""

from __future__ import annotations

import math
import traceback
from dataclasses import dataclass
from typing import Any

import structlog
from aiohttp import WSCloseCode, web
from aiohttp.typedefs import Handler

from bot.errors import (
    AccessDenied,
    BadIdentity,
    BadMessage,
    Busy,
    CannotAccept,
    NotFound,
    RateLimited,
    ServiceDown,
    ServiceRefused,
    SignedOut,
    StoreDown,
    Taken,
    XiaoerError,
)

log = structlog.get_logger(__name__)

_BY_STATUS = {
    400: ("bad_request", "the request cannot be read"),
    401: ("signed_out", "sign in first"),
    403: ("access_denied", "this is not allowed"),
    404: ("not_found", "there is nothing here"),
    405: ("method_not_allowed", "this address takes other methods"),
    413: ("too_long", "the request is too long"),
    415: ("bad_message", "this type of content is not taken here"),
    426: ("upgrade_required", "this address speaks WebSocket"),
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Refusal:
    status: int
    code: str
    message: str
    retry_after_s: int | None = None
    by: str | None = None

    def body(self) -> dict[str, Any]:
        body: dict[str, Any] = {"error": self.code, "message": self.message}
        if self.retry_after_s is not None:
            body["retry_after_s"] = self.retry_after_s
        if self.by is not None:
            body["by"] = self.by
        return body

    def response(self) -> web.Response:
        headers = {} if self.retry_after_s is None else {"Retry-After": str(self.retry_after_s)}
        return web.json_response(self.body(), status=self.status, headers=headers)


_STATUS: tuple[tuple[type[XiaoerError], int], ...] = (
    (SignedOut, 401),
    (CannotAccept, 409),
    (AccessDenied, 403),
    (RateLimited, 429),
    (Busy, 503),
    (Taken, 409),
    (NotFound, 404),
    (ServiceDown, 502),
    (ServiceRefused, 409),
)
"""The first that fits; where it depends on the code, see `_by_code`. An error carries its code itself."""


def refusal(error: Exception) -> Refusal:
    """What the caller is told of `error`."""
    if (refused := _by_code(error)) is not None:
        return refused
    for kind, status in _STATUS:
        if isinstance(error, kind):
            return Refusal(
                status=status,
                code=error.code,
                message="this cannot be taken right now" if isinstance(error, StoreDown) else str(error),
                retry_after_s=max(1, math.ceil(error.retry_after_s)) if isinstance(error, Busy) else None,
                by=error.by if isinstance(error, Taken) else None,
            )
    log.error("gateway.failed", error=type(error).__name__, at=_places(error))
    if isinstance(error, XiaoerError | OSError):
        return Refusal(status=503, code="unavailable", message="this cannot be done right now", retry_after_s=2)
    return Refusal(status=500, code="internal", message="something went wrong here; it has been noted")


def _by_code(error: Exception) -> Refusal | None:
    match error:
        case BadMessage():
            return Refusal(status=413 if error.code == "too_long" else 400, code=error.code, message=str(error))
        case BadIdentity():
            status = 403 if error.code == "other_customer" else 401
            return Refusal(status=status, code=f"identity_{error.code}", message=str(error))
        case web.HTTPException():
            code, message = _BY_STATUS.get(error.status, ("bad_request", error.reason))
            return Refusal(status=error.status, code=code, message=message)
    return None


_BEGUN = web.RequestKey("begun", web.StreamResponse)
"""The answer whose headers have been sent."""


async def remember(request: web.Request, response: web.StreamResponse) -> None:
    """Before an answer's headers are sent: from here on no other can take its place."""
    request[_BEGUN] = response


async def _end(begun: web.StreamResponse) -> web.StreamResponse:
    """An answer that had begun ends: a WebSocket with a close frame, never with another answer's bytes."""
    if isinstance(begun, web.WebSocketResponse):
        await begun.close(code=WSCloseCode.TRY_AGAIN_LATER, message=b"busy")
    begun.force_close()
    return begun


@web.middleware
async def errors(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Turns whatever a handler raises into a refusal. Redirects and the like pass."""
    try:
        return await handler(request)
    except web.HTTPException as error:
        if error.status < 400:
            raise
        answer = refusal(error).response()
        if "Allow" in error.headers:
            answer.headers["Allow"] = error.headers["Allow"]
        return answer
    except ConnectionResetError:
        raise
    except Exception as error:  # The last line of defence: whoever calls gets an answer.
        said = refusal(error)
        begun = request.get(_BEGUN)
        return said.response() if begun is None else await _end(begun)


def _places(error: BaseException) -> list[str]:
    """Where it happened, without messages and values: they may hold a customer's words."""
    frames = traceback.extract_tb(error.__traceback__)[-6:]
    return [
        f"{frame.filename.rpartition('/bot/')[2] or frame.filename}:{frame.lineno} {frame.name}" for frame in frames
    ]
