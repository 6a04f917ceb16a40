"""Who may talk, and how a message becomes an accepted turn: every channel's door goes through here."""

from __future__ import annotations

import hashlib
import time
import uuid
from collections import OrderedDict
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Protocol

import structlog

from bot.channels import Received
from bot.channels.native import Hello
from bot.errors import BadIdentity, Busy, NotFound, NotYours, XiaoerError
from bot.gateway import metrics
from bot.gateway.answers import Answers
from bot.gateway.errors import refusal
from bot.gateway.limits import Limits
from bot.gateway.load import Load
from bot.gateway.sign_ins import SignIns
from bot.store.conversations import Accepted, Conversation, Conversations
from bot.types import Entry, Holder, Identity

log = structlog.get_logger(__name__)

_REMEMBERED = 10_000
"""Conversations of callers without a token that this process knows to exist and to be signed in."""


class Nudged(Protocol):
    """What runs the turns (`bot.engine.worker.Worker`)."""

    async def nudge(self, conversation_id: str) -> None: ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Welcomed:
    conversation: Conversation
    token: str
    resumed: bool
    bad_identity: BadIdentity | None = None
    """The identity proof that came along was expired or forged: the customer is here, but not signed in."""


class FrontDoor:
    def __init__(
        self,
        *,
        conversations: Conversations,
        worker: Nudged,
        sign_ins: SignIns,
        limits: Limits,
        load: Load,
        answers: Answers,
        opening_payloads: Collection[str] = (),
    ) -> None:
        self.conversations = conversations
        self.sign_ins = sign_ins
        self.answers = answers
        self.open = True
        """False while the process drains: what comes now would not be answered here."""
        self._worker = worker
        self._limits = limits
        self._load = load
        self._openings = frozenset(opening_payloads)
        self._known: OrderedDict[str, str] = OrderedDict()

    def is_waiting(self, conversation_id: str) -> bool:
        """Whether turns accepted here are not known to be answered."""
        return self._load.is_waiting(conversation_id)

    def ended(self, conversation_id: str, *, done: int) -> None:
        """Turns up to `done` have been answered, here or elsewhere."""
        for seconds in self._load.ended(conversation_id, done=done, now=time.monotonic()):
            metrics.TURN_SECONDS.observe(seconds)
        self._gauge()

    def answered(self, conversation_id: str, seq: int, entries: Sequence[Entry]) -> None:
        """This process's worker has answered the turn `seq`."""
        self.answers.tell(conversation_id, seq, entries)
        self.ended(conversation_id, done=seq)

    def _gauge(self) -> None:
        metrics.IN_FLIGHT.set(self._load.in_flight)
        metrics.IN_FLIGHT_LIMIT.set(self._load.limit)

    async def hello(self, hello: Hello, *, channel: str, address: str) -> Welcomed:
        """Open a conversation, or take one up with its token, and sign the customer in if they can prove who they are.
        Raises NotYours for a token that opens nothing, BadIdentity for another customer's proof."""
        token = hello.token
        if token is None:
            await self._limits.opening(address)
            opened = await self.conversations.open(channel=channel, language=hello.language)
            token, conversation_id = opened.token, opened.conversation_id
            log.info("conversation.opened", conversation=conversation_id, channel=channel)
        else:
            conversation_id = (await self.whose(token, address=address)).id
        bad_identity = await self._sign_in(conversation_id, hello.identity_token, address)
        return Welcomed(
            conversation=await self.conversations.get(conversation_id),
            token=token,
            resumed=hello.token is not None,
            bad_identity=bad_identity,
        )

    async def whose(self, token: str, *, address: str) -> Conversation:
        """The conversation that `token` opens. Raises NotYours, and logs it: not each of a flood."""
        try:
            return await self.conversations.authenticate(token)
        except NotYours as error:
            if await self._limits.may_note(address):
                log.warning("gateway.denied", why=error.code, address=address)
            raise

    async def _sign_in(self, conversation_id: str, token: str | None, address: str) -> BadIdentity | None:
        """A proof that is no good is told, and the conversation goes on without; another customer's is refused."""
        if token is None:
            return None
        try:
            identity = await self.sign_ins.verify(token, address=address, conversation_id=conversation_id)
            await self.sign_ins.take(identity, conversation_id, address=address)
        except BadIdentity as error:
            if error.code == "other_customer":
                raise
            return error
        return None

    async def identify(self, conversation_id: str, token: str | None, *, address: str) -> Conversation:
        """A sign-in, a refreshed proof, or with None a sign-out, while the conversation runs. Raises BadIdentity."""
        if token is None:
            await self.sign_ins.end(conversation_id)
        else:
            identity = await self.sign_ins.verify(token, address=address, conversation_id=conversation_id)
            await self.sign_ins.take(identity, conversation_id, address=address)
            await self.conversations.notify(conversation_id, {"type": "identity"})
        return await self.conversations.get(conversation_id)

    async def receive(
        self, conversation_id: str, received: Received, *, channel: str, address: str, holder: Holder = Holder.BOT
    ) -> Accepted:
        """Accept a message into a conversation whose caller has shown that it is theirs. Once this returns, it will be
        answered. Raises RateLimited, Busy, NotFound."""
        with _counting_refusals(channel):
            await self._admit(conversation_id, address)
            return await self._accept(conversation_id, received, channel=channel, holder=holder)

    async def _admit(self, conversation_id: str, address: str) -> None:
        """Return if one more message may be taken. Nothing is made for one that may not."""
        if not self.open:
            raise Busy("this process is going away", retry_after_s=1)
        await self._limits.message(conversation_id, address)
        self._load.admit(now=time.monotonic())

    async def _accept(self, conversation_id: str, received: Received, *, channel: str, holder: Holder) -> Accepted:
        turn = received.turn(
            conversation_id=conversation_id,
            channel=channel,
            message_id=received.message_id or uuid.uuid4().hex,
            at=time.time(),
        )
        accepted = await self.conversations.accept(turn, opening=received.payload in self._openings)
        if not accepted.repeated and holder is Holder.BOT:
            self._load.began(conversation_id, accepted.seq, now=time.monotonic())
            self._gauge()
        metrics.ACCEPTED.labels(channel, str(accepted.repeated).lower()).inc()
        await self._worker.nudge(conversation_id)
        return accepted

    async def receive_from(
        self, received: Received, *, channel: str, identity_token: str | None, address: str
    ) -> tuple[str, Accepted]:
        """The same for a channel whose far side names its conversations itself (REST's `sender`). Such a name proves
        nothing, so the conversation's id is made of it and of the customer the identity proof is for: without that
        proof nobody reaches a signed-in customer's conversation. Returns its id, too."""
        identity = None
        if identity_token is not None:
            identity = await self.sign_ins.verify(identity_token, address=address)
        conversation_id = derived_id(channel, received.sender, identity)
        with _counting_refusals(channel):
            await self._admit(conversation_id, address)
            if self._known.get(conversation_id) != (identity_token or ""):
                await self._make(conversation_id, channel, identity, identity_token, address)
            try:
                accepted = await self._accept(conversation_id, received, channel=channel, holder=Holder.BOT)
            except NotFound:
                await self._make(conversation_id, channel, identity, identity_token, address)
                accepted = await self._accept(conversation_id, received, channel=channel, holder=Holder.BOT)
        if accepted.repeated and identity is not None:
            await self.sign_ins.still_holds(identity, conversation_id)
        return conversation_id, accepted

    async def _make(
        self, conversation_id: str, channel: str, identity: Identity | None, token: str | None, address: str
    ) -> None:
        await self.conversations.ensure(conversation_id, channel=channel)
        if identity is not None:
            await self.sign_ins.take(identity, conversation_id, address=address)
        self._known[conversation_id] = token or ""
        self._known.move_to_end(conversation_id)
        if len(self._known) > _REMEMBERED:
            self._known.popitem(last=False)


@contextmanager
def _counting_refusals(channel: str) -> Iterator[None]:
    try:
        yield
    except NotFound:
        raise
    except XiaoerError as error:
        metrics.REFUSED.labels(channel, refusal(error).code).inc()
        raise


def derived_id(channel: str, sender: str, identity: Identity | None) -> str:
    """Of two callers with the same `sender`, each proven customer has a conversation of their own."""
    customer = identity.customer_id if identity is not None else ""
    digest = hashlib.sha256(f"{len(customer)}:{customer}{sender}".encode()).hexdigest()
    return f"{channel}-{digest[:32]}"
