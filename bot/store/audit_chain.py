"""The audit trail's lines, and what holds them together: each carries the hash of the one before.

A line is one JSON object in UTF-8. Its `hash` is HMAC-SHA-256 over the object without it, written with sorted keys and
no spaces; `prev` is the hash of the line before, ZERO for the first. Whoever has no key cannot write a line that fits,
and nobody can change, drop or insert one without breaking what follows it. Cutting off the end is seen by whoever kept
a later head: the log has every line's.
"""

from __future__ import annotations

import hashlib
import hmac
import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any

from bot.errors import AuditBroken

ZERO = "0" * 64
MAX_VALUE_CHARS = 200
"""What is recorded are names, codes and numbers: longer texts are cut."""

Value = str | int | float | bool


@dataclass(frozen=True, slots=True)
class Head:
    """Where a chain ends: the last line's number and hash."""

    seq: int = 0
    hash: str = ZERO


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditLine:
    """One thing that was done or tried."""

    seq: int
    at: float
    event: str
    actor: str
    """Who did it: `agent:lin`, `customer:C1001`, `operator`; empty where nobody knows."""
    subject: str = ""
    """What or whom it was done to: `account:sam`, `handoff:...`, `model:...`."""
    conversation: str = ""
    address: str = ""
    fields: Mapping[str, Value] = field(default_factory=dict)
    key: str = ""
    """The fingerprint of the key that sealed it; empty without one."""
    prev: str = ZERO
    hash: str = ""

    @property
    def head(self) -> Head:
        return Head(self.seq, self.hash)


def fingerprint(key: bytes) -> str:
    """Names a key without giving it away."""
    return hashlib.sha256(b"xiaoer audit key:" + key).hexdigest()[:8] if key else ""


def seal(line: Mapping[str, Any], key: bytes) -> tuple[str, bytes]:
    """The hash of a line that has none yet, and the line with it as it is stored."""
    digest = hmac.new(key, _canonical(line), hashlib.sha256).hexdigest()
    return digest, _canonical({**line, "hash": digest})


def parse(stored: bytes | str) -> AuditLine:
    """Raises AuditBroken for what is no line of ours."""
    try:
        return AuditLine(**json.loads(stored))
    except (ValueError, TypeError) as error:
        raise AuditBroken(0, "is not an audit line") from error


def follow(stored: bytes | str, after: Head | None, key: bytes) -> AuditLine:
    """The line, if it is whole and comes right `after` that one (None: it is where the chain is picked up). Raises
    AuditBroken with its number."""
    line = parse(stored)
    after = after or (Head() if line.seq == 1 else Head(line.seq - 1, line.prev))
    if line.seq != after.seq + 1:
        raise AuditBroken(after.seq + 1, f"is missing; what comes next is line {line.seq}")
    if line.prev != after.hash:
        raise AuditBroken(line.seq, "does not follow the line before it")
    if line.key != fingerprint(key):
        have, made = (f"the key {each}" if each else "no key" for each in (fingerprint(key), line.key))
        raise AuditBroken(line.seq, f"was made with {made}, and checked with {have} (XIAOER_AUDIT_KEY)")
    fields = {name: value for name, value in asdict(line).items() if name != "hash"}
    if not hmac.compare_digest(seal(fields, key)[0], line.hash):
        raise AuditBroken(line.seq, "was changed after it was written")
    return line


def short(value: Any) -> Value:
    """A field's value as it is recorded."""
    if isinstance(value, bool | int | float):
        return value
    return str(value)[:MAX_VALUE_CHARS]


def _canonical(line: Mapping[str, Any]) -> bytes:
    return json.dumps(line, sort_keys=True, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "replace")
