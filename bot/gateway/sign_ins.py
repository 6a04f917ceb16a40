"""Customers' sign-ins: proofs taken and refused, ended by the customer or by the host app; each no stands in the audit
trail."""

from __future__ import annotations

import time

import structlog

from bot.errors import BadIdentity, NotFound
from bot.gateway.identity import IdentityCheck
from bot.gateway.limits import Limits
from bot.store.audit import Audit
from bot.store.conversations import Conversations
from bot.store.proofs import Proofs
from bot.types import Identity

log = structlog.get_logger(__name__)


class SignIns:
    def __init__(
        self, *, conversations: Conversations, identities: IdentityCheck, proofs: Proofs, audit: Audit, limits: Limits
    ) -> None:
        self._conversations = conversations
        self._identities = identities
        self._proofs = proofs
        self._audit = audit
        self._limits = limits

    async def verify(self, token: str, *, address: str, conversation_id: str = "") -> Identity:
        """The identity `token` proves. Raises BadIdentity (`expired`, `forged`)."""
        try:
            return self._identities.verify(token, now=time.time())
        except BadIdentity as error:
            await self._note(error, address=address, conversation_id=conversation_id)
            raise

    async def take(self, identity: Identity, conversation_id: str, *, address: str) -> None:
        """Sign the customer in, or refresh their sign-in. Raises BadIdentity (`revoked`, `used`, `other_customer`)."""
        try:
            await self._proofs.claim(identity, conversation_id)
            await self._conversations.bind(conversation_id, identity)
        except BadIdentity as error:
            await self._note(error, address=address, conversation_id=conversation_id, customer_id=identity.customer_id)
            raise
        log.info("identity.proven", conversation=conversation_id, customer=identity.customer_id, address=address)

    async def still_holds(self, identity: Identity, conversation_id: str) -> None:
        """Raises BadIdentity if its proof was revoked meanwhile."""
        await self._proofs.claim(identity, conversation_id)

    async def end(self, conversation_id: str, *, forget: bool = False) -> None:
        """Sign out: its proofs are refused from now on, and the token alone no longer reads what was said under it.
        With `forget` the token opens nothing any more. Safe to repeat."""
        ended = await self._conversations.sign_out(conversation_id, forget=forget)
        for proof_id in ended.proof_ids:
            await self._proofs.revoke(ended.customer_id, proof_id)
        await self._conversations.notify(conversation_id, {"type": "ended" if forget else "identity"})

    async def revoke(self, token: str, *, address: str) -> bool:
        """The host app says that a sign-in is over: `token` names it by customer and `jti`. Whether it was one that a
        conversation still had. Raises BadIdentity where the host app did not sign it."""
        identity = await self.verify(token, address=address)
        conversation_id = await self._proofs.revoke(identity.customer_id, identity.proof_id)
        subject = f"customer:{identity.customer_id}"
        await self._audit.record(
            "identity.ended_by_host", actor="host", subject=subject, conversation=conversation_id, address=address
        )
        if not conversation_id:
            return False
        try:
            ended = await self._conversations.sign_out(conversation_id, proof_id=identity.proof_id)
        except NotFound:
            return False
        await self._conversations.notify(conversation_id, {"type": "identity"})
        return ended.ended

    async def _note(self, error: BadIdentity, *, address: str, conversation_id: str, customer_id: str = "") -> None:
        """Not each of a flood: what one address tries is noted so many times a minute."""
        if await self._limits.may_note(address):
            await self._audit.record(
                "identity.refused",
                actor="",
                subject=f"customer:{customer_id}" if customer_id else "",
                conversation=conversation_id,
                address=address,
                why=error.code,
            )
