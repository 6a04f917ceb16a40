"""Why a person takes over, and what that means for the line."""

from __future__ import annotations

REASONS = {
    "asked": 0,
    "fallback": 0,
    "third_time": 10,
    "action_failed": 10,
    "trouble": 10,
    "anger": 20,
    "security": 100,
    "care": 110,
}
"""Each reason and its priority: the customer asked; the bot did not understand; the same question a third time; an
action failed twice; the fault is ours and stays; the customer is angry; money or an account is in
danger; a person is."""

SECURITY_INTENTS = frozenset(
    {
        "account_taken_over",
        "report_scam",
        "payment_not_recognised",
        "card_lost",
        "scam_in_progress",
        "code_told",
        "under_pressure",
    }
)
"""What is first in line, whatever the reason was."""


def priority(reason: str, subject: str | None) -> int:
    """Higher is first in line."""
    return max(REASONS.get(reason, 0), REASONS["security"] if subject in SECURITY_INTENTS else 0)
