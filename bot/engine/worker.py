"""A worker: takes conversations that have turns waiting, answers them in order, and writes each answer exactly once.

It keeps nothing that the store does not have. A turn that is interrupted anywhere before its commit is run again, here
or by another worker; one whose lease was lost leaves no trace.
"""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Any, Protocol

import structlog

from bot.engine import languages
from bot.engine.engine import Engine, TurnResult
from bot.engine.events import revive
from bot.engine.models import Source
from bot.errors import LeaseLost, NotFound, StoreDown
from bot.handoff.build import Outcome
from bot.store.codec import handoff_from
from bot.store.conversations import Changes, Conversation, Conversations, Lease, TurnCommit, Work
from bot.store.judge import Readers
from bot.store.wake import cancel
from bot.types import Entry, Guess, Handoff, Holder, Level, Reply, Turn, to_wire

log = structlog.get_logger()

LEASE_S = 6.0
SWEEP_S = 0.5
DRAIN_S = 20.0
AT_ONCE = 64
"""Conversations that are answered at the same time; more wait for a place."""
_WHOLE_READ = 1000
"""So many events never come as the tail of a tracker that is here: the store cut it, and gave all that is left."""
OPEN_HANDOFF = "handoff.open"
LEAVE_LINE = "handoff.leave"
TRIES = 3
"""A turn that was taken up so often and never answered is not tried again: it may end the process that tries it."""
FAILED_IN_A_ROW = 2
"""After so many turns that could not be answered a person takes over."""
TROUBLE = "trouble"
"""The handover reason where the fault is ours."""


class Handoffs(Protocol):
    """What the handoff room does for a worker."""

    async def build(
        self, conversation: Conversation, turn: Turn, result: Outcome, transcript: Sequence[Entry], *, now: float
    ) -> Handoff: ...

    async def open_wire(self, wire: Mapping[str, Any]) -> None: ...
    async def waits_of(self, handoff_id: str) -> Mapping[str, Any] | None: ...
    async def leave(self, conversation_id: str) -> bool: ...


@dataclass
class _Serving:
    task: asyncio.Task[None] | None = None
    again: bool = True
    """Something may have come since the conversation was last looked at."""
    overdue: bool = False
    """Somebody else left it with work to do: effects too, perhaps."""
    lease: Lease | None = field(default=None)


class Worker:
    """`async with Worker(...)`: sweeps up what others left, and finishes what it has begun before it goes."""

    def __init__(
        self,
        engine: Engine | Source,
        conversations: Conversations,
        handoffs: Handoffs | None,
        *,
        name: str,
        lease_s: float = LEASE_S,
        sweep_s: float = SWEEP_S,
        on_answered: Callable[[str, int, Sequence[Entry]], None] | None = None,
        on_given_up: Callable[[str, int], None] | None = None,
    ) -> None:
        """Without `handoffs` the bot hands nothing over. `on_answered` hears of each turn that was committed here: the
        conversation, the turn's seq, its replies. `on_given_up` hears of each turn that is not tried any more."""
        self._engines: Source = _Single(engine) if isinstance(engine, Engine) else engine
        self._conversations = conversations
        self._handoffs = handoffs
        self._name = name
        self._lease_s = lease_s
        self._sweep_s = sweep_s
        self._on_answered = on_answered
        self._on_given_up = on_given_up
        self._serving: dict[str, _Serving] = {}
        self._places = asyncio.Semaphore(AT_ONCE)
        self._background: list[asyncio.Task[None]] = []
        self._draining = False
        self._excused: set[str] = set()
        """Conversations whose turn was interrupted here by the store: that says nothing about the turn."""
        self._effect_tries: Counter[str] = Counter()

    async def __aenter__(self) -> Worker:
        self._background = [
            asyncio.create_task(self._sweep(), name="worker sweep"),
            asyncio.create_task(self._keep_leases(), name="worker leases"),
        ]
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._draining = True
        await cancel(self._background[0])
        tasks = [serving.task for serving in self._serving.values() if serving.task]
        if tasks:
            _, late = await asyncio.wait(tasks, timeout=DRAIN_S)
            await cancel(*late)
        await cancel(self._background[1])

    async def nudge(self, conversation_id: str) -> None:
        """There may be something to answer. Returns at once; what comes while draining is left to other workers."""
        self._start(conversation_id)

    @property
    def busy(self) -> int:
        """Conversations being answered or waiting for a place."""
        return len(self._serving)

    def _start(self, conversation_id: str, *, overdue: bool = False) -> None:
        serving = self._serving.get(conversation_id)
        if serving is not None:
            serving.again = True
        elif not self._draining:
            serving = self._serving[conversation_id] = _Serving(overdue=overdue)
            serving.task = asyncio.create_task(self._serve(conversation_id, serving))

    async def _serve(self, conversation_id: str, serving: _Serving) -> None:
        try:
            async with self._places:
                if serving.overdue:
                    await self._finish_effects(conversation_id)
                while serving.again:
                    serving.again = False
                    await self._answer_all(conversation_id, serving)
        except LeaseLost:
            log.info("worker.lease_lost", conversation=conversation_id, worker=self._name)
        except NotFound:
            pass
        except asyncio.CancelledError:
            log.info("worker.gave_up", conversation=conversation_id, worker=self._name)
        except Exception as error:
            # The store or the floor cannot be reached: the sweep comes back to it.
            if isinstance(error, StoreDown):
                self._excused.add(conversation_id)
            log.error("worker.interrupted", conversation=conversation_id, worker=self._name, error=type(error).__name__)
        finally:
            del self._serving[conversation_id]
            if serving.again and not self._draining:
                self._start(conversation_id)

    async def _answer_all(self, conversation_id: str, serving: _Serving) -> None:
        async with self._engines.using() as engine:
            after = engine.known(conversation_id)
            work = await self._conversations.begin(
                conversation_id,
                worker=self._name,
                lease_s=self._lease_s,
                after=after,
                excused=conversation_id in self._excused,
            )
            self._excused.discard(conversation_id)
            if work is not None and work.tries > TRIES and await self._conversations.mend(conversation_id):
                serving.again = True  # it was taken up in vain for what could not be read: now it can be
                return
            while work is not None:
                serving.lease = work.lease
                try:
                    work, after = await self._answer(engine, work, after, serving)
                finally:
                    serving.lease = None

    async def _answer(self, engine: Engine, work: Work, after: int, serving: _Serving) -> tuple[Work | None, int]:
        """Answer the oldest turn and commit; returns what came meanwhile, and the version it starts from."""
        turn, conversation = work.turns[0], work.conversation
        identity = conversation.identity
        private = identity is not None and identity.level_at(time.time()) > Level.NONE
        hopeless = self._is_hopeless(work)
        waits = None
        if conversation.holder == Holder.QUEUE and conversation.handoff_id and self._handoffs is not None:
            waits = await self._handoffs.waits_of(conversation.handoff_id)
        result = None if hopeless else await self._run(engine, work, after, waits)
        if result is None and not hopeless and await self._conversations.mend(conversation.id):
            serving.again = True
            raise LeaseLost(f"{conversation.id}: what the turn stood on could not be read, and was mended")
        commit = await self._commit_of(turn, conversation, result, private=private)
        # From here on the lease is the commit's to give back, no longer ours to extend.
        lease, serving.lease = serving.lease or work.lease, None
        try:
            finished = await self._conversations.finish(lease, turn, commit, lease_s=self._lease_s)
        except (TypeError, UnicodeError) as error:
            log.error("worker.not_json", conversation=conversation.id, seq=turn.seq, error=type(error).__name__)
            result, commit = None, await self._sorry(turn, conversation)
            finished = await self._conversations.finish(lease, turn, commit, lease_s=self._lease_s)
        if result is not None:
            engine.keep(result)
        if self._on_answered is not None:
            self._on_answered(conversation.id, turn.seq, finished.entries)
        for effect in commit.effects:
            await self._perform(conversation.id, effect)
        return finished.work, finished.work.conversation.version if finished.work else 0

    def _is_hopeless(self, work: Work) -> bool:
        """Part of the conversation was lost, or its turn was taken up again and again and never answered."""
        turn, conversation = work.turns[0], work.conversation
        if work.tries > TRIES:
            log.error("worker.turn_given_up", conversation=conversation.id, seq=turn.seq, tries=work.tries)
            if self._on_given_up is not None:
                self._on_given_up(conversation.id, turn.seq)
        return work.tries > TRIES or bool(conversation.damaged) or turn.kind == "lost"

    async def _run(self, engine: Engine, work: Work, after: int, waits: Mapping[str, Any] | None) -> TurnResult | None:
        """None if the engine itself failed: then the turn is answered with an apology, so that the next can be."""
        turn, conversation, events = work.turns[0], work.conversation, work.events
        if after and (
            engine.known(conversation.id) != after
            or after + len(events) != conversation.version
            or len(events) > _WHOLE_READ
        ):
            engine.forget(conversation.id)
            events, after = await self._conversations.tracker_events(conversation.id), 0
        try:
            return await engine.run(turn, conversation, events, after=after, waits=waits)
        except Exception as error:
            log.error("worker.turn_failed", conversation=conversation.id, seq=turn.seq, error=type(error).__name__)
        engine.forget(conversation.id)
        return None

    async def _commit_of(
        self, turn: Turn, conversation: Conversation, result: TurnResult | None, *, private: bool
    ) -> TurnCommit:
        if result is None:
            return await self._sorry(turn, conversation)
        effects: list[dict[str, Any]] = []
        holder = None
        if result.handover_reason and conversation.holder == Holder.BOT and self._handoffs is not None:
            transcript = await self._transcript(conversation)
            handoff = await self._handoffs.build(conversation, turn, result, transcript, now=time.time())
            effects.append({"id": handoff.id, "kind": OPEN_HANDOFF, "handoff": to_wire(handoff)})
            holder = Holder.QUEUE
        if result.leaves_line and conversation.handoff_id:
            effects.append({"id": f"{conversation.handoff_id}:leave", "kind": LEAVE_LINE})
        return TurnCommit(
            events=result.events,
            replies=result.replies,
            changes=Changes(
                holder=holder,
                identity=result.identity if result.identity != conversation.identity else None,
                language=result.language if result.language != conversation.language else None,
                failed=0 if conversation.failed else None,
                handoff_id=effects[0]["id"] if holder else None,
                private=private,
                reminders=_reminders(turn, conversation, result),
            ),
            effects=effects,
            unless_taken=conversation.holder == Holder.QUEUE,
        )

    async def _sorry(self, turn: Turn, conversation: Conversation) -> TurnCommit:
        """The turn is not answered. The customer hears so once, and where the fault stays, a person comes."""
        failed = conversation.failed + 1
        changes = Changes(failed=failed, damaged="" if conversation.damaged else None)
        if turn.kind == "reminder" and not conversation.damaged:  # nobody asked anything; it is over
            return TurnCommit(
                changes=Changes(reminders=[each for each in conversation.reminders if turn.at < each["at"]])
            )
        if conversation.holder != Holder.BOT:
            return TurnCommit(changes=changes)
        replies = [_apology(conversation)]
        hopeless = conversation.damaged or turn.kind == "lost" or failed >= FAILED_IN_A_ROW
        if self._handoffs is None or not hopeless:
            return TurnCommit(replies=replies, changes=changes)
        handoff = await self._handoffs.build(
            conversation, turn, _Nothing(conversation), await self._transcript(conversation), now=time.time()
        )
        changes = replace(changes, failed=0, holder=Holder.QUEUE, handoff_id=handoff.id)
        effect = {"id": handoff.id, "kind": OPEN_HANDOFF, "handoff": to_wire(handoff)}
        return TurnCommit(replies=replies, changes=changes, effects=[effect])

    async def _transcript(self, conversation: Conversation) -> list[Entry]:
        return await self._conversations.entries(conversation.id, after=max(0, conversation.seq - 200))

    async def _perform(self, conversation_id: str, effect: Mapping[str, Any]) -> None:
        """At least once; opening a handoff that is open already changes nothing."""
        if effect["kind"] == OPEN_HANDOFF and self._handoffs is not None:
            await self._handoffs.open_wire(effect["handoff"])
        elif effect["kind"] == LEAVE_LINE and self._handoffs is not None:
            await self._handoffs.leave(conversation_id)
        await self._conversations.effect_done(conversation_id, effect["id"])

    async def _sweep(self) -> None:
        """Take over what nobody holds a lease on: turns of a worker that died, effects that it did not come to."""
        while True:
            try:
                for conversation_id in await self._conversations.overdue(now=time.time()):
                    self._start(conversation_id, overdue=True)
            except Exception as error:
                log.error("worker.sweep_failed", worker=self._name, error=type(error).__name__)
            await asyncio.sleep(self._sweep_s)

    async def _finish_effects(self, conversation_id: str) -> None:
        for effect in await self._conversations.effects(conversation_id):
            name = str(effect["id"])
            try:
                await self._perform(conversation_id, effect)
            except StoreDown:
                raise
            except Exception as error:
                self._effect_tries[name] += 1
                log.error("worker.effect_failed", conversation=conversation_id, effect=name, error=type(error).__name__)
            else:
                del self._effect_tries[name]
            if self._effect_tries[name] >= TRIES:
                del self._effect_tries[name]
                await self._conversations.mend(conversation_id, drop_effects=[name])

    async def _keep_leases(self) -> None:
        """Extend the leases of turns that take long; a turn whose lease is lost is stopped."""
        while True:
            await asyncio.sleep(self._lease_s / 3)
            held = [(serving, serving.lease) for serving in self._serving.values() if serving.lease]
            await asyncio.gather(*(self._keep(serving, lease) for serving, lease in held))

    async def _keep(self, serving: _Serving, lease: Lease) -> None:
        try:
            extended = await self._conversations.extend(lease, lease_s=self._lease_s)
        except LeaseLost:
            if serving.lease is lease and serving.task is not None:
                log.info("worker.lease_lost", conversation=lease.conversation_id, worker=self._name)
                serving.task.cancel()
        except Exception as error:
            log.error("worker.lease_not_kept", conversation=lease.conversation_id, error=type(error).__name__)
        else:
            if serving.lease is lease:
                serving.lease = extended


def _reminders(turn: Turn, conversation: Conversation, result: TurnResult) -> Sequence[Mapping[str, Any]] | None:
    """None where nothing changed. The turn of one says anew when the next is."""
    changed = list(result.reminders) != list(conversation.reminders)
    return result.reminders if changed or turn.kind == "reminder" else None


def _apology(conversation: Conversation) -> Reply:
    return Reply(text=languages.APOLOGY.get(conversation.language, languages.APOLOGY[languages.DEFAULT]))


class _Nothing:
    """What a turn that was not run came to: a person is asked."""

    events: Sequence[Mapping[str, Any]] = ()
    intents: Sequence[Guess] = ()
    handover_reason: str | None = TROUBLE

    def __init__(self, conversation: Conversation) -> None:
        self.identity = conversation.identity
        self.language = conversation.language


def readers() -> Readers:
    """What this room can read of what the store keeps for it."""
    return Readers(event=lambda wire: bool(revive([wire])), effect=_reads_effect)


def _reads_effect(wire: Mapping[str, Any]) -> bool:
    return wire["kind"] != OPEN_HANDOFF or bool(handoff_from(wire["handoff"]).id)


class _Single:
    """One engine that is never swapped."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine

    @asynccontextmanager
    async def using(self) -> Any:
        yield self._engine
