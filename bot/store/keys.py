"""Every Redis key and pub/sub channel, with its time to live or the reason it has none.

Keys that one script touches share a hash tag: `{c:<id>}` for a conversation, `{floor:<site>}` for the floor. All begin
with the site, so several sites can share one Redis. `docs/reference/redis-keys.md` is the same list for operators.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from hashlib import sha256
from zlib import crc32

CONVERSATION_TTL_S = 7 * 24 * 3600
"""A conversation lives this long after its last line."""
UNSPOKEN_TTL_S = 24 * 3600
"""... and this long while nothing was said in it: who only opens the chat leaves little behind."""
HANDOFF_TTL_S = 7 * 24 * 3600
SESSION_TTL_S = 12 * 3600
PACE_TTL_S = 3600
PROBE_TTL_S = 10
EVENTS_KEPT = 100_000
"""Records of the site's `events` stream; what the archive has not read by then is lost to it."""
SHARDS = 16
"""The index of conversations with work left is spread over so many sorted sets."""

WITHOUT_TTL = {
    r"[^:]+:due:\{\d+\}": "hints of work left: an entry goes when its work is done, an empty set vanishes",
    r"[^:]+:\{floor:[^}]+\}:(waiting|q:.+|lean|taken|loads)": "live handoffs: an entry goes when its handoff ends",
    r"[^:]+:\{floor:[^}]+\}:h:.+": "a handoff that waits or is with an agent; HANDOFF_TTL_S once it has ended",
    r"[^:]+:\{floor:[^}]+\}:(agents|states|seen)": "the desk's people: as many entries as there are agents",
    r"[^:]+:\{floor:[^}]+\}:(seq|updates)": "the floor's counter and its latest updates: bounded, never restarted",
    r"[^:]+:\{floor:[^}]+\}:events": "what happened, until the archive has read it: bounded by its length",
    r"[^:]+:\{desk:[^}]+\}:accounts": "the desk's accounts as last seen: as many entries as there were accounts",
    r"[^:]+:\{audit:[^}]+\}:(trail|head)": "who did what: kept until `xiaoer audit export` has written it elsewhere",
}
"""Patterns of the keys that never expire, and why each may stay."""

_ID = re.compile(r"[A-Za-z0-9_-]{1,100}")


def is_conversation_id(text: str) -> bool:
    """Letters, digits, `-` and `_`, at most 100: nothing that could name another key or another hash tag."""
    return _ID.fullmatch(text) is not None


PARTS = ("meta", "log", "pending", "seen", "offered", "events", "effects", "dropped")
"""Of a conversation: the last part of its keys."""


@dataclass(frozen=True, slots=True)
class ConversationKeys:
    """All of one conversation; each lives CONVERSATION_TTL_S after the last write."""

    id: str
    meta: str
    """Hash: who it is with, who answers, the counters, the lease."""
    log: str
    """Stream `<seq>-0`: the customer's turns and everything said to them."""
    pending: str
    """List of the seqs of turns that wait for an answer, oldest first."""
    seen: str
    """Sorted set of message and reply ids by seq: what is here already is not appended again."""
    offered: str
    """Sorted set of the payloads of buttons that were shown, by seq."""
    events: str
    """List of Rasa events, append-only: the tracker."""
    effects: str
    """Hash of what a commit still has to do elsewhere, by effect id."""
    dropped: str
    """List of what could not be read and was dropped, for those who look into it."""
    wake: str
    """Pub/sub channel: a seq (new lines up to it) or a JSON object (typing, status)."""

    @property
    def all(self) -> tuple[str, ...]:
        return self.meta, self.log, self.pending, self.seen, self.offered, self.events, self.effects


def conversation(site: str, conversation_id: str) -> ConversationKeys:
    """`ValueError` if the id is not one: check what came from outside with `is_conversation_id`."""
    if not is_conversation_id(conversation_id):
        raise ValueError("not a conversation id")
    stem = f"{site}:{{c:{conversation_id}}}:"
    names = (*PARTS, "wake")
    return ConversationKeys(conversation_id, *(stem + name for name in names))


def due(site: str, shard: int) -> str:
    """Sorted set: conversations that may have work left, by the moment to look at them. No TTL, see WITHOUT_TTL."""
    return f"{site}:due:{{{shard}}}"


def due_of(site: str, conversation_id: str) -> str:
    return due(site, crc32(conversation_id.encode()) % SHARDS)


@dataclass(frozen=True, slots=True)
class FloorKeys:
    """The floor's; see WITHOUT_TTL for those that stay."""

    site: str

    @property
    def waiting(self) -> str:
        """Sorted set of handoff ids in order of service, all queues."""
        return self._key("waiting")

    @property
    def lean(self) -> str:
        """Hash: each live handoff without transcript and slots."""
        return self._key("lean")

    @property
    def taken(self) -> str:
        """Hash: accepted handoff to `<moment> <agent id>`."""
        return self._key("taken")

    @property
    def loads(self) -> str:
        """Hash: agent to the number of handoffs they have."""
        return self._key("loads")

    @property
    def agents(self) -> str:
        """Hash: agent to name, role, skills and capacity."""
        return self._key("agents")

    @property
    def states(self) -> str:
        """Hash: agent to `<since> <state>`."""
        return self._key("states")

    @property
    def seen(self) -> str:
        """Sorted set: agents by the second in which their page, or a call of theirs, was heard of last."""
        return self._key("seen")

    @property
    def seq(self) -> str:
        return self._key("seq")

    @property
    def updates(self) -> str:
        """Stream `<seq>-0` of what changed, for the desk."""
        return self._key("updates")

    @property
    def events(self) -> str:
        """Stream of what happened at the site, for the archive."""
        return self._key("events")

    @property
    def wake(self) -> str:
        """Pub/sub channel: the seq of the latest update."""
        return self._key("wake")

    def handoff(self, handoff_id: str) -> str:
        """Hash: the handoff as it was handed over, and what became of it."""
        return self._key(f"h:{handoff_id}")

    def queue(self, name: str) -> str:
        """Sorted set: `waiting` of one queue."""
        return self._key(f"q:{name}")

    def pace(self, queue: str) -> str:
        """List of the moments of the latest accepts; PACE_TTL_S."""
        return self._key(f"pace:{queue}")

    def _key(self, name: str) -> str:
        return f"{self.site}:{{floor:{self.site}}}:{name}"


def limit(site: str, key: str) -> str:
    """Hash of a token bucket; lives until it would be full again."""
    return f"{site}:limit:{sha256(key.encode('utf-8', 'replace')).hexdigest()[:32]}"


def probe(site: str, shard: int) -> str:
    """String: written to see whether Redis writes; PROBE_TTL_S."""
    return f"{site}:probe:{{{shard}}}"


def proof(site: str, customer_id: str, proof_id: str) -> str:
    """String: the conversation an identity proof counts in and since when, or `revoked`; as long as the proof lasts."""
    named = f"{len(customer_id)}:{customer_id}{proof_id}"
    return f"{site}:proof:{sha256(named.encode('utf-8', 'replace')).hexdigest()[:32]}"


def codes(site: str, customer_id: str, kind: str) -> str:
    """Sorted set: one-time codes `sent` to a customer, or `wrong`, by the moment; a day."""
    return f"{site}:codes:{kind}:{sha256(customer_id.encode('utf-8', 'replace')).hexdigest()[:32]}"


def session(site: str, digest: str) -> str:
    """Hash: who is signed in at the desk, since when, from where; until they have been idle too long or it ends."""
    return f"{site}:{{desk:{site}}}:session:{digest}"


def sessions(site: str) -> str:
    """Sorted set of the sessions' digests by when they end at the latest; lives as long as the last of them may."""
    return f"{site}:{{desk:{site}}}:sessions"


def brake(site: str, name: str) -> str:
    """What is remembered of tries to sign in: a hash of tries, or a string; two hours, a known network 30 days."""
    kind, digest = name.partition(":")[0], sha256(name.encode("utf-8", "replace")).hexdigest()[:32]
    return f"{site}:{{desk:{site}}}:{kind}:{digest}"


def accounts(site: str) -> str:
    """Hash: each desk account as it was last seen, so that a change is recorded once. No TTL, see WITHOUT_TTL."""
    return f"{site}:{{desk:{site}}}:accounts"


def audit(site: str) -> tuple[str, str]:
    """The audit trail, a stream `<seq>-0` of lines, and its head, a hash: seq and hash of the last line, base_seq and
    base_hash of the last one exported. No TTL, see WITHOUT_TTL."""
    stem = f"{site}:{{audit:{site}}}:"
    return f"{stem}trail", f"{stem}head"
