"""What the bank answers. OpenAPI's component schemas are made of these.

Moments are seconds since the Unix epoch, days are YYYY-MM-DD in the customer's time zone, amounts are minor units.
"""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field

Minor = Annotated[int, Field(description="Minor units (cents, fen) of the currency beside it.")]
Moment = Annotated[float, Field(description="Seconds since the Unix epoch, UTC.")]
Day = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\d$", description="A day in the customer's time zone.")]
Month = Annotated[str, Field(pattern=r"^\d{4}-(0[1-9]|1[0-2])$")]
Ending = Annotated[str, Field(pattern=r"^\d{4}$")]
Currency = Literal["CNY", "USD"]
PaymentStatus = Literal["pending", "completed", "failed", "reversed"]
RefundStatus = Literal["requested", "approved", "sent_to_bank", "completed", "cancelled"]
TransferStatus = Literal["processing", "completed", "failed", "returned", "cancelled"]
PaymentFailure = Literal[
    "insufficient_funds", "limit_reached", "card_expired", "declined_by_bank", "network_error", "merchant_error"
]
TransferFailure = Literal[
    "account_not_found",
    "name_mismatch",
    "account_closed",
    "recipient_bank_rejected",
    "limit_reached",
    "insufficient_funds",
]
CaseKind = Literal["dispute", "complaint", "scam", "trace", "recall"]
DisputeKind = Literal["charged_twice", "not_recognised", "not_received", "other"]
VerificationStatus = Literal["unverified", "pending", "verified", "rejected", "expired"]


class Answer(BaseModel):
    model_config = ConfigDict(extra="forbid", defer_build=True)


class Problem(Answer):
    """What every error looks like."""

    error: str
    message: str


class Health(Answer):
    status: Literal["ok"]


class CustomerSummary(Answer):
    id: str
    name: str
    language: Literal["en", "zh"]
    currency: Currency
    story: str


class Profile(Answer):
    id: str
    name: str
    language: Literal["en", "zh"]
    phone: Annotated[str, Field(description="Masked.")]
    email: Annotated[str, Field(description="Masked.")]
    tier: Literal["standard", "gold", "platinum"]
    currency: Currency
    timezone: str
    member_since: Moment
    verification: VerificationStatus
    outgoing_frozen: bool
    closes_on: Day | None


class Balance(Answer):
    currency: Currency
    balance_minor: Minor
    pending_minor: Minor
    available_minor: Minor
    as_of: Moment


class Payment(Answer):
    id: str
    order_number: str
    at: Moment
    merchant: str
    category: str
    amount_minor: Minor
    currency: Currency
    status: PaymentStatus
    method: Literal["balance", "card"]
    card_ending: Ending | None
    failure_reason: PaymentFailure | None
    settles_on: Day | None
    reverses_on: Day | None
    refundable_minor: Minor
    refundable_until: Moment | None
    refund_id: str | None
    dispute_number: str | None


class Duplicate(Answer):
    """Two payments that look like one purchase."""

    first: Payment
    second: Payment
    apart_s: int


class Refund(Answer):
    id: str
    payment_id: str
    order_number: str
    merchant: str
    amount_minor: Minor
    currency: Currency
    status: RefundStatus
    reason: str
    destination: Literal["balance", "card"]
    card_ending: Ending | None
    requested_at: Moment
    approved_at: Moment | None
    sent_at: Moment | None
    completed_at: Moment | None
    cancelled_at: Moment | None
    expected_on: Day | None
    overdue: bool
    cancellable: bool
    bank_reference: str | None
    trace_number: str | None


class Transfer(Answer):
    id: str
    at: Moment
    direction: Literal["out", "in"]
    counterparty: str
    account: Annotated[str, Field(description="Masked.")]
    amount_minor: Minor
    currency: Currency
    fee_minor: Minor
    kind: Literal["instant", "standard", "international"]
    status: TransferStatus
    expected_on: Day | None
    arrives_at: Moment | None
    failure_reason: TransferFailure | None
    returns_on: Day | None
    cancellable: bool
    recall_number: str | None
    note: str


class Replacement(Answer):
    ending: Ending
    status: Literal["ordered", "printed", "shipped", "delivered"]
    ordered_at: Moment
    expected_on: Day
    carrier: str | None
    tracking_number: str | None
    address: Annotated[str, Field(description="Masked.")]


class Card(Answer):
    id: str
    ending: Ending
    kind: Literal["debit", "credit", "virtual"]
    network: Literal["UnionPay", "Visa", "Mastercard"]
    status: Literal["active", "frozen", "lost", "replaced"]
    frozen_by: Literal["customer", "bank"] | None
    expires: Month
    replacement: Replacement | None


class Decline(Answer):
    id: str
    card_id: str
    card_ending: Ending
    at: Moment
    merchant: str
    amount_minor: Minor
    currency: Currency
    reason: Literal["insufficient_funds", "card_frozen", "limit_reached", "card_expired", "wrong_pin"]


class CategorySum(Answer):
    category: str
    amount_minor: Minor


class Bill(Answer):
    month: Month
    currency: Currency
    open: bool
    spent_minor: Minor
    payments: int
    refunded_minor: Minor
    sent_minor: Minor
    received_minor: Minor
    fees_minor: Minor
    categories: list[CategorySum]


class Limits(Answer):
    currency: Currency
    daily_minor: Minor
    used_today_minor: Minor
    left_today_minor: Minor
    single_minor: Minor
    min_minor: Minor
    max_minor: Minor


class Fee(Answer):
    code: str
    currency: Currency
    fixed_minor: Minor
    basis_points: Annotated[int, Field(description="Hundredths of a percent of the amount.")]
    min_minor: Minor
    max_minor: Minor | None
    free_per_month: int


class Case(Answer):
    number: str
    kind: CaseKind
    about: str
    topic: str
    status: Literal["open", "resolved", "rejected", "withdrawn"]
    opened_at: Moment
    answer_by: Day
    refund_id: str | None


class ScamReport(Answer):
    case: Case
    stopped: list[str]
    recalled: list[str]
    outgoing_frozen: bool


class Lock(Answer):
    number: str
    locked_at: Moment
    outgoing_frozen: bool
    devices_signed_out: int


class Verification(Answer):
    status: VerificationStatus
    reason: Literal["document_unreadable", "name_mismatch", "face_mismatch", "document_expired"] | None
    needed: list[Literal["id_card", "passport", "selfie", "proof_of_address"]]
    submitted_at: Moment | None
    decided_at: Moment | None
    expected_on: Day | None
    url: str


class ResetLink(Answer):
    sent_to: Annotated[str, Field(description="Masked.")]
    expires_at: Moment


class PhoneChange(Answer):
    phone: Annotated[str, Field(description="Masked.")]
    status: Annotated[
        Literal["unproven", "waiting"], Field(description="unproven: its own code has not come back yet.")
    ]
    counts_at: Annotated[Moment | None, Field(description="From then on, unless the old number stops it.")]


class ReplyTaken(Answer):
    stopped: Annotated[bool, Field(description="A change of the phone number was under way, and is not any more.")]


class Closure(Answer):
    number: str
    closes_on: Day


class Receipt(Answer):
    number: str
    url: str
    sent_to: Annotated[str, Field(description="Masked.")]
    at: Moment


class CodeSent(Answer):
    otp_id: str
    sent_to: Annotated[str, Field(description="Masked.")]
    expires_at: Moment


class CodeVerified(Answer):
    proof: Annotated[str, Field(description="For the header Code-Proof of the one request the code was sent for.")]
    purpose: str
    verified_at: Moment


class Message(Answer):
    id: int
    at: Moment
    to: str
    text: str
    code: str | None
