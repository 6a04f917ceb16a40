"""What a one-time code opens: one deed with its object and amount, once, and nothing else.

Dynamic linking as in the PSD2 regulatory technical standards (EU 2018/389, article 5): the message names the deed, the
code is bound to it, and any change of it takes another code.
"""

from __future__ import annotations

from dataclasses import dataclass

from sandbox.database import Database
from sandbox.refused import Refused

GOOD_FOR_S = 600.0
"""A code that came back opens its deed for so long: another try of the same deed needs no other."""
REFUSALS = ("code_required", "code_for_other", "code_spent", "code_outdated")


@dataclass(frozen=True, slots=True, kw_only=True)
class Deed:
    purpose: str
    object: str = ""
    """The id or number of what it is done to."""
    amount_minor: int | None = None


def spend(db: Database, customer_id: str, proof: str, deed: Deed, *, now: float) -> None:
    """Use up the code that came back for this deed. Raises Refused, and then nothing of the request has happened."""
    code = db.one("SELECT * FROM codes WHERE id = ? AND customer_id = ?", proof, customer_id) if proof else None
    if code is None or code["verified_at"] is None:
        raise Refused("code_required", f"send a code for {deed.purpose}, and its proof as Code-Proof", final=False)
    if (code["purpose"], code["object"], code["amount_minor"]) != (deed.purpose, deed.object, deed.amount_minor):
        raise Refused("code_for_other", "the code was sent for something else", final=False)
    if code["spent_at"] is not None:
        raise Refused("code_spent", "the code has done what it was sent for", final=False)
    if now >= code["verified_at"] + GOOD_FOR_S:
        raise Refused("code_outdated", "the code came back too long ago", final=False)
    db.run("UPDATE codes SET spent_at = ? WHERE id = ?", now, code["id"])
