"""What is said when the bank says no: one response for each code, and an honest general one for codes not foreseen."""

from __future__ import annotations

from actions.buttons import person
from actions.call import Call

CODES = frozenset(
    [
        "not_found",
        "not_completed",
        "already_refunded",
        "too_old",
        "amount_too_high",
        "too_late",
        "already_cancelled",
        "already_traced",
        "not_disputable",
        "already_disputed",
        "not_processing",
        "already_recalled",
        "already_frozen",
        "card_lost",
        "card_replaced",
        "not_frozen",
        "frozen_by_bank",
        "already_ordered",
        "virtual_card",
        "limit_out_of_range",
        "limit_unchanged",
        "account_restricted",
        "too_many_resets",
        "phone_invalid",
        "phone_unchanged",
        "phone_taken",
        "balance_not_zero",
        "payments_pending",
        "transfers_processing",
        "refunds_open",
        "already_closing",
        "cooling_off",
        "no_phone_change",
    ]
)
"""The bank's refusals that have a response `utter_refused_<code>`."""


def say_refusal(call: Call, code: str) -> None:
    response = f"utter_refused_{code}" if code in CODES else "utter_refused"
    call.say(response, buttons=(person(call.language),))
