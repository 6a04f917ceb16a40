"""A circuit breaker. Pure: time is an argument."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(slots=True, kw_only=True)
class Breaker:
    """After `failures` failed attempts in a row nothing is asked for `open_s`; then one attempt at a time may probe."""

    failures: int = 10
    open_s: float = 5.0
    _failed: int = 0
    _open_until: float = 0.0
    _probing: bool = False

    def allows(self, now: float) -> bool:
        """Whether an attempt may be made now. Who gets True must report how it ended."""
        if self._failed < self.failures:
            return True
        if now < self._open_until or self._probing:
            return False
        self._probing = True
        return True

    def succeeded(self) -> None:
        self._failed = 0
        self._probing = False

    def failed(self, now: float) -> None:
        self._failed += 1
        self._probing = False
        if self._failed >= self.failures:
            self._open_until = now + self.open_s

    def abandoned(self) -> None:
        """The attempt ended without saying anything about the service: it was cancelled."""
        self._probing = False
