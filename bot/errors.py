"""Every exception the project raises on purpose, in one tree.

XiaoerError
├── ConfigError                 endpoints.yml, credentials.yml, environment: the process does not start
├── ModelError                  a model cannot be loaded
│   ├── UnsignedModel           ... because its signature is missing or does not match
│   ├── NeedsTensorFlow         ... because a component needs a package that is left out
│   └── OtherCode               ... because other code than this process runs made it
├── BadMessage                  what a client sent cannot be taken (too long, not JSON, not text)
├── AccessDenied                the caller may not do this
│   ├── NotYours                a conversation of somebody else, or none at all
│   ├── BadIdentity             a proof that is forged, expired, revoked, used elsewhere or for another customer
│   ├── OriginDenied            a page that may not talk to us
│   ├── CannotAccept            an agent who is offline, or has as many conversations as they may
│   └── SignedOut               nobody is signed in at the desk, or name and password do not match
├── Busy                        more work than we can answer in time: try again after `retry_after_s`
│   ├── RateLimited             one customer or address sends faster than it may; others are not affected
│   └── StoreDown               Redis cannot be reached, is failing over, or refuses to write
├── AuditBroken                 a line of the audit trail was changed, removed or never ours
├── LeaseLost                   another worker has taken the conversation over; nothing was written
├── Taken                       another agent was first
├── NotFound                    no such handoff, agent, queue
└── ServiceError                an account service did not do what was asked
    ├── ServiceDown             it did not answer, or answered that it cannot now: worth another try later
    └── ServiceRefused          it answered no, with a `code` a response can be chosen by
"""

from __future__ import annotations


class XiaoerError(Exception):
    """Base of all; its text is fit to be shown to an operator. `code` is stable and what clients are told."""

    code: str = "unavailable"


class _Coded(XiaoerError):
    """One whose code says which of several things it is."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code


class ConfigError(XiaoerError):
    """All problems found, one a line, each naming place, value and choices."""

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class ModelError(XiaoerError):
    pass


class UnsignedModel(ModelError):
    pass


class NeedsTensorFlow(ModelError):
    pass


class OtherCode(ModelError):
    pass


class BadMessage(_Coded):
    """`code` is stable and goes to the client: `too_long`, `empty`, `bad_json`, `bad_message`."""


class AccessDenied(XiaoerError):
    code = "access_denied"


class NotYours(AccessDenied):
    code = "not_yours"


class BadIdentity(_Coded, AccessDenied):
    """`code` is `expired`, `forged`, `revoked`, `used` or `other_customer`."""


class OriginDenied(AccessDenied):
    code = "origin_denied"


class CannotAccept(_Coded, AccessDenied):
    """`code` is `offline` or `at_capacity`."""


class SignedOut(_Coded, AccessDenied):
    """`code` is `signed_out`, `wrong_password` (which also covers a name nobody has), `code_needed` (the password was
    right, a one-time code is wanted as well) or `wrong_code`."""


class Busy(XiaoerError):
    code = "busy"

    def __init__(self, message: str, *, retry_after_s: int) -> None:
        super().__init__(message)
        self.retry_after_s = retry_after_s


class RateLimited(Busy):
    code = "rate_limited"


class StoreDown(Busy):
    """`refuses`: it can be reached, but does not write (memory or disk full, a replica, replicas missing)."""

    def __init__(self, message: str, *, retry_after_s: int, refuses: bool = False) -> None:
        super().__init__(message, retry_after_s=retry_after_s)
        self.refuses = refuses


class AuditBroken(XiaoerError):
    """`seq` is the number of the first line that does not hold; 0 where it has none."""

    def __init__(self, seq: int, problem: str) -> None:
        super().__init__(f"line {seq} {problem}" if seq else f"a line {problem}")
        self.seq = seq


class LeaseLost(XiaoerError):
    pass


class Taken(XiaoerError):
    """`by` is the display name of the agent who was first, or empty."""

    code = "taken"

    def __init__(self, message: str, *, by: str = "") -> None:
        super().__init__(message)
        self.by = by


class NotFound(XiaoerError):
    code = "not_found"


class ServiceError(XiaoerError):
    pass


class ServiceDown(ServiceError):
    code = "service_down"


class ServiceRefused(_Coded, ServiceError):
    """`code` is the account service's own: responses are chosen by it."""
