"""The bank's own books, read through its API as any other of its clients would."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Any

import aiohttp

PATIENCE_S = 60.0
DROPPED_AT_ONCE = 3
HELD_MS = 1500


class Ledger:
    """`async with Ledger(url, key)`. Reads wait for a bank that is down. Raises TimeoutError."""

    def __init__(self, url: str, key: str) -> None:
        self._url = url
        self._headers = {"Authorization": f"Bearer {key}"}
        self._session: aiohttp.ClientSession | None = None

    async def __aenter__(self) -> Ledger:
        timeout = aiohttp.ClientTimeout(total=5)
        self._session = aiohttp.ClientSession(headers=self._headers, timeout=timeout)
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._session is not None:
            await self._session.close()

    async def refunds(self, customer_id: str) -> list[Mapping[str, Any]]:
        return list((await self._get(f"/customers/{customer_id}/refunds", limit=50))["refunds"])

    async def cards(self, customer_id: str) -> list[Mapping[str, Any]]:
        return list((await self._get(f"/customers/{customer_id}/cards"))["cards"])

    async def complaints(self, customer_id: str) -> list[Mapping[str, Any]]:
        return list((await self._get(f"/customers/{customer_id}/cases", kind="complaint", limit=50))["cases"])

    async def codes(self, customer_id: str) -> list[str]:
        """One-time codes on the customer's phone, newest first."""
        messages = (await self._get(f"/outbox/{customer_id}", limit=50))["messages"]
        return [message["code"] for message in messages if message["code"]]

    async def up(self) -> None:
        """Return once the bank answers."""
        await self._get("/healthz")

    async def drop(self) -> None:
        """Its next few changes take effect, and their answers are lost."""
        await self._fault({"drop": True, "times": DROPPED_AT_ONCE})

    async def hold(self, within_s: float) -> bool:
        """Let its next change take effect and its answer wait; returns once that is so. False if none came in time."""
        await self._fault({"delay_ms": HELD_MS})
        try:
            async with asyncio.timeout(within_s):
                while (await self._get("/faults"))["faults"]:
                    await asyncio.sleep(0.01)
        except TimeoutError:
            return False
        return True

    async def _fault(self, how: Mapping[str, Any]) -> None:
        assert self._session is not None  # noqa: S101
        fault = {"path_prefix": "/customers", "method": "POST", "when": "after", **how}
        try:
            async with self._session.post(f"{self._url}/faults", json=fault):
                pass
        except (aiohttp.ClientError, TimeoutError, OSError):
            pass

    async def _get(self, path: str, **query: str | int) -> Any:
        assert self._session is not None  # noqa: S101
        async with asyncio.timeout(PATIENCE_S):
            while True:
                try:
                    async with self._session.get(self._url + path, params=query) as answer:
                        if answer.status == 200:
                            return await answer.json()
                except (aiohttp.ClientError, TimeoutError, OSError):
                    pass
                await asyncio.sleep(0.1)
