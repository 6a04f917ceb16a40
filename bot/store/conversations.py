"""Conversations: their logs, the turns that wait, who may answer them, and what answering changed.

opened = await conversations.open(channel="web")
await conversations.accept(turn)                              # from here on it will be answered exactly once
work = await conversations.begin(opened.conversation_id, worker="w1")
finished = await conversations.finish(work.lease, work.turns[0], TurnCommit(replies=[Reply(text="Hello")]))
"""

from __future__ import annotations

import hashlib
import hmac
import logging
import secrets
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager
from dataclasses import replace
from typing import Any

from bot.errors import BadIdentity, BadMessage, Busy, LeaseLost, NotFound, NotYours
from bot.privacy import NEVER_KEPT, mask, masked_events
from bot.store import codec, keys, lua
from bot.store import mend as mending
from bot.store.connect import Client
from bot.store.due import Due
from bot.store.judge import Readers, judge
from bot.store.mend import Snapshot, mended
from bot.store.nouns import (
    Accepted,
    Changes,
    Conversation,
    Finished,
    Lease,
    Opened,
    SignedOut,
    TurnCommit,
    Work,
    hidden,
)
from bot.store.probe import probe
from bot.store.script import Arg, Script
from bot.store.settle import Settler
from bot.store.wake import Subscription, Wakes
from bot.types import Entry, Holder, Identity, Reply, Turn, to_wire

__all__ = [
    "Accepted",
    "Changes",
    "Conversation",
    "Conversations",
    "Finished",
    "Lease",
    "Opened",
    "SignedOut",
    "TurnCommit",
    "Work",
]

log = logging.getLogger(__name__)

LONGEST_MESSAGE_ID = 200


class Conversations:
    """`NotFound` from any method: no such conversation, or it has expired."""

    def __init__(
        self,
        redis: Client,
        *,
        site: str = "main",
        ttl_s: int = keys.CONVERSATION_TTL_S,
        max_pending: int = 20,
        wait_replicas: int = 0,
        readers: Readers | None = None,
        on_mended: Callable[[str, Sequence[str]], None] | None = None,
    ) -> None:
        """`readers` say what the rooms above can read of events and effects. `on_mended` hears of each conversation
        that was found damaged, and what of it was lost. `wait_replicas`: `accept` and `say` return only when so many
        replicas have what they wrote (StoreDown where they have not in time: do it again). Not on Cluster."""
        self.redis = redis
        self._site = site
        self._ttl_s = ttl_s
        self._max_pending = max_pending
        self._wait_replicas = wait_replicas
        self._readers = readers or Readers()
        self._on_mended = on_mended
        self._due = Due(redis, site=site, wait_replicas=wait_replicas)
        self._settler = Settler(redis, self._due, site=site, ttl_s=ttl_s)
        self.wakes = Wakes(redis)
        """Its subscribed connection, for a `Floor` of the same process to share."""

    async def aclose(self) -> None:
        """End listening, and settle what was changed last. The client is the caller's to close."""
        await self._settler.aclose()
        await self.wakes.aclose()

    # Who they are

    async def open(self, *, channel: str, language: str = "", metadata: Mapping[str, Any] | None = None) -> Opened:
        conversation_id, secret = secrets.token_urlsafe(12), secrets.token_urlsafe(24)
        await self._open(conversation_id, channel, language, metadata or {}, _digest(secret))
        return Opened(conversation_id, f"{conversation_id}.{secret}")

    async def ensure(self, conversation_id: str, *, channel: str, language: str = "") -> None:
        """For channels that derive the id from what they are given: make the conversation unless it is there. No token
        opens it. `NotFound` for what cannot be an id."""
        await self._open(conversation_id, channel, language, {}, "")

    async def _open(
        self, conversation_id: str, channel: str, language: str, metadata: Mapping[str, Any], digest: str
    ) -> None:
        fields: list[Arg] = ["channel", codec.raw(channel), "language", codec.raw(language), "secret", digest]
        if metadata:
            fields += "metadata", codec.dumps(metadata)
        ttl_s = min(keys.UNSPOKEN_TTL_S, self._ttl_s)
        await lua.run(self.redis, lua.OPEN, self._keys(conversation_id), ttl_s, *fields)

    @mended
    async def authenticate(self, token: str) -> Conversation:
        """The conversation that was opened with this token; `NotYours` if there is none."""
        conversation_id, _, secret = token.partition(".")
        if not keys.is_conversation_id(conversation_id) or not secret:
            raise NotYours("not a conversation's token")
        key = keys.conversation(self._site, conversation_id).meta
        digest, *values = await self.redis.hmget(key, ["secret", *codec.META])
        if not digest or not hmac.compare_digest(codec.text(digest), _digest(secret)):
            raise NotYours("no conversation has this token")
        return codec.conversation_from(conversation_id, values)

    @mended
    async def get(self, conversation_id: str) -> Conversation:
        values = await self.redis.hmget(self._keys(conversation_id).meta, list(codec.META))
        if values[0] is None:
            raise NotFound(f"no conversation {conversation_id}")
        return codec.conversation_from(conversation_id, values)

    @mended
    async def bind(self, conversation_id: str, identity: Identity) -> None:
        """Sign the customer in, or refresh their sign-in (a step-up that still runs is kept). A conversation stays its
        first customer's: anyone else gets `BadIdentity("other_customer")`."""
        args = identity.customer_id, codec.dumps(to_wire(identity)), codec.raw(identity.proof_id)
        word, _ = await self._run(lua.BIND, conversation_id, self._ttl_s, *args)
        if word == "other":
            raise BadIdentity("other_customer", "this conversation belongs to another customer")

    @mended
    async def sign_out(self, conversation_id: str, *, proof_id: str = "", forget: bool = False) -> SignedOut:
        """End the sign-in (with `proof_id`, only if it is that one's): what was said until now is the customer's own
        to read, signed in again. With `forget` the token opens nothing any more. Safe to repeat."""
        args = "", "", codec.raw(proof_id), int(forget)
        _, (proofs, customer_id, ended) = await self._run(lua.BIND, conversation_id, self._ttl_s, *args)
        return SignedOut(codec.text(customer_id), tuple(filter(None, codec.text(proofs).split("\n"))), bool(ended))

    # Turns

    @mended
    async def accept(self, turn: Turn, *, opening: bool = False) -> Accepted:
        """Append a turn to the log, once for each message id. `Busy` if too many wait (a `resume` always gets in). Its
        payload is kept if a button offered it, or with `opening` while the customer has said nothing else. The log has
        the text masked (`bot.privacy`); who answers the turn gets it as it was written, until that is committed."""
        if not 0 < len(turn.message_id) <= LONGEST_MESSAGE_ID:
            raise BadMessage("bad_message", f"a message id has 1 to {LONGEST_MESSAGE_ID} characters")
        names = self._keys(turn.conversation_id)
        told = replace(turn, text=mask(turn.text, kinds=NEVER_KEPT))
        body: list[Arg] = [codec.raw(turn.message_id), codec.turn_to(told), int(turn.kind == "message")]
        args: list[Arg] = [
            self._ttl_s,
            self._max_pending,
            *body,
            codec.raw(turn.payload or ""),
            names.wake,
            int(opening),
            codec.turn_to(turn) if told.text != turn.text else "",
        ]
        word, *rest = await self._due.hinted(lua.ACCEPT, names, args, 2)
        self._check(codec.text(word), turn.conversation_id)
        seq, repeated = int(rest[0]), bool(rest[1])
        if not repeated:
            self.wakes.wake(names.wake, seq)
        return Accepted(seq, repeated)

    @mended
    async def take(self, conversation_id: str, *, worker: str, lease_s: float = 10) -> Lease | None:
        """The right to answer, or None while somebody else has it."""
        me = f"{worker}/{secrets.token_hex(6)}"
        word, rest = await self._run(lua.TAKE, conversation_id, me, lease_s)
        return None if word == "held" else Lease(conversation_id, me, int(rest[0]), float(rest[1]))

    @mended
    async def begin(
        self, conversation_id: str, *, worker: str, lease_s: float = 10, after: int = 0, excused: bool = False
    ) -> Work | None:
        """The lease with the conversation, its waiting turns and its tracker events from version `after` on, in one
        round trip. None if somebody else has the lease or no turn waits. `excused`: this does not count as a try."""
        me = f"{worker}/{secrets.token_hex(6)}"
        word, rest = await self._run(lua.BEGIN, conversation_id, me, lease_s, after, int(excused))
        if word != "ok":
            return None
        fence, until, state, turns, events, tries = rest
        lease = Lease(conversation_id, me, int(fence), float(until))
        return _work(lease, state, turns, codec.loads(events), tries=int(tries))

    @mended
    async def extend(self, lease: Lease, *, lease_s: float = 10) -> Lease:
        _, rest = await self._run(lua.EXTEND, lease.conversation_id, lease.worker, lease.fence, lease_s)
        return Lease(lease.conversation_id, lease.worker, lease.fence, float(rest[0]))

    @mended
    async def pending(self, lease: Lease) -> list[Turn]:
        """Turns that wait for an answer, oldest first."""
        _, rest = await self._run(lua.PENDING, lease.conversation_id, lease.worker, lease.fence)
        return [codec.turn_from(lease.conversation_id, line) for line in codec.loads(rest[0])]

    @mended
    async def tracker_events(self, conversation_id: str, *, after: int = 0) -> list[dict[str, Any]]:
        """Rasa event dicts from version `after` on. Of a tracker that outgrew `lua.EVENTS_KEPT`, an `after` of 0 (or
        from before the cut) gives what is left, led by the slots as they were set in what is gone."""
        _, rest = await self._run(lua.TRACKER, conversation_id, after)
        events: list[dict[str, Any]] = codec.loads(rest[0])
        return events

    @mended
    async def commit(self, lease: Lease, turn: Turn, commit: TurnCommit) -> list[Entry]:
        """Write all that answering `turn` changed, and keep the lease. A turn that this lease committed before is not
        written again: its replies are returned. `LeaseLost` if another worker took over."""
        return (await self._commit(lease, turn, commit, lease_s=None)).entries

    @mended
    async def finish(self, lease: Lease, turn: Turn, commit: TurnCommit, *, lease_s: float = 10) -> Finished:
        """`commit`, and give the lease back; or keep and extend it if more turns wait. One round trip."""
        return await self._commit(lease, turn, commit, lease_s=lease_s)

    async def _commit(self, lease: Lease, turn: Turn, commit: TurnCommit, *, lease_s: float | None) -> Finished:
        names = self._keys(lease.conversation_id)
        replies = [codec.reply_to(reply) for reply in commit.replies]
        args: list[Arg] = [
            lease.worker,
            lease.fence,
            turn.seq,
            self._ttl_s,
            names.wake,
            "" if lease_s is None else lease_s,
            int(commit.unless_taken),
        ]
        args += lua.counted([codec.dumps(event) for event in masked_events(commit.events)])
        args.append(len(replies))
        for reply, wire in zip(commit.replies, replies, strict=True):
            args += wire, *lua.counted([codec.raw(each.payload) for each in reply.buttons if each.payload])
        args += lua.counted(codec.changes_to(commit.changes))
        args += lua.counted([part for each in commit.effects for part in (str(each["id"]), codec.dumps(each))])
        word, rest = await self._run(lua.COMMIT, lease.conversation_id, *args)
        if word == "order":
            raise ValueError(f"{lease.conversation_id}: turn {turn.seq} is not the oldest that waits")
        return self._finished(lease, names, commit.replies, rest)

    def _finished(
        self, lease: Lease, names: keys.ConversationKeys, replies: Sequence[Reply], rest: Sequence[Any]
    ) -> Finished:
        again, said, *more = rest
        if again:
            entries = [entry for line in codec.loads(said) if (entry := codec.entry_from(line))]
        else:
            entries = [_as_said(place, reply) for place, reply in zip(codec.loads(said), replies, strict=False)]
        if entries:
            self.wakes.wake(names.wake, entries[-1].seq)
        if not more:
            self._settler.nudge(lease.conversation_id)
            return Finished(entries, None)
        until, state, turns = more
        kept = Lease(lease.conversation_id, lease.worker, lease.fence, float(until))
        return Finished(entries, _work(kept, state, turns, []))

    @mended
    async def release(self, lease: Lease) -> bool:
        """Give the lease back; False if turns came meanwhile, then it is kept."""
        _, rest = await self._run(lua.RELEASE, lease.conversation_id, lease.worker, lease.fence)
        if rest[0]:
            self._settler.nudge(lease.conversation_id)
        return bool(rest[0])

    # The log

    @mended
    async def say(
        self,
        conversation_id: str,
        reply: Reply,
        *,
        reply_id: str,
        changes: Changes | None = None,
        handoff_id: str = "",
        holder: Holder | None = None,
    ) -> Entry:
        """Append an agent's or the system's line, once for each reply id, with what it changes. With `handoff_id` or
        `holder`: only while that is the conversation's handoff or holder, else `NotFound`."""
        names, wire = self._keys(conversation_id), codec.reply_to(reply)
        args: list[Arg] = [self._ttl_s, codec.raw(reply_id), handoff_id, holder or "", wire, names.wake]
        args += lua.counted([codec.raw(each.payload) for each in reply.buttons if each.payload])
        args += lua.counted(codec.changes_to(changes or Changes()))
        word, *rest = await self._due.hinted(lua.SAY, names, args, 1)
        if codec.text(word) == "elsewhere":
            raise NotFound(f"{conversation_id} is not in handoff {handoff_id or holder}")
        self._check(codec.text(word), conversation_id)
        (place,) = codec.loads(rest[0])
        if codec.text(word) == "again":
            return codec.reply_entry(place["seq"], place["at"], place["reply"])
        entry = _as_said(place, reply)
        self.wakes.wake(names.wake, entry.seq)
        self._settler.nudge(conversation_id)
        return entry

    @mended
    async def entries(self, conversation_id: str, *, after: int = 0, limit: int = 500) -> list[Entry]:
        """Lines after `after`, oldest first; fewer than `limit` only at the log's end."""
        return await self._entries(conversation_id, after, limit, signed_in_at=None)

    @mended
    async def readable(self, conversation_id: str, *, now: float, after: int = 0, limit: int = 500) -> list[Entry]:
        """`entries`, as far as whoever has the conversation's token may read them (`Conversation.reads_after`)."""
        return await self._entries(conversation_id, after, limit, signed_in_at=now)

    async def _entries(
        self, conversation_id: str, after: int, limit: int, *, signed_in_at: float | None
    ) -> list[Entry]:
        """With `signed_in_at`, private lines only where the customer is signed in then."""
        found: list[Entry] = []
        while len(found) < limit:
            word, rest = await lua.run(self.redis, lua.ENTRIES, self._keys(conversation_id), after + 1, limit)
            lines = codec.loads(rest[0]) if word == "ok" else []
            from_here = 0
            if signed_in_at is not None and lines:
                identity = codec.identity_from(codec.loads(rest[2])) if rest[2] else None
                from_here = hidden(int(rest[1]), identity, signed_in_at)
            found += [entry for line in lines if line["seq"] > from_here and (entry := codec.entry_from(line))]
            if len(lines) < limit:
                break
            after = lines[-1]["seq"]
        return found[:limit]

    @mended
    async def answer(self, conversation_id: str, seq: int) -> list[Entry] | None:
        """The replies to the turn `seq`, or None while it is not answered."""
        word, rest = await self._run(lua.ANSWER, conversation_id, seq)
        if word == "wait":
            return None
        return [entry for line in codec.loads(rest[0]) if (entry := codec.entry_from(line))]

    def listen(self, conversation_id: str) -> AbstractAsyncContextManager[Subscription]:
        """`async for news in subscription`: None when there may be lines after the last you have (first at once), a
        dict for what `notify` sent."""
        return self.wakes.listen(self._keys(conversation_id).wake)

    async def notify(self, conversation_id: str, ephemeral: Mapping[str, Any]) -> None:
        """Tell those who listen right now: typing, a place in line. Not in the log."""
        await self.redis.execute_command("PUBLISH", self._keys(conversation_id).wake, codec.dumps(dict(ephemeral)))

    async def probe(self) -> None:
        """Write something. `StoreDown` where Redis, or a node of the cluster, cannot be reached or does not write."""
        await probe(self.redis, site=self._site, wait_replicas=self._wait_replicas)

    # What cannot be read

    async def mend(self, conversation_id: str, *, drop_effects: Sequence[str] = ()) -> list[str]:
        """Drop or rebuild what cannot be read, and `drop_effects`; returns what was lost. If that is more than what is
        kept to see repetitions, `damaged` names it until a worker has told the customer, for which a turn waits."""
        names = self._keys(conversation_id)
        plan = await mending.mend(
            *(self.redis, names), ttl_s=self._ttl_s, now=time.time(), readers=self._readers, drop_effects=drop_effects
        )
        if plan.lost:
            await self._due.hint(conversation_id)
            log.error("conversation.mended", extra={"conversation": conversation_id, "lost": plan.lost[:20]})
            if self._on_mended is not None:
                self._on_mended(conversation_id, plan.lost)
        return plan.lost

    async def look(self, conversation_id: str) -> tuple[Snapshot, list[str]]:
        """All its keys as they are, and what of them cannot be read. Changes nothing. `NotFound`."""
        found = await mending.snapshot(self.redis, self._keys(conversation_id))
        if found.kinds["meta"] == "none":
            raise NotFound(f"no conversation {conversation_id}")
        return found, judge(found.kinds, found.values, now=time.time(), readers=self._readers).lost

    # Work that a crash left behind

    async def overdue(self, *, now: float, limit: int = 100) -> list[str]:
        """Conversations with turns or effects left that nobody holds a lease on."""
        return await self._settler.overdue(now, limit)

    @mended
    async def effects(self, conversation_id: str) -> list[dict[str, Any]]:
        """What commits left to do elsewhere, oldest first."""
        found = await self.redis.hgetall(self._keys(conversation_id).effects)
        numbered = [codec.text(value).partition(" ") for value in found.values()]
        return [codec.loads(wire) for _, _, wire in sorted(numbered, key=lambda each: int(each[0]))]

    @mended
    async def effect_done(self, conversation_id: str, effect_id: str) -> None:
        await self.redis.hdel(self._keys(conversation_id).effects, effect_id)
        self._settler.nudge(conversation_id)

    async def forget(self, conversation_id: str) -> None:
        """Delete it; the archive is told to do the same."""
        names = self._keys(conversation_id)
        await self.redis.delete(*names.all, names.dropped)
        await self._settler.record([(conversation_id, "forgotten", codec.dumps({"conversation_id": conversation_id}))])
        await self.redis.execute_command("PUBLISH", names.wake, "{}")

    # Within

    def _keys(self, conversation_id: str) -> keys.ConversationKeys:
        if not keys.is_conversation_id(conversation_id):
            raise NotFound("not a conversation id")
        return keys.conversation(self._site, conversation_id)

    async def _run(self, script: Script, conversation_id: str, *args: Arg) -> tuple[str, list[Any]]:
        word, rest = await lua.run(self.redis, script, self._keys(conversation_id), *args)
        self._check(word, conversation_id)
        return word, rest

    def _check(self, word: str, conversation_id: str) -> None:
        if word == "gone":
            raise NotFound(f"no conversation {conversation_id}")
        if word == "lost":
            raise LeaseLost(f"{conversation_id}: another worker has taken over")
        if word == "busy":
            raise Busy(f"{conversation_id}: {self._max_pending} messages wait already", retry_after_s=2)


def _digest(secret: str) -> str:
    return hashlib.sha256(secret.encode("utf-8", "replace")).hexdigest()


def _as_said(place: tuple[int, float], reply: Reply) -> Entry:
    seq, at = place
    said = {name: getattr(reply, name) for name in ("author", "text", "buttons", "attachment", "custom", "name")}
    return Entry(seq=seq, at=at, **said)


def _work(lease: Lease, state: codec.Raw, turns: codec.Raw, events: list[dict[str, Any]], *, tries: int = 1) -> Work:
    conversation = codec.conversation_from(lease.conversation_id, codec.loads(state))
    found = [codec.turn_from(lease.conversation_id, line) for line in codec.loads(turns)]
    if not found:
        raise ValueError(f"{lease.conversation_id}: the lines of its turns are gone")
    return Work(lease, conversation, found, events, tries)
