"""The brake on guessing one-time codes, over all conversations of a customer, whatever the account service counts.

A serving process installs one that all processes share (`bot.store.guesses.Guesses`). Where actions run in a server of
their own there is none, and the account service's own counts are all there are.
"""

from __future__ import annotations

from typing import Protocol


class Guard(Protocol):
    async def sending(self, customer_id: str, deed: str, *, key: str, conversation: str) -> None:
        """Count a code that is about to be sent; the same `key` once. Raises ServiceRefused: `too_soon` or
        `too_many_codes`."""

    async def trying(self, customer_id: str, deed: str, *, key: str, conversation: str) -> None:
        """Count a code as wrong before it is looked at. Raises ServiceRefused: `too_soon` or `codes_blocked`."""

    async def wrong(self, customer_id: str, deed: str, *, conversation: str) -> None:
        """It was: for the audit trail."""

    async def forgive(self, customer_id: str, deed: str, *, key: str) -> None:
        """It was not: it counts no more."""

    async def done(self, customer_id: str, deed: str, *, conversation: str) -> None:
        """What a code was asked for was done: for the audit trail."""


class _Open:
    """Nothing is counted here."""

    async def sending(self, customer_id: str, deed: str, *, key: str, conversation: str) -> None:
        pass

    async def trying(self, customer_id: str, deed: str, *, key: str, conversation: str) -> None:
        pass

    async def wrong(self, customer_id: str, deed: str, *, conversation: str) -> None:
        pass

    async def forgive(self, customer_id: str, deed: str, *, key: str) -> None:
        pass

    async def done(self, customer_id: str, deed: str, *, conversation: str) -> None:
        pass


_installed: Guard = _Open()


def install(guard: Guard | None) -> None:
    """Make this the process's guard; None takes it away."""
    global _installed  # noqa: PLW0603
    _installed = guard or _Open()


def current() -> Guard:
    return _installed
