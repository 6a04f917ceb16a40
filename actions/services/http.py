"""What clients of HTTP account services share: one pooled session, time limits, bounded retries, a circuit breaker.

Retried is what may be repeated: GET, and POST with an idempotency key. A 4xx is a no (`ServiceRefused`, with the
answer's `error` as code); everything else that is not a 2xx with a JSON object is `ServiceDown`.
"""

from __future__ import annotations

import asyncio
import json
import random
import time
from collections.abc import Mapping
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, Self
from urllib.parse import quote

import aiohttp
import structlog
from yarl import URL

from actions.services.breaker import Breaker
from bot.errors import ServiceDown, ServiceRefused

log = structlog.get_logger(__name__)

AGAIN = frozenset({429, 500, 502, 503, 504})
"""Statuses after which the same request may do better."""
MAX_ANSWER_BYTES = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Retry:
    """After attempt n (from 1) we wait a random part of `backoff_s * 2**(n-1)`, a second at most; all end within
    `within_s`."""

    attempts: int = 3
    backoff_s: float = 0.1
    within_s: float | None = None
    """None: twice the time one attempt may take."""


@dataclass(frozen=True, slots=True)
class _Request:
    method: str
    url: URL
    body: Mapping[str, Any] | None = None
    headers: Mapping[str, str] = field(default_factory=dict)


class HttpService:
    """Base of HTTP clients. Opens its session in the loop that first uses it, and a new one should the loop change."""

    def __init__(
        self,
        *,
        name: str,
        url: str,
        key: str,
        timeout_s: float = 3.0,
        retry: Retry | None = None,
        breaker: Breaker | None = None,
    ) -> None:
        """`timeout_s` is for one attempt, connecting included."""
        self.name = name
        self.url = url.rstrip("/")
        self._key = key
        self._timeout_s = timeout_s
        self._retry = retry or Retry()
        self._breaker = breaker or Breaker()
        self._session: aiohttp.ClientSession | None = None
        self._loop: asyncio.AbstractEventLoop | None = None

    async def ping(self) -> None:
        """Raises ServiceDown if the service does not answer."""
        await self._get("/healthz")

    async def close(self) -> None:
        session, self._session = self._session, None
        if session is not None and self._loop is asyncio.get_running_loop():
            await session.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def _get(self, path: str, **query: str | float | None) -> dict[str, Any]:
        url = URL(self.url + path, encoded=True)
        given = {name: str(value) for name, value in query.items() if value is not None}
        return await self._ask(_Request("GET", url.update_query(given) if given else url), repeatable=True)

    async def _post(
        self, path: str, body: Mapping[str, Any], idempotency_key: str | None, proof: str = ""
    ) -> dict[str, Any]:
        """`proof` is no part of the request that a repeated key must repeat: another try may need another code."""
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        if proof:
            headers["Code-Proof"] = proof
        request = _Request("POST", URL(self.url + path, encoded=True), body, headers)
        return await self._ask(request, repeatable=bool(idempotency_key))

    async def _ask(self, request: _Request, *, repeatable: bool) -> dict[str, Any]:
        within_s = self._retry.within_s if self._retry.within_s is not None else 2 * self._timeout_s
        deadline = time.monotonic() + within_s
        attempts = self._retry.attempts if repeatable else 1
        for attempt in range(1, attempts + 1):
            left_s = deadline - time.monotonic()
            try:
                return await self._attempt(request, timeout_s=min(self._timeout_s, left_s))
            except _Again as error:
                pause_s = random.uniform(0, min(1.0, self._retry.backoff_s * 2 ** (attempt - 1)))
                last = attempt == attempts or time.monotonic() + pause_s >= deadline
                log.warning("service.failed", service=self.name, method=request.method, attempt=attempt, why=error.why)
                if last:
                    raise ServiceDown(f"{self.name}: {error.why}") from error
                await asyncio.sleep(pause_s)
        raise AssertionError("unreachable")

    async def _attempt(self, request: _Request, *, timeout_s: float) -> dict[str, Any]:
        if not self._breaker.allows(time.monotonic()):
            raise ServiceDown(f"{self.name}: failed too often, not asked again yet")
        try:
            status, raw = await self._exchange(request, timeout_s=timeout_s)
        except (aiohttp.ClientError, TimeoutError, OSError) as error:
            self._breaker.failed(time.monotonic())
            raise _Again(type(error).__name__) from error
        except BaseException:
            self._breaker.abandoned()
            raise
        if status in AGAIN:
            self._breaker.failed(time.monotonic())
            raise _Again(f"answered {status}")
        self._breaker.succeeded()
        return self._read(status, raw)

    async def _exchange(self, request: _Request, *, timeout_s: float) -> tuple[int, bytes]:
        asking = self._open().request(
            request.method,
            request.url,
            json=request.body,
            headers={"Authorization": f"Bearer {self._key}", **request.headers},
            timeout=aiohttp.ClientTimeout(total=max(timeout_s, 0.001)),
            allow_redirects=False,
        )
        async with asking as response:
            raw = bytearray()
            async for chunk in response.content.iter_chunked(1 << 16):
                raw += chunk
                if len(raw) > MAX_ANSWER_BYTES:
                    raise aiohttp.ClientPayloadError("the answer is too long")
            return response.status, bytes(raw)

    def _read(self, status: int, raw: bytes) -> dict[str, Any]:
        try:
            answer = json.loads(raw)
        except (ValueError, RecursionError) as error:
            raise ServiceDown(f"{self.name}: answered {status} with what is not JSON") from error
        if not isinstance(answer, dict):
            raise ServiceDown(f"{self.name}: answered {status} with {type(answer).__name__}, not an object")
        if status in (401, 403):
            raise ServiceDown(f"{self.name}: answered {status}: is XIAOER_{self.name.upper()}_KEY its key?")
        if 400 <= status < 500:
            raise ServiceRefused(str(answer.get("error", "refused")), f"{self.name}: {answer.get('message', status)}")
        if not 200 <= status < 300:
            raise ServiceDown(f"{self.name}: answered {status}")
        return answer

    def _open(self) -> aiohttp.ClientSession:
        loop = asyncio.get_running_loop()
        if self._session is None or self._session.closed or self._loop is not loop:
            self._session = aiohttp.ClientSession(connector=aiohttp.TCPConnector(limit=100))
            self._loop = loop
        return self._session


class _Again(Exception):
    """An attempt failed in a way that another may not."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


def path_of(*parts: str) -> str:
    """A path of quoted parts, so that no part can lead elsewhere. Raises ServiceRefused for one that names nothing."""
    if any(part in ("", ".", "..") for part in parts):
        raise ServiceRefused("not_found", "an empty id names nothing")
    return "/" + "/".join(quote(part, safe="") for part in parts)
