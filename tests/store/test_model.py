"""Whatever clients, workers and sweeps do in whatever order, a conversation behaves like a simple model of itself."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import Coroutine
from dataclasses import dataclass, field
from functools import partial
from typing import Any, TypeVar

import hypothesis.strategies as st
import pytest
from hypothesis import settings
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from bot.errors import Busy, LeaseLost
from bot.store.connect import connect
from bot.store.conversations import Changes, Conversations, Lease, TurnCommit
from bot.types import Button, Holder
from tests.redis import Server
from tests.store.makers import reply, turn

T = TypeVar("T")
MOST = 4
FAR = 1_000.0
"""As long as any test, and no longer than a lease may be."""
IDS = [*(f"m{n}" for n in range(10)), "r:1.0", "s:m1", "m:m1", "o:m1", "resume/h"]
"""What clients, the desk and we ourselves number by: each in a space of its own, however much the ids look alike."""
MESSAGES = st.sampled_from(IDS)
HOLDERS = st.none() | st.sampled_from(list(Holder))
PAYLOADS = st.sampled_from(["/yes", "/no", '/pick{"n": 1}'])


def _buttons(payload: str | None) -> tuple[Button, ...]:
    return (Button(title="b", payload=payload),) if payload else ()


@dataclass
class Model:
    """A conversation, in a few lists."""

    log: list[str] = field(default_factory=list)
    seen: dict[tuple[str, str], int] = field(default_factory=dict)
    pending: list[int] = field(default_factory=list)
    payloads: dict[int, str | None] = field(default_factory=dict)
    offered: set[str] = field(default_factory=set)
    events: list[dict[str, int]] = field(default_factory=list)
    effects: list[str] = field(default_factory=list)
    holder: Holder = Holder.BOT
    done: dict[int, list[int]] = field(default_factory=dict)
    """Answered turns and their replies' seqs."""
    done_fence: int = 0
    lease: Lease | None = None

    def append(self, text: str) -> int:
        self.log.append(text)
        return len(self.log)


class ConversationMachine(RuleBasedStateMachine):
    url = ""
    sites = itertools.count()

    def __init__(self) -> None:
        super().__init__()
        self.loop = asyncio.new_event_loop()
        self.redis = connect(self.url)
        self.real = Conversations(self.redis, site=f"s{next(self.sites)}", max_pending=MOST)
        self.id = self.run(self.real.open(channel="web")).conversation_id
        self.model = Model()
        self.leases: list[Lease] = []
        self.current: Lease | None = None
        """The newest, unless it was given back. One that has lapsed is good until somebody takes over."""

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    def teardown(self) -> None:
        self.run(self.real.aclose())
        self.run(self.redis.aclose())
        self.loop.close()

    @rule(message_id=MESSAGES, payload=st.none() | PAYLOADS, resume=st.booleans())
    def accept(self, message_id: str, payload: str | None, resume: bool) -> None:
        kind = "resume" if resume else "message"
        sent = turn(self.id, f"text {message_id}", message_id=message_id, payload=payload, kind=kind)
        model = self.model
        key = kind, message_id
        if key not in model.seen and not resume and len(model.pending) >= MOST:
            with pytest.raises(Busy):
                self.run(self.real.accept(sent))
            return
        accepted = self.run(self.real.accept(sent))
        assert accepted.repeated == (key in model.seen)
        if not accepted.repeated:
            seq = model.append("" if resume else sent.text)
            model.seen[key] = seq
            model.pending.append(seq)
            model.payloads[seq] = payload if payload in model.offered else None
        assert accepted.seq == model.seen[key]

    @rule(lapsing=st.booleans())
    def take(self, lapsing: bool) -> None:
        """`lapsing`: a lease that is over before anything can be done with it, as of a worker that stalls."""
        lease = self.run(self.real.take(self.id, worker="w", lease_s=0 if lapsing else FAR))
        if self.model.lease is not None:
            assert lease is None
            return
        assert lease is not None
        assert all(lease.fence > earlier.fence for earlier in self.leases)
        self.leases.append(lease)
        self.current = lease
        self.model.lease = None if lapsing else lease

    @precondition(lambda self: self.leases)
    @rule(data=st.data(), finish=st.booleans(), again=st.booleans())
    def commit(self, data, finish: bool, again: bool) -> None:  # type: ignore[no-untyped-def]
        model, lease = self.model, data.draw(st.sampled_from(self.leases))
        choices = (list(model.done) if again else []) or model.pending
        if not choices:
            return
        seq = data.draw(st.sampled_from(choices))
        commit = data.draw(self._commits(seq))
        act: Any = partial(self.real.finish, lease_s=FAR) if finish else self.real.commit
        work = act(lease, turn(self.id, seq=seq), commit)
        holds, waits = lease is self.current, seq in model.pending
        if not holds and (waits or model.done_fence != lease.fence):
            with pytest.raises(LeaseLost):
                self.run(work)
            return
        if waits and seq != model.pending[0]:
            with pytest.raises(ValueError, match="oldest"):
                self.run(work)
            return
        result = self.run(work)
        if waits:
            self._committed(lease, seq, commit)
        assert [entry.seq for entry in (result.entries if finish else result)] == model.done[seq]
        if finish and holds:
            assert (result.work is None) == (not model.pending)
            self.current = model.lease = lease if model.pending else None
        if finish and result.work:
            assert [each.seq for each in result.work.turns] == model.pending

    def _commits(self, seq: int) -> st.SearchStrategy[TurnCommit]:
        one_reply = st.none() | PAYLOADS
        return st.builds(
            TurnCommit,
            events=st.integers(0, 3).map(lambda many: [{"n": len(self.model.events) + n} for n in range(many)]),
            replies=st.lists(one_reply.map(lambda offer: reply("re", buttons=_buttons(offer))), max_size=2),
            changes=st.builds(Changes, holder=HOLDERS),
            effects=st.booleans().map(lambda one: [{"id": f"e{seq}", "kind": "k"}] if one else []),
        )

    def _committed(self, lease: Lease, seq: int, commit: TurnCommit) -> None:
        model = self.model
        model.pending.pop(0)
        model.done[seq] = [model.append(each.text) for each in commit.replies]
        model.done_fence = lease.fence
        model.events += commit.events  # type: ignore[arg-type]
        model.effects += [each["id"] for each in commit.effects]
        model.holder = commit.changes.holder or model.holder
        model.offered |= {button.payload for each in commit.replies for button in each.buttons}

    @precondition(lambda self: self.leases)
    @rule(data=st.data())
    def release(self, data) -> None:  # type: ignore[no-untyped-def]
        lease = data.draw(st.sampled_from(self.leases))
        given_back = self.run(self.real.release(lease))
        assert given_back == (lease is not self.current or not self.model.pending)
        if given_back and lease is self.current:
            self.current = self.model.lease = None

    @rule(reply_id=st.sampled_from(IDS[-6:]), holder=HOLDERS)
    def say(self, reply_id: str, holder: Holder | None) -> None:
        entry = self.run(
            self.real.say(self.id, reply(f"say {reply_id}"), reply_id=reply_id, changes=Changes(holder=holder))
        )
        key = "say", reply_id
        if key not in self.model.seen:
            self.model.seen[key] = self.model.append(f"say {reply_id}")
            self.model.holder = holder or self.model.holder
        assert entry.seq == self.model.seen[key]

    @precondition(lambda self: self.model.effects)
    @rule(data=st.data())
    def effect_done(self, data) -> None:  # type: ignore[no-untyped-def]
        effect_id = data.draw(st.sampled_from(self.model.effects))
        self.run(self.real.effect_done(self.id, effect_id))
        self.model.effects.remove(effect_id)

    @rule(ahead=st.sampled_from([0.0, 5.0, 2 * FAR]))
    def sweep(self, ahead: float) -> None:
        late = self.run(self.real.overdue(now=time.time() + ahead))
        assert late in ([], [self.id])
        has_work = bool(self.model.pending or self.model.effects)
        assert has_work or late == []

    @invariant()
    def nothing_with_work_is_without_a_hint(self) -> None:
        if self.model.pending or self.model.effects:
            assert self.run(self.real._due.look([self.id]))

    @invariant()
    def it_is_as_the_model_says(self) -> None:
        model = self.model
        conversation = self.run(self.real.get(self.id))
        assert (conversation.seq, conversation.version) == (len(model.log), len(model.events))
        assert (conversation.holder, conversation.done) == (model.holder, max(model.done, default=0))
        entries = self.run(self.real.entries(self.id))
        assert [(e.seq, e.text) for e in entries] == [(n, text) for n, text in enumerate(model.log, 1) if text]
        assert self.run(self.real.tracker_events(self.id)) == model.events
        assert sorted(each["id"] for each in self.run(self.real.effects(self.id))) == sorted(model.effects)
        if model.lease is not None:
            turns = self.run(self.real.pending(model.lease))
            assert [(each.seq, each.payload) for each in turns] == [(n, model.payloads[n]) for n in model.pending]


def test_a_conversation_behaves_like_its_model(redis_server: Server) -> None:
    ConversationMachine.url = redis_server.url
    run_state_machine_as_test(
        ConversationMachine, settings=settings(max_examples=40, stateful_step_count=25, deadline=None)
    )
