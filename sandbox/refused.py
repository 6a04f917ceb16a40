"""A no, and what it leaves behind."""

from __future__ import annotations


class Refused(Exception):
    """A no, with a stable code. `keep` keeps what was written before it (a try that was used up); without `final` the
    same request may be made again with the same key, once what it lacks is there."""

    def __init__(self, code: str, message: str, *, status: int = 422, keep: bool = False, final: bool = True) -> None:
        super().__init__(message)
        self.code = code
        self.status = status
        self.keep = keep
        self.final = final


class Missing(Refused):
    def __init__(self, what: str) -> None:
        super().__init__("not_found", f"no such {what}", status=404)
